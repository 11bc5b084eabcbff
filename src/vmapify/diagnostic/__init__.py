"""What the tool says: spans, edits, reasons, assumptions, findings and verdicts. Types only, no behaviour."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.diagnostic.finding import (
        Applicability,
        Assumption,
        Edit,
        Finding,
        Problem,
        Question,
        Reason,
        Span,
    )
    from vmapify.diagnostic.site import Lane, Site
    from vmapify.diagnostic.verification import (
        Change,
        Measurement,
        Rerun,
        Skipped,
        Speedup,
        Timing,
        Verdict,
        Verification,
        speedup_of,
    )

__all__ = [
    "Applicability",
    "Assumption",
    "Change",
    "Edit",
    "Finding",
    "Lane",
    "Measurement",
    "Problem",
    "Question",
    "Reason",
    "Rerun",
    "Site",
    "Skipped",
    "Span",
    "Speedup",
    "Timing",
    "Verdict",
    "Verification",
    "speedup_of",
]

_VERIFICATION = (
    "Change",
    "Measurement",
    "Rerun",
    "Skipped",
    "Speedup",
    "Timing",
    "Verdict",
    "Verification",
    "speedup_of",
)
_HOMES = dict.fromkeys(("Lane", "Site"), "site") | dict.fromkeys(_VERIFICATION, "verification")


def __getattr__(name: str) -> object:
    """Load a type when it is first asked for: a run that finds nothing needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.{_HOMES.get(name, 'finding')}")
    globals()[name] = value = getattr(home, name)
    return value
