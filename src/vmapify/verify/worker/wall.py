"""The audit wall: a judged run may compute, but not write files, start processes or open sockets."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import functools
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .code_owner import is_installed, is_standard, is_the_judges, of_the_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

REFUSED = frozenset(
    [
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "os.startfile",
        "subprocess.Popen",
        "pty.spawn",
        "socket.__new__",
        "socket.connect",
        "socket.bind",
        "_posixsubprocess.fork_exec",
        "os.kill",
        "os.killpg",
        "os.mkfifo",
        "os.mknod",
        "os.utime",
        "os.setxattr",
        "os.removexattr",
        "os.chflags",
        "os.lockf",
        "sqlite3.connect",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.mkdir",
        "os.truncate",
        "os.link",
        "os.symlink",
        "os.chmod",
        "os.chown",
        "shutil.rmtree",
        "shutil.move",
    ]
)
UNSEEN = (("_posixsubprocess", "fork_exec"), ("os", "mkfifo"), ("os", "mknod"))
"""Functions of the standard library that do such things and tell no audit hook; ours are put in their places."""
NATIVE = frozenset(["ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.call_function"])
"""How code gets at functions that tell no audit hook; libraries do so when they are first used, users need not."""
THREADS = frozenset(["_thread.start_new_thread", "_thread.start_joinable_thread"])
WATCHED = REFUSED | NATIVE | THREADS | {"open"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Walled(BaseException):
    """Raised inside the refused call. Not an Exception, so that user code does not take it for its own."""


class Wall:
    """One per process: audit hooks cannot be removed, so it is installed once and raised when needed.

    ``lifted`` for good, it refuses nothing and only writes down what ``passed``. Threads that start behind it stay
    behind it, whether it is up or not.
    """

    def __init__(self) -> None:
        self.refused: str | None = None
        self.lifted = False
        self.passed: list[str] = []
        self._spared: str | None = None
        self._up = False
        self._installed = False
        self._bystanders: set[int | None] = set()
        self._captives: set[int] = set()

    @contextlib.contextmanager
    def raised(self, spared: str | None = None) -> Iterator[None]:
        """Hold the wall up; threads that were already running and files under ``spared`` are left alone."""
        self._install()
        self.refused, self.passed = None, []
        outer = self._up, self._spared, self._bystanders, sys.dont_write_bytecode
        self._spared = spared
        self._bystanders = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
        sys.dont_write_bytecode = True
        self._up = True
        try:
            yield
        finally:
            self._up, self._spared, self._bystanders, sys.dont_write_bytecode = outer

    def close(self) -> None:
        """Hold it up for everybody until the process has ended."""
        self._install()
        self._up, self._spared, self._bystanders = True, None, set()

    def holds(self) -> bool:
        """Whether what this thread does now is refused."""
        ident = threading.get_ident()
        return (self._up and ident not in self._bystanders) or self._is_captive(ident, sys._getframe(1))

    def born(self, *, behind: bool) -> None:
        """Called in a thread that starts: it is on the side of the wall where the one that started it was."""
        (self._captives.add if behind else self._captives.discard)(threading.get_ident())
        (self._bystanders.discard if behind else self._bystanders.add)(threading.get_ident())

    def _install(self) -> None:
        if not self._installed:
            sys.addaudithook(self._hook)
            self._installed = True

    def _is_captive(self, ident: int, frame: FrameType) -> bool:
        """Numbers of threads are used again, also for those that a library starts by other means than Python's."""
        if ident not in self._captives:
            return False
        while frame.f_back is not None:
            frame = frame.f_back
        return frame.f_code is Born.__call__.__code__ or of_the_user(frame.f_code.co_filename)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if (not self._up and not self._captives) or event not in WATCHED:
            return
        ident, frame = threading.get_ident(), sys._getframe(1)
        if not self._reaches_out(event, arguments, frame):
            return
        if (not self._up or ident in self._bystanders) and not self._is_captive(ident, frame):
            return
        if self._spared and str(arguments[:1]).find(self._spared) >= 0:
            return
        if self.lifted:
            self.passed += [] if event in NATIVE | THREADS else [event]
            return
        self.refused = f"{event}({_shown(arguments)}) at {_place(frame)}"
        raise Walled(self.refused)

    @staticmethod
    def _reaches_out(event: str, arguments: tuple[Any, ...], frame: FrameType) -> bool:
        if event in NATIVE:
            return _asked_by_the_user(frame)
        if event in THREADS:
            return not isinstance(arguments[0], Born)
        if event == "open" and frame.f_code in OURS:
            return False
        return _reaches_out(event, arguments)


class Born:
    """What a thread is to run, on which side of the wall, and whether a judged run has started it."""

    def __init__(self, function: Callable[..., Any], *, behind: bool, judged: bool) -> None:
        self._function, self._behind, self._judged = function, behind, judged

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        WALL.born(behind=self._behind)
        (JUDGED.add if self._judged else JUDGED.discard)(threading.get_ident())
        return self._function(*args, **kwargs)


class Behind:
    """A callback that judged code left: whoever calls it and whenever, it runs behind the wall, and nobody hears of it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with WALL.raised():
            try:
                return self._function(*args, **kwargs)
            except Walled:
                return None

    def __eq__(self, other: object) -> bool:
        """Equal to the function, so that ``atexit.unregister`` finds it."""
        return self._function == (other._function if isinstance(other, Behind) else other)

    def __hash__(self) -> int:
        return hash(self._function)


WALL = Wall()
JUDGED: set[int] = set()
"""The threads in which judged runs are made, and those that such runs start."""
OURS: set[Any] = set()
"""Code of the judge itself that opens the file for its reports."""


def tell_audit_hooks() -> None:
    """Let the functions in ``UNSEEN`` raise audit events before they do what they do."""
    for module, name in UNSEEN:
        place = importlib.import_module(module)
        function = getattr(place, name, None)
        if function is not None:
            setattr(place, name, _audited(f"{module}.{name}", function))


def watch_what_starts() -> None:
    """Let threads and callbacks at exit that start behind the wall stay behind it."""
    for place, name in (
        (_thread, "start_new_thread"),
        (_thread, "start_new"),
        (_thread, "start_joinable_thread"),
        (threading, "_start_new_thread"),
        (threading, "_start_joinable_thread"),
    ):
        function = getattr(place, name, None)
        if function is not None:
            setattr(place, name, _starting(function))
    setattr(atexit, "register", _registering(atexit.register))  # noqa: B010 (its type is another)


def _starting(function: Any) -> Any:
    def start(target: Any, *args: Any, **kwargs: Any) -> Any:
        judged = threading.get_ident() in JUDGED
        return function(Born(target, behind=WALL.holds(), judged=judged), *args, **kwargs)

    return start


def _registering(function: Any) -> Any:
    def register(target: Any, /, *args: Any, **kwargs: Any) -> Any:
        function(Behind(target) if WALL.holds() else target, *args, **kwargs)
        return target

    return register


def _audited(event: str, function: Any) -> Any:
    @functools.wraps(function)
    def audited(*args: Any, **kwargs: Any) -> Any:
        sys.audit(event, *args)
        return function(*args, **kwargs)

    return audited


def _reaches_out(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return opens_for_writing(arguments)
    if event == "os.kill":
        return bool(arguments[0] != os.getpid())
    if event == "sqlite3.connect":
        return arguments[0] not in (":memory:", "")
    return event in REFUSED


def _asked_by_the_user(frame: FrameType | None) -> bool:
    """Whether the innermost code is the user's, apart from functions of the standard library that it may go through.

    A module of the standard library that is being imported may have what it needs, and so may installed packages.
    """
    while frame is not None:
        name = frame.f_code.co_filename
        if is_installed(name):
            return False
        standard = is_standard(name)
        if standard and frame.f_code.co_name == "<module>":
            return False
        if not standard and not is_the_judges(name):
            return True
        frame = frame.f_back
    return True


def opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    """Whether the arguments of an ``open`` event are those of a file that is to be written."""
    path, _, flags = arguments
    return isinstance(flags, int) and bool(flags & WRITING) and not isinstance(path, int) and path != os.devnull


def _shown(arguments: tuple[Any, ...]) -> str:
    return ", ".join(repr(argument)[:60] for argument in arguments[:2] if argument is not None)


def _place(frame: FrameType | None) -> str:
    """File and line of the innermost frame outside the standard library and installed packages."""
    innermost = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if of_the_user(name):
            return f"{Path(name).name}:{frame.f_lineno}"
        frame = frame.f_back
    return f"{innermost.f_code.co_filename}:{innermost.f_lineno}" if innermost else "an unknown line"
