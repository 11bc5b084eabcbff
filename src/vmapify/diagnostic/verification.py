"""The verdict of running both versions, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["identical", "equivalent", "precision-changed", "different", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one version: of the first call, with what it compiles, and in steady state.

    ``steady`` is the median of ``runs`` later calls, ``low`` and ``high`` are their quartiles. ``memory`` is in bytes,
    where the whole version is one compiled program.
    """

    first: float | None
    steady: float
    low: float
    high: float
    runs: int
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Speedup:
    """Seconds of the loop divided by seconds of the rewrite, for the first call and in steady state.

    The ratios hold for ``batch_size`` rows, run eagerly or as one program (``mode`` ``jit``: the loop stands inside a
    transformation). ``first_call`` is None where it was not measured with nothing compiled. ``telling`` is whether they can
    speak for the sizes of real runs. ``break_even`` is from how many rows on the rewrite is the faster one, where it is not
    yet, and measuring at two sizes has shown that. ``lockstep``: it is slower on more rows, too, for all of them run as long
    as the slowest. ``calls``: how often, at least, a run of the user's that took ``run_seconds`` came to the loop.
    """

    first_call: float | None
    steady: float
    batch_size: int | None = None
    mode: Literal["eager", "jit"] = "eager"
    telling: bool = False
    loop: Timing | None = None
    rewrite: Timing | None = None
    break_even: int | None = None
    lockstep: bool = False
    calls: int | None = None
    run_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the table of ``bench``: both versions on ``batch_size`` rows.

    A version that was not run, or does not run like this, is None, and ``skipped`` says why.
    """

    batch_size: int | None
    mode: Literal["eager", "jit"]
    loop: Timing | None
    rewrite: Timing | None
    skipped: str = ""

    @property
    def speedup(self) -> Speedup | None:
        """The ratios, where both versions were timed."""
        if self.loop is None or self.rewrite is None:
            return None
        return speedup_of(self.loop, self.rewrite, self.batch_size, self.mode)


def speedup_of(
    loop: Timing,
    rewrite: Timing,
    batch_size: int | None,
    mode: Literal["eager", "jit"],
    *,
    telling: bool = False,
    even: int | None = None,
    lockstep: bool = False,
) -> Speedup:
    """The ratios of two timings."""
    known = loop.first is not None and rewrite.first is not None
    first = _ratio(loop.first or 0.0, rewrite.first or 0.0) if known else None
    steady = _ratio(loop.steady, rewrite.steady)
    return Speedup(first, steady, batch_size, mode, telling, loop, rewrite, even, lockstep)


def _ratio(before: float, after: float) -> float:
    return before / max(after, 1e-9)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A stage of judging that was left out: ``cause`` is a code, ``why`` the same in words.

    ``time``: the time limit was near; ``slow``: the versions take too long to be run so often; ``rows``: there are too many;
    ``failed``: it was tried in vain.
    """

    stage: Literal["redraws", "wrong-rewrites", "row-counts", "gradients", "proof", "timing"]
    cause: Literal["time", "slow", "rows", "failed"]
    why: str


@dataclass(frozen=True, slots=True)
class Change:
    """What the rewrite was seen to change besides values.

    ``placement``: devices, memory kind, sharding or commitment of a result. ``weak-type-lost``: the dtype of a result no
    longer yields to that of a narrower operand.
    """

    code: Literal["placement", "weak-type-lost"]
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Evidence for a verdict.

    ``reason`` answers "why do the numbers differ?" or what to provide when inconclusive. ``max_error_loop`` and
    ``max_error_vmap`` are the largest per-lane errors against the float64 rerun of the loop, relative to the
    lane's largest magnitude. ``batch_sizes`` are the trip counts that were run, ``peak_memory`` is in bytes:
    the device's own count where it keeps one, else what the rewrite holds at once, run operation by operation.
    ``device_kind``, ``matmul_precision`` and ``enable_x64`` say what the numbers hold for. ``measurements`` is the table
    of ``bench``. ``unmeasured`` is why there is no ``speedup``, where both versions agree. ``obstacle`` is what kept the
    rewrite from running: memory, which ``rows_that_fit`` at a time would not use up (None: unknown). ``skipped`` lists the
    stages of judging that were left out. With ``changes``, the verdict is ``equivalent`` at best.
    ``arrivals`` is how often a run of the program came to the loop (None: unknown), ``unseen`` how many of these times both
    versions could not be compared, or not in time. ``more``: the program was ended before it was over, so that it may have come
    there again.
    """

    verdict: Verdict
    reason: str = ""
    device: str | None = None
    jax: str | None = None
    inputs: Literal["recorded", "module", "given", "synthesized"] | None = None
    batch_sizes: tuple[int, ...] = ()
    max_error_loop: float | None = None
    max_error_vmap: float | None = None
    speedup: Speedup | None = None
    peak_memory: int | None = None
    example: str | None = None
    device_kind: str | None = None
    matmul_precision: str | None = None
    enable_x64: bool | None = None
    measurements: tuple[Measurement, ...] = ()
    obstacle: Literal["memory"] | None = None
    rows_that_fit: int | None = None
    unmeasured: str = ""
    arrivals: int | None = None
    unseen: int = 0
    more: bool = False
    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Rerun:
    """A program that was run once more with all rewrites in place.

    ``before`` and ``after`` say in words what it did and left, without and with them. ``agrees`` is whether that is the same
    (with those rewrites that were not left because of it), ``skipped`` why it was not run again. ``aside`` names what
    differs between two runs of the program as it was, and does not count. ``values`` and ``files`` are how many values at
    its end and written files were compared, ``left_out`` how many values cannot be.
    """

    command: str
    before: str = ""
    after: str = ""
    agrees: bool = False
    skipped: str = ""
    aside: tuple[str, ...] = ()
    values: int = 0
    files: int = 0
    left_out: int = 0
