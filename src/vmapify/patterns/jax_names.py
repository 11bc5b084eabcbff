"""Which names of a file may have to do with JAX, from the words in it alone: what spares the look at everything else."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from vmapify.infer.host_packages import HOST_ROOTS
from vmapify.syntax import binding_names, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.syntax import Module

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
HOST = HOST_ROOTS | sys.stdlib_module_names | {"matplotlib", "seaborn", "tqdm", "pytest", "absl", "rich", "yaml"}

IMPORTED = "import"
"""Stands for what a file imports: no name can be spelled like it."""


def names_near_jax(module: Module) -> frozenset[str]:
    """Names and methods that are imported from JAX or from a package that may use it, or made with the help of such."""
    made: dict[str, set[str]] = {}
    for name, read in _makings(module):
        made.setdefault(name, set()).update(read)
    near = {name for name, read in made.items() if IMPORTED in read}
    users: dict[str, list[str]] = {}
    for name, read in made.items():
        for one in read:
            users.setdefault(one, []).append(name)
    waiting = list(near)
    while waiting:
        more = [user for user in users.get(waiting.pop(), ()) if user not in near]
        near.update(more)
        waiting += more
    return frozenset(near)


def _makings(module: Module) -> Iterator[tuple[str, set[str]]]:
    """Names with the names that they are made from; `IMPORTED` among them: it may use JAX."""
    imports: list[ast.Import | ast.ImportFrom] = module.of(ast.Import, ast.ImportFrom)
    for node in imports:
        package = node.module or "" if isinstance(node, ast.ImportFrom) and not node.level else ""
        for alias in node.names:
            root = (package or ("" if isinstance(node, ast.ImportFrom) else alias.name)).partition(".")[0]
            if root not in HOST:
                yield alias.asname or alias.name.partition(".")[0], {IMPORTED}
    definitions: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = module.of(*DEFINITIONS)
    for definition in definitions:
        yield definition.name, {IMPORTED} if _is_left_out(definition) else loads(definition)
    for statement in module.of(ast.Assign):
        read = loads(statement.value)
        for target in statement.targets:
            yield from ((name, read) for name in binding_names(target))
            if isinstance(target, ast.Attribute):
                yield target.attr, read


def _is_left_out(definition: ast.stmt) -> bool:
    """``def f(*_): ...``, which stands for a function that the outline of a file leaves out."""
    match definition:
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=value))]):
            return value is ...
    return False
