"""From settings to a judge: the way into the verifier, taken only when something has to be run."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from vmapify.config import Settings
    from vmapify.diagnostic import Site, Verification
    from vmapify.diagnostic.facts import Fact
    from vmapify.pipeline.ask_the_run import Observe
    from vmapify.pipeline.bundle import Shelf
    from vmapify.pipeline.fix import Judge
    from vmapify.source import SourceFile
    from vmapify.verify import Footprint, Ran, Spare, VerifyOptions


@dataclass(frozen=True, slots=True)
class Given:
    """Inputs the user gives: a file, the name in it of what makes them, and the function they are for."""

    file: str
    name: str
    function: str


def given_inputs(inputs: str | None, function: str | None) -> Given | None:
    """``FILE.py[:NAME]`` and a function's name as one value. Raises ConfigError if one of them is missing."""
    if inputs is None and function is None:
        return None
    if inputs is None or function is None:
        raise ConfigError("--inputs and --function belong together: --inputs FILE.py --function NAME")
    return given_file(inputs, function)


def given_file(inputs: str, function: str) -> Given:
    """``FILE.py[:NAME]`` taken apart; the name is ``inputs`` unless another is given."""
    file, separator, name = inputs.rpartition(":")
    return Given(file, name, function) if separator else Given(inputs, "inputs", function)


def verify_options(settings: Settings, given: Given | None, *, store: bool = False) -> VerifyOptions:
    """The settings in the verifier's terms; ``store`` keeps the inputs for a bundle."""
    from vmapify.verify import VerifyOptions  # noqa: PLC0415 - only what runs code pays for it

    limits: dict[str, Any] = {} if settings.timeout is None else {"timeout": float(settings.timeout)}
    return VerifyOptions(
        device=settings.device,
        python=settings.python,
        runner=settings.runner,
        run=settings.run,
        inputs=(given.file, given.name) if given else None,
        function=given.function if given else None,
        memory_limit=settings.memory_limit,
        allow_io=settings.allow_io,
        store=store,
        min_speedup=settings.min_speedup,
        start=settings.start,
        root=settings.root,
        origins=tuple((key, f"`{key}` of {place}:") for key, place in settings.origins),
        **limits,
    )


def try_settings(settings: Settings, given: Given | None, paths: Sequence[str]) -> None:
    """Try once what the settings name for running code. Raises ConfigError if that cannot work."""
    from vmapify.source import find_files  # noqa: PLC0415
    from vmapify.verify import try_options  # noqa: PLC0415 - only what runs code pays for it

    everywhere = dataclasses.replace(settings, shard=(1, 1))
    files = find_files(paths, everywhere).files if given is not None and given.function else ()
    try_options(verify_options(settings, given), files)


def interpreter(settings: Settings, given: Given | None) -> str:
    """The interpreter that runs the user's code, and why it is this one, as part of a line.

    Raises ConfigError where there is none that can.
    """
    from vmapify.verify import usable_python  # noqa: PLC0415

    return str(usable_python(verify_options(settings, given)))


class Ready:
    """A child process that gets ready to judge while there is nothing to judge yet; ended with the context."""

    def __init__(self, settings: Settings, given: Given | None) -> None:
        self._settings, self._given = settings, given
        self._stack = contextlib.ExitStack()
        self.spare: Spare | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def begin(self) -> None:
        """Start it: something will probably have to be judged."""
        from vmapify.verify import Spare  # noqa: PLC0415 - only what runs code pays for it

        self.spare = self._stack.enter_context(Spare(verify_options(self._settings, self._given)))
        self.spare.begin()


class Workloads:
    """The programs that a judge has run, in order, and the way to run one of them once more."""

    def __init__(self, settings: Settings, given: Given | None, progress: Callable[[str], None]) -> None:
        self._settings, self._given, self._progress = settings, given, progress
        self.ran: list[Ran] = []

    def run(self, program: Ran, new: Sequence[SourceFile]) -> Footprint | str:
        """What a program leaves with some files changed; why that is not known if it does not end by itself."""
        from vmapify.verify import run_again  # noqa: PLC0415

        self._progress(f"running {program.workload.title} with the rewrites in place")
        left = run_again(program, new, verify_options(self._settings, self._given))
        self._progress("")
        return left


def observe_with(settings: Settings, given: Given | None, progress: Callable[[str], None]) -> Observe:
    """What runs the programs that lead to open loops, and tells ``progress`` so."""

    def observe(sites: Sequence[Site]) -> Mapping[int, tuple[Fact, ...]]:
        from vmapify.verify import observe_sites  # noqa: PLC0415 - only what runs code pays for it

        progress(f"running what leads to {len(sites)} open loops")
        try:
            return observe_sites(sites, verify_options(settings, given))
        finally:
            progress("")

    return observe


def judge_with(
    settings: Settings,
    given: Given | None,
    progress: Callable[[str], None],
    shelf: Shelf | None = None,
    ready: Ready | None = None,
    note: Callable[[str], None] | None = None,
    workloads: Workloads | None = None,
) -> Judge:
    """A judge that runs both versions of every site and tells ``progress`` how far it is.

    ``shelf`` gets what a bundle needs. ``ready`` may have a process that waits for this. ``note`` is told once which
    interpreter runs the code. ``workloads`` gets what was run. The judge raises ConfigError where evidence that was asked
    for cannot be had.
    """

    def judge(sites: Sequence[Site]) -> Sequence[Verification]:
        from vmapify.verify import judge_sites  # noqa: PLC0415

        def tell(index: int, verification: Verification) -> None:
            known.add(index)
            progress(f"verified {len(known)} of {len(sites)}: {verification.verdict}")

        known: set[int] = set()
        if note is not None and not told:
            told.append(f"runs code with {interpreter(settings, given)}")
            note(told[0])
        progress(f"verifying {len(sites)} rewrites")
        options = verify_options(settings, given, store=shelf is not None)
        spare = ready.spare if ready is not None else None
        stored, ran = shelf.stored if shelf else None, workloads.ran if workloads else None
        try:
            verdicts = judge_sites(sites, options, progress=tell, stored=stored, spare=spare, ran=ran)
        finally:
            progress("")
        if shelf is not None:
            shelf.sites.extend(sites)
        return [verdicts[index] for index in range(len(sites))]

    told: list[str] = []
    return judge
