"""Judge two functions of this very process: for programs that call the judge themselves, such as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .judge_site import judge_functions
from .plan import Measure, Plan

if TYPE_CHECKING:
    from collections.abc import Callable


def judged(
    before: Callable[..., Any],
    after: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    device: str | None,
    seconds: float,
) -> dict[str, Any]:
    """The report on both versions, called with these arguments. Nothing is walled off, and nothing is timed."""
    plan = Plan(
        channel="",
        key="",
        inputs="given",
        seconds=seconds,
        stop=False,
        device=device,
        allow_io=True,
        store=False,
        sites=(),
        call={},
        measure=Measure(minimum=0),
        replaced={},
        footprint=None,
    )
    return judge_functions(before, after, {"args": args, "kwargs": kwargs}, plan, lambda _: None)
