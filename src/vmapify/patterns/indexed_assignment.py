"""VM103: a buffer filled row by row, ``out = out.at[i].set(…)`` or ``out[i] = …``."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vmapify.loop import LoopModel, Obstacle, Result, Sink
from vmapify.patterns import spaces
from vmapify.patterns.body import leaving, statements_in
from vmapify.patterns.indexed_dict import fate_of_values, is_counted, is_empty_dict
from vmapify.patterns.lists import fate_of
from vmapify.patterns.nests import perfect_nest
from vmapify.patterns.reduction import accumulated
from vmapify.patterns.sinks import without_conversion
from vmapify.syntax import binding_names, loads, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.loop import IterationSpace
    from vmapify.patterns.names import Names
    from vmapify.syntax.module import Block


METHODS = {"set", "add", "multiply", "mul", "divide", "power", "min", "max"}


@dataclass(frozen=True, slots=True)
class _Write:
    name: str
    index: ast.expr
    element: ast.expr
    method: str
    statement: ast.stmt
    library: Literal["jax", "numpy", "python"]


def recognise(names: Names) -> Iterator[LoopModel]:
    """A ``for`` loop that writes one entry of a buffer an iteration."""
    for loop in names.module.of(ast.For):
        if not _is_inner(loop, names):
            model = _model(loop, names)
            if model is not None:
                yield model


def _is_inner(loop: ast.For, names: Names) -> bool:
    """The inner level of a perfect nest that writes ``out.at[i, j]`` is looked at from the outer one."""
    parent = names.module.parents[loop]
    if not isinstance(parent, ast.For) or parent.body != [loop]:
        return False
    outer = set(binding_names(parent.target))
    return any(outer & loads(write.index) for write in _writes(loop.body))


def _model(loop: ast.For, names: Names) -> LoopModel | None:
    nest = perfect_nest(loop)
    levels, body = [loop], loop.body
    if nest is not None and _all_targets(nest[0]) & {n for w in _writes(nest[1]) for n in loads(w.index)}:
        levels, body = nest
    targets = _all_targets(levels)
    writes = _to_buffers(_writes(body), body, targets, loop, names)
    if not writes:
        return _guarded(loop, names)
    read = [spaces.read(level, names) for level in levels]
    levels_read = tuple(space for one in read for space in one.spaces)
    results, obstacles = _results(writes, loop, levels_read, names)
    written = {write.statement for write in writes}
    if len(levels) == 1:
        added_up, more = accumulated(loop, names)
        results, obstacles = [*results, *added_up], [*obstacles, *more]
        written |= {result.statement for result in added_up if result.statement is not None}
    return LoopModel(
        rule="VM103",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=levels_read,
        body=tuple(statement for statement in body if statement not in written),
        results=tuple(results),
        obstacles=(
            *obstacles,
            *(o for level in levels for o in leaving(level)),
            *(o for one in read for o in one.obstacles),
        ),
        progress=tuple(call for one in read for call in one.progress),
    )


def _to_buffers(writes: list[_Write], body: Block, targets: set[str], loop: ast.For, names: Names) -> list[_Write]:
    """Those ``writes`` that the loop index moves through an array made before the loop."""
    moving = targets | _derived(body, targets)
    outside = upward_reads(body, frozenset(targets))  # an array made in the iteration is a local of it, no buffer
    writes = [write for write in writes if loads(write.index) & moving and write.name in outside]
    return [write for write in writes if write.library == "jax" or _host_buffer(write, loop, names)]


def _guarded(loop: ast.For, names: Names) -> LoopModel | None:
    """A loop that writes its rows only if something holds: ``if keep[i]: out = out.at[i].set(…)``."""
    targets = set(binding_names(loop.target))
    within = [(w, guard) for s, guard in statements_in(loop.body) if isinstance(guard, ast.If) for w in _written(s)]
    writes = _to_buffers([write for write, _ in within if write.library == "jax"], loop.body, targets, loop, names)
    if not writes:
        return None
    read = spaces.read(loop, names)
    results, obstacles = [], []
    for name in dict.fromkeys(write.name for write in writes):
        mine = [write for write in writes if write.name == name]
        result, more = _result(mine[0], loop, read.spaces, names)
        results.append(replace(result, statement=None, scattered=tuple(write.statement for write in mine)))
        guard = next(guard for write, guard in within if write is mine[0])
        obstacles += [_kept_if(mine[0], guard, loop), *more]
    return LoopModel(
        rule="VM103",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=read.spaces,
        body=tuple(loop.body),
        results=tuple(results),
        obstacles=(*obstacles, *leaving(loop), *read.obstacles),
        flat=len(read.spaces) > 1,
        progress=read.progress,
    )


def _kept_if(write: _Write, guard: ast.If, loop: ast.For) -> Obstacle:
    if not loads(guard.test) & (set(binding_names(loop.target)) | stored_names(loop.body)):
        return Obstacle.of("unsupported-shape", "written-if-constant", guard, buffer=write.name, test=guard.test)
    return Obstacle.of(
        "python-branch-on-value", "written-if", guard, buffer=write.name, test=guard.test, index=write.index
    )


def _all_targets(levels: Sequence[ast.For]) -> set[str]:
    return {name for level in levels for name in binding_names(level.target)}


def _derived(body: Block, targets: set[str]) -> set[str]:
    """Locals computed from the loop targets: ``k = perm[i]; out = out.at[k].set(…)``."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign) and loads(statement.value) & (targets | found):
            found.update(name for target in statement.targets for name in binding_names(target))
    return found


def _writes(body: Block) -> list[_Write]:
    return [write for statement in body for write in _written(statement)]


def _written(statement: ast.stmt) -> list[_Write]:
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Subscript(value=ast.Attribute(value=ast.Name(id=base), attr="at"), slice=index),
                    attr=str(method),
                ),
                args=[element],
                keywords=[],
            ),
        ) if name == base and method in METHODS:
            return [_Write(name, index, element, method, statement, "jax")]
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=element):
            return [_Write(name, index, element, "set", statement, "numpy")]
    return []


def _host_buffer(write: _Write, loop: ast.For, names: Names) -> bool:
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


def _results(
    writes: list[_Write], loop: ast.For, levels: tuple[IterationSpace, ...], names: Names
) -> tuple[list[Result], list[Obstacle]]:
    results: list[Result] = []
    obstacles: list[Obstacle] = []
    for name in dict.fromkeys(write.name for write in writes):
        mine = [write for write in writes if write.name == name]
        if len(mine) > 1:
            again = mine[1].statement
            obstacles.append(
                Obstacle.of("unsupported-shape", "written-repeatedly", again, buffer=name, times=len(mine))
            )
        result, more = _result(mine[0], loop, levels, names)
        results.append(result)
        obstacles += more
    return results, obstacles


def _result(
    write: _Write, loop: ast.For, levels: tuple[IterationSpace, ...], names: Names
) -> tuple[Result, list[Obstacle]]:
    init = _init(write.name, loop, names)
    library = _library(init, names) if init is not None and write.library != "jax" else write.library
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
        return result, [*obstacles, *fate.obstacles]
    sink = Sink(
        None, "buffer", library or "jax", axis or 0, index=write.index, method="add" if write.method == "add" else "set"
    )
    return Result(write.name, element, (sink,), init, write.statement, converted), obstacles


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
