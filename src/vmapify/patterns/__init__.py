"""Recognising loops: one module a spelling. Patterns say what a loop means, never whether it may be rewritten."""

from vmapify.patterns.find import find

__all__ = ["find"]
