"""Which models may end in a rewrite or with questions, from their syntax alone: it spares judging the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.legality import beside_batched, loop_carried
from vmapify.legality.questions import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.loop import LoopModel, Obstacle

RESPELLED = {"static-index", "python-branch-on-value", "opaque-callee", "unsupported-shape"}
"""What another spelling of the same loop may do away with."""


def promising(models: Iterable[LoopModel]) -> list[LoopModel]:
    """The models that no obstacle in their own text rules out; loops around others are judged with those rewritten."""
    every = [model for model in models if not model.carries]
    return [model for model in every if not _ruled_out(model) or holds_another(model, every)]


def holds_another(model: LoopModel, every: Iterable[LoopModel]) -> bool:
    """Whether a loop of ``every`` stands inside ``model``: with that one rewritten, it may be another matter."""
    return any(_holds(model, inner) for inner in every)


def _holds(outer: LoopModel, inner: LoopModel) -> bool:
    whole = outer.module.span(outer.loop)
    return inner is not outer and whole.covers(inner.module.span(inner.loop))


def _ruled_out(model: LoopModel) -> bool:
    own = (
        model.obstacles,
        loop_carried.misplaced(model),
        beside_batched.obstacles(model),
        loop_carried.dependencies(model),
    )
    return any(rule_out(model, obstacles) for obstacles in own)


def rule_out(model: LoopModel, obstacles: Iterable[Obstacle]) -> bool:
    """Whether one of ``obstacles`` stays, however the loop is spelled."""
    curable = RESPELLED | {"loop-carried-dependency"} if _updates_rows(model) else RESPELLED
    return any(one.code not in curable and not is_unknown(one.code, one.subcode) for one in obstacles)


def _updates_rows(model: LoopModel) -> bool:
    """Whether it may be a buffer's own rows that the loop seems to carry on."""
    return any(sink.collector == "buffer" and sink.library == "jax" for r in model.results for sink in r.sinks)
