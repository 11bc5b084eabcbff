"""Arrays in another dtype: ``x.astype(dtype)``, ``jnp.asarray(x, dtype)``, ``jnp.float32(x)``, a row stored in a buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.dtypes import ANY, FLOATING, KEY, DType
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, Number, Tuple
from vmapify.library import collected
from vmapify.library.operands import as_array, plain
from vmapify.library.operation import seed
from vmapify.library.results import NAMED, named_dtype

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]

_OF_32_BITS = {"int32", "int64", "uint32", "uint64", "float32", "float64"}


def cast(array: Array, dtype: DType) -> Array | None:
    """``array`` in the dtype ``dtype``; None if it is not known which of the two that is."""
    if {array.dtype, dtype} & {None, DType(KEY)} or dtype in {ANY, FLOATING}:
        return None
    if array.dtype is not None and array.dtype.name == dtype.name:
        return Array(array.term, dtype, array.shape, array.like)
    return Array(term("cast", array.term, dtype.name), dtype, array.shape, array.like or array.term)


def _astype(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``x.astype(dtype)``."""
    given = dict(zip(("x", "dtype", "copy"), args.positional, strict=False)) | dict(args.keywords)
    array = as_array(machine, given["x"]) if "x" in given else None
    dtype = named_dtype(machine, plain(machine, given.get("dtype", NONE)))
    if array is None or dtype is None or set(given) - {"x", "dtype", "copy"}:
        return None
    return cast(array, dtype)


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
    return cast(whole, dtype) if dtype is not None else None


def _whole(machine: Interpreter, value: Value) -> Array | None:
    """An array, a number, or a list of lists of arrays as one array."""
    if isinstance(value, Tuple):
        return None
    return as_array(machine, value) or collected.nested(machine, value) or collected.rows(machine, value, numbers=True)


def _typed(name: str) -> Handler:
    def make(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        """``jnp.float32(x)``."""
        array = as_array(machine, args.positional[0]) if len(args.positional) == 1 and not args.keywords else None
        if array is None:
            return None
        dtype = DType(machine.widths.canonical(name))
        number = seed(machine, array) if name in _OF_32_BITS else None
        # a Python integer and a strong one are the same number
        return Array(term("typed", number, dtype.name), dtype, ()) if isinstance(number, tuple) else cast(array, dtype)

    return make


HANDLERS: dict[str, Handler] = {
    "jax.numpy.astype": _astype,
    "jax.numpy.asarray": _asarray,
    "jax.numpy.array": _asarray,
    **{f"jax.numpy.{name}": _typed(name) for name in NAMED},
}
