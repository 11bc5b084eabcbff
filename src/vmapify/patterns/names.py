"""What the names of one file are imported from, as seen from a node (shadowing respected)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import External, Machine
from vmapify.infer.lookup import BUILTINS, external, global_value, imported
from vmapify.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Collection

    from vmapify.infer import Value
    from vmapify.syntax import Module


class Names:
    """Qualified names by scope: ``jnp.stack`` is ``jax.numpy.stack`` unless ``jnp`` is something else there."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.module: Module = machine.module
        aliases = [node for node in self.module.of(ast.alias) if node.asname is not None]
        self._renamed = {node.asname for node in aliases if node.asname != node.name.rpartition(".")[2]}

    def may_be(self, node: ast.expr, wanted: Collection[str]) -> bool:
        """Whether the last part of ``node`` is one of ``wanted`` (or an alias that may stand for one): cheap, first."""
        if isinstance(node, ast.Attribute):
            return node.attr in wanted
        return isinstance(node, ast.Name) and (node.id in wanted or node.id in self._renamed)

    def qualified(self, node: ast.expr) -> str | None:
        """The import path ``node`` stands for; ``builtins.range`` for a builtin; None if it is something local."""
        parts = dotted(node)
        if parts is None:
            return None
        value = self._root(node, parts[0])
        if value is None or not isinstance(value.target, External):
            return None
        name = value.target.name
        for part in parts[1:]:
            name = f"{name}.{part}"
        return name

    def _root(self, node: ast.AST, name: str) -> Value | None:
        for outer in self.module.ancestors(node):
            if isinstance(outer, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                continue
            if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            scope = self.machine.scope(outer)
            if name in scope.outer:
                return None
            bindings = scope.bindings.get(name)
            if bindings is not None:
                aliases = [one for one in bindings if isinstance(one, ast.alias)]
                return imported(self.machine, aliases[0], self.machine.root) if len(aliases) == len(bindings) else None
        bindings = self.machine.root.scope.bindings.get(name)
        if bindings is not None:
            plain = all(isinstance(one, ast.alias) for one in bindings)
            return global_value(self.machine, self.machine.root, name) if plain else None
        return external(f"builtins.{name}") if name in BUILTINS else None
