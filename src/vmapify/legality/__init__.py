"""Whether a loop may become ``vmap``: blockers, assumptions, and what would visibly change."""

from vmapify.legality.judge import Legality, judge

__all__ = ["Legality", "judge"]
