"""Calling functions of known packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.library import array_operators, builtin, casts, collected, jax_functions, numpy_functions
from vmapify.library.jax_tables import FUNCTIONS
from vmapify.library.operation import apply, parsed

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]

HANDLERS: dict[str, Handler] = {
    "jax.numpy.power": array_operators.power,
    "jax.numpy.pow": array_operators.power,
    **builtin.HANDLERS,
    **jax_functions.HANDLERS,
    **collected.HANDLERS,
    **casts.HANDLERS,
    **numpy_functions.HANDLERS,
}


def call(machine: Interpreter, name: str, args: Arguments, node: ast.AST) -> Value | None:
    """What the function ``name`` gives; None if it is not in the tables."""
    handler = HANDLERS.get(name)
    made = handler(machine, args, node) if handler is not None else None
    if made is not None:
        return made
    row = FUNCTIONS.get(name)
    return apply(machine, name, parsed(row), args, node) if row is not None else None
