"""From a place in a file to the function that holds it, as an object of the imported module."""

from __future__ import annotations

import ast
import functools
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..attempt import attempt
from .classes import instances

if TYPE_CHECKING:
    from .values import Made


@dataclass(frozen=True, slots=True)
class Target:
    """A function to call; ``owner`` are ways to make the object whose method it is, ``inner`` the functions in it."""

    function: Any
    owner: tuple[Made, ...] | None
    inner: tuple[str, ...]


def enclosing(tree: ast.AST, line: int) -> tuple[ast.AST, ...]:
    """The definitions around a line, outermost first."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            assert node.end_lineno is not None
            if node.lineno <= line <= node.end_lineno:
                found.append(node)
    return tuple(sorted(found, key=lambda node: node.lineno))  # type: ignore[attr-defined]


def in_loop(tree: ast.AST, line: int) -> bool:
    """Whether the statement at a line is part of a loop, so that one call may come to it several times."""
    loops = (node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.AsyncFor, ast.While)))
    return any(node.lineno < line <= (node.end_lineno or line) for node in loops)


def target_of(module: Any, around: tuple[ast.AST, ...]) -> Target | str:
    """What is called to reach the innermost of the definitions; a line that says why nothing is."""
    names = [node.name for node in around]  # type: ignore[attr-defined]
    if not names:
        return "it stands outside of every function"
    holder: Any = module
    for depth, node in enumerate(around):
        name = names[depth]
        found, error = attempt(functools.partial(inspect.getattr_static, holder, name))
        if error is not None:
            return f"{'.'.join(names[: depth + 1])} does not exist once the file is imported"
        if isinstance(node, ast.ClassDef):
            holder = found
            continue
        owner = None
        if inspect.isclass(holder) and not isinstance(found, (staticmethod, classmethod)):
            owner = tuple(instances(holder))
            if not owner:
                return f"no {holder.__name__} could be made up"
        return Target(_called(holder, name, found), owner, tuple(names[depth + 1 :]))
    return f"{'.'.join(names)} is a class"


def _called(holder: Any, name: str, found: Any) -> Any:
    """The function itself; behind a property its getter."""
    getter = getattr(found, "fget", None) or getattr(found, "func", None) if not callable(found) else None
    return getter if callable(getter) else getattr(holder, name)
