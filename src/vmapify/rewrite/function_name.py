"""The name of the local per-example function: what the code around the loop calls one of the results."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.rewrite import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel
    from vmapify.loop.reader import Mapping

SHORTEST = 3  # a name of one or two letters names an array well, a function badly
AROUND = ("all_", "batch_", "batched_", "stacked_", "vectorized_")
BEHIND = ("_batch", "_batched", "_rows", "_all", "_each", "_loop", "_stack", "_stacked")
PARTS = {"sum": "term", "prod": "factor"}
VERBS = ("compute_", "calc_", "calculate_", "get_")
# names of temporaries, lists and functions that say nothing about what is in them
GENERIC = {"out", "output", "result", "res", "ret", "lst", "list", "tmp", "temp", "acc", "val", "value", "arr", "array"} | {
    "collected", "buffer", "all", "data", "item", "elem", "element", "entry", "new", "cur",
}  # fmt: skip


def function_name(model: LoopModel, mapping: Mapping, collected: list[str], taken: frozenset[str]) -> str:
    """The first good name that is not ``taken``; ``collected`` are the names that the stacked results get."""
    for name in (*_candidates(model, mapping, collected), "per_example", "per_row"):
        if name.isidentifier() and naming.fresh(name, taken) == name:
            return name
    return naming.fresh("per_example", taken)


def _candidates(model: LoopModel, mapping: Mapping, collected: list[str]) -> Iterator[str]:
    """Best first: losses gives loss; ``loss = …; out.append(loss)``, too; then what the function around is called."""
    for name in collected:
        yield from _one_of(name)
    if len(model.results) == 1:
        yield from _temporary(model)
        yield from _returned(model)
        operation = model.results[0].sinks[0].collector
        if operation in PARTS:
            yield PARTS[operation]
    visited = _visited(mapping)
    if visited is not None:
        one = naming.singular(visited.lstrip("_"))
        if _says(one) and one not in {"col", "column"}:
            yield f"per_{one.lower()}"


def _one_of(name: str) -> Iterator[str]:
    plain = name.lstrip("_")
    for affix in AROUND:
        plain = plain.removeprefix(affix)
    one = naming.singular(plain)
    if one != plain and _says(one):
        yield "column" if one == "col" else one


def _says(name: str) -> bool:
    return len(name) >= SHORTEST and name not in GENERIC


def _temporary(model: LoopModel) -> Iterator[str]:
    """The local that holds the result in the loop's body, less the index in its name."""
    match model.results[0].element:
        case ast.Name(id=name):
            plain = name.strip("_").removesuffix("_i")
            if _says(plain) and len(plain) > SHORTEST and plain not in {"column", "part"}:
                yield plain


def _returned(model: LoopModel) -> Iterator[str]:
    """The name of a function that returns the results: masses gives mass, batch_mass, too."""
    scope = model.module.function_of(model.anchor)
    if not isinstance(scope, ast.FunctionDef) or not _is_returned(model):
        return
    name = plain = scope.name.strip("_")
    for affix in (*AROUND, *VERBS):
        plain = plain.removeprefix(affix)
    for affix in BEHIND:
        plain = plain.removesuffix(affix)
    one = naming.singular(plain)
    if one != name and _says(one) and one != "row":
        yield one


def _is_returned(model: LoopModel) -> bool:
    """Whether the statement behind the loop (or around the expression) returns nothing but the stacked results."""
    statement: ast.stmt | None = model.anchor
    if statement is model.loop or model.results[0].name is not None:
        block, index = model.module.block_of(model.anchor)
        statement = block[index + 1] if index + 1 < len(block) else None
    if not isinstance(statement, ast.Return) or statement.value is None:
        return False
    sinks = [sink.node for sink in model.results[0].sinks]
    held = isinstance(statement.value, ast.Name) and statement.value.id == model.results[0].name
    return held or any(node is statement.value for node in sinks)


def _visited(mapping: Mapping) -> str | None:
    """What the loop runs over: the loop variable's name, the counted or the iterated one."""
    for argument in mapping.arguments:
        if isinstance(argument.target, ast.Name) and not argument.index and len(argument.target.id) >= SHORTEST:
            return argument.target.id
    if mapping.stop is not None:
        return naming.counted(str(mapping.stop))
    return naming.row_name(mapping.arguments[0].base)
