"""Mistyped commands, and options that belong to another command: the answer names the right one."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_READS = (
    "`check` only reads; `vmapify fix {paths}` runs both versions and shows the diff of what holds, `--write` writes it"
)
_NOT_HERE: Mapping[tuple[str, str], str] = {
    **dict.fromkeys((("check", name) for name in ("--fix", "--diff", "--write", "--unsafe", "--unsafe-fixes")), _READS),
    ("check", "--watch"): "`check` runs once; a file watcher such as entr runs it on changes",
    ("fix", "--fix"): "`fix` shows what it would write; `vmapify fix --write {paths}` writes it",
    ("fix", "--unsafe-fixes"): "the option is --unsafe: `vmapify fix --unsafe {paths}`",
    ("fix", "--check"): "without --write `fix` writes nothing, and exits 1 where something is left to do",
}


class Command(click.Command):
    """A command that knows which of its options people look for elsewhere."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, with a word on what to use instead of an option that belongs to another command."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            cure = _NOT_HERE.get((self.name or "", error.option_name))
            if cure is None:
                raise
            paths = " ".join(word for word in given if not word.startswith("-")) or "."
            raise click.UsageError(f"No such option: {error.option_name} ({cure.format(paths=paths)}).", ctx) from None


def no_such_command(word: str, commands: Sequence[str], ctx: click.Context) -> NoReturn:
    """Say what was probably meant. Raises UsageError."""
    if close := difflib.get_close_matches(word, commands, n=1, cutoff=0.5):
        cure = f"did you mean `vmapify {close[0]}`?"
    elif Path(word).exists():
        cure = f"did you mean `vmapify check {word}`?"
    else:
        cure = f"the commands are {', '.join(commands)}"
    raise click.UsageError(f"No such command {word!r}; {cure}", ctx)
