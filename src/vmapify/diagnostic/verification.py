"""The verdict of running both versions, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["identical", "equivalent", "precision-changed", "different", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Speedup:
    """Seconds of the loop divided by seconds of the rewrite, for the first call and in steady state."""

    first_call: float
    steady: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Evidence for a verdict.

    ``reason`` answers "why do the numbers differ?" or what to provide when inconclusive. ``max_error_loop`` and
    ``max_error_vmap`` are the largest per-lane errors against the float64 rerun of the loop, relative to the
    lane's largest magnitude. ``batch_sizes`` are the trip counts that were run, ``peak_memory`` is in bytes.
    ``device_kind``, ``matmul_precision`` and ``enable_x64`` say what the numbers hold for.
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
