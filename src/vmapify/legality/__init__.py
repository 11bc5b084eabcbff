"""Whether a loop may become ``vmap``: blockers, assumptions, and what would visibly change."""

from vmapify.legality.judge import Legality, judge, judge_if_promising
from vmapify.legality.quick_check import holds_another, promising
from vmapify.legality.reason_order import in_order

__all__ = ["Legality", "holds_another", "in_order", "judge", "judge_if_promising", "promising"]
