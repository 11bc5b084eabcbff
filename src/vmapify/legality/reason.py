"""Reasons: what an obstacle of the loop, or an event of its evaluation, is to somebody who is told why the loop stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Reason
from vmapify.diagnostic.details import in_text

if TYPE_CHECKING:
    from vmapify.infer import Event
    from vmapify.loop import LoopModel, Obstacle


def reason_for(model: LoopModel, obstacle: Obstacle) -> Reason:
    """The reason an obstacle of the loop itself gives."""
    line = getattr(obstacle.node, "lineno", model.loop.lineno)
    details = in_text(obstacle.mentions)
    return Reason(obstacle.code, obstacle.subcode, model.module.path, line, details, obstacle.cure)


def reason_of_event(event: Event) -> Reason:
    """The reason an event gives; its line may stand in the file of a callee."""
    return Reason(event.code, event.subcode, event.path, event.line, in_text(event.mentions))
