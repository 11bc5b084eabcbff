"""Which codes the user wants to hear of."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.source.ignore import Exclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vmapify.config import Settings

Selected = Callable[[str], bool]


def selection(settings: Settings) -> Selected:
    """Whether a code is selected and not ignored; the longer of two matching prefixes wins.

    Raises ConfigError for a selector that matches no rule.
    """
    select = (*_codes(settings, "select"), *_codes(settings, "extend-select"))
    ignore = (*_codes(settings, "ignore"), *_codes(settings, "extend-ignore"))

    def selected(code: str) -> bool:
        return _longest(select, code) > _longest(ignore, code)

    return selected


class Selections:
    """What is wanted in each file: by its own settings, and by their ``per-file-ignores``. Raises ConfigError, as `selection`."""

    def __init__(self, run: Settings, governed: Mapping[str, Settings]) -> None:
        self._run, self._governed = run, governed
        self._made = {settings: self._make(settings) for settings in (run, *governed.values())}

    def settings(self, path: str) -> Settings:
        """The settings of a file."""
        return self._governed.get(path, self._run)

    def of(self, path: str) -> Selected:
        """Whether a code is wanted in the file."""
        selected, patterns = self._made[self.settings(path)]
        ignored = tuple(code for pattern, codes in patterns for code in codes if pattern(os.path.abspath(path)))
        return selected if not ignored else lambda code: selected(code) and not code.startswith(ignored)

    def _make(self, settings: Settings) -> tuple[Selected, Sequence[tuple[Callable[[str], bool], tuple[str, ...]]]]:
        where = _place(settings, "per-file-ignores")
        patterns = [
            (_matcher(pattern, settings.root), tuple(_code(code.strip(), where) for code in codes))
            for pattern, codes in settings.per_file_ignores
        ]
        return selection(settings), patterns


def _matcher(pattern: str, root: str) -> Callable[[str], bool]:
    """Whether an absolute path is one that the pattern means; ``!`` in front turns it around."""
    exclusion = Exclusion((pattern.removeprefix("!"),), os.path.realpath(root))
    if pattern.startswith("!"):
        return lambda path: not exclusion.covers(os.path.realpath(path))
    return lambda path: exclusion.covers(os.path.realpath(path))


def _longest(prefixes: Iterable[str], code: str) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


def _codes(settings: Settings, key: str) -> tuple[str, ...]:
    selectors: Iterable[str] = getattr(settings, key.replace("-", "_"))
    return tuple(_code(selector.strip(), _place(settings, key)) for selector in selectors)


def _place(settings: Settings, key: str) -> str:
    """Where the setting was made, as the beginning of a sentence about it."""
    place = dict(settings.origins).get(key)
    return f"--{key}" if place is None else f"{place}: `{key}`"


def _code(selector: str, where: str) -> str:
    """The code prefix a selector stands for."""
    if selector.upper() in ("VM", "ALL"):
        return "VM"
    from vmapify.rule import RULES, nearest_rule  # noqa: PLC0415 - only an explicit selection needs the registry

    for rule in RULES.values():
        if selector.casefold() == rule.name:
            return rule.code
    if selector and any(code.startswith(selector.upper()) for code in RULES):
        return selector.upper()
    close = nearest_rule(selector)
    cure = f"did you mean `{close}`?" if close else f"the codes are {', '.join(RULES)}"
    raise ConfigError(f"{where}: unknown rule `{selector}`; {cure}")
