"""Rewrites that need more memory than there is get a second chance: in batches."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.diagnostic import Finding, Verification

ROWS = 32
"""Rows of a batch where nothing tells how many fit."""
GOOD = {"identical", "equivalent"}


def in_less_memory(
    findings: Sequence[Finding], verify: Callable[[Sequence[Finding]], Sequence[Finding]]
) -> list[Finding]:
    """The findings, with those that ran out of memory replaced by the same in batches where running that confirms it."""
    batched = {index: other for index, finding in enumerate(findings) if (other := _in_batches(finding)) is not None}
    judged = dict(zip(batched, verify(list(batched.values())), strict=True)) if batched else {}
    return [_better(finding, judged.get(index)) for index, finding in enumerate(findings)]


def _in_batches(finding: Finding) -> Finding | None:
    verification = finding.verification
    if verification is None or verification.obstacle != "memory":
        return None
    from vmapify.rewrite.in_batches import in_batches  # noqa: PLC0415 - rare

    return in_batches(finding, verification.rows_that_fit or ROWS)


def _better(finding: Finding, batched: Finding | None) -> Finding:
    """What was written in batches if that holds, else the finding with a word on the attempt."""
    before = finding.verification
    after = batched.verification if batched is not None else None
    if batched is None or before is None or after is None:
        return finding
    if after.verdict in GOOD:
        return _noted(batched, after, f"{after.reason}; in batches, because {before.reason}")
    return _noted(finding, before, f"{before.reason}; nor does it hold in batches ({after.verdict}: {after.reason})")


def _noted(finding: Finding, verification: Verification, reason: str) -> Finding:
    return dataclasses.replace(finding, verification=dataclasses.replace(verification, reason=reason))
