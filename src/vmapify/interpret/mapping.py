"""Maps over rows: `vmap` and `lax.map`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import NONE, Applied, Array, Reference, Tuple, Value
from vmapify.heap.objects import DictObject, Instance, Lanes, ListObject
from vmapify.interpret.abstraction import pure
from vmapify.interpret.trees import Structure, Tree, put_together, taken_apart
from vmapify.library import host_arrays, indexing
from vmapify.library.operands import as_array, integer, plain
from vmapify.library.protocol import Arguments
from vmapify.library.shapes import extent

if TYPE_CHECKING:
    import ast

    from vmapify.interpret.running import Running

Axis = int | None


def vmap(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """Call ``jax.vmap(f, in_axes, out_axes)``."""
    given = dict(zip(("in_axes", "out_axes"), function.args, strict=False)) | dict(function.keywords)
    if set(given) - {"in_axes", "out_axes", "axis_size"} or len(function.args) > 2:
        return None
    trees = [taken_apart(machine, one) for one in (*args.positional, *args.keywords.values())]
    known = [one for one in trees if one is not None]
    axes = _in_axes(machine, given.get("in_axes"), known, len(args.positional))
    if len(known) != len(trees) or axes is None:
        return None
    count = _count(machine, known, axes, given.get("axis_size"))
    return _mapped(machine, function, args, (known, axes, count, given.get("out_axes")), node) if count else None


def _mapped(
    machine: Running,
    function: Applied,
    args: Arguments,
    how: tuple[list[Tree], list[list[Axis]], Term, Value | None],
    node: ast.AST,
) -> Value | None:
    trees, axes, count, out = how
    with machine.lanes(count) as here:
        rows = [_rows(machine, one, several, here) for one, several in zip(trees, axes, strict=True)]
        if any(one is None for one in rows):
            return None
        positional = tuple(rows[: len(args.positional)])
        keywords = dict(zip(args.keywords, rows[len(args.positional) :], strict=True))
        made = pure(machine, function.inner, Arguments(positional, keywords), node)  # type: ignore[arg-type]
        if made is None or _hands_through(machine, trees, rows, made):
            return None
        return stacked(machine, made, here, count, out)


def _hands_through(machine: Running, trees: list[Tree], rows: list[Value | None], made: Value) -> bool:
    """Whether the map may give a NumPy array that it was given, which would be no array of JAX."""
    given: set[Term] = set()
    for tree, row in zip(trees, rows, strict=True):
        seen = taken_apart(machine, row) if row is not None else None
        pairs = zip(tree.leaves, seen.leaves, strict=True) if seen is not None else ()
        given |= {r.term for leaf, r in pairs if isinstance(leaf, Reference) and isinstance(r, Array)}
    results = taken_apart(machine, made) if given else None
    leaves = results.leaves if results is not None else ()
    return any(host_arrays.may_be_row(leaf.term, frozenset(given)) for leaf in leaves if isinstance(leaf, Array))


def _in_axes(machine: Running, value: Value | None, trees: list[Tree], positional: int) -> list[list[Axis]] | None:
    """For every leaf of every argument the axis that is mapped; keyword arguments are mapped over the first one."""
    by_name: list[list[Axis]] = [[0] * one.structure.size for one in trees[positional:]]
    found: list[list[Axis]] = []
    if isinstance(value, Tuple):
        if len(value.items) != positional:
            return None
        several = [spread(machine, one, tree.structure) for one, tree in zip(value.items, trees, strict=False)]
    else:
        several = [spread(machine, value, one.structure) for one in trees[:positional]]
    for one in several:
        if one is None:
            return None
        found.append(one)
    return [*found, *by_name]


def spread(machine: Running, value: Value | None, structure: Structure) -> list[Axis] | None:
    """A prefix of a tree of axes as one axis a leaf; None if it does not fit."""
    if value is None:
        return [0] * structure.size
    if value == NONE or integer(value) is not None:
        return [integer(value)] * structure.size
    items: tuple[object, ...] | None = value.items if isinstance(value, Tuple) and structure.kind == "tuple" else None
    if isinstance(value, Reference):
        held = machine.heap.read(value.place)
        if isinstance(held, ListObject) and structure.kind == "list":
            items = held.parts
        else:
            return _spread_node(machine, value, structure)
    if items is None or len(items) != len(structure.children) or any(isinstance(one, Lanes) for one in items):
        return None
    return _joined([spread(machine, one, inner) for one, inner in zip(items, structure.children, strict=True)])  # type: ignore[arg-type]


def _spread_node(machine: Running, value: Value, structure: Structure) -> list[Axis] | None:
    """A dict or a named tuple of axes."""
    assert isinstance(value, Reference)
    held = machine.heap.read(value.place)
    pairs: list[tuple[object, Value]] = []
    if isinstance(held, DictObject) and structure.kind == "dict":
        pairs += held.items
    elif isinstance(held, Instance) and structure.kind == "named" and held.cls == structure.cls:
        pairs += held.attributes.items()
    else:
        return None
    entries = dict(pairs)
    if set(entries) != set(structure.keys):
        return None
    children = zip(structure.keys, structure.children, strict=True)
    return _joined([spread(machine, entries[key], inner) for key, inner in children])


def _joined(several: list[list[Axis] | None]) -> list[Axis] | None:
    found: list[Axis] = []
    for one in several:
        if one is None:
            return None
        found += one
    return found


def _count(machine: Running, trees: list[Tree], axes: list[list[Axis]], size: Value | None) -> Term | None:
    """How many rows there are; None if that is not certain."""
    counts: set[Term] = set()
    for tree, several in zip(trees, axes, strict=True):
        for leaf, axis in zip(tree.leaves, several, strict=True):
            if axis is not None:
                array = as_array(machine, leaf)
                if array is None:
                    return None
                counts.add(extent(array, axis))
    if size is not None and plain(machine, size) is not None and integer(size) is not None:
        counts.add(size.term)  # type: ignore[union-attr]
    return counts.pop() if len(counts) == 1 else None


def _rows(machine: Running, tree: Tree, axes: list[Axis], here: Term) -> Value | None:
    """What a function under ``vmap`` sees of an argument."""
    found: list[Value] = []
    for leaf, axis in zip(tree.leaves, axes, strict=True):
        row = leaf if axis is None else _row(machine, leaf, axis, here)
        if row is None:
            return None
        found.append(row)
    return put_together(machine, tree.structure, iter(found))


def _row(machine: Running, leaf: Value, axis: int, here: Term) -> Value | None:
    array = as_array(machine, leaf)
    if array is None or array.shape == () or (axis < 0 and array.shape is None):
        return None
    if array.shape is not None and not -len(array.shape) <= axis < len(array.shape):
        return None
    return indexing.row(array, here, axis if axis >= 0 else axis + len(array.shape or ()))


def stacked(machine: Running, value: Value, here: Term, count: Term, out: Value | None) -> Value | None:
    """What ``vmap`` gives for what its function gave in one lane."""
    tree = taken_apart(machine, value)
    axes = spread(machine, out, tree.structure) if tree is not None else None
    if tree is None or axes is None or None in axes:
        return None
    found: list[Value] = []
    for leaf, axis in zip(tree.leaves, axes, strict=True):
        # a number is an array once vmap has it
        array = as_array(machine, leaf)
        whole = stack(array, here, count, axis) if array is not None and axis is not None else None
        if whole is None:
            return None
        found.append(whole)
    return put_together(machine, tree.structure, iter(found))


def stack(array: Array, here: Term, count: Term, axis: int) -> Array | None:
    """The array of all lanes of ``array``, stacked along ``axis``."""
    shape = None
    if array.shape is not None:
        rank = len(array.shape) + 1
        if not -rank <= axis < rank:
            return None
        place = axis % rank
        shape = (*array.shape[:place], count, *array.shape[place:])
        axis = place
    return Array(term("stack", here.args[0], count, axis, array.term), array.dtype, shape)


def lax_map(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.lax.map(f, xs)``: a scan whose steps have nothing to do with each other."""
    if len(args.positional) != 2 or set(args.keywords) - {"batch_size"}:
        return None
    function, rows = args.positional
    tree = taken_apart(machine, rows)
    if tree is None or not tree.leaves:
        return None
    return vmap(machine, Applied("jax.vmap", function), Arguments((rows,)), node)
