"""Judge one set of inputs: run both versions, apply the rules in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import arithmetic, compare, wording
from .compiled import compiled
from .diagnosis import cause
from .evidence import Evidence, inconclusive
from .memory import TooLargeError, exhausted, rows_that_fit
from .observe import Outcome, observe
from .pair import Pair, batch_size, floats_of
from .power_check import required, telling
from .precision import Precision, conditioned, cured_by_highest, lost_digits, measure, measure_without_reference
from .program import program
from .proof import MOST_ROWS
from .reference import Reference, chaotic, close, rerun, sign_ambiguous, worst_leaf
from .stages import STAGES
from .tolerance import (
    FALLBACK_UNITS,
    FINE,
    HOPELESS,
    MANY_STEPS,
    NARROW_UNITS,
    SEMANTIC,
    UNITS,
    WIDEST,
    epsilon,
    gap,
    is_half,
)

if TYPE_CHECKING:
    import numpy as np

    from .value_tree.leaves import Leaf


NARROW = (
    "{} differs by no more than a few roundings of the type that the loop computes in whatever its inputs are "
    "(eps {:.1g}), so no float64 rerun can tell rounding from mistakes"
)
HOST = (
    "{} loses digits: the loop computes with NumPy's 64-bit numbers on the host, the rewrite with JAX's of 32 bits; "
    "enable jax_enable_x64 to keep them"
)
UNSEEN = (
    "they differ by more than rounding of the results ({}), and whether they compute in the same dtypes cannot be seen: "
    "neither can both versions be traced nor run operation by operation"
)


class Judgement:
    """Both versions on one set of inputs. ``loop``, ``again`` and ``rewrite`` are the runs made."""

    def __init__(
        self,
        pair: Pair,
        inputs: dict[str, Any],
        random: np.random.Generator,
        *,
        made_up: bool = False,
        quick: frozenset[str] = frozenset(),
        stage: str | None = None,
    ) -> None:
        self._stage = stage
        self._made_up = made_up
        self._quick = quick
        self._pair = pair
        self._inputs = inputs
        self._random = random
        self.loop = observe(compiled(pair.before) if "loop" in quick else pair.before, inputs, stage)
        self._compared: arithmetic.Answer | None = None
        self.again: Outcome | None = None
        self.rewrite: Outcome | None = None

    def evidence(self) -> Evidence:
        """The rules in their order; the first that speaks decides."""
        if self.loop.refused:
            return _refused("loop", self.loop.refused)
        if self.loop.error is not None:
            return self._loop_raises(self.loop.error)
        with STAGES.stage("loop again"):
            self.again = observe(self._pair.before, self._inputs)
        unstable = self._unstable(self.again)
        warm = unstable is not None and self._only_state_changes(self.again)
        if warm:
            # what jitted functions do to Python state, they do when they are traced: the first time only
            self.loop, self.again = self.again, observe(self._pair.before, self._inputs)
            unstable = self._unstable(self.again)
        if unstable is not None:
            return unstable
        self.rewrite = observe(self._pair.after, self._inputs, self._stage)
        if warm and self.rewrite.error is None and not self.rewrite.refused:
            self.rewrite = observe(self._pair.after, self._inputs)
        return self._with_changes(self._exactly(self.rewrite) or self._numerically(self.rewrite))

    def _with_changes(self, evidence: Evidence) -> Evidence:
        """The same with what changes besides values; another dtype inside is a difference, whatever the values are."""
        if evidence.verdict not in {"identical", "equivalent"} or self.rewrite is None:
            return evidence
        if self._stage is not None and self._few_rows() and (changed := self._types().changed):
            return self._other_types(changed)
        lost = lost_digits(self._pair, self._inputs, self.loop, self.rewrite)
        if lost is not None:
            return self._failed("precision-changed", HOST.format(lost[0].path), wording.place(*lost))
        changes = compare.changes(self.loop, self.rewrite)
        verdict = "equivalent" if changes else evidence.verdict
        return replace(evidence, verdict=verdict, changes=changes)

    def _few_rows(self) -> bool:
        return (batch_size(self._pair, self.loop) or 0) <= MOST_ROWS

    def _types(self, *, thoroughly: bool = False) -> arithmetic.Answer:
        if self._compared is None or (thoroughly and not self._compared.known):
            self._compared = arithmetic.compared(self._pair, self._inputs, thoroughly=thoroughly)
        return self._compared

    def _other_types(self, changed: str) -> Evidence:
        return self._failed("different", f"another dtype inside: {changed}", changed)

    def glance(self) -> Evidence:
        """The same with as few runs as will do: none is repeated, and none in float64 unless rounding is in question.

        Where versions are compiled as a whole, only agreement is evidence.
        """
        if self.loop.refused or self.loop.error is not None:
            return self._slowly()
        self.rewrite = observe(compiled(self._pair.after) if self._quick else self._pair.after, self._inputs)
        broken = self._exactly(self.rewrite)
        if broken is None and compare.integers(self._pair, self.loop, self.rewrite) == []:
            floats = list(floats_of(self._pair, self.loop, self.rewrite))
            near = all(gap(b.data, a.data, axis).within(UNITS * epsilon(a.data)) for a, b, axis in floats)
            if near and not any(is_half(a.data) for a, _, _ in floats):
                same = compare.identical(self._pair, self.loop, self.rewrite)
                reason = "bitwise equal" if same else f"rounding only: within {UNITS} eps of each lane"
                return self._with_changes(self._passed("identical" if same else "equivalent", reason, self.loop))
        return self._slowly(broken)

    def _slowly(self, broken: Evidence | None = None) -> Evidence:
        return inconclusive("to be run step by step") if self._quick else broken or self.evidence()

    def _loop_raises(self, error: BaseException) -> Evidence:
        if self._made_up:
            return inconclusive(f"on made-up values the loop raises {compare.named(error)}")
        other = observe(self._pair.after, self._inputs)
        if other.refused:
            return _refused("rewrite", other.refused)
        if other.error is None:
            return Evidence("different", f"the loop raises {compare.named(error)}, the rewrite returns")
        if type(error) is type(other.error):
            return inconclusive(f"both versions raise {compare.named(error)}", agrees=True)
        return Evidence(
            "different", f"the loop raises {compare.named(error)}, the rewrite {compare.named(other.error)}"
        )

    def _unstable(self, again: Outcome) -> Evidence | None:
        """The loop against itself: never blame vmap for what changes from run to run."""
        why = "the loop gives different results in two runs on the same inputs: it depends on something else"
        if again.refused:
            return _refused("loop", again.refused)
        if again.error is not None:
            return inconclusive(f"{why} (the second run raises {compare.named(again.error)})", final=True)
        changed = compare.structure(self.loop, again) or compare.structure(again, self.loop)
        effect = compare.effects(self.loop, again, frozenset())
        if changed or effect:
            return inconclusive(f"{why} ({changed.text if changed else effect})", final=True)
        for mismatch in compare.integers(self._pair, self.loop, again):
            return inconclusive(f"{why} ({mismatch.text})", final=True)
        for a, b, axis in floats_of(self._pair, self.loop, again):
            if not gap(b.data, a.data, axis).within(UNITS * epsilon(a.data)):
                return inconclusive(f"{why} ({a.path} changes)", final=True)
        return None

    def _only_state_changes(self, again: Outcome) -> bool:
        """Whether the second run of the loop gave the same results as the first, and raised nothing."""
        if again.error is not None or again.refused or not self.loop.outputs:
            return False
        ours, theirs = (replace(run, arguments=[]) for run in (self.loop, again))
        if (
            compare.structure(ours, theirs)
            or compare.opaque(ours, theirs)
            or not compare.identical(self._pair, ours, theirs)
        ):
            return False
        return compare.effects(ours, theirs, frozenset()) is None

    def _exactly(self, rewrite: Outcome) -> Evidence | None:
        if rewrite.refused:
            return _refused("rewrite", rewrite.refused)
        if exhausted(rewrite.error):
            return self._too_large(rewrite.error)
        if rewrite.error is not None:
            return Evidence("different", f"the rewrite raises {compare.named(rewrite.error)}")
        unset = sorted(self._pair.lanes.keys() - self.loop.outputs.keys())
        if unset:
            return inconclusive(f"{unset[0]} has no value when the loop is done", final=True)
        mismatch = compare.structure(self.loop, rewrite)
        if mismatch is not None:
            return Evidence("different", mismatch.text, example=mismatch.text)
        effect = compare.effects(self.loop, rewrite, self._pair.allowed)
        if effect is not None:
            return Evidence("different", effect, example=effect)
        unknown = compare.opaque(self.loop, rewrite)
        return inconclusive(unknown.text, final=True) if unknown else None

    def _too_large(self, error: BaseException | None) -> Evidence:
        rows = batch_size(self._pair, self.loop)
        why = str(error) if isinstance(error, TooLargeError) else "runs out of memory"
        evidence = inconclusive(f"the rewrite, which takes all rows at once, {why}", final=True)
        return replace(evidence, batch=rows, obstacle="memory", rows_that_fit=rows_that_fit(error, rows))

    def _numerically(self, rewrite: Outcome) -> Evidence:
        same = compare.identical(self._pair, self.loop, rewrite)
        halves = any(is_half(a.data) for a, _, _ in floats_of(self._pair, self.loop, rewrite))
        if same and not halves:
            return self._passed("identical", "bitwise equal", self.loop)
        with STAGES.stage("float64 rerun"):
            reference = rerun(self._pair, self._inputs, self.loop)
        if reference is None:
            return self._without_reference(rewrite, same=same)
        rejected = worst_leaf(self._pair, reference.loop, reference.rewrite, SEMANTIC)
        if rejected is not None:
            return self._rejected(reference, rejected)
        suspect = worst_leaf(self._pair, reference.loop, reference.rewrite, FINE)
        if suspect is not None and not self._excused(reference):
            return self._not_rounding(reference, suspect, FINE)
        broken = compare.integers(self._pair, self.loop, rewrite)
        if broken:
            return self._discontinuous(broken)
        if same:
            return self._passed("identical", "bitwise equal", reference.loop)
        return self._at_working_precision(rewrite, reference)

    def _at_working_precision(self, rewrite: Outcome, reference: Reference) -> Evidence:
        found = measure(self._pair, self.loop, rewrite, reference)
        if found.status == "close":
            return self._passed("equivalent", f"rounding only: within {UNITS} eps of each lane", reference.loop, found)
        if found.status == "lost" and conditioned(self._pair, self.loop, rewrite, reference, self._random):
            why = "rounding only: they differ as much as one rounding of the inputs moves the loop"
            return self._passed("equivalent", why, reference.loop, found)
        if found.status == "as-accurate":
            types = self._types(thoroughly=True)
            if types.changed:
                return self._other_types(types.changed)
            if not types.known:
                return inconclusive(UNSEEN.format(wording.errors(found)))
            why = f"rounding only: ill-conditioned or summed in another order, {wording.errors(found)}"
            return self._passed("equivalent", why, reference.loop, found)
        assert found.worst is not None
        if found.status == "hopeless":
            return inconclusive(
                f"the loop itself is {found.error_loop:.0%} away from its float64 rerun, so the working "
                f"precision proves nothing for {found.worst[0].path}"
            )
        unit = self._narrow(reference) if close(self._pair, self.loop, rewrite, WIDEST) else 0.0
        if unit and close(self._pair, self.loop, rewrite, NARROW_UNITS * unit):
            return inconclusive(NARROW.format(found.worst[0].path, unit))
        return self._precision_changed(reference, found)

    def _precision_changed(self, reference: Reference, found: Precision) -> Evidence:
        why = f"equal in float64, but the rewrite is less accurate: {wording.errors(found)}"
        if cured_by_highest(self._pair, self._inputs, reference):
            why = (
                "the rewrite's matrix products run in reduced precision (TF32, bfloat16): "
                f"{wording.errors(found)}; "
                'the difference goes away under jax.default_matmul_precision("highest")'
            )
        assert found.worst is not None
        truth = next((leaf for leaf in reference.loop.all_leaves() if leaf.path == found.worst[0].path), None)
        return self._failed("precision-changed", why, wording.place(*found.worst, truth), found)

    def _rejected(self, reference: Reference, rejected: tuple[Leaf, Leaf, int | None]) -> Evidence:
        path = rejected[0].path
        if sign_ambiguous(self._pair, reference) and self._loop_factorizes(reference):
            return inconclusive(f"{path} differs by the sign of whole vectors only, as svd, eigh and qr allow")
        if chaotic(self._pair, reference, self._random):
            return inconclusive(f"chaotic: one rounding of the inputs moves {path} as far as the versions differ")
        unit = self._narrow(reference) if close(self._pair, reference.loop, reference.rewrite, WIDEST) else 0.0
        if unit and close(self._pair, reference.loop, reference.rewrite, NARROW_UNITS * unit):
            return inconclusive(NARROW.format(path, unit))
        return self._not_rounding(reference, rejected, SEMANTIC)

    def _loop_factorizes(self, reference: Reference) -> bool:
        loop = program(self._pair.before, reference.inputs)
        return loop is None or loop.factorizes

    def _narrow(self, reference: Reference) -> float:
        """The rounding unit of types narrower than float64 that the loop computes in on such inputs; 0 if in none."""
        loop = program(self._pair.before, reference.inputs)
        return loop.unit if loop is not None and loop.narrow else 0.0

    def _excused(self, reference: Reference) -> bool:
        """Whether a difference between the two gates comes from a narrow type inside or from ill conditioning."""
        versions = (program(call, reference.inputs) for call in (self._pair.before, self._pair.after))
        coarse = any(version is None or version.narrow for version in versions)
        return coarse or chaotic(self._pair, reference, self._random, FINE, MANY_STEPS)

    def _not_rounding(self, reference: Reference, rejected: tuple[Leaf, Leaf, int | None], bound: float) -> Evidence:
        a, b, axis = rejected
        why = f"not rounding: {a.path} differs in float64 too{wording.relative(a, b, axis, bound)}"
        mine, other = self._working(a)
        # where 64-bit types change random numbers, the rerun is another experiment and no measure of errors
        same = bool(mine and a.kind == "inexact" and gap(mine.data, a.data, axis).within(HOPELESS))
        place = wording.place(mine or a, other or b, axis, a if same else None)
        guess = cause(a, b, 0 if axis is None else axis)
        found = measure(self._pair, self.loop, self.rewrite, reference) if same and self.rewrite is not None else None
        exact = "" if a.kind == "inexact" else f"exact values differ: {place}"
        return self._failed("different", (exact or why) + (f"; {guess}" if guess else ""), place, found)

    def _working(self, like: Leaf) -> tuple[Leaf | None, Leaf | None]:
        """The failing leaf with the values of the working precision, of both versions."""
        assert self.rewrite is not None
        mine = {leaf.path: leaf for leaf in self.loop.all_leaves()}
        other = {leaf.path: leaf for leaf in self.rewrite.all_leaves()}
        both = like.path in mine and like.path in other
        return (mine[like.path], other[like.path]) if both else (None, None)

    def _discontinuous(self, broken: list[compare.Mismatch]) -> Evidence:
        why = "equal in float64, but rounding crosses a threshold (comparison, argmax) or integers overflow"
        return self._failed("precision-changed", f"{why}: {broken[0].text}", broken[0].text)

    def _without_reference(self, rewrite: Outcome, *, same: bool) -> Evidence:
        broken = compare.integers(self._pair, self.loop, rewrite)
        if broken:
            return self._failed("different", f"exact values differ: {broken[0].text}", broken[0].text)
        found = measure_without_reference(self._pair, self.loop, rewrite)
        if found.status == "close":
            why = "bitwise equal" if same else f"within {FALLBACK_UNITS} eps of each lane"
            note = " (no float64 rerun: one version does not run with 64-bit inputs)"
            return self._passed("identical" if same else "equivalent", why + note, self.loop)
        assert found.worst is not None
        a, b, axis = found.worst
        if found.status == "hopeless":
            why = "is in half precision" if is_half(a.data) else "differs where it is small"
            return inconclusive(f"{a.path} {why} and cannot be rerun in float64")
        why = f"{a.path} differs beyond rounding{wording.relative(a, b, axis)}; no float64 rerun was possible"
        return self._failed("different", why, wording.place(a, b, axis))

    def _passed(self, verdict: str, reason: str, powerful: Outcome, found: Precision | None = None) -> Evidence:
        if self.loop.passed:
            reason += f"; each version {compare.reaching_out(self.loop)}, which is not compared (--allow-io)"
        return Evidence(
            verdict,
            reason,
            error_loop=found.error_loop if found else None,
            error_vmap=found.error_vmap if found else None,
            batch=batch_size(self._pair, self.loop),
            telling=frozenset(telling(self._pair, powerful)),
            required=frozenset(required(self._pair, self.loop)),
        )

    def _failed(self, verdict: str, reason: str, example: str, found: Precision | None = None) -> Evidence:
        return Evidence(
            verdict,
            reason,
            example,
            error_loop=found.error_loop if found else None,
            error_vmap=found.error_vmap if found else None,
            batch=batch_size(self._pair, self.loop),
        )


def _refused(version: str, refused: str) -> Evidence:
    why = f"the {version} does more than compute, so it was stopped: {refused}; --allow-io lets it go on"
    return Evidence("inconclusive", why, final=True, refused=True)
