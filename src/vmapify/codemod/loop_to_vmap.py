"""A command for the tool of LibCST that writes what ``vmapify fix --write --unverified`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from libcst.codemod import CodemodCommand, SkipFile

from vmapify.config import load_settings
from vmapify.pipeline.check import StandardInput
from vmapify.pipeline.fix import fix_text
from vmapify.pipeline.may_be_written import Choice
from vmapify.report import wording
from vmapify.rewrite.codemod import written
from vmapify.source.discover import is_left_out

if TYPE_CHECKING:
    import argparse

    from libcst import Module
    from libcst.codemod import CodemodContext

    from vmapify.pipeline.fix import TextFix

TEXT = "<text>"


class LoopToVmap(CodemodCommand):
    """Rewrites loops to ``jax.vmap``; runs nothing.

    Args:
        context: what LibCST says of the file; the nearest configuration file to its ``filename`` decides.
        unverified: write what rests on assumptions, too, with a warning for each.
    """

    DESCRIPTION = "Rewrite Python loops over independent examples to jax.vmap, where the rewrite is proven (safe)."

    def __init__(self, context: CodemodContext, *, unverified: bool = False) -> None:
        super().__init__(context)
        self._unverified = unverified

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add ``--unverified`` to the options of LibCST's tool."""
        arg_parser.add_argument(
            "--unverified",
            action="store_true",
            help="Also write rewrites that rest on assumptions, with a warning for each; nothing has been run.",
        )

    def transform_module_impl(self, tree: Module) -> Module:
        """The module with its loops rewritten; what no rewrite touches is in it as the nodes that it was.

        Raises:
            SkipFile: the settings or ``.gitignore`` leave the file out.
            ConfigError: a configuration file has a mistake.
        """
        name = self.context.filename
        settings = load_settings((name,) if name is not None else ())
        if name is not None and is_left_out(name, settings):
            raise SkipFile("left out by the settings of vmapify, or by .gitignore")
        choice = Choice(unverified=True, assuming=self._unverified)
        fixed = fix_text(StandardInput(tree.bytes, name or TEXT), settings, choice)
        self._warn(fixed)
        return written(tree, fixed.edits) if fixed.edits else tree

    def _warn(self, fixed: TextFix) -> None:
        for problem in fixed.problems:
            self.warn(f"{problem.path}: {problem.message}")
        for line, finding in fixed.written:
            if finding.applicability == "unverified":
                rests_on = "; ".join(wording.message(one) for one in finding.assumptions)
                self.warn(f"{finding.path}:{line}: {finding.code} was rewritten unverified: {rests_on}")
