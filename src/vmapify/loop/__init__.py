"""The loop model: what a loop means, free of its spelling."""

from vmapify.loop.model import (
    ArraySource,
    IndexSource,
    IterationSpace,
    LoopModel,
    Obstacle,
    Result,
    Sink,
    Source,
)

__all__ = [
    "ArraySource",
    "IndexSource",
    "IterationSpace",
    "LoopModel",
    "Obstacle",
    "Result",
    "Sink",
    "Source",
]
