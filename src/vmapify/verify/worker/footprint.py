"""What a program leaves behind: the values in its modules, what its calls returned, and the files it opened for writing.

Recorded for every process of a workload, and sent before JAX shuts down. Two footprints are compared in the parent.
"""

from __future__ import annotations

import atexit
import base64
import functools
import hashlib
import os
import sys
import tempfile
import threading
import types
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .wall import opens_for_writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .channel import Channel
    from .leaves import Leaf

MOST_LEAVES = 20_000
"""Values that are recorded of one process."""
NUMBERS = 4096
"""Numbers of one array that are sent; of larger ones as many, evenly spaced."""
TEXT = 2000
CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


class Footprint:
    """What this process leaves. ``returned`` gets what a driver's own calls return."""

    def __init__(self, channel: Channel, files: Iterable[str], own: str) -> None:
        """``files`` are those of whose modules the values are wanted, ``own`` is the folder of the judge's own files."""
        self._channel = channel
        self._files = {os.path.realpath(file) for file in files}
        self._written: set[str] = set()
        self._process = os.getpid()
        self._script = sys.modules.get("__main__")  # a notebook's cells get another one
        # what comes and goes does not count, unless the program itself stands there; asked once: in the hook it would call it
        temporary = os.path.realpath(tempfile.gettempdir()) + os.sep
        inside = os.path.realpath(os.curdir).startswith(temporary)
        self._passing = ("/dev/", "/proc/", os.path.realpath(own), *(() if inside else (temporary,)))
        self.returned: list[Any] = []

    def start(self) -> None:
        """Watch the files that are opened from now on, and send what there is when the process ends."""
        sys.addaudithook(self._hook)
        # before the functions of atexit, one of which shuts JAX down
        register: Callable[[Callable[[], object]], object] = getattr(threading, "_register_atexit", atexit.register)
        register(self.send)

    def send(self) -> None:
        """Send it, once all threads of the program have ended."""
        if os.getpid() != self._process:
            return
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        values, error = attempt(self._values)
        self._channel.send(
            "footprint", values=values if error is None else {}, files=sorted(self._written), whole=error is None
        )

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and opens_for_writing(arguments):
            path = os.path.realpath(os.fsdecode(arguments[0])) if isinstance(arguments[0], (str, bytes)) else ""
            if path and not path.startswith(self._passing) and "__pycache__" not in path:
                self._written.add(path)

    def _values(self) -> dict[str, list[dict[str, Any]]]:
        if "jax" not in sys.modules:
            return {}
        found: dict[str, Any] = {}
        for title, space in self._spaces():
            found |= {f"{name}{title}": value for name, value in space.items() if _is_data(name, value)}
        found |= {f"the result of call {number}": value for number, value in enumerate(self.returned, start=1)}
        from .leaves import leaves  # noqa: PLC0415 (JAX is there by now)

        sent: dict[str, list[dict[str, Any]]] = {}
        left = MOST_LEAVES
        for name, value in found.items():
            parts, error = attempt(functools.partial(leaves, name, value))
            if error is None and len(parts) <= left:
                left -= len(parts)
                sent[name] = [_plain(leaf) for leaf in parts]
        return sent

    def _spaces(self) -> list[tuple[str, dict[str, Any]]]:
        """The namespace of the program itself, and those of the modules in which sites stand."""
        main = sys.modules.get("__main__")
        found = []
        for _, module in sorted(sys.modules.items()):
            # the interpreter takes the file's name away from a script that has ended
            file = getattr(module, "__file__", sys.argv[0] if module is self._script else None)
            path = os.path.realpath(file) if isinstance(file, str) else None
            if path in self._files or module is main:
                found.append((f" of {path}" if path else "", dict(vars(module))))
        return found


def _is_data(name: str, value: Any) -> bool:
    return not name.startswith(("__", "@")) and not isinstance(value, CODE) and not hasattr(value, "__wrapped__")


def _plain(leaf: Leaf) -> dict[str, Any]:
    """A leaf with its numbers, or a sample of them; of what has none a checksum."""
    import numpy as np  # noqa: PLC0415 (loaded with JAX)

    plain: dict[str, Any] = {"path": leaf.path, "label": leaf.label, "kind": leaf.kind}
    if leaf.kind == "inexact":
        data = np.asarray(leaf.data)
        flat = data.astype(np.complex128 if data.dtype.kind == "c" else np.float64).reshape(-1).view(np.float64)
        step = -(-flat.size // NUMBERS) or 1
        return plain | {"numbers": base64.b64encode(np.ascontiguousarray(flat[::step]).tobytes()).decode("ascii")}
    if leaf.kind == "exact":
        arrays = isinstance(leaf.data, np.ndarray)
        whole = f"{leaf.data.shape} {leaf.data.tobytes().hex()}" if arrays else repr(leaf.data)
        return plain | {
            "text": str(leaf.data)[:TEXT],
            "checksum": hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest(),
        }
    return plain


CURRENT: list[Footprint] = []
"""The footprint of this process, if one is asked for."""


def returned(value: Any) -> None:
    """Remember what a driver's call returned."""
    for footprint in CURRENT:
        footprint.returned.append(value)
