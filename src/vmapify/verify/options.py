"""How a verification is to be run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """Where inputs come from, where both versions run, and the limits.

    ``device``: ``cpu``, ``gpu``, ``tpu``, ``cuda:1``; None is the default device of the user's JAX.
    ``python``: the child's interpreter; None is the active virtual environment's if it has JAX, else ours.
    ``runner``: a command that starts ``python`` elsewhere, such as ``ssh gpu01``; the code stands at the same paths there.
    ``run``: a workload to record inputs from, such as ``pytest -q tests``.
    ``inputs`` and ``function``: a file and the name in it (usually ``inputs``) whose call yields argument
    tuples for ``function``. ``timeout`` is in seconds for one arrival at a site, ``workload_timeout`` for
    one run of the program that leads there. ``memory_limit`` is in GB of resident memory of the child and
    its children. ``allow_io``: judged runs may write files, start processes and open sockets. ``sizes`` are
    the batch sizes to time both versions at; without them there is a quick answer only.
    ``min_speedup``: how many times as fast as the loop a rewrite has to be, if that is asked for; 0 asks for nothing.
    ``store``: keep the inputs of every judgement, for a bundle.
    """

    device: str | None = None
    python: str | None = None
    runner: str | None = None
    run: str | None = None
    inputs: tuple[str, str] | None = None
    function: str | None = None
    timeout: float = 60.0
    memory_limit: float | None = None
    workload_timeout: float | None = None
    allow_io: bool = False
    sizes: tuple[int, ...] = ()
    store: bool = False
    min_speedup: float | None = None

    @property
    def patience(self) -> float:
        """Seconds that one run of a program may take."""
        return self.workload_timeout if self.workload_timeout is not None else 10 * self.timeout
