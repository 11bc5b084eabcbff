"""The loop index: row reads such as ``xs[i]`` become mapped arguments, any other use makes the index itself one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind, Value
from vmapify.infer.expressions import extent
from vmapify.loop.bounds import Bound, bound, inside, sliced, stepped
from vmapify.loop.model import ArraySource, IndexSource, Obstacle
from vmapify.loop.occurrences import occurrences
from vmapify.loop.reader import Argument, Mapping, Own, Reader, Visited, as_one, row_of
from vmapify.loop.row_reads import row_read, without
from vmapify.loop.tree_reads import TREE_LEAVES, TreeRead, changed_root, is_external, map_trees, tree_of, tree_read
from vmapify.syntax import code_key, root_name
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.syntax.structure import Key


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which rows ``A[k, i + 1]`` takes: those of ``base`` behind the ``fixed`` indices, ``offset`` away on ``axis``."""

    base: Key
    fixed: tuple[Key, ...]
    axis: int
    offset: int

    @classmethod
    def of(cls, node: ast.Subscript, axis: int, offset: int, prefix: int) -> _Rows:
        """The rows that ``node`` is one of."""
        return cls(code_key(node.value), tuple(map(code_key, _fixed(node, prefix))), axis, offset)

    @property
    def place(self) -> tuple[Key, tuple[Key, ...]]:
        """What they are rows of."""
        return self.base, self.fixed


def map_index(reader: Reader, source: IndexSource, arrays: list[ArraySource], mapping: Mapping) -> None:
    start, stop, step = _bounds(reader, source, arrays, mapping)
    found = occurrences(source.target.id, reader.nodes)
    rows: dict[_Rows, list[ast.Subscript]] = {}
    trees: dict[Key, list[TreeRead]] = {}
    data: list[ast.Name] = []
    for name in found:
        whole = start.is_zero and step == 1 and not (stop.text and stop.offset)
        tree = tree_read(reader, name, stop) if whole else None
        if tree is not None:
            trees.setdefault(code_key(tree_of(tree)), []).append(tree)
            continue
        read = row_read(reader, name, source.target.id) if _sliceable(stop, step) else None
        if read is None or (read[2] and step != 1):
            data.append(name)
        else:
            rows.setdefault(_Rows.of(*read), []).append(read[0])
    if data:
        rows = {key: nodes for key, nodes in rows.items() if not _is_whole_elsewhere(reader, nodes)}
    certain = {key: _certain(reader, key, nodes, start, stop) for key, nodes in rows.items()}
    order = {key.place: k for k, key in reversed(list(enumerate(rows)))}
    for key in sorted(rows, key=lambda one: (not certain[one], order[one.place], one.offset)):
        _map_reads(reader, rows[key], key, (start, stop, step), mapping)
    assumed = map_trees(reader, trees, stop, mapping)
    if assumed and len(trees) == len(mapping.arguments) and not data:
        mapping.size = _size(reader, source, trees, stop)
    if data:
        _map_data(source, start, stop, step, mapping)


def _size(reader: Reader, source: IndexSource, trees: dict[Key, list[TreeRead]], stop: Bound) -> str | None:
    """The ``axis_size`` that ``vmap`` is to check the leaves against; none is needed if it was read off one of them."""
    node = source.stop
    if isinstance(node, ast.Name):
        function = reader.model.module.function_of(reader.model.anchor)
        every = list(walk(function)) if function is not None else []
        stores = [n for n in every if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store)]
        found = [n for n in every if isinstance(n, ast.Assign) and stores and n.targets == stores]
        roots = {root_name(tree_of(reads[0])) for reads in trees.values()}
        if found and not any(changed_root(n) in roots and n.lineno >= found[0].lineno for n in every):  # type: ignore[attr-defined]
            node = found[0].value
    match node:
        case ast.Subscript(value=ast.Attribute(value=leaf, attr="shape"), slice=ast.Constant(value=0)):
            pass
        case ast.Call(func=ast.Name(id="len"), args=[leaf], keywords=[]):
            pass
        case _:
            return str(stop)
    return None if any(tree in _paths(reader, leaf) for tree in trees) else str(stop)


def _paths(reader: Reader, node: ast.expr) -> list[Key]:
    """``states["q"]`` and ``states``; what a number leads to may as well be a row, but for one of all leaves."""
    match node:
        case ast.Subscript(value=ast.Call(func=function, args=[tree], keywords=[]), slice=ast.Constant(value=int())):
            return [code_key(tree)] if is_external(reader, function, TREE_LEAVES) else []
    found = [code_key(node)]
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and not isinstance(getattr(node.slice, "value", None), str):
            return []
        node = node.value
        found.append(code_key(node))
    return found


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


def _fixed(node: ast.Subscript, prefix: int) -> list[ast.expr]:
    """``k`` of ``A[k, i]``: the indices before that of the loop, which the loop does not change."""
    return node.slice.elts[:prefix] if isinstance(node.slice, ast.Tuple) else []


def _certain(reader: Reader, rows: _Rows, nodes: list[ast.Subscript], start: Bound, stop: Bound) -> bool:
    length = extent(reader.value(nodes[0].value), rows.axis + len(rows.fixed))
    return sliced(start.plus(rows.offset), stop.plus(rows.offset), length) is None


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
        mapping.assumptions.append(Assumption.of("equal-lengths", "ranges"))
    if count is None:
        ends = f"{start}, {stop}" if step == 1 else f"{start}, {stop}, {step}"
        first, last = start.number, stop.number
        number = last - first if step == 1 and first is not None and last is not None else None
        count = Bound(f"len(range({ends}))", 0, number)
    mapping.count = other or count


def _check_range(reader: Reader, rows: ArraySource, start: Bound, stop: Bound, mapping: Mapping) -> None:
    length = extent(reader.value(rows.expr), 0)
    if length is None or stop.number is None or start.number is None or stop.number - start.number != length:
        mapping.assumptions.append(Assumption.of("equal-lengths", "rows-of-range", rows=reader.text(rows.expr)))


def _map_reads(
    reader: Reader,
    nodes: list[ast.Subscript],
    key: _Rows,
    visited: tuple[Bound, Bound, int | str],
    mapping: Mapping,
) -> None:
    axis, offset, prefix = key.axis, key.offset, len(key.fixed)
    start, stop, step = visited
    assert isinstance(step, int)
    base = nodes[0].value
    value = reader.value(base)
    row = row_of(reader, value, base, mapping)
    if row is None:
        return
    if value.kind in ARRAYS:
        row = row._replace(shape=without(value.shape[prefix:] if value.shape else value.shape, axis))
    if start.plus(offset).offset < 0 and not start.plus(offset).text:
        wraps = Obstacle.of("unsupported-shape", "wraps-around", nodes[0], read=reader.text(nodes[0]))
        mapping.obstacles.append(wraps)
        return
    text = _spelled(reader, nodes[0], prefix, None)
    rows = stepped(start.plus(offset), stop.plus(offset), step, extent(value, axis + prefix))
    whole = rows is None
    if rows is not None and not offset and start.is_zero and step == 1 and reader.anchored(axis):
        mapping.assumptions.append(Assumption.of("equal-lengths", "rows-of-loop", rows=text, count=str(stop)))
        rows = None
    first, end = (start.plus(offset), stop.plus(offset)) if step > 0 else (stop.plus(1), start.plus(1))
    if rows is not None and not inside(first, end, extent(value, axis + prefix)):
        known = Assumption.of("in-bounds", "rows-read", rows=text, first=str(first), end=str(end))
        mapping.assumptions.append(known)
    before = ":, " * axis if axis >= 0 else "..., "
    text = _spelled(reader, nodes[0], prefix, f"{before}{rows}" if rows is not None else None)
    listed = value.kind in {Kind.LIST, Kind.TUPLE}
    argument = Argument(as_one(value, text), axis, row, base=base, reads=tuple(nodes))
    entire = rows is None and not prefix and not listed
    mapping.arguments.append(replace(argument, offset=offset, prefix=prefix, whole=whole, entire=entire))


def _spelled(reader: Reader, node: ast.Subscript, prefix: int, rows: str | None) -> str:
    """The text of what ``node`` takes a row of, behind its fixed indices; of some ``rows`` of that."""
    indices = [reader.text(part) for part in _fixed(node, prefix)] + ([rows] if rows is not None else [])
    return f"{reader.text(node.value)}[{', '.join(indices)}]" if indices else reader.text(node.value)


def _map_data(source: IndexSource, start: Bound, stop: Bound, step: int | str, mapping: Mapping) -> None:
    """The index itself is data: pass ``jnp.arange``."""
    lane = Value(Kind.ARRAY, traced=True, index=True, shape=(), dtype="int")
    parts = [str(start), str(stop), str(step)]
    if step == 1:
        parts = [str(stop)] if start.is_zero else parts[:2]
    text = f".arange({', '.join(parts)})"
    mapping.arguments.append(Argument((Own.JNP, text), 0, lane, target=source.target, index=True))
