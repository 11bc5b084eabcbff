"""Buffers filled row by row by a ``for`` loop, ``out = out.at[i].set(…)`` or ``out[i] = …``, and dicts filled so."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from vmapify.loop import Obstacle, Result, Sink
from vmapify.patterns.contributions import Gathered
from vmapify.patterns.indexed_dict import fate_of_values, is_counted, is_empty_dict
from vmapify.patterns.lists import fate_of
from vmapify.patterns.sinks import without_conversion
from vmapify.syntax import binding_names, loads, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import IterationSpace
    from vmapify.patterns.contributions import Write
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


def moved(writes: Sequence[Write], body: Block, targets: set[str], loop: ast.For, names: Names) -> list[Write]:
    """Those ``writes`` that the ``targets`` of the loop move through a buffer made before it."""
    moving = targets | _derived(body, targets)
    outside = upward_reads(body, frozenset(targets))  # an array made in the iteration is a local of it, no buffer
    found = [write for write in writes if loads(write.index) & moving and write.name in outside]
    return [write for write in found if write.is_update or _host_buffer(write, loop, names)]


def filled(writes: Sequence[Write], loop: ast.For, levels: tuple[IterationSpace, ...], names: Names) -> Gathered:
    """The buffers that ``loop`` writes once an iteration, and what speaks against them."""
    found = Gathered()
    for name in dict.fromkeys(write.name for write in writes):
        mine = [write for write in writes if write.name == name]
        if len(mine) > 1:
            again = mine[1].statement
            often = Obstacle.of("unsupported-shape", "written-repeatedly", again, buffer=name, times=len(mine))
            found += Gathered(obstacles=(often,), again=tuple(write.statement for write in mine[1:]))
        found += _result(mine[0], loop, levels, names)
    return found


def filled_at_times(
    writes: Sequence[Write], loop: ast.For, levels: tuple[IterationSpace, ...], names: Names
) -> Gathered:
    """The buffers whose rows are written only if something holds: ``if keep[i]: out = out.at[i].set(…)``."""
    found = Gathered()
    for name in dict.fromkeys(write.name for write in writes):
        mine = [write for write in writes if write.name == name]
        made = _result(mine[0], loop, levels, names)
        scattered = tuple(write.statement for write in mine)
        results = tuple(replace(one, statement=None, scattered=scattered) for one in made.results)
        found += Gathered(results, (_kept_if(mine[0], loop), *made.obstacles))
    return found


def _kept_if(write: Write, loop: ast.For) -> Obstacle:
    guard = write.guard
    assert isinstance(guard, ast.If)
    if not loads(guard.test) & (set(binding_names(loop.target)) | stored_names(loop.body)):
        return Obstacle.of("unsupported-shape", "written-if-constant", guard, buffer=write.name, test=guard.test)
    return Obstacle.of(
        "python-branch-on-value", "written-if", guard, buffer=write.name, test=guard.test, index=write.index
    )


def _derived(body: Block, targets: set[str]) -> set[str]:
    """Locals computed from the loop targets: ``k = perm[i]; out = out.at[k].set(…)``."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign) and loads(statement.value) & (targets | found):
            found.update(name for target in statement.targets for name in binding_names(target))
    return found


def _host_buffer(write: Write, loop: ast.For, names: Names) -> bool:
    """Whether ``out`` in ``out[i] = …`` is a NumPy array or a list that the code just before the loop makes."""
    init = _init(write.name, loop, names)
    return init is not None and _library(init, names) is not None


def _library(init: ast.stmt, names: Names) -> Literal["numpy", "python"] | None:
    value = init.value if isinstance(init, ast.Assign | ast.AnnAssign) else None
    match value:
        case ast.Call() if (names.qualified(value.func) or "").startswith("numpy."):
            return "numpy"
        case ast.BinOp(left=ast.List(elts=[ast.Constant(value=None)]), op=ast.Mult()):
            return "python"
    return "python" if is_empty_dict(value, names) else None


def _init(name: str, loop: ast.For, names: Names) -> ast.stmt | None:
    """The assignment of ``name`` before the loop in the same block, if nothing reads or changes it in between."""
    block, index = names.module.block_of(loop)
    for statement in reversed(block[:index]):
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)]) | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr()):
                if bound == name and name not in loads(statement):
                    return statement
        if any(isinstance(node, ast.Name) and node.id == name for node in walk(statement)):
            return None
    return None


def _result(write: Write, loop: ast.For, levels: tuple[IterationSpace, ...], names: Names) -> Gathered:
    init = _init(write.name, loop, names)
    library = _library(init, names) if init is not None and not write.is_update else "jax"
    obstacles: list[Obstacle] = []
    element, converted = without_conversion(write.element, names)
    axis = _written_axis(write.index, levels)
    if axis is None:
        obstacles.append(
            Obstacle.of("unsupported-shape", "written-elsewhere", write.statement, buffer=write.name, index=write.index)
        )
    if write.method not in {"set", "add"}:
        obstacles.append(
            Obstacle.of("unsupported-shape", "other-update", write.statement, buffer=write.name, method=write.method)
        )
    if library == "python":
        scope = names.module.function_of(loop) or names.module.tree
        by_key = init is not None and is_empty_dict(getattr(init, "value", None), names)
        fate = (fate_of_values if by_key else fate_of)(write.name, names, scope, loop)
        if by_key and not is_counted(write.index, levels):
            obstacles.append(
                Obstacle.of("unsupported-shape", "repeated-key", write.statement, dict=write.name, key=write.index)
            )
        plain = fate.sinks or (Sink(None, "buffer", "python", index=write.index),)
        if not fate.sinks:
            obstacles.append(Obstacle.of("results-used-elsewhere", "never-stacked", write.statement, list=write.name))
        result = Result(write.name, element, plain, init, write.statement, converted, fate.apart)
        return Gathered((result,), (*obstacles, *fate.obstacles))
    sink = Sink(
        None, "buffer", library or "jax", axis or 0, index=write.index, method="add" if write.method == "add" else "set"
    )
    return Gathered((Result(write.name, element, (sink,), init, write.statement, converted),), tuple(obstacles))


def _written_axis(index: ast.expr, levels: tuple[IterationSpace, ...]) -> int | None:
    """The first axis of the buffer that the loop indices run over: ``[i]`` 0, ``[:, i]`` 1, ``[i, j]`` 0."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    wanted = [[s.target.id for s in level.sources if isinstance(s.target, ast.Name)] for level in levels]
    position = next((k for k, part in enumerate(parts) if not _full_slice(part)), None)
    if position is None or len(parts) < position + len(wanted):
        return None
    for part, options in zip(parts[position:], wanted, strict=False):
        if affine(part, options) is None:
            return None
    rest = parts[position + len(wanted) :]
    return position if all(_full_slice(part) for part in rest) else None


def _full_slice(part: ast.expr) -> bool:
    return isinstance(part, ast.Slice) and part.lower is None and part.upper is None and part.step is None


def affine(part: ast.expr, options: Sequence[str]) -> tuple[str, int] | None:
    """``i + c`` as (i, c) for an index ``i`` of ``options`` and an integer literal ``c``."""
    match part:
        case ast.Name(id=name) if name in options:
            return name, 0
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int() as offset)) if (
            name in options
        ):
            return name, offset
        case ast.BinOp(left=ast.Name(id=name), op=ast.Sub(), right=ast.Constant(value=int() as offset)) if (
            name in options
        ):
            return name, -offset
        case ast.BinOp(left=ast.Constant(value=int() as offset), op=ast.Add(), right=ast.Name(id=name)) if (
            name in options
        ):
            return name, offset
    return None
