"""Arrays in another dtype: ``x.astype(dtype)``, ``jnp.asarray(x, dtype)``, ``jnp.float32(x)``, a row stored in a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.dtypes import ANY, FLOATING, KEY, DType
from vmapify.domain.integers import constant
from vmapify.domain.term import Term, term
from vmapify.domain.value import NONE, Array, Number, Reference, Tuple
from vmapify.heap.objects import Lanes, ListObject
from vmapify.library import collected
from vmapify.library.operands import as_array, common_term, operation_term, plain
from vmapify.library.operation import seed
from vmapify.library.results import NAMED, named_dtype
from vmapify.library.shapes import row_shape

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]

_OF_32_BITS = {"int32", "int64", "uint32", "uint64", "float32", "float64"}


def cast(array: Array, dtype: DType) -> Array | None:
    """``array`` in the dtype ``dtype``; None if that is not known."""
    if not is_named(dtype) or array.dtype == DType(KEY):
        return None
    if array.dtype is not None and array.dtype.name == dtype.name:
        return Array(array.term, dtype, array.shape, array.like)
    return Array(term("cast", array.term, dtype.name), dtype, array.shape, array.like or array.term)


def is_named(dtype: DType | None) -> bool:
    """Whether it is known which dtype it is."""
    return dtype is not None and dtype not in {ANY, FLOATING, DType(KEY)}


def stored_as(machine: Interpreter, value: Array, like: Array) -> Array:
    """``value`` in the dtype of ``like``, in which it is stored; as it is if that dtype is not known."""
    if not is_named(like.dtype):
        same = value.dtype == like.dtype and source(value.term) is source(like.term)
        return Array(value.term, like.dtype, value.shape, value.like) if same else value
    assert like.dtype is not None
    return converted(machine, value, like.dtype) or value


def source(whole: Term) -> Term:
    """The array whose dtype an array has, as far as its term tells."""
    while True:
        match whole.op, whole.args:
            case "index", (Term() as base, _):
                whole = base
            case name, (("a", (Term() as base, _)), *rest) if name in _LIKE and not rest:
                whole = base
            case _:
                return whole


_LIKE = {"jax.numpy.zeros_like", "jax.numpy.ones_like", "jax.numpy.sort", "jax.numpy.flip", "jax.numpy.copy"}


def converted(machine: Interpreter, array: Array, dtype: DType) -> Array | None:
    """As `cast`, but a Python integer and a strong one that are the same number give the same."""
    if array.term.op == "stack":
        return _each_converted(machine, array, dtype)
    if array.term.op == WRITTEN_OUT and _lists_numbers(array.term.args):
        return None  # each number is brought to the dtype by itself, and may not fit
    if array.dtype is not None and array.dtype.name.startswith("complex") and not dtype.name.startswith("complex"):
        return None  # that warns, once a row or once
    number = seed(machine, array) if dtype.name in _OF_32_BITS else None
    if isinstance(number, tuple) and array.shape == ():
        return Array(term("typed", number, dtype.name), dtype, ())
    return cast(array, dtype) if _holds(machine, array, dtype) else None


WRITTEN_OUT = "jax.numpy.array"


def _lists_numbers(part: object) -> bool:
    """Whether among the items of a list there is a Python number that depends on the iteration."""
    if isinstance(part, Term):
        return part.op == "asarray" and bool(part.lanes)
    return isinstance(part, tuple) and any(map(_lists_numbers, part))


def _holds(machine: Interpreter, array: Array, dtype: DType) -> bool:
    """Whether ``dtype`` can hold a Python integer that depends on the iteration: else an error, where an array wraps."""
    if array.dtype is None or not (array.dtype.weak and array.dtype.is_integer) or array.term.op != "asarray":
        return True
    number: Term = array.term.args[0]
    largest = machine.bounds.largest(number)
    if not number.lanes:
        return True
    limit = 2**31 if dtype.name in {"int32", "int64", "float32", "float64"} else 2**7
    unsigned = dtype.name.startswith("uint") and not machine.bounds.at_least_zero(number)
    return largest is not None and largest < limit and not unsigned


def _each_converted(machine: Interpreter, array: Array, dtype: DType) -> Array | None:
    level, count, axis, body = array.term.args
    row = converted(machine, Array(body, array.dtype, row_shape(array.shape, axis)), dtype)
    if row is None:
        return None
    return Array(term("stack", level, count, axis, row.term), dtype, array.shape, array.like or array.term)


def _astype(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``x.astype(dtype)``."""
    given = dict(zip(("x", "dtype", "copy"), args.positional, strict=False)) | dict(args.keywords)
    array = as_array(machine, given["x"]) if "x" in given else None
    dtype = named_dtype(machine, plain(machine, given.get("dtype", NONE)))
    if array is None or dtype is None or set(given) - {"x", "dtype", "copy"}:
        return None
    return converted(machine, array, dtype)


def _asarray(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``jnp.asarray(x, dtype=None)``: a weak type stays, but that of what a list holds goes."""
    given = dict(zip(("object", "dtype"), args.positional, strict=False)) | dict(args.keywords)
    if set(given) - {"object", "dtype", "copy"} or len(args.positional) > 2 or "object" not in given:
        return None
    whole = _whole(machine, given["object"])
    if whole is None:
        return None
    if given.get("dtype", NONE) == NONE:
        return whole if isinstance(given["object"], Number | Array) else collected.strong(whole)
    dtype = named_dtype(machine, plain(machine, given["dtype"]))
    return converted(machine, whole, dtype) if dtype is not None else None


def _whole(machine: Interpreter, value: Value) -> Array | None:
    """An array, a number, or a list (of lists) of arrays and numbers as one array."""
    if isinstance(value, Tuple):
        return _written_out(machine, value)
    return (
        _written_out(machine, value)
        or as_array(machine, value)
        or collected.nested(machine, value)
        or collected.rows(machine, value, numbers=True)
    )


def _written_out(machine: Interpreter, value: Value) -> Array | None:
    """``[a, 1.0]`` and ``[[1, 2], [3, 4]]`` as one array: the items are brought to one type, and stacked."""
    found = _entries(machine, value)
    if found is None or not found[0] or not found[1]:
        return None
    extents, leaves = found
    computed = machine.widths.promoted(one.dtype for one in leaves)
    parts: dict[str, object] = {"object": leaves, "extents": extents}
    whole = common_term(WRITTEN_OUT, parts, computed) if computed is not None else operation_term(WRITTEN_OUT, parts)
    inner = leaves[0].shape if all(one.shape == leaves[0].shape for one in leaves) else None
    shape = (*map(constant, extents), *inner) if inner is not None else None
    return Array(whole, DType(computed.name) if computed is not None else None, shape)


def _entries(machine: Interpreter, value: Value) -> tuple[tuple[int, ...], tuple[Array, ...]] | None:
    """The lengths of nested lists, outermost first, and the arrays in them; None if they are not known, or ragged."""
    found = machine.heap.read(value.place) if isinstance(value, Reference) else None
    items = value.items if isinstance(value, Tuple) else found.parts if isinstance(found, ListObject) else None
    if items is None:
        leaf = as_array(machine, value)
        return ((), (leaf,)) if leaf is not None else None
    inner = [_entries(machine, one) if not isinstance(one, Lanes) else None for one in items]
    known = [one for one in inner if one is not None]
    if not items or len(known) != len(inner) or any(one[0] != known[0][0] for one in known):
        return None
    return (len(items), *known[0][0]), tuple(leaf for _, leaves in known for leaf in leaves)


def _typed(name: str) -> Handler:
    def make(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        """``jnp.float32(x)``."""
        array = as_array(machine, args.positional[0]) if len(args.positional) == 1 and not args.keywords else None
        if array is None:
            return None
        return converted(machine, array, DType(machine.widths.canonical(name)))

    return make


HANDLERS: dict[str, Handler] = {
    "jax.numpy.astype": _astype,
    "jax.numpy.asarray": _asarray,
    "jax.numpy.array": _asarray,
    **{f"jax.numpy.{name}": _typed(name) for name in NAMED},
}
