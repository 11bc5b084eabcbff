"""The loop index: row reads such as ``xs[i]`` become mapped arguments, any other use makes the index itself one."""

from __future__ import annotations

import ast
from dataclasses import replace

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind, Linear, Value
from vmapify.infer.expressions import element, extent
from vmapify.loop.bounds import Bound, bound, inside, sliced, stepped
from vmapify.loop.model import ArraySource, IndexSource, Obstacle
from vmapify.loop.occurrences import occurrences
from vmapify.loop.reader import Argument, Mapping, Reader, Visited, row_of
from vmapify.syntax import binding_names, loads, stored_names


def map_index(reader: Reader, source: IndexSource, arrays: list[ArraySource], mapping: Mapping) -> None:
    start, stop, step = _bounds(reader, source, arrays, mapping)
    found = occurrences(source.target.id, reader.nodes)
    rows: dict[tuple[str, int, int], list[ast.Subscript]] = {}
    fixed: dict[tuple[str, int, int], int] = {}
    data: list[ast.Name] = []
    for name in found:
        read = row_read(reader, name, source.target.id) if _sliceable(stop, step) else None
        if read is None or (read[2] and step != 1):
            data.append(name)
        else:
            node, axis, offset, prefix = read
            key = (_base_text(reader, node, prefix), axis, offset)
            rows.setdefault(key, []).append(node)
            fixed[key] = prefix
    if data:
        rows = {key: nodes for key, nodes in rows.items() if not _is_whole_elsewhere(reader, nodes)}
    certain = {key: _certain(reader, key, nodes, fixed[key], start, stop) for key, nodes in rows.items()}
    order = {text: k for k, (text, _, _) in reversed(list(enumerate(rows)))}
    for key, nodes in sorted(rows.items(), key=lambda entry: (not certain[entry[0]], order[entry[0][0]], entry[0][2])):
        _map_reads(reader, nodes, key, fixed[key], (start, stop, step), mapping)
    if data:
        _map_data(source, start, stop, step, mapping)


def _is_whole_elsewhere(reader: Reader, nodes: list[ast.Subscript]) -> bool:
    """Whether the body updates a copy of the array whose rows it reads: with the index at hand, ``x[i]`` may stay.

    So ``x.at[i].set(x[i] + eps)`` keeps its look.
    """
    base = nodes[0].value
    if not isinstance(base, ast.Name):
        return False
    parents = reader.model.module.parents
    uses = [parents.get(name) for name in occurrences(base.id, reader.nodes)]
    return any(isinstance(use, ast.Attribute) and use.attr == "at" for use in uses)


def _sliceable(stop: Bound, step: int | str) -> bool:
    """Whether a slice visits what the index does: counting down, one that ends at row 0."""
    down = not stop.text and stop.offset == -1
    return isinstance(step, int) and (step > 0 or (step < 0 and down))


def _base_text(reader: Reader, node: ast.Subscript, prefix: int) -> str:
    """``A`` for ``A[i]``; ``A[k]`` for ``A[k, i]`` with a ``k`` that the loop does not change."""
    text = reader.text(node.value)
    if not prefix:
        return text
    assert isinstance(node.slice, ast.Tuple)
    return f"{text}[{', '.join(reader.text(part) for part in node.slice.elts[:prefix])}]"


def _certain(
    reader: Reader,
    key: tuple[str, int, int],
    nodes: list[ast.Subscript],
    prefix: int,
    start: Bound,
    stop: Bound,
) -> bool:
    _, axis, offset = key
    length = extent(reader.value(nodes[0].value), axis + prefix)
    return sliced(start.plus(offset), stop.plus(offset), length) is None


def _bounds(
    reader: Reader, source: IndexSource, arrays: list[ArraySource], mapping: Mapping
) -> tuple[Bound, Bound, int | str]:
    def read(node: ast.expr | None) -> Bound:
        if node is None:
            return bound(None, None, "")
        return bound(node, reader.value(node), reader.text(node))

    start = read(source.start)
    stop = read(source.stop) if source.stop is not None else _counted(start, mapping)
    step: int | str = 1
    if source.step is not None:
        value = reader.value(source.step)
        step = (
            value.number.value
            if value.number is not None and value.number.value is not None
            else reader.text(source.step)
        )
    if source.stop is not None:
        _check_count(reader, arrays, start, stop, step, mapping)
    if step == 1 and start.number is not None and stop.number is not None:
        mapping.trip = mapping.trip or stop.number - start.number
    mapping.start, mapping.stop = start, stop
    mapping.bounds[source.target.id] = Visited(start, stop, step)
    return start, stop, step


def _counted(start: Bound, mapping: Mapping) -> Bound:
    """The end of an ``enumerate`` index, which counts what it is zipped with."""
    count = mapping.count or Bound(mapping.trip_text, 0, mapping.trip)
    if not start.text:
        return count.plus(start.offset)
    total = count.number + start.number if count.number is not None and start.number is not None else None
    return Bound(f"{start} + {count}", 0, total)


def _check_count(
    reader: Reader, arrays: list[ArraySource], start: Bound, stop: Bound, step: int | str, mapping: Mapping
) -> None:
    """A ``range`` has as many entries as what it is zipped with; the first one tells how many an ``enumerate`` counts."""
    if arrays:
        _check_range(reader, arrays[0], start, stop, mapping)
        return
    plain = step == 1 and not start.text
    count = stop.plus(-start.offset) if plain else None
    other = mapping.count
    if mapping.bounds and (count is None or other is None or count.number is None or count.number != other.number):
        mapping.assumptions.append(Assumption("equal-lengths", "the ranges that are zipped have the same length"))
    if count is None:
        ends = f"{start}, {stop}" if step == 1 else f"{start}, {stop}, {step}"
        first, last = start.number, stop.number
        number = last - first if step == 1 and first is not None and last is not None else None
        count = Bound(f"len(range({ends}))", 0, number)
    mapping.count = other or count


def _check_range(reader: Reader, rows: ArraySource, start: Bound, stop: Bound, mapping: Mapping) -> None:
    length = extent(reader.value(rows.expr), 0)
    if length is None or stop.number is None or start.number is None or stop.number - start.number != length:
        message = f"`{reader.text(rows.expr)}` has as many rows as the range that it is zipped with"
        mapping.assumptions.append(Assumption("equal-lengths", message))


def row_read(reader: Reader, name: ast.Name, index: str) -> tuple[ast.Subscript, int, int, int] | None:
    """``A[i]``, ``A[:, i + 1]``, ``A[..., i]`` for an ``A`` that the loop does not change: node, axis, offset, prefix."""
    parents = reader.model.module.parents
    part: ast.AST = name
    offset = 0
    above = parents.get(part)
    if isinstance(above, ast.BinOp):
        shifted = _offset(above, index)
        if shifted is None:
            return None
        part, offset = above, shifted
        above = parents.get(part)
    elts: list[ast.expr] = [part]  # type: ignore[list-item]
    if isinstance(above, ast.Tuple):
        elts, above = above.elts, parents.get(above)
    if not isinstance(above, ast.Subscript) or not isinstance(above.ctx, ast.Load) or above.value is name:
        return None
    if above.slice is not part and not (isinstance(above.slice, ast.Tuple) and above.slice.elts is elts):
        return None
    if any(isinstance(outer, ast.JoinedStr) for outer in reader.model.module.ancestors(above)):
        return None  # before Python 3.12 nodes inside an f-string have no exact position, so nothing is put there
    if not _stable(reader, above.value) or loads(above) & _bound_between(reader, above):
        return None
    prefix = _prefix(reader, elts, part)
    axis = 0 if prefix else _axis(elts, part)
    if axis is None or reader.value(above.value).kind not in {*ARRAYS, Kind.UNKNOWN, Kind.LIST, Kind.TUPLE}:
        return None
    container = reader.value(above.value).kind in {Kind.LIST, Kind.TUPLE}
    if container and (
        prefix or offset or axis or element(reader.machine, reader.value(above.value)).kind is not Kind.ARRAY
    ):
        return None
    return above, axis, offset, prefix


def _bound_between(reader: Reader, node: ast.AST) -> set[str]:
    """Names that lambdas, comprehensions and functions of the body bind around ``node``."""
    found: set[str] = set()
    roots = set(reader.nodes)
    for outer in (node, *reader.model.module.ancestors(node)):
        if isinstance(outer, ast.Lambda | ast.FunctionDef):
            found |= {argument.arg for argument in ast.walk(outer.args) if isinstance(argument, ast.arg)}
        if isinstance(outer, ast.FunctionDef):
            found |= stored_names(outer.body)
        found |= {name for clause in getattr(outer, "generators", []) for name in binding_names(clause.target)}
        if outer in roots:
            break
    return found


def _prefix(reader: Reader, elts: list[ast.expr], part: ast.AST) -> int:
    """How many fixed indices stand before ``part``: 1 for ``A[k, i]``; 0 unless all that stand there are such."""
    position = next(k for k, entry in enumerate(elts) if entry is part)
    names = [entry.id for entry in elts[:position] if isinstance(entry, ast.Name)]
    plain = len(names) == position and not set(names) & reader.changing
    return position if plain and all(_is_scalar(reader.value(entry)) for entry in elts[:position]) else 0


def _is_scalar(value: Value) -> bool:
    return value.kind is Kind.NUMBER or (value.kind is Kind.ARRAY and value.shape == ())


def _offset(node: ast.BinOp, index: str) -> int | None:
    match node:
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int() as more)) if name == index:
            return more
        case ast.BinOp(left=ast.Constant(value=int() as more), op=ast.Add(), right=ast.Name(id=name)) if name == index:
            return more
        case ast.BinOp(left=ast.Name(id=name), op=ast.Sub(), right=ast.Constant(value=int() as less)) if name == index:
            return -less
    return None


def _stable(reader: Reader, base: ast.expr) -> bool:
    """Whether ``base`` is a plain name, attribute or constant subscript that no iteration changes."""
    match base:
        case ast.Name(id=name):
            return name not in reader.changing
        case ast.Attribute(value=value):
            return _stable(reader, value)
        case ast.Subscript(value=value, slice=index):
            return _stable(reader, value) and not (loads(index) & reader.changing) and not _has_call(index)
    return False


def _has_call(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Call) for child in ast.walk(node))


def _axis(elts: list[ast.expr], part: ast.AST) -> int | None:
    """The axis ``part`` selects on: full slices before it count forward, an ellipsis before it counts from behind."""
    position = next(k for k, entry in enumerate(elts) if entry is part)
    before = elts[:position]
    if all(isinstance(entry, ast.Slice) and ast.unparse(entry) == ":" for entry in before):
        return position
    if len(before) == 1 and isinstance(before[0], ast.Constant) and before[0].value is ...:
        return -1 if position == len(elts) - 1 else None
    return None


def _map_reads(
    reader: Reader,
    nodes: list[ast.Subscript],
    key: tuple[str, int, int],
    prefix: int,
    visited: tuple[Bound, Bound, int | str],
    mapping: Mapping,
) -> None:
    text, axis, offset = key
    start, stop, step = visited
    assert isinstance(step, int)
    base = nodes[0].value
    value = reader.value(base)
    row = row_of(reader, value, base, mapping)
    if row is None:
        return
    if value.kind in ARRAYS:
        row = replace(row, shape=without(value.shape[prefix:] if value.shape else value.shape, axis))
    if start.plus(offset).offset < 0 and not start.plus(offset).text:
        mapping.obstacles.append(
            Obstacle("unsupported-shape", f"`{reader.text(nodes[0])}` wraps around to the last row", nodes[0])
        )
        return
    rows = stepped(start.plus(offset), stop.plus(offset), step, extent(value, axis + prefix))
    whole = rows is None
    if rows is not None and not offset and start.is_zero and step == 1 and reader.anchored(axis):
        mapping.assumptions.append(
            Assumption("equal-lengths", f"`{text}` has {stop} rows, as many as the loop has iterations")
        )
        rows = None
    first, end = (start.plus(offset), stop.plus(offset)) if step > 0 else (stop.plus(1), start.plus(1))
    if rows is not None and not inside(first, end, extent(value, axis + prefix)):
        message = f"`{text}` has the rows {first} to {end} (JAX clamps an index outside, a slice ends)"
        mapping.assumptions.append(Assumption("in-bounds", message))
    if value.kind in {Kind.LIST, Kind.TUPLE}:
        text = f"{text}[{rows}]" if rows is not None else text
        text, rows = f"{{jnp}}.stack({text})", None
    if rows is not None:
        before = ":, " * axis if axis >= 0 else "..., "
        text = f"{text.removesuffix(']')}, {rows}]" if prefix else f"{text}[{before}{rows}]"
    mapping.arguments.append(
        Argument(text, axis, row, base=base, reads=tuple(nodes), offset=offset, prefix=prefix, whole=whole)
    )


def without(shape: tuple[Linear | None, ...] | None, axis: int) -> tuple[Linear | None, ...] | None:
    """``shape`` without ``axis``; None if either is not known."""
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    position = axis % len(shape)
    return (*shape[:position], *shape[position + 1 :])


def _map_data(source: IndexSource, start: Bound, stop: Bound, step: int | str, mapping: Mapping) -> None:
    """The index itself is data: pass ``jnp.arange``."""
    lane = Value(Kind.ARRAY, traced=True, index=True, shape=(), dtype="int")
    parts = [str(start), str(stop), str(step)]
    if step == 1:
        parts = [str(stop)] if start.is_zero else parts[:2]
    text = f"{{jnp}}.arange({', '.join(parts)})"
    mapping.arguments.append(Argument(text, 0, lane, target=source.target, index=True))
