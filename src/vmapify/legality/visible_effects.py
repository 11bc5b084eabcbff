"""What stays right but looks different: prints, log lines and progress bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.diagnostic.details import in_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.infer import Event
    from vmapify.loop import LoopModel


def changes(model: LoopModel, events: Sequence[Event]) -> list[Assumption]:
    """One entry for everything a user of the program would see change."""
    shown = [
        Assumption(event.code, event.subcode, in_text((*event.mentions, ("where", _line(event, model)))))
        for event in events
        if event.grade == "observed"
    ]
    bars = [Assumption.of("side-effect", "progress-bar", callee=call.func) for call in model.progress]
    return shown + bars


def _line(event: Event, model: LoopModel) -> str:
    return model.module.line_in_words(event.line) if event.path == model.module.path else f"line {event.line}"
