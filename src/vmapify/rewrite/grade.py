"""The grade `safe`: given only to a rewrite that is proven to leave the same as the loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.legality.judge import HARMLESS
from vmapify.prove import prove
from vmapify.source import apply_edits

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding
    from vmapify.infer import Project
    from vmapify.prove import Proof
    from vmapify.syntax import Module

UNPROVEN = "unproven"
NO_OVERRIDE = "no-override"
NOT_PROVABLE = {"module-names", "reassociation", "no-nan", "both-sides"}
"""Assumptions that no proof discharges: other code, other rounding, another computation."""


class ProjectSources:
    """Modules as the project finds them."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def imported(self, module: Module, name: str, level: int) -> Module | None:
        """The module that ``from <level dots><name> import …`` means in ``module``; None if its source is not at hand."""
        project = self._project.of(module)
        path = project.find(project.absolute(name or None, level))
        parsed = project.modules.parsed(path) if path is not None else None
        return parsed[0] if parsed is not None else None


def proven(finding: Finding, module: Module, project: Project) -> Finding:
    """``finding`` with the grade that it has earned: ``safe`` if it is proven, whatever it seemed to rest on."""
    open_ones = {one.code for one in finding.assumptions} - HARMLESS
    if finding.verdict != "rewrite" or finding.applicability == "unsafe" or open_ones & NOT_PROVABLE:
        return finding
    after = apply_edits(module.data, finding.edits)
    if not isinstance(after, bytes):
        return finding
    proof = prove(module, after, ProjectSources(project))
    if proof.doubt is None:
        left = tuple(one for one in finding.assumptions if _is_left(one, proof))
        if not proof.assumed:
            return replace(finding, assumptions=left, applicability="safe")
        methods = ", ".join(f"`{one}`" for one in proof.assumed)
        rests_on = Assumption.of(NO_OVERRIDE, "methods", methods=methods)
        return replace(finding, assumptions=(*left, rests_on), applicability="unverified")
    if finding.applicability != "safe":
        return finding
    why = Assumption.of(UNPROVEN, proof.doubt.code, name=proof.doubt.name, line=str(proof.doubt.line))
    return replace(finding, assumptions=(*finding.assumptions, why), applicability="unverified")


def _is_left(assumption: Assumption, proof: Proof) -> bool:
    """Whether a proof leaves something to assume."""
    return assumption.code in HARMLESS and not (assumption.code == "nonempty" and proof.nonempty)
