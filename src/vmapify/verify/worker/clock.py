"""How long a program stays in its loops: seconds until their results are there, calls, rows, and what compiling took."""

from __future__ import annotations

import atexit
import builtins
import sys
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .importing import Files
from .importing import install as install_files
from .timed import CLOCK, timed, timed_loops

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from .channel import Channel
    from .plan import Plan

OFTEN = 1.0
"""Seconds after which the figures so far are sent: a program that is killed has said what it knew."""
COMPILING = "/jax/core/compile/"
"""How the names of JAX's events begin that tell of tracing, lowering and compiling."""
TRIED = 2000
CONTAINERS = (list, tuple, dict)


class Figures:
    """What is known of one loop. ``own`` are the seconds that taking the time itself took."""

    __slots__ = ("calls", "compiling", "first", "inside", "own", "rows", "seconds", "traced")

    def __init__(self) -> None:
        self.calls = self.rows = self.traced = self.inside = 0
        self.seconds = self.compiling = self.own = self.first = 0.0

    def plain(self, a_row: float) -> dict[str, Any]:
        """As it is sent; ``a_row`` is what counting one costs."""
        names = ("calls", "rows", "traced", "seconds", "compiling", "first")
        return {name: getattr(self, name) for name in names} | {"own": self.own + a_row * self.rows}


class Clock:
    """Called with a loop's key it is the context of its statements."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._found: dict[int, Figures] = {}
        self._local = threading.local()
        self._lock = threading.Lock()
        self._listening = False
        self._sent = perf_counter()
        self._a_row = 0.0

    def begin(self) -> None:
        """Find out what counting a row costs."""
        start = perf_counter()
        for _ in range(TRIED):
            pass
        plain = perf_counter() - start
        start = perf_counter()
        for _ in self.rows(-1, range(TRIED)):
            pass
        self._a_row = max(perf_counter() - start - plain, 0.0) / TRIED
        self._found.clear()

    def __call__(self, key: int, names: tuple[str, ...]) -> Stay:
        """The time from here until the statements have ended, and what they gave ``names`` is there, counts."""
        return Stay(self, self.of(key), names)

    def of(self, key: int) -> Figures:
        """The figures of a loop."""
        return self._found.setdefault(key, Figures())

    def rows(self, key: int, values: Iterable[Any]) -> Iterator[Any]:
        """The values, counted."""
        figures = self.of(key)
        for value in values:
            figures.rows += 1
            yield value

    def result(self, key: int, value: Any) -> Any:  # noqa: ARG002 (what instrumented code passes)
        """What a loop's function returns, once it is there."""
        wait_for((value,))
        return value

    def listen(self) -> None:
        """Hear what JAX compiles, once JAX is there."""
        jax = sys.modules.get("jax")
        monitoring = getattr(jax, "monitoring", None)
        if self._listening or monitoring is None:
            return
        self._listening = True
        monitoring.register_event_duration_secs_listener(self._heard)

    def compiled_in(self) -> list[tuple[float, float]]:
        """When this thread was busy compiling."""
        if not hasattr(self._local, "intervals"):
            self._local.intervals = []
        found: list[tuple[float, float]] = self._local.intervals
        return found

    def _heard(self, event: str, seconds: float, **_: Any) -> None:
        """Events end inside out, so that one that began earlier replaces those within."""
        if not event.startswith(COMPILING):
            return
        now = perf_counter()
        known = self.compiled_in()
        while known and known[-1][0] >= now - seconds:
            known.pop()
        known.append((now - seconds, now))

    def open_stays(self) -> list[Stay]:
        """The loops that this thread is in."""
        if not hasattr(self._local, "stays"):
            self._local.stays = []
        found: list[Stay] = self._local.stays
        return found

    def send(self, *, now: bool = False) -> None:
        """Send all figures, if it is time."""
        if not now and perf_counter() - self._sent < OFTEN:
            return
        with self._lock:
            self._sent = perf_counter()
            for key, figures in list(self._found.items()):
                if figures.calls:
                    self._channel.send("timed", site=key, figures=figures.plain(self._a_row))


class Stay:
    """One stay of a thread in a loop. Of one inside itself, by recursion, only the calls count."""

    __slots__ = ("_clock", "_figures", "_names", "_start")

    def __init__(self, clock: Clock, figures: Figures, names: tuple[str, ...]) -> None:
        self._clock, self._figures, self._names, self._start = clock, figures, names, 0.0

    def __enter__(self) -> None:
        came = perf_counter()
        self._clock.listen()
        stays = self._clock.open_stays()
        if not stays:
            self._clock.compiled_in().clear()
        stays.append(self)
        self._figures.calls += 1
        self._figures.inside += 1
        self._start = perf_counter()
        self._figures.own += self._start - came

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        values = sys._getframe(1).f_locals
        traced = wait_for([values[name] for name in self._names if name in values])
        end = perf_counter()
        figures = self._figures
        figures.inside -= 1
        stays = self._clock.open_stays()
        if self in stays:
            stays.remove(self)
        figures.traced += traced
        if figures.inside == 0:
            self._count(end)
        self._clock.send()
        figures.own += perf_counter() - end

    def _count(self, end: float) -> None:
        figures = self._figures
        figures.seconds += end - self._start
        if figures.calls == 1:
            figures.first = end - self._start
        spans = self._clock.compiled_in()
        figures.compiling += sum(min(b, end) - max(a, self._start) for a, b in spans if b > self._start)


def wait_for(values: Iterable[Any]) -> bool:
    """Wait for the arrays among some values and in their lists; whether one is traced, so that there is nothing to wait for."""
    jax = sys.modules.get("jax")
    if jax is None or not hasattr(jax, "Array"):
        return False
    traced = False
    for value in values:
        if isinstance(value, jax.Array):
            traced |= _wait(jax, value)
        elif isinstance(value, CONTAINERS) and value:
            last = list(value.values())[-1] if isinstance(value, dict) else value[-1]
            traced |= _wait(jax, last) if isinstance(last, jax.Array) else False
    return traced


def _wait(jax: Any, value: Any) -> bool:
    if isinstance(value, jax.core.Tracer):
        return True
    if not value.is_deleted():
        value.block_until_ready()
    return False


def start_clock(plan: Plan, channel: Channel) -> None:
    """Time the loops of the plan in this process."""
    loops = timed_loops(plan.call["loops"])
    clock = Clock(channel)
    clock.begin()
    setattr(builtins, CLOCK, clock)
    atexit.register(lambda: clock.send(now=True))

    def missing(keys: set[int]) -> None:
        for key in sorted(keys):
            channel.send("missing", site=key)

    install_files(Files(loops, missing, insert=timed))
