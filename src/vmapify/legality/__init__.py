"""Whether a loop may become ``vmap``: blockers, assumptions, and what would visibly change."""

from vmapify.legality.judge import Legality, judge
from vmapify.legality.order import in_order
from vmapify.legality.promising import promising

__all__ = ["Legality", "in_order", "judge", "promising"]
