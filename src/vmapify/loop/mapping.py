"""Mapped arguments: which arrays each iteration takes a row of, along which axis, and where the index is data."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.infer import ARRAYS, Kind, Linear, Value
from vmapify.infer.expressions import element, extent
from vmapify.loop.bounds import Bound, bound, inside, sliced
from vmapify.loop.model import ArraySource, IndexSource, Obstacle
from vmapify.loop.occurrences import occurrences
from vmapify.syntax import binding_names, loads, stored_names

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine
    from vmapify.loop.model import LoopModel


@dataclass(frozen=True, slots=True)
class Argument:
    """One mapped argument of the per-example function.

    ``text`` is what is passed and ``axis`` its ``in_axes`` entry. It fills the loop target ``target``, or takes
    the place of the row reads ``reads`` of ``base`` in the body (``offset`` rows away from the index, behind ``prefix`` fixed
    index entries that are part of ``text``).
    ``index``: it is the index itself. ``whole``: the loop certainly visits all of its rows. ``value`` is what one lane of it is.
    """

    text: str
    axis: int
    value: Value
    target: ast.expr | None = None
    base: ast.expr | None = None
    reads: tuple[ast.Subscript, ...] = ()
    offset: int = 0
    prefix: int = 0
    index: bool = False
    whole: bool = False


class Mapping:
    """The mapped arguments of a single loop level, with what had to be assumed and what cannot be mapped.

    ``trip`` is the trip count and ``trip_text`` its source text; ``start`` and ``stop`` are the bounds of the index.
    """

    def __init__(self) -> None:
        self.arguments: list[Argument] = []
        self.assumptions: list[Assumption] = []
        self.obstacles: list[Obstacle] = []
        self.trip: Linear | None = None
        self.trip_text = ""
        self.start: Bound | None = None
        self.stop: Bound | None = None


@dataclass(frozen=True, slots=True)
class _Reader:
    machine: Machine
    model: LoopModel
    frame: Frame
    changing: frozenset[str]
    mapped: list[Argument]

    @property
    def nodes(self) -> list[ast.AST]:
        return [*self.model.body, *(result.element for result in self.model.results)]

    def value(self, node: ast.expr) -> Value:
        return self.machine.value(node, self.frame)

    def text(self, node: ast.expr) -> str:
        return self.model.module.text(node)

    def anchored(self, axis: int) -> bool:
        """Whether another argument certainly has one row an iteration, so that ``vmap`` checks the lengths."""
        return any(argument.whole for argument in self.mapped) and axis >= 0


def map_arguments(machine: Machine, model: LoopModel, frame: Frame) -> Mapping:
    """The mapped arguments of a one-level ``model`` whose surroundings are ``frame``."""
    # rows of a buffer are read, if at all, only by the iteration that writes them (legality.carried)
    collected = {result.name for result in model.results if result.name and result.sinks[0].collector != "buffer"}
    changing = frozenset(stored_names(model.body) | collected)
    space = model.spaces[0]
    targets = {node.id for source in space.sources for node in ast.walk(source.target) if isinstance(node, ast.Name)}
    mapping = Mapping()
    reader = _Reader(machine, model, frame, changing | targets, mapping.arguments)
    arrays = [source for source in space.sources if isinstance(source, ArraySource)]
    for source in arrays:
        _map_rows(reader, source, mapping)
    _check_lengths(reader, arrays, mapping, strict=space.strict)
    for entry in space.sources:
        if isinstance(entry, IndexSource):
            _map_index(reader, entry, arrays, mapping)
    return mapping


def _map_rows(reader: _Reader, source: ArraySource, mapping: Mapping) -> None:
    value = reader.value(source.expr)
    text = reader.text(source.expr)
    if source.reverse:
        text = f"{_atom(text, source.expr)}[::-1]"
    row = _row(reader, value, source.expr, mapping)
    if row is None:
        return
    if value.kind is Kind.LIST or value.kind is Kind.TUPLE:
        text = f"{{jnp}}.stack({text})"
    argument = Argument(text, 0, row, target=source.target, base=source.expr, whole=True)
    mapping.arguments.append(argument)
    length = extent(value, 0) if value.kind in {*ARRAYS, Kind.UNKNOWN, Kind.LIST} else None
    mapping.trip = mapping.trip or length
    mapping.trip_text = mapping.trip_text or f"len({reader.text(source.expr)})"


def _atom(text: str, node: ast.expr) -> str:
    return text if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"


def _row(reader: _Reader, value: Value, node: ast.expr, mapping: Mapping) -> Value | None:
    """What one row of ``node`` is under ``vmap``; None (and an obstacle) if it has no rows to map."""
    row = element(reader.machine, value)
    if value.kind in ARRAYS:
        if value.dtype in {"key", "rbg"} and value.shape == ():
            mapping.obstacles.append(Obstacle("not-arrays", f"`{reader.text(node)}` is a single key", node))
            return None
        if value.kind is Kind.NDARRAY:
            message = f"`{reader.text(node)}` is a NumPy array: its rows become JAX arrays (32-bit unless x64 is on)"
            mapping.assumptions.append(Assumption("numpy-input", message))
        return replace(row, kind=Kind.ARRAY, traced=True, ident=None)
    if value.kind is Kind.UNKNOWN:
        text = reader.text(node)
        mapping.assumptions.append(Assumption("array-like", f"`{text}` is an array, nothing here proves it"))
        return Value(Kind.ARRAY, traced=True, assumed=text)
    if value.kind in {Kind.LIST, Kind.TUPLE} and row.kind is Kind.ARRAY:
        if value.shape is None and (row.shape is None or None in row.shape):
            message = f"`{reader.text(node)}` is a Python {value.kind.value} of arrays, nothing shows that they have one shape"
            mapping.obstacles.append(Obstacle("ragged-shapes", message, node))
            return None
        return replace(row, traced=True, ident=None)
    kind = (
        f"{'an' if value.kind.value[0] in 'aeiou' else 'a'} {value.kind.value}"
        if value.kind is not Kind.INSTANCE
        else "an object"
    )
    mapping.obstacles.append(Obstacle("not-arrays", f"`{reader.text(node)}` is {kind}, not an array", node))
    return None


def _check_lengths(reader: _Reader, arrays: list[ArraySource], mapping: Mapping, *, strict: bool) -> None:
    """``zip`` stops at the shortest, ``vmap`` refuses unequal lengths."""
    lengths = [extent(reader.value(source.expr), 0) for source in arrays]
    for source, length in zip(arrays[1:], lengths[1:], strict=True):
        first = lengths[0]
        if strict or (first is not None and first == length):
            continue
        one, other = reader.text(arrays[0].expr), reader.text(source.expr)
        if first is not None and length is not None and (first - length).value:
            mapping.obstacles.append(
                Obstacle("zip-lengths", f"`{one}` and `{other}` have different lengths", source.expr)
            )
        else:
            mapping.assumptions.append(Assumption("equal-lengths", f"`{one}` and `{other}` have the same length"))


def _map_index(reader: _Reader, source: IndexSource, arrays: list[ArraySource], mapping: Mapping) -> None:
    start, stop, step = _bounds(reader, source, arrays, mapping)
    found = occurrences(source.target.id, reader.nodes)
    rows: dict[tuple[str, int, int], list[ast.Subscript]] = {}
    fixed: dict[tuple[str, int, int], int] = {}
    data: list[ast.Name] = []
    for name in found:
        read = _row_read(reader, name, source.target.id) if step == 1 else None
        if read is None:
            data.append(name)
        else:
            node, axis, offset, prefix = read
            key = (_base_text(reader, node, prefix), axis, offset)
            rows.setdefault(key, []).append(node)
            fixed[key] = prefix
    certain = {key: _certain(reader, key, nodes, fixed[key], start, stop) for key, nodes in rows.items()}
    for key, nodes in sorted(rows.items(), key=lambda entry: not certain[entry[0]]):
        _map_reads(reader, nodes, key, fixed[key], start, stop, mapping)
    if data:
        _map_data(source, start, stop, step, mapping)


def _base_text(reader: _Reader, node: ast.Subscript, prefix: int) -> str:
    """``A`` for ``A[i]``; ``A[k]`` for ``A[k, i]`` with a ``k`` that the loop does not change."""
    text = reader.text(node.value)
    if not prefix:
        return text
    assert isinstance(node.slice, ast.Tuple)
    return f"{text}[{', '.join(reader.text(part) for part in node.slice.elts[:prefix])}]"


def _certain(
    reader: _Reader,
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
    reader: _Reader, source: IndexSource, arrays: list[ArraySource], mapping: Mapping
) -> tuple[Bound, Bound, int | str]:
    def read(node: ast.expr | None) -> Bound:
        if node is None:
            return bound(None, None, "")
        return bound(node, reader.value(node), reader.text(node))

    start = read(source.start)
    if source.stop is not None:
        stop = read(source.stop)
    else:
        length = mapping.trip
        total = length + start.number if length is not None and start.number is not None else None
        stop = Bound(mapping.trip_text, start.offset if not start.text else 0, total)
        if start.text:
            stop = Bound(f"{start} + {mapping.trip_text}", 0, total)
    step: int | str = 1
    if source.step is not None:
        value = reader.value(source.step)
        step = (
            value.number.value
            if value.number is not None and value.number.value is not None
            else reader.text(source.step)
        )
    if step == 1 and start.number is not None and stop.number is not None:
        mapping.trip = mapping.trip or stop.number - start.number
    mapping.start, mapping.stop = start, stop
    if arrays and source.stop is not None:
        _check_range(reader, arrays[0], start, stop, mapping)
    return start, stop, step


def _check_range(reader: _Reader, rows: ArraySource, start: Bound, stop: Bound, mapping: Mapping) -> None:
    length = extent(reader.value(rows.expr), 0)
    if length is None or stop.number is None or start.number is None or stop.number - start.number != length:
        message = f"`{reader.text(rows.expr)}` has as many rows as the range that it is zipped with"
        mapping.assumptions.append(Assumption("equal-lengths", message))


def _row_read(reader: _Reader, name: ast.Name, index: str) -> tuple[ast.Subscript, int, int, int] | None:
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


def _bound_between(reader: _Reader, node: ast.AST) -> set[str]:
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


def _prefix(reader: _Reader, elts: list[ast.expr], part: ast.AST) -> int:
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


def _stable(reader: _Reader, base: ast.expr) -> bool:
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
    reader: _Reader,
    nodes: list[ast.Subscript],
    key: tuple[str, int, int],
    prefix: int,
    start: Bound,
    stop: Bound,
    mapping: Mapping,
) -> None:
    text, axis, offset = key
    base = nodes[0].value
    value = reader.value(base)
    row = _row(reader, value, base, mapping)
    if row is None:
        return
    if value.kind in ARRAYS:
        row = replace(row, shape=_without(value.shape[prefix:] if value.shape else value.shape, axis))
    if start.plus(offset).offset < 0 and not start.plus(offset).text:
        mapping.obstacles.append(
            Obstacle("unsupported-shape", f"`{reader.text(nodes[0])}` wraps around to the last row", nodes[0])
        )
        return
    rows = sliced(start.plus(offset), stop.plus(offset), extent(value, axis + prefix))
    whole = rows is None
    if rows is not None and not offset and start.is_zero and reader.anchored(axis):
        mapping.assumptions.append(
            Assumption("equal-lengths", f"`{text}` has {stop} rows, as many as the loop has iterations")
        )
        rows = None
    if rows is not None and not inside(start.plus(offset), stop.plus(offset), extent(value, axis + prefix)):
        message = f"`{text}` has the rows {start.plus(offset)} to {stop.plus(offset)} (JAX clamps an index outside, a slice ends)"
        mapping.assumptions.append(Assumption("in-bounds", message))
    if value.kind in {Kind.LIST, Kind.TUPLE}:
        text = f"{text}[{rows}]" if rows is not None else text
        text, rows = f"{{jnp}}.stack({text})", None
    if rows is not None:
        before = ":, " * axis if axis >= 0 else "..., "
        text = f"{text}[{before}{rows}]"
    mapping.arguments.append(
        Argument(text, axis, row, base=base, reads=tuple(nodes), offset=offset, prefix=prefix, whole=whole)
    )


def _without(shape: tuple[Linear | None, ...] | None, axis: int) -> tuple[Linear | None, ...] | None:
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
