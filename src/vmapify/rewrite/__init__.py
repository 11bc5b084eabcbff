"""From judged loops to findings with edits: choose the ``vmap`` form, print it, check it."""

from vmapify.rewrite.analyze import Look, analyze

__all__ = ["Look", "analyze"]
