"""A process that runs versions of programs, one request a line: ``python -m programs.child``.

A request is a JSON object with ``texts``, the original first. The answer says for each other version where it parts from the
original (empty: nowhere), whether the original raised, whether it parts from itself, and whether it left traces in modules.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import inspect
import io
import json
import math
import os
import random
import sys
import threading
import types
import warnings
from typing import IO, Any

import jax
import jax.numpy as jnp
import numpy as np

from programs.seen import parting, seen

MODULES = (jnp, jax, jax.lax, jax.random, jax.nn, np, math, builtins)
SETTINGS = (
    "jax_enable_x64",
    "jax_default_prng_impl",
    "jax_numpy_dtype_promotion",
    "jax_numpy_rank_promotion",
    "jax_disable_jit",
    "jax_debug_nans",
    "jax_threefry_partitionable",
)
CALLS = ("rows", "scalars", "small integers")
"""What is handed to a parameter that takes an array, one call each."""


class World:
    """What programs may change for each other, as it was when this process began."""

    def __init__(self) -> None:
        self._names = [(module, dict(vars(module))) for module in MODULES]
        self._settings = [(name, getattr(jax.config, name)) for name in SETTINGS]
        self._errors = np.geterr()

    def restore(self) -> bool:
        """Set everything back; whether names of modules had been changed."""
        for name, value in self._settings:
            jax.config.update(name, value)
        np.seterr(**self._errors)
        np.random.seed(0)
        random.seed(0)
        changed = [pair for pair in self._names if vars(pair[0]) != pair[1]]
        for module, names in changed:
            own = vars(module)
            strange = [name for name in own if own[name] is not names.get(name)]
            for name in strange:
                del own[name]
            own.update(names)
        return bool(changed)


def arguments(call: str) -> Any:
    """An array to loop over."""
    if call == "rows":
        return jnp.arange(12.0).reshape(4, 3) + 0.5
    return jnp.linspace(0.5, 2.0, 4) if call == "scalars" else jnp.arange(12, dtype=jnp.int8).reshape(4, 3) * 9


def outcome(text: str) -> dict[str, Any]:
    """What a program gives, prints, raises and leaves in its module."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    found: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if attempted(found, "module", lambda: exec(compile(text, "program.py", "exec"), vars(module))):
            main = vars(module)["main"]
            taken = [one for one in inspect.signature(main).parameters.values() if one.default is one.empty]
            for call in CALLS if taken else CALLS[:1]:
                attempted(found, f"main({call})", lambda call=call: main(*[arguments(call) for _ in taken]))
    found["printed"] = printed.getvalue()
    found["warned"] = tuple(
        str(one.message) for one in warned if one.category is UserWarning and "row" in str(one.message)
    )
    found["names"] = {k: seen(v) for k, v in vars(module).items() if not k.startswith("__")}
    return found


def attempted(found: dict[str, Any], name: str, act: Any) -> bool:
    """Do it and note what comes of it, whatever it raises; whether it came to its end."""
    try:
        found[name] = seen(act())
    except BaseException as error:
        found[f"{name} raises"] = type(error).__name__
        return False
    return True


def apart(text: str) -> dict[str, Any]:
    """The outcome in a thread of its own: contexts of JAX that a program leaves open end with the thread."""
    held: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: held.update(outcome(text)))
    thread.start()
    thread.join()
    return held


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Where two outcomes part; names may be added, and callables renamed."""
    for key in [*ours, *theirs]:
        if key == "names":
            continue
        if key not in ours or key not in theirs:
            return f"{key}: {'only before' if key in ours else 'only after'} {str(ours.get(key, theirs.get(key)))[:60]}"
        if found := parting(ours[key], theirs[key], key):
            return found
    for name, value in ours["names"].items():
        if name not in theirs["names"]:
            if value != ("callable",):
                return f"{name} is gone"
        elif found := parting(value, theirs["names"][name], name):
            return found
    return ""


def judged(world: World, texts: list[str]) -> dict[str, Any]:
    """The answer to a request."""
    tainted = False
    outcomes = []
    for text in texts:
        world.restore()
        outcomes.append(apart(text))
        if world.restore():
            tainted = True
            jax.clear_caches()
    parts = [difference(outcomes[0], other) for other in outcomes[1:]]
    unsteady = ""
    if any(parts):
        unsteady = difference(outcomes[0], apart(texts[0]))
        tainted |= world.restore()
    raised = next((f"{key} {value}" for key, value in outcomes[0].items() if key.endswith("raises")), "")
    return {"parts": parts, "raised": raised, "unsteady": unsteady, "tainted": tainted}


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer until there are no more requests."""
    world = World()
    for count, line in enumerate(requests):
        answers.write(json.dumps(judged(world, json.loads(line)["texts"])) + "\n")
        answers.flush()
        if count % 50 == 0:
            gc.collect()


def main() -> None:
    """Keep the real standard output for answers; what programs write past Python's goes nowhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
