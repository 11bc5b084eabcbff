"""`jax.tree.map` and its kind: they call Python functions, leaf by leaf."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from vmapify.domain.integers import add, constant, multiply
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, Bound, Tuple, Value
from vmapify.heap.objects import Lanes, ListObject
from vmapify.interpret.abstraction import arrays, operands, parts
from vmapify.interpret.trees import Structure, put_together, taken_apart
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    import ast

    from vmapify.domain.term import Term
    from vmapify.interpret.running import Running

TREEDEF = "treedef"
UNRAVEL = "unravel"


def tree_map(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.map(f, tree, *rest)``."""
    if args.keywords or len(args.positional) < 2:
        return None
    function, *trees = args.positional
    found = [taken_apart(machine, one) for one in trees]
    known = [one for one in found if one is not None]
    if len(known) != len(found) or any(one.structure != known[0].structure for one in known):
        return None
    rows = zip(*(one.leaves for one in known), strict=True)
    made = [machine.call(function, Arguments(tuple(row)), node) for row in rows]
    return put_together(machine, known[0].structure, iter(made))


def leaves(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.leaves(tree)``."""
    found = taken_apart(machine, args.positional[0]) if len(args.every) == len(args.positional) == 1 else None
    return machine.heap.new(ListObject(found.leaves)) if found is not None else None


def structure(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.structure(tree)``."""
    found = taken_apart(machine, args.positional[0]) if len(args.every) == len(args.positional) == 1 else None
    return Bound(NONE, None, TREEDEF, (found.structure,)) if found is not None else None


def flatten(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.flatten(tree)``: the leaves and the structure."""
    listed, shape = leaves(machine, args, node), structure(machine, args, node)
    return Tuple((listed, shape)) if listed is not None and shape is not None else None


def unflatten(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.unflatten(structure, leaves)``."""
    match args.positional:
        case (Bound(name=name, detail=(Structure() as shape,)), several) if name == TREEDEF and not args.keywords:
            found = machine.items(several, node)
            if found is None or len(found) != shape.size:
                return None
            items = [one for one in found if not isinstance(one, Lanes)]
            return put_together(machine, shape, iter(items)) if len(items) == len(found) else None
    return None


def tree_reduce(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.tree.reduce(f, tree, initial)``."""
    if args.keywords or not 2 <= len(args.positional) <= 3:
        return None
    function, tree, *first = args.positional
    found = taken_apart(machine, tree)
    if found is None or not (first or found.leaves):
        return None
    items = (*first, *found.leaves)
    return reduce(lambda a, b: machine.call(function, Arguments((a, b)), node), items[1:], items[0])


def ravel(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.flatten_util.ravel_pytree(tree)``: one vector, and the function that takes it apart again."""
    tree = taken_apart(machine, args.positional[0]) if len(args.every) == len(args.positional) == 1 else None
    found = arrays(machine, tree.leaves) if tree is not None else None
    if tree is None or not found:
        return None
    dtypes = {one.dtype for one in found}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    whole = term("ravel", operands(found))
    length = _length(found)
    flat = Array(
        whole, dtype if dtype is not None and not dtype.weak else None, (length,) if length is not None else None
    )
    return Tuple((flat, Bound(NONE, None, UNRAVEL, (tree.structure, found))))


def _length(several: tuple[Array, ...]) -> Term | None:
    total = constant(0)
    for one in several:
        if one.shape is None:
            return None
        total = add(total, reduce(multiply, one.shape, constant(1)))
    return total


def unravel(machine: Running, function: Bound, args: Arguments) -> Value | None:
    """Call what ``ravel_pytree`` gave: every leaf gets its shape and its dtype back."""
    shape, first = function.detail
    found = arrays(machine, args.positional) if len(args.every) == len(args.positional) == 1 else None
    if found is None or not isinstance(shape, Structure) or not isinstance(first, tuple):
        return None
    strong = {one.dtype for one in first}
    if len(strong) != 1 or found[0].dtype not in strong or None in strong:
        return None  # it casts, or raises
    whole = term("unravel", operands(found), operands(first))
    return put_together(machine, shape, iter(parts(whole, first)))
