"""How a verification is to be run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """Where inputs come from, where both versions run, and the limits.

    ``device``: ``cpu``, ``gpu``, ``tpu``, ``cuda:1``; None is the default device of the user's JAX.
    ``python``: the child's interpreter; None is the first one found that has JAX (`choice`).
    ``runner``: a command that starts ``python`` elsewhere, such as ``ssh gpu01``; the code stands at the same paths there.
    ``run``: a workload to record inputs from, such as ``pytest -q tests``.
    ``inputs`` and ``function``: a file and the name in it (usually ``inputs``) whose call yields argument
    tuples for ``function``. ``timeout`` is in seconds for one arrival at a site, ``workload_timeout`` for
    one run of the program that leads there. ``memory_limit`` is in GB of resident memory of the child and
    its children. ``allow_io``: judged runs may write files, start processes and open sockets. ``sizes`` are
    the batch sizes to time both versions at; without them there is a quick answer only.
    ``min_speedup``: how many times as fast as the loop a rewrite has to be, if that is asked for; 0 asks for nothing.
    ``store``: keep the inputs of every judgement, for a bundle. ``start`` and ``root`` are the folders of the code and
    of its settings, between which the project's environment is looked for; ``origins`` says of options that were not
    given on the command line where they stand.
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
    start: str | None = None
    root: str | None = None
    origins: tuple[tuple[str, str], ...] = ()

    def named(self, option: str) -> str:
        """How the user gave the option: ``--run``, or ``run`` with the file where it stands."""
        return dict(self.origins).get(option, f"--{option}")

    @property
    def patience(self) -> float:
        """Seconds that one run of a program may take."""
        return self.workload_timeout if self.workload_timeout is not None else 10 * self.timeout
