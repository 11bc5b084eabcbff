"""Objects of the user's classes: made by a factory of the class, or by calling it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..attempt import attempt
from .annotation import allowed, hints, products
from .docstring import stated
from .names import by_name
from .values import Made, Parts

if TYPE_CHECKING:
    from collections.abc import Callable


def instances(kind: Any, depth: int = 0) -> list[Made]:
    """Objects of a class, the ways that its author offers first."""
    if inspect.isabstract(kind):
        return []
    types_of = {**hints(kind), **(hints(kind.__init__) if "__init__" in vars(kind) else {})}
    direct = _made_by(kind, types_of, stated(kind), depth)
    return [*(made for factory in _factories(kind) for made in _made_by(factory, hints(factory), {}, depth)), *direct]


def _factories(kind: Any) -> list[Any]:
    """Static and class methods that are annotated to return the class."""
    names = [name for name, member in vars(kind).items() if isinstance(member, (staticmethod, classmethod))]
    members = [getattr(kind, name) for name in names if not name.startswith("_")]
    return [one for one in members if _returned(one) in {kind.__name__, "Self"}]


def _returned(function: Any) -> str:
    annotation = getattr(function, "__annotations__", {}).get("return", "")
    return annotation.strip("'\"") if isinstance(annotation, str) else getattr(annotation, "__name__", "")


def _made_by(maker: Callable[..., Any], types_of: dict[str, Any], shapes: dict[str, Any], depth: int) -> list[Made]:
    signature, error = attempt(lambda: inspect.signature(maker))
    if error is not None:
        return []
    skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    needed = [one for one in signature.parameters.values() if one.default is one.empty and one.kind not in skipped]
    choices = [
        [shapes[one.name]] if one.name in shapes else _ways(one, types_of.get(one.name, one.annotation), depth)
        for one in needed
    ]

    def build(parts: list[Any]) -> Any:
        given = list(zip(needed, parts, strict=True))
        named = {one.name: part for one, part in given if one.kind is one.KEYWORD_ONLY}
        return maker(*(part for one, part in given if one.kind is not one.KEYWORD_ONLY), **named)

    return [Parts(build, parts) for parts in products(choices)]


def _ways(one: inspect.Parameter, annotation: Any, depth: int) -> list[Made]:
    return allowed(annotation, one.name, depth + 1) or by_name(one.name)
