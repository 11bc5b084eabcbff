"""The closed world: what a file must not hold if anything in it is to be certain, and which packages the tables know."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.doubt import Doubt
from vmapify.interpret import settings

if TYPE_CHECKING:
    from vmapify.syntax import Module

KNOWN = frozenset(
    {"jax", "numpy", "math", "functools", "itertools", "operator", "collections", "abc", "dataclasses", "typing"}
)
"""Packages whose behaviour is in the tables; their source is not read."""

# several paths to one object
ALIASES = {
    "jax.numpy.ndarray": "jax.Array",
    "jax.tree_util.tree_map": "jax.tree.map",
    "jax.tree_map": "jax.tree.map",
    **{
        f"jax.tree_util.tree_{name}": f"jax.tree.{name}"
        for name in ("leaves", "flatten", "unflatten", "structure", "reduce")
    },
    "jax.random.PRNGKeyArray": "jax.Array",
    "jax.remat": "jax.checkpoint",
    "jax.ad_checkpoint.checkpoint": "jax.checkpoint",
    "jax.util.partial": "functools.partial",
}

# what reaches into scopes, classes or modules by another way than by their names
_OPEN_NAMES = {
    *("exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "__import__", "__builtins__", "compile"),
    *("settrace", "setprofile", "import_module", "reload", "monkeypatch", "patch"),
}
_OPEN_ATTRIBUTES = {
    *("__dict__", "__class__", "__globals__", "__code__", "__closure__", "__defaults__", "__kwdefaults__", "__bases__"),
    *("__setattr__", "__delattr__", "settrace", "setprofile", "f_locals", "f_globals", "modules", "__mro__"),
    *("__getattribute__", "__subclasses__", "setattr", "patch"),
}


def is_known(name: str) -> bool:
    """Whether the tables know the package of module ``name``."""
    return name.partition(".")[0] in KNOWN


def canonical(name: str) -> str:
    """One name for what several paths lead to."""
    return ALIASES.get(name, name)


def opening(module: Module) -> ast.AST | None:
    """Where a file reaches into scopes, classes or modules in a way that names nothing; None if nowhere."""
    for node in module.of(ast.Name):
        if node.id in _OPEN_NAMES:
            return node
    for attribute in module.of(ast.Attribute):
        if attribute.attr in _OPEN_ATTRIBUTES:
            return attribute
    return None


def doubt(module: Module) -> Doubt | None:
    """Why nothing in a file is certain; None if it can be followed."""
    node = opening(module)
    if node is not None:
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        return Doubt("open-world", name, module.path, getattr(node, "lineno", 0))
    setting = settings.changed(module)
    return Doubt("settings", "", module.path, getattr(setting, "lineno", 0)) if setting is not None else None


def stored_attributes(module: Module) -> frozenset[str]:
    """The names of all attributes that a file stores to, other than by ``self.name`` in a method."""
    return frozenset(
        node.attr
        for node in module.of(ast.Attribute)
        if not isinstance(node.ctx, ast.Load) and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    )


def stored_in_modules(module: Module) -> frozenset[str]:
    """The names of all attributes of modules that a file stores to: ``jnp.tanh = mine``.

    A module is known by the name that an import binds. Where such a name is used for more than to read an attribute, any
    other name may be one for the module, too.
    """
    aliases = {alias.asname or alias.name.partition(".")[0] for alias in module.of(ast.alias)}
    uses = [node for node in module.of(ast.Name) if node.id in aliases and isinstance(node.ctx, ast.Load)]
    modules = {alias.asname or alias.name.partition(".")[0] for node in module.of(ast.Import) for alias in node.names}
    if any(use.id in modules and not isinstance(module.parents.get(use), ast.Attribute) for use in uses):
        return stored_attributes(module)
    stores = [node for node in module.of(ast.Attribute) if not isinstance(node.ctx, ast.Load)]
    return frozenset(node.attr for node in stores if _root(node) in aliases)


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes starts from."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
