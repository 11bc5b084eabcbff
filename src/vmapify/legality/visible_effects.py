"""What stays right but looks different: prints, log lines and progress bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.diagnostic.details import in_text
from vmapify.loop import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.infer import Event
    from vmapify.loop import LoopModel


def obstacles(model: LoopModel, events: Sequence[Event]) -> Iterator[Obstacle]:
    """What a loop shows whose results nothing stacks: whoever runs it watches it, and little is gained by another one."""
    for event in events if model.rule == "VM108" else ():
        if event.grade == "observed" and event.certain and event.path == model.module.path:
            yield Obstacle(event.code, event.subcode, event.node, (*event.mentions, ("where", _line(event, model))))


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
