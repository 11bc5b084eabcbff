"""``verify``: judge two versions of a file, whoever wrote them."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.diagnostic import Problem, Verification
from vmapify.pipeline.bundle import keep_verify
from vmapify.pipeline.git import unpacked
from vmapify.pipeline.verifier import Given, verify_options
from vmapify.report.verification import VerifyReport, VerifyResult
from vmapify.source import read
from vmapify.syntax import code_key
from vmapify.syntax.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vmapify.config import Settings
    from vmapify.syntax.structure import Key
    from vmapify.verify import Changed, Stored


def verify(
    before: str,
    after: str,
    settings: Settings,
    given: Given | None,
    progress: Callable[[str], None],
    bundle: str | None = None,
) -> VerifyReport:
    """Run ``given.function`` of both files on the given inputs and judge whether they agree.

    An empty function name stands for the one function that differs. Raises ConfigError if several do. Without
    inputs both files are run, and judged by the values they end with and by what they call their functions with.
    ``bundle`` is a file to write what was judged to.
    """
    if given is None:
        return _files(before, after, settings, progress, bundle)
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
    options = verify_options(settings, given, store=bundle is not None)
    stored: Stored = {}
    found = judge_functions(Path(before), Path(after), given.function, options, stored)
    progress("")
    if bundle is not None:
        judged = [(given.function, one, 0) for one in found if isinstance(one, Verification)]
        keep_verify(bundle, (before, after), judged, (), stored)
    return VerifyReport(
        tuple(
            VerifyResult(after, given.function, one, None, *texts_of(before, after, given.function))
            for one in found
            if isinstance(one, Verification)
        ),
        tuple(one for one in found if isinstance(one, Problem)),
    )


def since(revision: str, paths: Sequence[str], settings: Settings, progress: Callable[[str], None]) -> VerifyReport:
    """The same for every Python file under ``paths`` that differs from what git has at ``revision``."""
    number, shards = settings.shard
    with unpacked(revision, paths) as (every, root):
        files = every[number - 1 :: shards]
        reports = [_files(str(Path(root) / old), new, settings, progress) for old, new in files]
    results = tuple(result for report in reports for result in report.results)
    return VerifyReport(results, tuple(problem for report in reports for problem in report.problems), settings.shard)


def _files(
    before: str, after: str, settings: Settings, progress: Callable[[str], None], bundle: str | None = None
) -> VerifyReport:
    from vmapify.verify import judge_files  # noqa: PLC0415

    changed = changes(before, after)
    if isinstance(changed, tuple):
        return VerifyReport(problems=changed)
    if not changed.functions and not changed.names:
        return VerifyReport()
    progress(f"verifying {after}")
    stored: Stored = {}
    options = verify_options(settings, None, store=bundle is not None)
    found = judge_files(Path(before), Path(after), changed, options, stored)
    progress("")
    if bundle is not None:
        numbers = {name: key for key, name in enumerate(changed.functions, start=1)}
        judged = [
            (name if name in numbers else None, one, numbers.get(name, 0))
            for name, one in found
            if isinstance(one, Verification)
        ]
        keep_verify(bundle, (before, after), judged, changed.names, stored)
    return VerifyReport(
        tuple(
            VerifyResult(after, name, one, None, *texts_of(before, after, name))
            for name, one in found
            if isinstance(one, Verification)
        ),
        tuple(one for _, one in found if isinstance(one, Problem)),
    )


def changes(before: str, after: str) -> Changed | tuple[Problem, ...]:
    """What differs between two files, or why they cannot be compared."""
    from vmapify.verify import Changed  # noqa: PLC0415

    trees = [_parsed(path) for path in (before, after)]
    problems = tuple(tree for tree in trees if isinstance(tree, Problem))
    if problems:
        return problems
    old, new = (tree for tree in trees if not isinstance(tree, Problem))
    return Changed(tuple(_changed(dict(_functions(old)), dict(_functions(new)))), _names_changed(old, new))


def _names_changed(old: ast.Module, new: ast.Module) -> tuple[str, ...]:
    """What the statements bind that are not the same outside of functions and classes; ``print`` for none."""
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    before, after = ([node for node in tree.body if not isinstance(node, definitions)] for tree in (old, new))
    old_keys, new_keys = ([code_key(node) for node in nodes] for nodes in (before, after))
    same = {*old_keys} & {*new_keys}
    different = [n for n, key in zip((*before, *after), (*old_keys, *new_keys), strict=True) if key not in same]
    parts = (part for node in different for part in walk(node))
    stored = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return tuple(sorted(stored)) or (("print",) if old_keys != new_keys else ())


def texts_of(before: str, after: str, name: str) -> tuple[str, str]:
    """The text of a function (dotted for a method) in both files; of the files where there is none of that name."""
    old, new = (Path(path).read_text(encoding="utf-8-sig") for path in (before, after))
    return text_of(old, name), text_of(new, name)


def text_of(source: str, name: str) -> str:
    """The text of a function in a source; all of it where there is none of that name."""
    node: ast.AST | None = ast.parse(source)
    for part in name.split("."):
        inside = ast.iter_child_nodes(node) if node is not None else ()
        node = next((child for child in inside if getattr(child, "name", None) == part), None)
    return (node is not None and ast.get_source_segment(source, node)) or source


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


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Name (dotted for a method) and code of every top-level function and method."""
    for node in children(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, code_key(node)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _changed(before: dict[str, Key], after: dict[str, Key]) -> list[str]:
    return [name for name, code in after.items() if before.get(name, code) != code]


def _only(changed: list[str], after: str) -> str:
    if len(changed) > 1:
        raise ConfigError(f"{after}: {', '.join(changed)} differ; say with --function which one --inputs is for")
    return changed[0]
