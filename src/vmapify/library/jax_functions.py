"""Functions of JAX that need more than a line of a table."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from vmapify.domain.dtypes import DType
from vmapify.domain.integers import constant, known, subtract
from vmapify.domain.term import term
from vmapify.domain.value import Applied, Array, Number
from vmapify.library.casts import cast
from vmapify.library.operands import plain
from vmapify.library.protocol import Arguments
from vmapify.library.results import named_dtype

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]


def _applied(name: str) -> Handler:
    """``jax.jit(f, …)``: calling the result is another thing (see `interpret.transforms`)."""

    def apply(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        if not args.positional:
            return (
                Applied("functools.partial", _library(name), (), tuple(args.keywords.items()))
                if args.keywords
                else None
            )
        return Applied(name, args.positional[0], args.positional[1:], tuple(args.keywords.items()))

    return apply


def _library(name: str) -> Value:
    from vmapify.domain.value import Library  # noqa: PLC0415

    return Library(name)


def _arange(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``jnp.arange(n)`` of integers; of floats, whose number of items is known only where the ends are."""
    if set(args.keywords) == {"dtype"}:
        made = _arange(machine, Arguments(args.positional), node)
        dtype = named_dtype(machine, plain(machine, args.keywords["dtype"]))
        return cast(made, dtype) if isinstance(made, Array) and dtype is not None and not dtype.weak else None
    if any(isinstance(one, Number) and one.kind == "float" for one in args.positional):
        return _float_range(machine, args)
    numbers = [one.term for one in args.positional if isinstance(one, Number) and one.kind == "int"]
    if args.keywords or len(numbers) != len(args.positional) or not 1 <= len(numbers) <= 3:
        return None
    start, stop = (constant(0), numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = known(numbers[2]) if len(numbers) == 3 else 1
    length = subtract(stop, start)
    if start.lanes or stop.lanes or not step or (step != 1 and known(length) is None):
        return None
    count = constant(len(range(0, known(length) or 0, step))) if known(length) is not None else length
    if known(length) is None and not machine.bounds.at_least_zero(length):
        count = term("extent", length, "positive")
    name = machine.widths.canonical("int64")
    return Array(term("arange", start, step, name), DType(name), (count,))


def _float_range(machine: Interpreter, args: Arguments) -> Value | None:
    parts = [plain(machine, one) for one in args.positional]
    if None in parts or args.keywords or not 1 <= len(parts) <= 3:
        return None
    only = args.positional[0]
    whole = isinstance(only, Number) and only.term.op == "float" and len(parts) == 1
    count = ceil(float.fromhex(only.term.args[0])) if whole and isinstance(only, Number) else None
    shape = (constant(max(count, 0)),) if count is not None else None
    dtype = machine.widths.of("float")
    return Array(term("jax.numpy.arange", tuple(parts), dtype.name), dtype, shape)


HANDLERS: dict[str, Handler] = {
    "jax.jit": _applied("jax.jit"),
    "jax.vmap": _applied("jax.vmap"),
    "functools.partial": _applied("functools.partial"),
    "jax.numpy.arange": _arange,
}
