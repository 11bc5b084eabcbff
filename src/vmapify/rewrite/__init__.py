"""From judged loops to findings with edits: choose the ``vmap`` form, print it, check it."""

from vmapify.rewrite.analyze import analyze

__all__ = ["analyze"]
