"""The documentation of every rule, reason and assumption: one module a page, its docstring the text."""

from vmapify.rule.page import Page, Rule
from vmapify.rule.registry import ASSUMPTIONS, REASONS, RULES, find, nearest, nearest_rule

__all__ = ["ASSUMPTIONS", "REASONS", "RULES", "Page", "Rule", "find", "nearest", "nearest_rule"]
