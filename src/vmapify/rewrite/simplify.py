"""The body with temporaries folded away: what an iteration computes, in as few statements as it takes."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop import WHOLE
from vmapify.loop.occurrences import occurrences
from vmapify.rewrite.mutations import is_changed_later
from vmapify.rewrite.naming import singular
from vmapify.syntax import is_full_slice, loads, stored_names
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop import LoopModel, Part
    from vmapify.loop.reader import Argument, Mapping


@dataclass(frozen=True, slots=True)
class Body:
    """``statements`` that stay, then ``outputs`` (one an entry of the result, or one tuple-valued expression).

    ``aliases`` name mapped arguments after temporaries such as ``x = xs[i]``. ``kept`` maps elements that must be
    evaluated where they are contributed to the local that holds them. ``part`` follows the only output: ``[0]``.
    """

    statements: tuple[ast.stmt, ...]
    outputs: tuple[ast.expr, ...]
    tuple_valued: bool
    aliases: dict[int, str]
    kept: dict[ast.expr, str]
    part: Part = WHOLE


def simplify(model: LoopModel, mapping: Mapping) -> Body:
    """Fold ``x = xs[i]`` into a parameter and ``y = f(x)`` into the result."""
    statements = list(model.body)
    outputs = _outputs(model)
    aliases = _aliases(statements, mapping, model)
    outputs, tuple_valued = _fold(statements, outputs)
    kept = _in_place(statements, model)
    return Body(tuple(statements), outputs, tuple_valued, aliases, kept, model.results[0].part)


def _outputs(model: LoopModel) -> tuple[ast.expr, ...]:
    """What the function returns: the elements, or the one element of which every result is an entry."""
    elements = tuple(result.element for result in model.results)
    return elements[:1] if all(result.entry is not None for result in model.results) else elements


def _aliases(statements: list[ast.stmt], mapping: Mapping, model: LoopModel) -> dict[int, str]:
    """Removes the statements that only name a row; argument position to name."""
    found: dict[int, str] = {}
    for statement in list(statements):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.Call() | ast.DictComp() as read):
                argument = next((k for k, one in enumerate(mapping.arguments) if read in one.reads), None)
                plain = argument is not None and _whole_row(read, mapping.arguments[argument])
                if argument is None or not plain or argument in found or name in _targets(model):
                    continue
                if _store_counts(statements)[name] == 1 or _first_name(
                    name, statement, statements, mapping.arguments[argument]
                ):
                    found[argument] = name
                    statements.remove(statement)
    return found


def _first_name(name: str, statement: ast.stmt, statements: list[ast.stmt], mapping: Argument) -> bool:
    """``row = M[i]`` before anything else has that name, where no other read of the row would see it reassigned."""
    before = statements[: statements.index(statement)]
    return len(mapping.reads) == 1 and not any(
        isinstance(node, ast.Name) and node.id == name for other in before for node in walk(other)
    )


def _targets(model: LoopModel) -> set[str]:
    return {n.id for space in model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)}


def _whole_row(read: ast.expr, argument: Argument) -> bool:
    """``xs[i]`` and ``xs[i, :]`` are the row itself, ``xs[i, 0]`` is not."""
    if not isinstance(read, ast.Subscript):
        return True
    parts = read.slice.elts if isinstance(read.slice, ast.Tuple) else [read.slice]
    behind = parts[argument.prefix + argument.axis + 1 :] if argument.axis >= 0 else []
    return all(is_full_slice(part) for part in behind)


def _store_counts(statements: list[ast.stmt]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for statement in statements:
        for node in walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                counts[node.id] = counts.get(node.id, 0) + 1
    return counts


def _fold(statements: list[ast.stmt], outputs: tuple[ast.expr, ...]) -> tuple[tuple[ast.expr, ...], bool]:
    """Inline the last assignments where an output is just the name they bind."""
    while statements:
        match statements[-1], outputs:
            case ast.Assign(targets=[ast.Name(id=name)], value=value), (ast.Name(id=wanted),) if name == wanted:
                if occurrences(name, [value]) and len(statements) > 1:
                    return outputs, False
                outputs = (value,)
                statements.pop()
            case ast.Assign(targets=[ast.Tuple(elts=elts)], value=value), many if _same_names(elts, many):
                statements.pop()
                return (value,), len(elts) > 1
            case _:
                return outputs, False
    return outputs, False


def _same_names(elts: list[ast.expr], outputs: tuple[ast.expr, ...]) -> bool:
    names = [elt.id if isinstance(elt, ast.Name) else None for elt in elts]
    return None not in names and names == [out.id if isinstance(out, ast.Name) else "" for out in outputs]


def _in_place(statements: list[ast.stmt], model: LoopModel) -> dict[ast.expr, str]:
    """Contributions that stay as locals: evaluated at the end they would change, or a comment of theirs would hang."""
    kept: dict[ast.expr, str] = {}
    for result in model.results:
        if result.statement is None:
            continue
        later = [s for s in statements if s.lineno >= result.statement.lineno]
        several = len(model.results) > 1
        behind = [*later, *(other.element for other in model.results if _is_behind(other.element, result.element))]
        changed = stored_names(later) & loads(result.element) or is_changed_later(result.element, behind, model)
        if changed or (several and _commented(result.statement, model)):
            kept[result.element] = _local_name(result.name or "result", model)
    return kept


def _is_behind(one: ast.expr, other: ast.expr) -> bool:
    return (one.lineno, one.col_offset) > (other.lineno, other.col_offset)


def _local_name(name: str, model: LoopModel) -> str:
    """``mean`` for one of ``means``, if the body has no use of its own for that name; else ``means_row``."""
    one = singular(name)
    used = (
        {n.id for s in model.loop.body for n in walk(s) if isinstance(n, ast.Name)}
        if isinstance(model.loop, ast.For)
        else set()
    )
    return one if one != name and one not in used | set(dir(builtins)) and len(one) > 1 else f"{name}_row"


def _commented(statement: ast.stmt, model: LoopModel) -> bool:
    """Whether a line of its own right above ``statement`` comments on it."""
    lines = model.module.data.split(b"\n")
    return lines[statement.lineno - 2].strip().startswith(b"#")
