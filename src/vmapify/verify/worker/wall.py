"""The audit wall: a judged run may compute, but not write files, start processes or open sockets."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
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
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HERE = str(Path(__file__).parent)


class Walled(BaseException):
    """Raised inside the refused call. Not an Exception, so that user code does not take it for its own."""


class Wall:
    """One per process: audit hooks cannot be removed, so it is installed once and raised when needed.

    ``lifted`` for good, it refuses nothing and only writes down what ``passed``.
    """

    def __init__(self) -> None:
        self.refused: str | None = None
        self.lifted = False
        self.passed: list[str] = []
        self._spared: str | None = None
        self._up = False
        self._installed = False
        self._bystanders: set[int | None] = set()

    @contextlib.contextmanager
    def raised(self, spared: str | None = None) -> Iterator[None]:
        """Hold the wall up; threads that were already running and files under ``spared`` are left alone."""
        if not self._installed:
            sys.addaudithook(self._hook)
            self._installed = True
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

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._up or threading.get_ident() in self._bystanders:
            return
        if self._spared and str(arguments[:1]).find(self._spared) >= 0:
            return
        if not _reaches_out(event, arguments):
            return
        if self.lifted:
            self.passed.append(event)
            return
        self.refused = f"{event}({_shown(arguments)}) at {_place(sys._getframe(1))}"
        raise Walled(self.refused)


WALL = Wall()


def tell_audit_hooks() -> None:
    """Let the functions in ``UNSEEN`` raise audit events before they do what they do."""
    for module, name in UNSEEN:
        place = importlib.import_module(module)
        function = getattr(place, name, None)
        if function is not None:
            setattr(place, name, _audited(f"{module}.{name}", function))


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


def opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    """Whether the arguments of an ``open`` event are those of a file that is to be written."""
    path, _, flags = arguments
    return isinstance(flags, int) and bool(flags & WRITING) and not isinstance(path, int) and path != os.devnull


def _shown(arguments: tuple[Any, ...]) -> str:
    return ", ".join(repr(argument)[:60] for argument in arguments[:2] if argument is not None)


def _place(frame: FrameType | None) -> str:
    """File and line of the innermost frame outside the standard library and installed packages."""
    library = str(Path(os.__file__).parent)
    innermost = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((library, HERE, "<frozen")) and "site-packages" not in name:
            return f"{Path(name).name}:{frame.f_lineno}"
        frame = frame.f_back
    return f"{innermost.f_code.co_filename}:{innermost.f_lineno}" if innermost else "an unknown line"
