"""Run one version once and write down everything that can be seen from outside."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from .attempt import attempt
from .logs import recorded
from .outside import OUTSIDE
from .settings import compilation_cache
from .stages import STAGES
from .value_tree.leaves import Leaf, arrays, leaves
from .value_tree.rebuild import duplicate
from .wall import WALL, Walled

Call = Callable[[dict[str, Any]], dict[str, Any]]
wait_for_effects: Callable[[], None] = jax.effects_barrier
wait: Callable[[Any], Any] = jax.block_until_ready
KEPT_CHARACTERS = 10_000
"""Characters of printed text that are kept; the rest only enters a checksum."""
REPEATED = ("Explicitly requested dtype", "scatter inputs have incompatible types")
"""Parts of JAX's own warnings about dtypes, which come once for every operation traced."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: outputs by name as leaves, arguments and state outside after the call, text, warnings, random state, time.

    ``passed``: the writes, processes and sockets that the lifted wall let through. ``busy``: CPU seconds of this process,
    which do not grow when others use the machine, too.
    """

    outputs: dict[str, list[Leaf]]
    arguments: list[Leaf]
    values: dict[str, Any]
    error: BaseException | None
    refused: str | None
    stdout: str
    warned: tuple[str, ...]
    logged: tuple[str, ...]
    random_state: str
    seconds: float
    passed: tuple[str, ...] = ()
    busy: float = 0.0

    def all_leaves(self) -> list[Leaf]:
        """Outputs and arguments in one list."""
        return [leaf for part in self.outputs.values() for leaf in part] + self.arguments


class Tape(io.TextIOBase):
    """A text stream that remembers its beginning and a checksum of everything."""

    def __init__(self) -> None:
        self._kept = ""
        self._digest = hashlib.sha256()
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._length < KEPT_CHARACTERS:
            self._kept += text[:KEPT_CHARACTERS]
        self._digest.update(text.encode("utf-8", "surrogatepass"))
        self._length += len(text)
        return len(text)

    def text(self) -> str:
        """The text, or its beginning and a checksum."""
        if self._length <= KEPT_CHARACTERS:
            return self._kept
        return f"{self._kept[:200]}… ({self._length} characters, {self._digest.hexdigest()[:16]})"


def observe(call: Call, inputs: dict[str, Any], stage: str | None = None) -> Outcome:
    """Run ``call`` on copies of the inputs, from one and the same state of the global generators.

    Its time counts to ``stage``, if one is given.
    """
    OUTSIDE.restore()
    copies = duplicate(inputs)
    there = arrays(copies)
    attempt(lambda: wait(there))
    tape = Tape()
    before = random.getstate(), np.random.get_state()
    with contextlib.ExitStack() as stack:
        stack.callback(_restore, *before)
        stack.enter_context(contextlib.redirect_stdout(tape))
        stack.enter_context(contextlib.redirect_stderr(Tape()))
        caught = stack.enter_context(warnings.catch_warnings(record=True))
        logged = stack.enter_context(recorded())
        warnings.simplefilter("always")
        ran, error = _walled(lambda: _finished(call, copies, stage))
        state = _generators()
    values, outputs, (seconds, busy) = ran or ({}, {}, (0.0, 0.0))
    known = frozenset(map(id, there))
    arguments = [leaf for name, value in copies.items() for leaf in leaves(name, value, known)] + OUTSIDE.leaves()
    warned = _summary(caught)
    text, log = tape.text(), tuple(logged)
    return Outcome(
        outputs, arguments, values, error, WALL.refused, text, warned, log, state, seconds, tuple(WALL.passed), busy
    )


def _walled(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    with WALL.raised(spared=compilation_cache()):
        try:
            return attempt(call)
        except Walled as stop:
            return None, stop


def _finished(
    call: Call, copies: dict[str, Any], stage: str | None
) -> tuple[dict[str, Any], dict[str, list[Leaf]], tuple[float, float]]:
    """Call, and wait until the device has computed all values and run all effects."""
    start, busy = time.perf_counter(), time.process_time()
    with STAGES.stage(stage) if stage else contextlib.nullcontext():
        values = call(copies)
        for name in values:
            attempt(functools.partial(_computed, name, values[name]))
    taken = time.perf_counter() - start, time.process_time() - busy
    wait_for_effects()
    return values, {name: leaves(name, value) for name, value in values.items()}, taken


def _computed(name: str, value: Any) -> None:
    """Wait for every array in a value, also for those in objects that JAX does not take apart."""
    wait(value)
    opaque = [leaf for leaf in jax.tree.leaves(value) if not isinstance(leaf, jax.Array) and hasattr(leaf, "__dict__")]
    if opaque:
        wait(arrays({name: opaque}))


def _generators() -> str:
    """A fingerprint of the global random generators."""
    name, keys, *rest = np.random.get_state()
    return f"{hash(random.getstate())} {hash((name, np.asarray(keys).tobytes(), *rest))}"


def _restore(python_state: Any, numpy_state: Any) -> None:
    random.setstate(python_state)
    np.random.set_state(numpy_state)


def _summary(caught: list[warnings.WarningMessage] | None) -> tuple[str, ...]:
    ignored = (DeprecationWarning, PendingDeprecationWarning, ResourceWarning)
    lines = [
        f"{warning.category.__name__}: {(str(warning.message).splitlines() or [''])[0][:90]}"
        for warning in caught or ()
        if not issubclass(warning.category, ignored)
    ]
    repeated = {line for line in lines if any(part in line for part in REPEATED)}
    return (*(line for line in lines if line not in repeated), *sorted(repeated))
