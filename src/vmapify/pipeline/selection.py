"""Which codes the user wants to hear of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vmapify.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.config import Settings

Selected = Callable[[str], bool]


def selection(settings: Settings) -> Selected:
    """Whether a code is selected and not ignored; the longer of two matching prefixes wins.

    Raises ConfigError for a selector that matches no rule.
    """
    select = _codes((*settings.select, *settings.extend_select))
    ignore = _codes(settings.ignore)

    def selected(code: str) -> bool:
        return _longest(select, code) > _longest(ignore, code)

    return selected


def _longest(prefixes: Iterable[str], code: str) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


def _codes(selectors: Iterable[str]) -> tuple[str, ...]:
    return tuple(_code(selector.strip()) for selector in selectors)


def _code(selector: str) -> str:
    """The code prefix a selector stands for."""
    if selector.upper() in ("VM", "ALL"):
        return "VM"
    from vmapify.rule import RULES, nearest  # noqa: PLC0415 - only an explicit selection needs the registry

    for rule in RULES.values():
        if selector.casefold() == rule.name:
            return rule.code
    if selector and any(code.startswith(selector.upper()) for code in RULES):
        return selector.upper()
    close = nearest(selector)
    cure = f"did you mean `{close}`?" if close else f"the codes are {', '.join(RULES)}"
    raise ConfigError(f"unknown rule `{selector}` in select or ignore; {cure}")
