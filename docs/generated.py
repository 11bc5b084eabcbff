"""The pages that are made from the code when the documentation is built: home, settings, rules, reasons, assumptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify import HOME
from vmapify.config import KEYS, Settings
from vmapify.rule import ASSUMPTIONS, REASONS, RULES, Page, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
KINDS: dict[str, Iterable[Page]] = {
    "rules": RULES.values(),
    "reasons": REASONS.values(),
    "assumptions": ASSUMPTIONS.values(),
}
HEADS = {
    "rules": "What can be rewritten, and comments that are at fault.",
    "reasons": "Why a loop must stay.",
    "assumptions": "What a rewrite that is not `safe` rests on, until running it shows that it holds.",
}

SETTINGS = """\
# Settings

They stand in `pyproject.toml` under `[tool.vmapify]`, or without that header in `vmapify.toml`. `vmapify config PATH` shows what
holds for a file, and where it comes from. Options of the command line go before all files, and so does `--config KEY=VALUE`;
`--config FILE` reads that file alone, `--isolated` none.

Of each source file the **nearest** configuration file decides about the settings marked *per file*; it is not merged with those
above it. The other settings are those of the file nearest to the deepest folder that holds everything looked at.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - the tests read the pages without it

    for name, text in pages():
        files.append(File.generated(config, name, content=text))
    return files


def pages() -> Iterator[tuple[str, str]]:
    """Name and text of every page that is made."""
    yield "index.md", home()
    yield "settings.md", settings()
    for kind, found in KINDS.items():
        listed = list(found)
        yield f"{kind}/index.md", _index(kind, listed)
        for page in listed:
            yield f"{kind}/{page.code}.md", page.markdown()


def home() -> str:
    """The README, with links to pages instead of files."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.replace(f"{HOME}/blob/main/docs/", "")


def settings() -> str:
    """The reference of ``[tool.vmapify]``."""
    parts = [SETTINGS]
    for name, key in KEYS.items():
        default = getattr(Settings(), name.replace("-", "_"))
        scope = " · *per file*" if key.per_file else ""
        parts.append(f"## `{name}`\n\n{key.text}\n\n{key.kind.capitalize()} · default: {_default(default)}{scope}\n")
        parts.append(f"```toml\n[tool.vmapify]\n{name} = {key.example}\n```\n")
    return "\n".join(parts)


def _default(value: object) -> str:
    if value is None:
        return "not set"
    if value == () or not isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return ", ".join(f"`{one}`" for one in value)


def _index(kind: str, listed: list[Page]) -> str:
    rows = [f"| [`{page.code}`]({page.code}.md){_name(page)} | {page.summary} |" for page in listed]
    return f"# {kind.capitalize()}\n\n{HEADS[kind]}\n\n| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _name(page: Page) -> str:
    return f" {page.name}" if isinstance(page, Rule) else ""
