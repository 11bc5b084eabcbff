"""What the tool says: spans, edits, reasons, assumptions, findings and verdicts. Types only, no behaviour."""

from vmapify.diagnostic.finding import (
    Applicability,
    Assumption,
    Edit,
    Finding,
    Problem,
    Reason,
    Span,
)
from vmapify.diagnostic.site import Lane, Site
from vmapify.diagnostic.verification import Speedup, Verdict, Verification

__all__ = [
    "Applicability",
    "Assumption",
    "Edit",
    "Finding",
    "Lane",
    "Problem",
    "Reason",
    "Site",
    "Span",
    "Speedup",
    "Verdict",
    "Verification",
]
