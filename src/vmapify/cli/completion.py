"""``vmapify completion``, and what is completed besides options: rule codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from vmapify.cli.mistakes import Command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": "~/.bashrc",
    "zsh": "~/.zshrc (below compinit)",
    "fish": "~/.config/fish/completions/vmapify.fish",
}


@click.command("completion", cls=Command, short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script with which SHELL completes vmapify's commands, options and rule codes.

    For bash and zsh: eval "$(vmapify completion bash)" in the shell's start-up file; for fish save it as
    ~/.config/fish/completions/vmapify.fish.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from vmapify.cli.main import vmapify  # noqa: PLC0415 - the group loads this module

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(vmapify, {}, "vmapify", "_VMAPIFY_COMPLETE")
    click.echo(f"# goes to {_WHERE[shell]}\n{complete.source_template % complete.source_vars()}", nl=False)
    sys.exit(0)


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - click's signature
    """Codes and names of rules that go on from what is typed, behind the last comma."""
    from vmapify.rule import RULES  # noqa: PLC0415

    return _items(incomplete, {name: rule.summary for rule in RULES.values() for name in (rule.code, rule.name)})


def pages(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The same, and reasons and assumptions."""
    from vmapify.rule import ASSUMPTIONS, REASONS, RULES  # noqa: PLC0415

    named = {name: rule.summary for rule in RULES.values() for name in (rule.code, rule.name)}
    others = {page.code: page.summary for page in (*REASONS.values(), *ASSUMPTIONS.values())}
    return _items(incomplete, named | others)


def _items(incomplete: str, choices: dict[str, str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    before, comma, last = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{name}", help=text)
        for name, text in choices.items()
        if name.casefold().startswith(last.casefold())
    ]
