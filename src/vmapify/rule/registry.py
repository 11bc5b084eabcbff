"""Every page, found by walking the package: adding a page is adding a module."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import re
import sys
from typing import TYPE_CHECKING, Literal

from vmapify.rule import assumptions, reasons
from vmapify.rule.page import Page, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RULE = r"vm\d+_\w+"


def _documented(package: str, names: str = r"\w+") -> Iterator[tuple[str, str]]:
    """Module name and docstring of every module of ``package`` whose name matches ``names``."""
    for module in pkgutil.iter_modules(sys.modules[package].__path__):
        if re.fullmatch(names, module.name):
            loaded = importlib.import_module(f"{package}.{module.name}")
            yield module.name, inspect.cleandoc(loaded.__doc__ or "")


def _rules() -> Iterator[Rule]:
    for module, text in _documented("vmapify.rule", _RULE):
        code, _, name = module.partition("_")
        yield Rule("rule", code.upper(), text, name.replace("_", "-"))


def _pages(package: str, kind: Literal["reason", "assumption"]) -> Iterator[Page]:
    for module, text in _documented(package):
        yield Page(kind, module.replace("_", "-"), text)


RULES: Mapping[str, Rule] = {rule.code: rule for rule in _rules()}
REASONS: Mapping[str, Page] = {page.code: page for page in _pages(reasons.__name__, "reason")}
ASSUMPTIONS: Mapping[str, Page] = {page.code: page for page in _pages(assumptions.__name__, "assumption")}


def find(query: str) -> Page | None:
    """The page of a code or a rule's name, whatever the case; None where there is none."""
    wanted = query.strip().casefold().replace("_", "-")
    for page in (*RULES.values(), *REASONS.values(), *ASSUMPTIONS.values()):
        names = (page.code, page.name) if isinstance(page, Rule) else (page.code,)
        if wanted in (name.casefold() for name in names):
            return page
    return None


def nearest(query: str) -> str | None:
    """The documented code or name most like ``query``; None where nothing is like it."""
    return _closest(query, [*RULES, *(rule.name for rule in RULES.values()), *REASONS, *ASSUMPTIONS])


def nearest_rule(query: str) -> str | None:
    """The same among the rules: what can be selected, ignored or silenced."""
    return _closest(query, [*RULES, *(rule.name for rule in RULES.values())])


def _closest(query: str, names: Sequence[str]) -> str | None:
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(query.casefold(), folded, n=1, cutoff=0.4)
    return folded[close[0]] if close else None
