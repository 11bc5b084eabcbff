"""One documented code: a docstring taken apart into summary and sections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vmapify import DOCUMENTATION

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a reason or an assumption. ``text`` is Markdown; its first line is the summary."""

    kind: Literal["rule", "reason", "assumption"]
    code: str
    text: str

    @property
    def summary(self) -> str:
        """The first line, without its full stop."""
        return self.text.split("\n", 1)[0].removesuffix(".")

    @property
    def title(self) -> str:
        """What heads the page."""
        return f"{self.code} ({self.kind})"

    @property
    def url(self) -> str:
        """Where the page is on the web."""
        return f"{DOCUMENTATION}{self.kind}s/{self.code}/"

    def sections(self) -> dict[str, str]:
        """Heading to text, in order."""
        _, *parts = _HEADING.split(self.text)
        return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}

    def example(self, heading: str) -> str | None:
        """The Python code block of a section; None where it has none."""
        match = _CODE.search(self.sections().get(heading, "") + "\n")
        return match[1] if match else None

    def markdown(self) -> str:
        """The whole page."""
        return f"# {self.title}\n\n{self.text.strip()}\n"


@dataclass(frozen=True, slots=True)
class Rule(Page):
    """The page of a rule; ``name`` is the bad pattern's."""

    name: str = ""

    @property
    def title(self) -> str:
        """Name and code."""
        return f"{self.name} ({self.code})"
