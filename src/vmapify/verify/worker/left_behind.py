"""What a program leaves behind: the values in its modules, what its calls returned, and the files it opened for writing.

Recorded for every process of a workload, and sent before JAX shuts down. Two footprints are compared in the parent.
"""

from __future__ import annotations

import atexit
import functools
import os
import sys
import tempfile
import threading
import types
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .code_owner import is_the_users, of_the_user
from .sample import sampled
from .written import Written, checksum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .channel import Channel
    from .value_tree.leaves import Leaf

MOST_LEAVES = 20_000
"""Values that are recorded of one process."""
TEXT = 2000
NAMED = 20
"""Names that are sent of what is left out."""
PATIENCE = 60.0
"""Seconds that each thread of the program has to end in."""
CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
DESCRIPTORS = (property, types.MemberDescriptorType, types.GetSetDescriptorType, staticmethod, classmethod)
DECLARING = frozenset(("__future__", "typing"))
"""Modules whose objects declare something, and hold nothing."""


class Footprint:
    """What this process leaves. ``returned`` gets what a driver's own calls return."""

    def __init__(self, channel: Channel, files: Iterable[str], own: str) -> None:
        """``files`` are those of whose modules the values are wanted, ``own`` is the folder of the judge's own files."""
        self._channel = channel
        self._files = {os.path.realpath(file) for file in files}
        self._process = os.getpid()
        self._script = sys.modules.get("__main__")  # a notebook's cells get another one
        # asked once: in the hook it would call the hook
        temporary = os.path.realpath(tempfile.gettempdir()) + os.sep
        here = os.path.realpath(os.curdir) + os.sep
        self._written = Written(("/dev/", "/proc/", os.path.realpath(own) + os.sep), temporary, here)
        self._compared: set[str] = set()
        self._left_out: list[str] = []
        self.returned: list[Any] = []

    def start(self) -> None:
        """Watch the files that are opened from now on, and send what there is when the process ends."""
        sys.addaudithook(self._written.hear)
        # before the functions of atexit, one of which shuts JAX down, and after all that are run when threads are to end:
        # pools wake their idle threads in these; the list is run from its end
        calls: Any = getattr(threading, "_threading_atexits", None)
        register: Callable[[Callable[[], object]], object] = getattr(threading, "_register_atexit", atexit.register)
        calls.insert(0, self.send) if isinstance(calls, list) else register(self.send)

    def send(self) -> None:
        """Send it, once all threads of the program have ended."""
        if os.getpid() != self._process:
            return
        ended = _ended()
        values, error = attempt(self._values)
        self._channel.send(
            "footprint",
            values=values if error is None else {},
            files=self._written.described(),
            compared=len(self._compared),
            left_out={"names": self._left_out[:NAMED], "count": len(self._left_out)},
            whole=ended and error is None,
        )

    def _values(self) -> dict[str, list[dict[str, Any]]]:
        if "jax" not in sys.modules:
            return {}
        found: dict[str, Any] = {}
        for title, space in self._spaces():
            for name, value in space.items():
                found |= {f"{part}{title}": held for part, held in _held(name, value)}
        found |= {f"the result of call {number}": value for number, value in enumerate(self.returned, start=1)}
        from .value_tree.leaves import leaves  # noqa: PLC0415 (JAX is there by now)

        sent: dict[str, list[dict[str, Any]]] = {}
        left = MOST_LEAVES
        for name, value in found.items():
            parts, error = attempt(functools.partial(leaves, name, value))
            if error is not None or len(parts) > left:
                self._left_out.append(name)
                continue
            left -= len(parts)
            sent[name] = [_plain(leaf) for leaf in parts]
            self._left_out += [leaf.path for leaf in parts if leaf.kind == "opaque" and _is_data("", leaf.data)]
            if any(leaf.kind in ("inexact", "exact") for leaf in parts):
                self._compared.add(name)
        return sent

    def _spaces(self) -> list[tuple[str, dict[str, Any]]]:
        """The namespaces of the program itself, of the modules in which sites stand, and of all others of the user's."""
        main = sys.modules.get("__main__")
        found = []
        for _, module in sorted(sys.modules.items()):
            # the interpreter takes the file's name away from a script that has ended
            file = getattr(module, "__file__", sys.argv[0] if module is self._script else None)
            path = os.path.realpath(file) if isinstance(file, str) else None
            if path in self._files or module is main or (path is not None and of_the_user(path)):
                found.append((f" of {path}" if path else "", dict(vars(module))))
        return found


def _ended() -> bool:
    """Whether all threads of the program that it would wait for have ended."""
    others = [one for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    for thread in others:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in others)


def _held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a name of a module holds: its value, and what is kept in a class or a function of the user's."""
    if isinstance(value, type) and is_the_users(value):
        for member, held in list(vars(value).items()):
            if _is_data(member, held) and not callable(held) and not isinstance(held, DESCRIPTORS):
                yield f"{name}.{member}", held
    elif isinstance(value, types.FunctionType) and of_the_user(value.__code__.co_filename):
        yield from ((f"{name}.{member}", held) for member, held in vars(value).items() if _is_data(member, held))
    elif _is_data(name, value):
        yield name, value


def _is_data(name: str, value: Any) -> bool:
    special = (name.startswith("__") and name.endswith("__")) or name.startswith("@")
    if special or isinstance(value, CODE) or hasattr(value, "__wrapped__"):
        return False
    return type(value).__module__ not in DECLARING


def _plain(leaf: Leaf) -> dict[str, Any]:
    """A leaf with its numbers, or a sample of them; of what has none a checksum."""
    import numpy as np  # noqa: PLC0415 (loaded with JAX)

    plain: dict[str, Any] = {"path": leaf.path, "label": leaf.label, "kind": leaf.kind}
    if leaf.kind == "inexact":
        return plain | sampled(np.asarray(leaf.data))
    if leaf.kind == "exact" and isinstance(leaf.data, np.ndarray):
        parts = str(leaf.data.shape).encode(), leaf.data.tobytes()
        return plain | {"text": str(leaf.data)[:TEXT], "checksum": checksum(parts)}
    if leaf.kind == "exact":
        text = _in_words(leaf.data)
        return plain | {"text": text[:TEXT], "checksum": checksum((text.encode("utf-8", "backslashreplace"),))}
    return plain


def _in_words(value: Any) -> str:
    """Python writes whole numbers out up to some thousand digits only."""
    if type(value) is str:
        return value
    return hex(value) if type(value) is int and value.bit_length() > TEXT else repr(value)


CURRENT: list[Footprint] = []
"""The footprint of this process, if one is asked for."""


def returned(value: Any) -> None:
    """Remember what a driver's call returned."""
    for footprint in CURRENT:
        footprint.returned.append(value)
