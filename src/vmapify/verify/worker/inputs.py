"""Judge a pair on one arrival's values, and on fresh values of the same shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .canary import blinded
from .compiled import PROGRAMS
from .draws import redraw, redraw_all, redraw_freely
from .evidence import Evidence, inconclusive, worst
from .gradients import gradient_evidence
from .judge import Judgement
from .memory import guarded, held_at_once
from .outside import OUTSIDE
from .plan import Measure
from .power import moved
from .profit import Profit
from .proof import MOST_ROWS, proven
from .purity import impurity
from .rebuild import OnePassError, convert
from .record import digest
from .settings import default_device, matmul_precision, x64_enabled
from .sizes import extent, followed, with_rows
from .stages import STAGES, VERSIONS
from .sweep import Sweep

if TYPE_CHECKING:
    from .observe import Outcome
    from .pair import Budget, Pair

SEED = 20_011
REDRAWS = 3
"""Runs of each version that judging one redraw takes, roughly."""
ROUNDS = 4
"""How often values are redrawn until every result has changed: a truth value may take more than one draw."""
SWEEP_SECONDS = 8.0
"""Other numbers of rows are compiled for and run where the first runs took no longer than this."""
PROVEN = "; proven by construction"
QUICK = Measure()
PASSED = {"identical", "equivalent", "precision-changed"}
Tell = Callable[[dict[str, Any]], None]


def judge_values(
    pair: Pair,
    inputs: dict[str, Any],
    kind: str,
    budget: Budget,
    tell: Tell,
    measure: Measure = QUICK,
    known: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The report on one arrival, as plain data. ``tell`` gets it before redrawn inputs are tried, and before measuring.

    ``known`` is the verdict on other inputs of these types with its reason, so that only what is new has to be shown.
    """
    try:
        with OUTSIDE.taken([*pair.code, *inputs.values()]):
            evidence = _resized(pair, inputs, known) if known and kind == "synthesized" else None
            if evidence is not None:
                return plain(evidence, kind) | {"like": evidence.verdict}
            case = _Case(guarded(pair, inputs, measure.memory), inputs, kind, budget, tell)
            report = case.report(known=known is not None)
            with STAGES.stage("timing"):
                return case.measured(report, measure)
    except OnePassError as error:
        return plain(inconclusive(f"a live value is a {error}, which can be consumed only once"), kind)
    finally:
        PROGRAMS.clear()


def _resized(pair: Pair, inputs: dict[str, Any], known: tuple[str, str]) -> Evidence | None:
    """The same verdict for made-up inputs of other extents, where both versions are single programs and agree on them."""
    with STAGES.stage("other extents"):
        judgement = Judgement(pair, inputs, np.random.default_rng(SEED), quick=frozenset({"loop", "rewrite"}))
        evidence = judgement.glance()
    passed = evidence.verdict in {"identical", "equivalent"}
    powerful = pair.lanes and evidence.required <= evidence.telling
    sound = passed and powerful and blinded() is None
    return replace(evidence, verdict=known[0], reason=known[1]) if sound else None


class _Case:
    def __init__(self, pair: Pair, inputs: dict[str, Any], kind: str, budget: Budget, tell: Tell) -> None:
        self._pair, self._inputs, self._kind = pair, inputs, kind
        self._budget, self._tell = budget, tell
        self._random = np.random.default_rng(SEED)
        self._asked = False
        self._blinded: str | None = None
        with STAGES.stage("first runs"):
            made_up = kind == "synthesized"
            self._first = Judgement(pair, inputs, self._random, made_up=made_up, stage=VERSIONS)

    def report(self, *, known: bool) -> dict[str, Any]:
        """All gates, or for inputs of known types those that the values themselves have to pass."""
        with STAGES.stage("first runs"):
            evidence = self._first.evidence()
        if evidence.verdict == "different" or evidence.final:
            return plain(evidence, self._kind) | self._digests()
        if evidence.verdict != "inconclusive":
            self._tell(plain(self._believed(self._powered(evidence)), self._kind) | self._digests())
        if not known or evidence.verdict == "inconclusive":
            evidence = self._redrawn(evidence, redraw, "floats")
        for how, what in ((redraw_freely, "floats"), (redraw_all, "all arrays")) * ROUNDS:
            if self._missing(evidence):
                evidence = self._redrawn(evidence, how, what)
        if evidence.verdict in {"identical", "equivalent"} and self._pair.gradients:
            with STAGES.stage("gradients"):
                evidence = self._differentiated(evidence)
        sizes: list[int] = []
        if known:
            return plain(self._believed(self._powered(evidence)), self._kind) | self._digests()
        if evidence.verdict in {"identical", "equivalent"}:
            evidence = self._proven(self._swept(evidence, sizes))
        return plain(self._believed(self._powered(evidence)), self._kind) | {"sizes": sizes} | self._digests()

    def _digests(self) -> dict[str, Any]:
        return {"digests": {"loop": digest(self._first.loop), "rewrite": digest(self._first.rewrite)}}

    def _believed(self, evidence: Evidence) -> Evidence:
        """No evidence from a judge that no longer sees: see ``canary``. Asked once, after both versions have run."""
        if evidence.verdict in {"different", "inconclusive"}:
            return evidence
        if not self._asked:
            self._asked, self._blinded = True, blinded()
        return evidence if self._blinded is None else inconclusive(self._blinded, final=True)

    def _redrawn(self, evidence: Evidence, how: Callable[..., Any], what: str) -> Evidence:
        if evidence.verdict == "different" or not self._affordable():
            return evidence
        with STAGES.stage("redrawn inputs"):
            return self._judged_redrawn(evidence, how, what)

    def _judged_redrawn(self, evidence: Evidence, how: Callable[..., Any], what: str) -> Evidence:
        fresh = convert(self._inputs, how(self._random))
        if all(fresh[name] is self._inputs[name] for name in fresh):
            return evidence
        judgement = Judgement(self._pair, fresh, self._random)
        if _unfit(self._first.loop, judgement.loop):
            return evidence
        return self._joined(evidence, judgement, f" ({what} redrawn at random)")

    def _differentiated(self, evidence: Evidence) -> Evidence:
        """The same with what the gradients of both versions show."""
        found = gradient_evidence(self._pair, self._inputs, self._random)
        if isinstance(found, str):
            return _note(evidence, f"; gradients not compared: {found}")
        if found.verdict == "inconclusive":
            return _note(evidence, f"; gradients not compared: {found.reason}")
        differs = found.verdict in {"different", "precision-changed"}
        return worst(evidence, found) if differs else _note(evidence, "; its gradients agree, too")

    def _swept(self, evidence: Evidence, sizes: list[int]) -> Evidence:
        """Rows in another order, one more of them, and only one; ``sizes`` gets the numbers that taught something."""
        count = extent(self._pair, self._first.loop, self._inputs)
        if count is None or count < 2:
            return evidence
        tried = [(self._random.permutation(count), "its rows permuted")]
        tried += [(np.arange(new) % count, f"{new} rows instead of {count}") for new in (count + 1, 1, 0)]
        for rows, what in tried:
            quick = self._quick() or len(rows) == count
            if evidence.verdict in {"identical", "equivalent"} and quick and self._affordable():
                with STAGES.stage("rows permuted" if len(rows) == count else "other numbers of rows"):
                    evidence = self._with_rows(evidence, count, rows, what, sizes)
        return evidence

    def _with_rows(self, evidence: Evidence, count: int, rows: Any, what: str, sizes: list[int]) -> Evidence:
        inputs, error = attempt(lambda: with_rows(self._inputs, count, rows))
        if error is not None:
            return evidence
        judgement, found = self._glanced(inputs, count, len(rows))
        if found is None:
            return evidence
        if len(rows) == count or found.verdict == "inconclusive":
            return self._joined(evidence, judgement, f" (with {what})", found)
        if found.verdict not in {"identical", "equivalent"}:
            # rows of another array may no longer match: a hint, not a refutation
            return _note(evidence, f"; but with {what if len(rows) else 'no rows'}: {found.reason}")
        sizes.append(len(rows))
        return self._joined(evidence, judgement, f" (with {what})", found)

    def _glanced(self, inputs: dict[str, Any], count: int, new: int) -> tuple[Judgement, Evidence | None]:
        """Both versions on other rows; the rewrite, new to these shapes, first as one program."""
        ways: tuple[frozenset[str], ...] = (frozenset({"rewrite"}), frozenset()) if new != count else (frozenset(),)
        for quick in ways:
            judgement, found = Judgement(self._pair, inputs, self._random, quick=quick), None
            if not self._runs_on(judgement.loop, count, new):
                break
            found = judgement.glance()
            if found.verdict in {"identical", "equivalent"}:
                # one program rounds as it likes, which says nothing about the rewrite as it stands
                return judgement, replace(found, verdict="identical") if quick else found
        return judgement, found

    def _runs_on(self, loop: Outcome, count: int, new: int) -> bool:
        """Whether the loop takes so many rows; without any, results may have whatever form the loop gives them."""
        if new == 0:
            return loop.error is None and not loop.refused
        return followed(self._first.loop, loop, count, new) and not _unfit(self._first.loop, loop)

    def _proven(self, evidence: Evidence) -> Evidence:
        """The same after two traces, with a word on the proof step, where rows are few and running was quick."""
        count = extent(self._pair, self._first.loop, self._inputs)
        quick = count is not None and count <= MOST_ROWS and self._quick()
        if evidence.verdict not in {"identical", "equivalent"} or not quick:
            return evidence
        with STAGES.stage("two traces"):
            impure, remark = impurity(self._pair.before, self._inputs)
        if impure is not None:
            return inconclusive(impure, final=True)
        evidence = _note(evidence, remark)
        with STAGES.stage("proof"):
            return _note(evidence, PROVEN) if proven(self._pair, self._inputs) else evidence

    def _joined(self, evidence: Evidence, judgement: Judgement, note: str, found: Evidence | None = None) -> Evidence:
        changed = frozenset(moved(self._pair, self._first.loop, judgement.loop))
        return _telling(worst(evidence, _note(found or judgement.evidence(), note)), changed)

    def _affordable(self) -> bool:
        return self._budget.affords(REDRAWS * self._run_seconds())

    def _runs(self) -> list[Outcome]:
        return [run for run in (self._first.loop, self._first.again, self._first.rewrite) if run is not None]

    def _run_seconds(self) -> float:
        return sum(run.seconds for run in self._runs())

    def _quick(self) -> bool:
        """Whether more such runs may be made: a busy machine, on which they only seem long, does not count."""
        return sum(min(run.seconds, run.busy) for run in self._runs()) < SWEEP_SECONDS

    def _missing(self, evidence: Evidence) -> set[str]:
        if evidence.verdict not in {"identical", "equivalent"} or self._pair.vouched:
            return set()
        if not self._pair.lanes:
            return set() if evidence.telling else {"the result"}
        return set(evidence.required - evidence.telling)

    def _powered(self, evidence: Evidence) -> Evidence:
        missing = sorted(self._missing(evidence))
        if not missing:
            return evidence
        lanes = f"its batch has {evidence.batch} lane" if evidence.batch == 1 else "all lanes are equal"
        why = lanes if any(self._pair.lanes.get(name) is not None for name in missing) else "it never changes"
        return inconclusive(
            f"the inputs cannot tell a right rewrite from a wrong one for {', '.join(missing)}: {why}; "
            "give inputs with several distinct examples"
        )

    def measured(self, report: dict[str, Any], measure: Measure) -> dict[str, Any]:
        """The report with the times of both versions, if they agree; what fails while they are timed changes no verdict."""
        loop, rewrite = self._first.loop, self._first.rewrite
        if report["verdict"] not in PASSED or rewrite is None or not self._inputs:
            return report
        if measure.sizes:
            self._tell(report)
            sweep = Sweep(self._pair, self._inputs, loop, measure)
            table, error = attempt(lambda: sweep.run(lambda rows: self._tell(report | {"table": rows})))
            return report | {"table": table if error is None else sweep.rows}
        profit = Profit(self._pair, self._inputs, loop, rewrite, self._budget)
        timing, _ = attempt(lambda: profit.timing(measure))
        if report["peak_memory"] is None and self._affordable():
            report |= {"peak_memory": attempt(lambda: held_at_once(self._pair.after, self._inputs))[0]}
        return report | {"timing": timing}


def plain(evidence: Evidence, kind: str) -> dict[str, Any]:
    """A report as it crosses to the parent."""
    device = default_device()
    return {
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "example": evidence.example,
        "refused": evidence.refused,
        "max_error_loop": evidence.error_loop,
        "max_error_vmap": evidence.error_vmap,
        "batch": evidence.batch,
        "obstacle": evidence.obstacle,
        "rows_that_fit": evidence.rows_that_fit,
        "inputs": kind,
        "device": f"{device.platform}:{device.id}",
        "device_kind": device.device_kind,
        "jax": jax.__version__,
        "matmul_precision": matmul_precision(),
        "enable_x64": x64_enabled(),
        "peak_memory": _peak_memory(device),
    }


def _peak_memory(device: Any) -> int | None:
    """Peak of the process so far in bytes, where the backend keeps count (CPU does not)."""
    statistics = device.memory_stats() or {}
    return statistics.get("peak_bytes_in_use")


def _unfit(original: Outcome, fresh: Outcome) -> bool:
    """Whether the loop cannot take the redrawn values: it raises, or yields NaN where it did not."""
    if fresh.error is not None or fresh.refused:
        return True
    return _not_finite(fresh) > _not_finite(original)


def _not_finite(outcome: Outcome) -> int:
    floats = [leaf.data for leaf in outcome.all_leaves() if leaf.kind == "inexact"]
    return sum(int(np.sum(~np.isfinite(data.astype(complex)))) for data in floats)


def _note(evidence: Evidence, note: str) -> Evidence:
    return replace(evidence, reason=evidence.reason + note)


def _telling(evidence: Evidence, names: frozenset[str]) -> Evidence:
    return replace(evidence, telling=evidence.telling | names)
