"""Judge a pair on one arrival's values, and on fresh values of the same shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .compare import named
from .compiled import PROGRAMS
from .evidence import Cause, Evidence, Skipped, Stage, inconclusive, worst
from .gradients import gradient_evidence
from .judge import Judgement
from .memory import guarded, held_at_once
from .outside import OUTSIDE
from .plan import Measure
from .power_check import NO_OUTPUT, Mistaken, made_wrong, moved
from .profit import Profit
from .proof import MOST_ROWS, proven
from .purity import impurity
from .record import digest
from .sampling import redraw, redraw_all, redraw_freely
from .self_test import blinded
from .settings import default_device, matmul_precision, x64_enabled
from .size_table import Sweep
from .sizes import extent, followed, with_rows
from .stages import STAGES, VERSIONS
from .value_tree.rebuild import OnePassError, convert
from .versions import Failed

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
SAME_PROGRAM = "; {}accepted because every row runs the same program and the rewrite is its vmap"
OUT_OF_TIME = "time ran out ({:g} s)"
TOO_SLOW = f"both versions take longer than {SWEEP_SECONDS:g} s"
BLIND = "the inputs cannot tell a right rewrite from a wrong one for {}: {}; give inputs with several distinct examples"
NOTHING_TO_DRAW = "they hold no arrays to redraw, and no batched call was seen"
IN_VAIN = (
    "a wrong rewrite would not be noticed in {}: with one row of the batch in another's place it gives the same; "
    "give inputs for which the rows matter"
)
UNTRIED = "nothing shown yet: whether a wrong rewrite would be noticed in {} had still to be tried"
STILL = {
    "redraws": "redrawn inputs",
    "wrong-rewrites": "wrong rewrites",
    "proof": "a proof that every row runs the same",
}
NO_TIME = "time ran out ({:g} s) before {} could be tried; raise --timeout"
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
                return case.measured(report, measure, fresh=known is None and kind != "synthesized")
    except OnePassError as error:
        return plain(inconclusive(f"a live value is a {error}, which can be consumed only once"), kind)
    finally:
        PROGRAMS.clear()


def agree_at_a_glance(pair: Pair, inputs: dict[str, Any]) -> bool:
    """Whether one run of each version gives the same, where more was shown for other inputs of one kind."""
    with OUTSIDE.taken([*pair.code, *inputs.values()]), STAGES.stage("glances"):
        evidence, error = attempt(lambda: Judgement(pair, inputs, np.random.default_rng(SEED)).glance())
        return error is None and evidence.verdict in {"identical", "equivalent"} and not evidence.changes


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
        self._skipped = Skipped()
        self._mistaken: Mistaken | None = None
        self._redraws = 0
        with STAGES.stage("first runs"):
            made_up = kind == "synthesized"
            self._first = self._shown = Judgement(pair, inputs, self._random, made_up=made_up, stage=VERSIONS)

    def report(self, *, known: bool) -> dict[str, Any]:
        """All gates, or for inputs of known types those that the values themselves have to pass."""
        with STAGES.stage("first runs"):
            evidence = self._first.evidence()
        # what the versions do on values that nobody passes says nothing where the user's own make them raise
        raises = self._first.loop.error is not None and self._kind != "synthesized"
        if evidence.verdict == "different" or evidence.final or raises:
            return plain(evidence, self._kind) | self._digests()
        if evidence.verdict != "inconclusive":
            so_far = plain(self._believed(self._powered(evidence, over=False)), self._kind) | self._digests()
            self._tell(so_far | {"skipped": Skipped.all_at(OUT_OF_TIME.format(self._budget.limit))})
        if not known or evidence.verdict == "inconclusive":
            evidence = self._redrawn(evidence, redraw, "floats")
        if self._missing(evidence):
            evidence = self._made_wrong(evidence)
        for how, what in ((redraw_freely, "floats"), (redraw_all, "all arrays")) * ROUNDS:
            if self._missing(evidence):
                evidence = self._redrawn(evidence, how, what)
        if evidence.verdict in {"identical", "equivalent"} and self._pair.gradients:
            with STAGES.stage("gradients"):
                evidence = self._differentiated(evidence)
        if self._missing(evidence):
            evidence = self._by_structure(evidence)
        sizes: list[int] = []
        if known:
            return self._final(evidence)
        if evidence.verdict in {"identical", "equivalent"}:
            evidence = self._proven(self._swept(evidence, sizes))
        return self._final(evidence) | {"sizes": sizes}

    def _final(self, evidence: Evidence) -> dict[str, Any]:
        report = plain(self._believed(self._powered(evidence)), self._kind)
        return report | {"skipped": self._skipped.plain()} | self._digests()

    def _digests(self) -> dict[str, Any]:
        return {"digests": {"loop": digest(self._shown.loop), "rewrite": digest(self._shown.rewrite)}}

    def _believed(self, evidence: Evidence) -> Evidence:
        """No evidence from a judge that no longer sees: see ``canary``. Asked once, after both versions have run."""
        if evidence.verdict in {"different", "inconclusive"}:
            return evidence
        if not self._asked:
            self._asked, self._blinded = True, blinded()
        return evidence if self._blinded is None else inconclusive(self._blinded, final=True)

    def _redrawn(self, evidence: Evidence, how: Callable[..., Any], what: str) -> Evidence:
        if evidence.verdict == "different":
            return evidence
        fresh = convert(self._inputs, how(self._random))
        if all(fresh[name] is self._inputs[name] for name in fresh) or self._out_of_time("redraws"):
            return evidence
        with STAGES.stage("redrawn inputs"):
            return self._judged_redrawn(evidence, fresh, what)

    def _judged_redrawn(self, evidence: Evidence, fresh: dict[str, Any], what: str) -> Evidence:
        judgement = Judgement(self._pair, fresh, self._random)
        if _unfit(self._first.loop, judgement.loop):
            return evidence
        self._redraws += 1
        return self._joined(evidence, judgement, f" ({what} redrawn at random)")

    def _made_wrong(self, evidence: Evidence) -> Evidence:
        """The same with the outputs in which a rewrite that is made wrong on purpose is noticed."""
        if self._first.rewrite is None or self._out_of_time("wrong-rewrites"):
            return evidence
        with STAGES.stage("wrong rewrites"):
            power = made_wrong(self._pair, self._inputs, self._first.rewrite)
        self._mistaken = power.mistaken
        return _telling(evidence, power.telling)

    def _by_structure(self, evidence: Evidence) -> Evidence:
        """The same if lanes are equal because every row is one and the same program, and the rewrite its vmap."""
        count = extent(self._pair, self._first.loop, self._inputs)
        if (count or 0) > MOST_ROWS or not self._quick() or self._out_of_time("proof"):
            return evidence
        with STAGES.stage("proof"):
            same = impurity(self._pair.before, self._inputs)[0] is None and proven(self._pair, self._inputs)
        if not same:
            return evidence
        missing = self._missing(evidence)
        note = SAME_PROGRAM.format("all lanes are equal; " if self._are_equal(missing) else "")
        return _note(_telling(evidence, frozenset(missing)), note)

    def _are_equal(self, missing: set[str]) -> bool:
        """Whether the lanes of some outputs are known to be all equal."""
        return self._mistaken == "alike" or any(self._pair.lanes.get(name) is not None for name in missing)

    def _differentiated(self, evidence: Evidence) -> Evidence:
        """The same with what the gradients of both versions show."""
        found = gradient_evidence(self._pair, self._inputs, self._random)
        if isinstance(found, str) or found.verdict == "inconclusive":
            self._skipped.add("gradients", "failed", found if isinstance(found, str) else found.reason)
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
            if evidence.verdict not in {"identical", "equivalent"}:
                break
            if len(rows) != count and not self._quick():
                self._skipped.add("row-counts", "slow", TOO_SLOW)
            elif not self._out_of_time("row-counts"):
                with STAGES.stage("rows permuted" if len(rows) == count else "other numbers of rows"):
                    evidence = self._with_rows(evidence, count, rows, what, sizes)
        return evidence

    def _with_rows(self, evidence: Evidence, count: int, rows: Any, what: str, sizes: list[int]) -> Evidence:
        inputs, error = attempt(lambda: with_rows(self._inputs, count, rows))
        if error is not None or _same(inputs, self._inputs):
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
        if evidence.verdict not in {"identical", "equivalent"} or count is None:
            return evidence
        if count > MOST_ROWS or not self._quick():
            slow: tuple[Cause, str] = ("slow", TOO_SLOW)
            few: tuple[Cause, str] = ("rows", f"a loop over more than {MOST_ROWS} rows is not traced")
            self._skipped.add("proof", *(few if count > MOST_ROWS else slow))
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
        if self._first.loop.error is not None:
            self._shown = judgement
        return _telling(worst(evidence, _note(found or judgement.evidence(), note)), changed)

    def _affordable(self) -> bool:
        busy = sum(min(run.seconds, run.busy) for run in self._runs())
        return self._budget.affords(REDRAWS * self._run_seconds(), REDRAWS * busy)

    def _out_of_time(self, stage: Stage) -> bool:
        """Whether no time is left for a stage, which is then noted as left out."""
        if self._affordable():
            return False
        self._skipped.add(stage, "time", OUT_OF_TIME.format(self._budget.limit))
        return True

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
            return set() if evidence.telling else {NO_OUTPUT}
        return set(evidence.required - evidence.telling)

    def _powered(self, evidence: Evidence, *, over: bool = True) -> Evidence:
        """The same if wrong rewrites would have been noticed, else why that is not known; ``over``: all has been tried."""
        missing = self._missing(evidence)
        return inconclusive(self._why_blind(evidence, missing, over=over), agrees=True) if missing else evidence

    def _why_blind(self, evidence: Evidence, missing: set[str], *, over: bool) -> str:
        names = ", ".join(sorted(missing))
        if evidence.batch == 1:
            return BLIND.format(names, "its batch has 1 lane")
        if not over:
            return UNTRIED.format(names)
        untried = self._skipped.for_time()
        if untried:
            return NO_TIME.format(self._budget.limit, STILL[untried[0]])
        if self._mistaken == "unnoticed":
            return IN_VAIN.format(names)
        if self._are_equal(missing):
            return BLIND.format(names, "all lanes are equal")
        return BLIND.format(names, "it is the same on redrawn inputs" if self._redraws else NOTHING_TO_DRAW)

    def measured(self, report: dict[str, Any], measure: Measure, *, fresh: bool) -> dict[str, Any]:
        """The report with the times of both versions, if they agree; what fails while they are timed changes no verdict.

        ``fresh`` asks for those of first calls, for which everything is compiled anew.
        """
        loop, rewrite = self._first.loop, self._first.rewrite
        if report["verdict"] not in PASSED or rewrite is None:
            return report
        if report["batch"] is None and report.get("sizes"):
            # a reduction has no axis of rows, but other numbers of them were tried
            report |= {"batch": extent(self._pair, loop, self._inputs)}
        if not (self._inputs or self._pair.lanes):
            return report | {"unmeasured": "whole programs are not timed"}
        if measure.sizes:
            self._tell(report)
            sweep = Sweep(self._pair, self._inputs, loop, measure)
            table, error = attempt(lambda: sweep.run(lambda rows: self._tell(report | {"table": rows})))
            return report | {"table": table if error is None else sweep.rows}
        profit = Profit(self._pair, self._inputs, loop, rewrite, self._budget)
        self._tell(report | {"unmeasured": "time ran out"})
        timing, error = attempt(lambda: profit.timing(measure, fresh=fresh))
        if report["peak_memory"] is None and self._affordable():
            report |= {"peak_memory": attempt(lambda: held_at_once(self._pair.after, self._inputs))[0]}
        return report | {"timing": timing} | ({} if error is None else self._untimed(report, _why(error)))

    def _untimed(self, report: dict[str, Any], why: str) -> dict[str, Any]:
        """That there are no times, and why."""
        skipped = Skipped()
        skipped.add("timing", "failed" if self._budget.affords(self._run_seconds()) else "time", why)
        return {"unmeasured": why, "skipped": [*report["skipped"], *skipped.plain()]}


def plain(evidence: Evidence, kind: str) -> dict[str, Any]:
    """A report as it crosses to the parent."""
    device = default_device()
    return {
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "example": evidence.example,
        "refused": evidence.refused,
        "final": evidence.final,
        "agrees": evidence.agrees,
        "max_error_loop": evidence.error_loop,
        "max_error_vmap": evidence.error_vmap,
        "batch": evidence.batch,
        "obstacle": evidence.obstacle,
        "rows_that_fit": evidence.rows_that_fit,
        "changes": [{"code": change.code, "message": change.message} for change in evidence.changes],
        "inputs": kind,
        "device": f"{device.platform}:{device.id}",
        "device_kind": device.device_kind,
        "jax": jax.__version__,
        "matmul_precision": matmul_precision(),
        "enable_x64": x64_enabled(),
        "peak_memory": _peak_memory(device),
        "skipped": [],
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


def _same(inputs: dict[str, Any], others: dict[str, Any]) -> bool:
    """Whether both hold the same objects: there are no rows in them."""
    pairs = [(inputs[name], others[name]) for name in others]
    if isinstance(others.get("args"), tuple):
        pairs += zip(inputs["args"], others["args"], strict=True)
        pairs = [(a, b) for a, b in pairs if b is not others["args"]]
    return all(a is b for a, b in pairs)


def _not_finite(outcome: Outcome) -> int:
    floats = [leaf.data for leaf in outcome.all_leaves() if leaf.kind == "inexact"]
    return sum(int(np.sum(~np.isfinite(data.astype(complex)))) for data in floats)


def _why(error: BaseException) -> str:
    """Why nothing was timed."""
    return str(error) if isinstance(error, Failed) else named(error)


def _note(evidence: Evidence, note: str) -> Evidence:
    return replace(evidence, reason=evidence.reason + note)


def _telling(evidence: Evidence, names: frozenset[str]) -> Evidence:
    return replace(evidence, telling=evidence.telling | names)
