"""The loop model: what a loop means, free of its spelling."""

from vmapify.loop.model import (
    REDUCTIONS,
    WHOLE,
    ArraySource,
    Carry,
    IndexSource,
    IterationSpace,
    LoopModel,
    Obstacle,
    Operation,
    Part,
    Reduction,
    Result,
    Sink,
    Source,
    Step,
    Table,
)

__all__ = [
    "REDUCTIONS",
    "WHOLE",
    "ArraySource",
    "Carry",
    "IndexSource",
    "IterationSpace",
    "LoopModel",
    "Obstacle",
    "Operation",
    "Part",
    "Reduction",
    "Result",
    "Sink",
    "Source",
    "Step",
    "Table",
]
