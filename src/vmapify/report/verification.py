"""The report of ``verify``: verdicts on functions instead of findings."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify import __version__
from vmapify.report.as_json import SCHEMA, problem_json, shard_json, verification_json
from vmapify.report.as_text import problem_line
from vmapify.report.evidence import evidence

if TYPE_CHECKING:
    from vmapify.diagnostic import Problem, Verification
    from vmapify.report.style import Style


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a bundle says of a rewrite that was judged again.

    ``same_bits``: whether both versions give the recorded results bit by bit; None if that is not known. ``other`` names
    what was not the same, ``missing`` why some inputs are not in the bundle.
    """

    verdict: str
    device: str | None
    jax: str | None
    same_bits: bool | None
    other: tuple[str, ...]
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The verdict on one function of the file ``path``; ``recorded`` is that of the bundle it comes from.

    ``before`` and ``after`` are the texts that were judged, as far as they are known.
    """

    path: str
    function: str
    verification: Verification
    recorded: Recorded | None = None
    before: str = ""
    after: str = ""

    def compared(self) -> list[str]:
        """The recorded verdict beside the one found now, and what may explain a difference."""
        recorded = self.recorded
        if recorded is None:
            return []
        where = f" on {recorded.device} (jax {recorded.jax})" if recorded.device else ""
        parts = [f"{'as recorded' if self.same else f'CHANGED: recorded as {recorded.verdict}'}{where}"]
        if recorded.same_bits is not None:
            parts.append("the recorded bits" if recorded.same_bits else "not the recorded bits")
        parts += recorded.other
        if not recorded.other and recorded.same_bits is False:
            parts.append("though device, JAX and precision are the same: other packages, or chance, play a part")
        if recorded.missing and self.verification.device is not None:
            parts.append(f"not all inputs are in the bundle: {recorded.missing}")
        return parts

    @property
    def same(self) -> bool:
        """Whether the verdict is the recorded one, if there is one."""
        return self.recorded is None or self.recorded.verdict == self.verification.verdict


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``verify`` found out, and what kept it from more; ``shard``: which part of the files it is about, of how many."""

    results: tuple[VerifyResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    shard: tuple[int, int] = (1, 1)


def render_verify(report: VerifyReport, *, as_json: bool, style: Style) -> str:
    """The contract's JSON, or one line a function."""
    if as_json:
        return _json(report)
    lines = [_line(result, style) for result in report.results]
    lines += [problem_line(problem, style) for problem in report.problems]
    return "".join(f"{line}\n" for line in lines or ["No function differs between the two files."])


def _line(result: VerifyResult, style: Style) -> str:
    return f"{style.bold(f'{result.path} {result.function}')}: " + " · ".join(
        [*evidence(result.verification), *result.compared()]
    )


def _json(report: VerifyReport) -> str:
    document = {
        "schema": SCHEMA,
        "version": __version__,
        **shard_json(report.shard),
        "results": [
            {"path": r.path, "function": r.function, **(verification_json(r.verification) or {}), **_recorded_json(r)}
            for r in report.results
        ],
        "errors": [problem_json(problem) for problem in report.problems],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _recorded_json(result: VerifyResult) -> dict[str, object]:
    if result.recorded is None:
        return {}
    return {"recorded": dataclasses.asdict(result.recorded), "change": "same" if result.same else "changed"}
