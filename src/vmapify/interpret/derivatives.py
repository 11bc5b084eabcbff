"""Derivatives: `grad`, `value_and_grad`, `jacfwd`, `jacrev`, `hessian`, `jvp`, `vjp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.integers import truth
from vmapify.domain.term import Term, term
from vmapify.domain.value import Applied, Array, Number, Tuple, Value
from vmapify.interpret.abstraction import Symbols, Traced, arrays, operands, parts, pure, traced
from vmapify.interpret.trees import LEAF, Tree, put_together, taken_apart
from vmapify.library.operands import integer
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    import ast

    from vmapify.domain.dtypes import DType
    from vmapify.interpret.running import Running

SETTINGS = ("argnums", "has_aux", "holomorphic", "allow_int", "reduce_axes")
FALSE = Number("bool", truth(False))
TRUE = Number("bool", truth(True))


def settings(function: Applied, order: tuple[str, ...]) -> dict[str, Value]:
    """The arguments behind the function that is transformed, by name."""
    return dict(zip(order, function.args, strict=False)) | dict(function.keywords)


def positions(value: Value | None, wanted: int) -> tuple[int, ...] | None:
    """``argnums`` as positions of ``wanted`` arguments."""
    items = value.items if isinstance(value, Tuple) else (value,)
    found = [0 if one is None else integer(one) for one in items]
    if any(one is None or not -wanted <= one < wanted for one in found):
        return None
    places = tuple(one % wanted for one in found if one is not None)
    return places if len(set(places)) == len(places) else None


def gradient(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.grad(f)(…)`` and ``jax.value_and_grad(f)(…)``."""
    given = settings(function, SETTINGS)
    has_aux = given.get("has_aux", FALSE)
    if set(given) - {"argnums", "has_aux"} or has_aux not in {TRUE, FALSE}:
        return None
    places = positions(given.get("argnums"), len(args.positional))
    found = _differentiated(machine, function.inner, args, places, node) if places is not None else None
    if found is None or (has_aux == TRUE and not _is_pair(found.value)):
        return None
    wanted = isinstance(given.get("argnums"), Tuple)
    slopes = found.slopes("grad", machine, single=not wanted)
    return _answer(function.transform, found.value, slopes, has_aux == TRUE)


def _is_pair(value: Value) -> bool:
    return isinstance(value, Tuple) and len(value.items) == 2


def _answer(transform: str, value: Value, slopes: Value, has_aux: bool) -> Value:
    if transform == "jax.value_and_grad":
        return Tuple((value, slopes))
    return Tuple((slopes, value.items[1])) if has_aux and isinstance(value, Tuple) else slopes


class Differentiated:
    """A function that was followed for the arguments at some positions, and what it gives for those it gets."""

    def __init__(self, body: Traced, value: Value, trees: tuple[Tree, ...], leaves: tuple[Array, ...]) -> None:
        self.body = body
        self.value = value
        self.trees = trees
        self.leaves = leaves

    def slopes(self, name: str, machine: Running, *, single: bool, more: tuple[object, ...] = ()) -> Value:
        """The derivatives by the arguments, of the same structure and types."""
        whole = term(name, self.body.whole, operands(self.leaves), *more)
        types = tuple(Array(one.term, strong(one.dtype), one.shape, _like(one)) for one in self.leaves)
        made = iter(parts(whole, types))
        found = tuple(put_together(machine, one.structure, made) for one in self.trees)
        return found[0] if single else Tuple(found)


def _like(one: Array) -> Term | None:
    return None if one.shape is not None else one.like or one.term


def strong(dtype: DType | None) -> DType | None:
    """A type that certainly is strong; None for others."""
    return None if dtype is None or dtype.weak else dtype


def _differentiated(
    machine: Running, function: Value, args: Arguments, places: tuple[int, ...], node: ast.AST
) -> Differentiated | None:
    found = [taken_apart(machine, args.positional[place]) for place in places]
    trees = tuple(one for one in found if one is not None)
    leaves = arrays(machine, tuple(leaf for one in trees for leaf in one.leaves))
    if leaves is None or len(trees) != len(found) or not leaves:
        return None

    def symbols(make: Symbols) -> Arguments | None:
        made = iter(tuple(make.like(one) for one in leaves))
        return _with(machine, args, places, trees, made)

    body = traced(machine, function, symbols, node)
    if body is None:
        return None
    value = pure(machine, function, _with(machine, args, places, trees, iter(leaves)), node)
    return Differentiated(body, value, trees, leaves) if value is not None else None


def _with(
    machine: Running, args: Arguments, places: tuple[int, ...], trees: tuple[Tree, ...], leaves: object
) -> Arguments:
    """``args`` with other leaves in the arguments at ``places``."""
    positional = list(args.positional)
    for place, tree in zip(places, trees, strict=True):
        positional[place] = put_together(machine, tree.structure, leaves)  # type: ignore[arg-type]
    return Arguments(tuple(positional), args.keywords)


def jacobian(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.jacfwd(f)(x)``, ``jax.jacrev(f)(x)`` and ``jax.hessian(f)(x)``: of one array by one array."""
    given = settings(function, SETTINGS)
    places = positions(given.get("argnums"), len(args.positional))
    if set(given) - {"argnums"} or places is None or isinstance(given.get("argnums"), Tuple):
        return None
    found = _differentiated(machine, function.inner, args, places, node)
    if found is None or found.body.structure != LEAF or len(found.leaves) != 1:
        return None
    (by,), (of,) = found.leaves, found.body.leaves
    # the two ways give the same; a second derivative is one by the same argument once more
    order = 2 if function.transform == "jax.hessian" else 1
    whole = term("jacobian", order, found.body.whole, operands(found.leaves))
    dtype = strong(by.dtype) if by.dtype is not None and by.dtype == of.dtype else None
    shape = (*of.shape, *by.shape * order) if of.shape is not None and by.shape is not None else None
    return Array(whole, dtype, shape)


def jvp(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.jvp(f, primals, tangents)``."""
    match args.positional:
        case (function, Tuple() as primals, Tuple(tangents)) if not args.keywords:
            places = tuple(range(len(primals.items)))
            found = _differentiated(machine, function, Arguments(primals.items), places, node)
            along = arrays(machine, tangents)
            if found is None or along is None or len(along) != len(found.leaves):
                return None
            if any(tree.structure != LEAF for tree in found.trees) or found.body.structure != LEAF:
                return None
            whole = term("jvp", found.body.whole, operands(found.leaves), operands(along))
            of = found.body.leaves[0]
            value = found.value
            return Tuple((value, Array(whole, None, of.shape, of.like))) if isinstance(value, Array) else None
    return None


def vjp(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.vjp(f, *primals)``: the value, and a function that pulls back."""
    if args.keywords or len(args.positional) < 2:
        return None
    function, *primals = args.positional
    found = _differentiated(machine, function, Arguments(tuple(primals)), tuple(range(len(primals))), node)
    return Tuple((found.value, Applied("pullback", function, tuple(primals)))) if found is not None else None


def pull_back(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """Call the function that ``jax.vjp`` gave."""
    places = tuple(range(len(function.args)))
    found = _differentiated(machine, function.inner, Arguments(function.args), places, node)
    tree = taken_apart(machine, args.positional[0]) if len(args.positional) == 1 and not args.keywords else None
    along = arrays(machine, tree.leaves) if tree is not None else None
    if found is None or tree is None or along is None or tree.structure != found.body.structure:
        return None
    return found.slopes("vjp", machine, single=False, more=(operands(along),))
