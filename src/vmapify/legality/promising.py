"""Which models may end in a rewrite, from their syntax alone: what spares the work where only rewrites are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.legality import carried, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.loop import LoopModel

RESPELLED = {"static-index", "python-branch-on-value", "opaque-callee", "unsupported-shape"}
"""What another spelling of the same loop may do away with."""


def promising(models: Iterable[LoopModel]) -> list[LoopModel]:
    """The models that no obstacle in their own text rules out; loops around others are judged with those rewritten."""
    every = [model for model in models if not model.running]
    return [model for model in every if not _ruled_out(model) or any(_holds(model, inner) for inner in every)]


def _holds(outer: LoopModel, inner: LoopModel) -> bool:
    whole = outer.module.span(outer.loop)
    return inner is not outer and whole.covers(inner.module.span(inner.loop))


def _ruled_out(model: LoopModel) -> bool:
    if any(obstacle.code not in RESPELLED for obstacle in (*model.obstacles, *carried.misplaced(model))):
        return True
    if any(True for _ in side_by_side.obstacles(model)):
        return True
    return not _updates_rows(model) and any(one.code not in RESPELLED for one in carried.dependencies(model))


def _updates_rows(model: LoopModel) -> bool:
    """Whether it may be a buffer's own rows that the loop seems to carry on."""
    return any(sink.collector == "buffer" and sink.library == "jax" for r in model.results for sink in r.sinks)
