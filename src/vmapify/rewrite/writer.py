"""What printing one rewrite needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel
    from vmapify.loop.reader import Mapping
    from vmapify.rewrite.joined import Joined
    from vmapify.rewrite.layout import Style
    from vmapify.rewrite.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Writer:
    """What printing one rewrite needs to know.

    ``outside`` are the names that mean something around the loop, which a new local function must not hide, ``inside``
    those that mean something in it. ``joined`` are the places that several results go to, with their new texts.
    """

    machine: Machine
    model: LoopModel
    mapping: Mapping
    frame: Frame
    style: Style
    outside: frozenset[str]
    inside: frozenset[str]
    words: Spelling
    joined: Joined = ()
