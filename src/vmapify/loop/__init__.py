"""The loop model: what a loop means, free of its spelling."""

from vmapify.loop.model import (
    REDUCTIONS,
    ArraySource,
    IndexSource,
    IterationSpace,
    LoopModel,
    Obstacle,
    Operation,
    Reduction,
    Result,
    Sink,
    Source,
    Table,
)

__all__ = [
    "REDUCTIONS",
    "ArraySource",
    "IndexSource",
    "IterationSpace",
    "LoopModel",
    "Obstacle",
    "Operation",
    "Reduction",
    "Result",
    "Sink",
    "Source",
    "Table",
]
