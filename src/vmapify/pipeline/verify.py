"""``verify``: judge two versions of a file, whoever wrote them."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.diagnostic import Problem, Verification
from vmapify.pipeline.judging import Given, verify_options
from vmapify.report.verification import VerifyReport, VerifyResult
from vmapify.source import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmapify.config import Settings


def verify(before: str, after: str, settings: Settings, given: Given, progress: Callable[[str], None]) -> VerifyReport:
    """Run ``given.function`` of both files on the given inputs and judge whether they agree.

    An empty function name stands for the one function that differs. Raises ConfigError if several do.
    """
    from vmapify.verify import judge_functions  # noqa: PLC0415 - only what runs code pays for it

    trees = [_parsed(path) for path in (before, after, given.file)]
    problems = tuple(tree for tree in trees if isinstance(tree, Problem))
    if problems:
        return VerifyReport(problems=problems)
    if not given.function:
        changed = _changed(*(dict(_functions(tree)) for tree in trees[:2] if not isinstance(tree, Problem)))
        if not changed:
            return VerifyReport()
        given = dataclasses.replace(given, function=_only(changed, after))
    progress(f"verifying {given.function}")
    options = verify_options(settings, given)
    found = judge_functions(Path(before), Path(after), given.function, options)
    progress("")
    return VerifyReport(
        tuple(VerifyResult(after, given.function, one) for one in found if isinstance(one, Verification)),
        tuple(one for one in found if isinstance(one, Problem)),
    )


def _parsed(path: str) -> ast.Module | Problem:
    if path.endswith(".ipynb"):
        return Problem(path, None, "is a notebook; compare functions of .py files, or let `vmapify fix` verify it")
    source = read(path)
    if isinstance(source, Problem):
        return source
    try:
        return ast.parse(source.data)
    except SyntaxError as error:
        return Problem(path, error.lineno, f"cannot be parsed: {error.msg}; mend the syntax")


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name (dotted for a method) and meaning of every top-level function and method."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, ast.dump(node)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name, meaning in after.items() if before.get(name, meaning) != meaning]


def _only(changed: list[str], after: str) -> str:
    if len(changed) > 1:
        raise ConfigError(f"{after}: {', '.join(changed)} differ; say with --function which one --inputs is for")
    return changed[0]
