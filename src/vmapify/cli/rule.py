"""``vmapify rule``."""

from __future__ import annotations

import json
import sys

import click

from vmapify.cli.completion import pages
from vmapify.cli.mistakes import Command
from vmapify.cli.options import style_from
from vmapify.config import ConfigError
from vmapify.rule import ASSUMPTIONS, REASONS, RULES, Page, Rule, find, nearest


@click.command("rule", cls=Command, short_help="Explain a rule, a reason to refuse or an assumption.")
@click.argument("name", required=False, metavar="[CODE|NAME]", shell_complete=pages)
@click.option("--all", "everything", is_flag=True, help="Print every page.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, everything: bool, output_format: str) -> None:
    """Explain a rule, a reason to refuse or an assumption; without an argument list them all."""
    pages = (*RULES.values(), *REASONS.values(), *ASSUMPTIONS.values())
    chosen = pages if name is None else (_page(name),)
    if output_format == "json":
        click.echo(json.dumps([_as_json(page) for page in chosen], indent=2, ensure_ascii=False))
    elif name is None and not everything:
        click.echo(_listing(pages))
    else:
        click.echo("\n".join(page.markdown() for page in chosen), nl=False)
    sys.exit(0)


def _page(name: str) -> Page:
    if page := find(name):
        return page
    close = nearest(name)
    cure = f"did you mean `{close}`?" if close else "`vmapify rule` lists them all"
    raise ConfigError(f"nothing is called `{name}`; {cure}")


def _listing(pages: tuple[Page, ...]) -> str:
    lines: list[str] = []
    kind = ""
    for page in pages:
        if page.kind != kind:
            lines += [*([""] if lines else []), style_from("auto").bold(f"{page.kind.capitalize()}s")]
            kind = page.kind
        label = f"{page.code} {page.name}" if isinstance(page, Rule) else page.code
        lines.append(f"  {label:<29}{page.summary}")
    return "\n".join(lines)


def _as_json(page: Page) -> dict[str, str]:
    name = page.name if isinstance(page, Rule) else page.code
    return {
        "kind": page.kind,
        "code": page.code,
        "name": name,
        "summary": page.summary,
        "explanation": page.text,
    }
