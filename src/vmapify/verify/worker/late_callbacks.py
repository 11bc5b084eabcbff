"""What judged runs leave behind: callbacks, finalizers and objects that would act once the wall is down."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

from .code_owner import of_the_user
from .wall import WALL, Behind

if TYPE_CHECKING:
    from collections.abc import Iterator

SUSPENDED = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
"""What runs its ``finally`` clauses when it is collected."""


class Leftovers:
    """``kept`` are objects of judged runs with finalizers of their own: they stay until the process ends, walled."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self._inside = False

    @contextlib.contextmanager
    def contained(self, spared: str | None = None) -> Iterator[None]:
        """Hold the wall up for a whole judgement; afterwards nothing that it left can act without it.

        Inside another one it only raises the wall: the outer one sees to what is left.
        """
        if self._inside:
            with WALL.raised(spared):
                yield
            return
        self._inside = True
        before, thawed = _Registered(), not gc.get_freeze_count()
        gc.freeze()
        try:
            with WALL.raised(spared):
                try:
                    yield
                finally:
                    gc.collect()
                    self._keep(gc.get_objects())
        finally:
            self._inside = False
            if thawed:
                gc.unfreeze()
            before.contain()

    def _keep(self, fresh: list[Any]) -> None:
        for one in fresh:
            kind = type(one)
            if kind is weakref.ref:
                if _is_users_function(one.__callback__):
                    self.kept.append(one())
            elif issubclass(kind, SUSPENDED):
                code = getattr(one, "gi_code", None) or getattr(one, "cr_code", None) or getattr(one, "ag_code", None)
                self.kept += [one] if code is not None and of_the_user(code.co_filename) else []
            else:
                final = getattr(kind, "__del__", None)
                if _is_users_function(final):
                    self.kept.append(one)

    def close(self) -> None:
        """Called last of all at exit: what is kept dies behind the wall."""
        if self.kept:
            WALL.close()


class _Registered:
    """The callbacks that Python itself keeps, as they are now. ``contain`` takes care of what came since."""

    def __init__(self) -> None:
        self._finalizers = set(_finalizers())
        self._at_exit = len(_thread_exits())
        self._collected = list(gc.callbacks)
        self._signals = _handlers()

    def contain(self) -> None:
        for finalizer, info in _finalizers().items():
            if finalizer not in self._finalizers and not isinstance(info.func, Behind):
                info.func = Behind(info.func)
        exits = _thread_exits()
        exits[self._at_exit :] = [Behind(call) for call in exits[self._at_exit :]]
        gc.callbacks[:] = [call for call in gc.callbacks if call in self._collected]
        for number, handler in self._signals.items():
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)


def _finalizers() -> dict[Any, Any]:
    found = getattr(weakref.finalize, "_registry", None)
    return dict(found) if isinstance(found, dict) else {}


def _thread_exits() -> list[Any]:
    found = getattr(threading, "_threading_atexits", None)
    return found if isinstance(found, list) else []


def _handlers() -> dict[Any, Any]:
    """Only the main thread may set them, and only Python's own can be put back."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _is_users_function(value: object) -> bool:
    return isinstance(value, types.FunctionType) and of_the_user(value.__code__.co_filename)


LEFTOVERS = Leftovers()
