"""Settings of JAX that change what code gives: a file that sets them otherwise than at its very top is not followed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.syntax import Module

# parts of the names of settings, and of the environment variables for them, in lower case
_DECISIVE = (
    "prng_impl",
    "custom_prng",
    "dtype_promotion",
    "rank_promotion",
    "debug_nans",
    "disable_jit",
    "transfer_guard",
    "debug_infs",
    "check_tracer",
    "rbg",
)
_X64 = "enable_x64"
_X64_CONTEXTS = {"enable_x64", "disable_x64"}
# contexts and functions that set others for a while
_CONTEXTS = {
    *("numpy_dtype_promotion", "numpy_rank_promotion", "default_prng_impl", "debug_nans"),
    *("debug_infs", "enable_custom_prng", "explicit_x64_dtypes", "disable_jit", "transfer_guard"),
}
_HEADERS = (ast.Import, ast.ImportFrom)


def changed(module: Module) -> ast.AST | None:
    """Where a file changes a setting that decides what values come out; None if nowhere.

    ``jax.config.update("jax_enable_x64", …)`` before anything but imports holds for the whole file, and a proof is made with
    both values anyway.
    """
    at_top = set(_at_top(module.tree))
    names = [(node, node.attr if isinstance(node, ast.Attribute) else node.id) for node in _names(module)]
    for constant in module.of(ast.Constant):
        word = constant.value.lower() if isinstance(constant.value, str) else ""
        if len(word) < 100 and (any(part in word for part in _DECISIVE) or (_X64 in word and constant not in at_top)):
            return constant
    for node, name in names:
        if name in _CONTEXTS or (name in _X64_CONTEXTS and not _is_context(module, node)):
            return node
    return next((call for call in module.of(ast.Call) if _sets_unknown(call)), None)


def _names(module: Module) -> list[ast.Attribute | ast.Name]:
    return [*module.of(ast.Attribute), *module.of(ast.Name)]


def _is_context(module: Module, node: ast.AST) -> bool:
    """``with enable_x64():``, or the import of it."""
    call = module.parents.get(node)
    item = module.parents.get(call) if isinstance(call, ast.Call) and call.func is node else None
    return isinstance(item, ast.withitem) and item.context_expr is call


def mixes_widths(module: Module) -> bool:
    """Whether functions of a file may run with another ``jax_enable_x64`` than arrays of the module were made with."""
    return any((node.attr if isinstance(node, ast.Attribute) else node.id) in _X64_CONTEXTS for node in _names(module))


def _at_top(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of the statements before the first that does anything but import, document or set a setting."""
    for statement in tree.body:
        is_setting = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (isinstance(statement, _HEADERS) or is_setting or is_text):
            return
        yield from ast.walk(statement)


def _sets_unknown(call: ast.Call) -> bool:
    """``config.update(name, …)`` with a name that is no literal."""
    match call.func:
        case ast.Attribute(attr="update", value=ast.Attribute(attr="config") | ast.Name(id="config")):
            return not (call.args and isinstance(call.args[0], ast.Constant))
    return False
