"""How this file spells ``jax.vmap`` and ``jnp``, and the import it needs if it lacks one."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.infer import External
from vmapify.infer.lookup import global_value
from vmapify.loop.reader import Own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Machine
    from vmapify.loop.reader import Spelled
    from vmapify.syntax import Module


NEEDED = {"jax", "jax.numpy", "jax.vmap", "numpy", "functools.partial"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """``vmap``, ``jnp``, ``numpy``, ``partial`` and ``logsumexp`` as the file writes them; empty where it has none.

    ``tree_map`` is ``jax.tree.map``.
    ``has_jnp``: ``jnp`` is bound, or will be by ``missing``, which is the import statement to add, if any.
    """

    vmap: str
    jnp: str
    numpy: str
    partial: str
    logsumexp: str
    tree_map: str
    has_jnp: bool
    missing: str | None

    def text_of(self, spelled: Spelled) -> str:
        """``spelled`` as the file writes it."""
        own = {Own.JNP: self.jnp, Own.TREE_MAP: self.tree_map}
        return "".join(own[piece] if isinstance(piece, Own) else piece for piece in spelled)


def spelling(machine: Machine, local: set[str], loop: ast.stmt) -> Spelling | None:
    """The file's own spellings, None if its names leave no room for one.

    ``local`` are the names bound in the functions around the loop: an alias hidden by one cannot be used there.
    """
    known = {name: dotted for name, dotted in _aliases(machine) if name not in local}
    usable = [(name, dotted) for name, dotted in known.items() if _is_bound_before(machine, name, loop)]
    by_module = {dotted: name for name, dotted in reversed(usable)}
    numpy, partial = by_module.get("numpy", ""), by_module.get("functools.partial", "")
    jax = by_module.get("jax")
    if "jax.vmap" in by_module:
        vmap, missing = by_module["jax.vmap"], None
    elif jax is not None:
        vmap, missing = f"{jax}.vmap", None
    elif known.get("jax") != "jax" and ("jax" in machine.root.scope.bindings or "jax" in local):
        return None
    else:
        vmap, missing = "jax.vmap", "import jax"
    jnp = by_module.get("jax.numpy") or f"{jax or 'jax'}.numpy"
    bound = jax is not None or missing is not None
    logsumexp = by_module.get("logsumexp") or (f"{jax or 'jax'}.nn.logsumexp" if bound else "")
    tree_map = f"{jax or 'jax'}.tree.map"
    return Spelling(vmap, jnp, numpy, partial, logsumexp, tree_map, bound or "jax.numpy" in by_module, missing)


def _aliases(machine: Machine) -> Iterator[tuple[str, str]]:
    """Module-level names that are certainly an import of one of `NEEDED` or a logsumexp of JAX."""
    for name, nodes in machine.root.scope.bindings.items():
        if not all(isinstance(node, ast.alias) for node in nodes):
            continue
        value = global_value(machine, machine.root, name)
        target = value.target if value is not None else None
        if not isinstance(target, External):
            continue
        if target.name in NEEDED:
            yield name, target.name
        if target.name in {"jax.nn.logsumexp", "jax.scipy.special.logsumexp"}:
            yield name, "logsumexp"


def _is_bound_before(machine: Machine, name: str, loop: ast.stmt) -> bool:
    """Whether an import has run when the loop does: in a function, any; in a script or notebook, one that precedes it."""
    module = machine.module
    if module.function_of(loop) is not None and not module.cells:
        return True
    bindings = machine.root.scope.bindings[name]
    return any((node.lineno, node.col_offset) < (loop.lineno, loop.col_offset) for node in bindings)  # type: ignore[attr-defined]


def import_edit(module: Module, statement: str, loop: ast.stmt) -> Edit:
    """Insert ``statement`` where an import of its package belongs: before ``import jax.numpy as jnp``.

    In a notebook that is a cell before that of ``loop``, or that cell itself.
    """
    newline = "\r\n" if b"\r\n" in module.data else "\n"
    block, _ = module.block_of(_outermost(module, loop))
    before = [node for node in module.tree.body if not module.cells or module.span(node).start < module.span(loop).end]
    related = [node for node in _imports(before) if _is_jax(node)]
    if related:
        at = module.offset(related[0].lineno, 0)
        return Edit(Span(at, at), f"{statement}{newline}")
    imports = _imports(block)
    plain = [node for node in imports if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
    anchor = plain[0] if plain else block[0] if module.cells else None
    if anchor is not None:
        at = module.offset(anchor.lineno, 0)
        return Edit(Span(at, at), f"{statement}{newline}")
    behind = imports or [node for node in block[:1] if _is_docstring(node)]
    at = module.span(behind[-1]).end if behind else 0
    return Edit(Span(at, at), f"{newline}{newline}{statement}" if behind else f"{statement}{newline}{newline}")


def _outermost(module: Module, statement: ast.stmt) -> ast.stmt:
    """The statement of the module's own block that holds ``statement``."""
    around = [statement, *(node for node in module.ancestors(statement) if isinstance(node, ast.stmt))]
    return around[-1]


def _imports(block: list[ast.stmt]) -> list[ast.stmt]:
    return [node for node in block if isinstance(node, ast.Import | ast.ImportFrom)]


def _is_jax(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "jax" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "jax"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
