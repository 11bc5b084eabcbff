"""For every parameter of a function, the values that are tried for it, the likeliest first."""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import SimpleNamespace
from typing import Any

import jax

from ..attempt import attempt
from .annotation import allowed, hints
from .docstring import stated
from .names import by_name, counts, functions
from .usage import Usage, usages
from .values import Array, Dim, Fixed, Made, Parts

MENU: tuple[tuple[Dim, ...], ...] = (
    ("d",), ("n", "d"), ("n",), (), ("d", "d"), ("n", "n"), ("n", "d", "d"), ("n", "m", "d"), ("m", "d"), ("d", "m"),
)  # fmt: skip
"""Shapes that are tried for an array of which nothing is known."""
ITERATED: tuple[tuple[Dim, ...], ...] = (
    ("n", "d"), ("n",), ("n", "d", "d"), ("n", "m", "d"), ("n", "n"), ("d", "d"), ("n", "m", "d", "k"), ("d", "n"), ("d",),
)  # fmt: skip
"""The same for an array whose rows are taken: the batch axis first."""
SKIPPED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
LABELLED = ("int32", "float32")


def parameters(function: Any) -> dict[str, list[Made]] | None:
    """The candidates of each parameter, by name; None if the function has no signature."""
    signature, error = attempt(lambda: inspect.signature(function))
    if error is not None:
        return None
    types_of, shapes, used = hints(_bare(function)), stated(function), _usages(_bare(function))
    return {
        one.name: _candidates(one, types_of.get(one.name, one.annotation), shapes.get(one.name), used.get(one.name))
        for one in signature.parameters.values()
        if one.kind not in SKIPPED
    }


def _bare(function: Any) -> Any:
    """The function below ``jit``, ``partial`` and methods."""
    unwrapped, error = attempt(lambda: inspect.unwrap(function))
    return getattr(unwrapped, "__func__", unwrapped) if error is None else function


def _usages(function: Any) -> dict[str, Usage]:
    source, error = attempt(lambda: textwrap.dedent(inspect.getsource(function)))
    tree, error = attempt(lambda: ast.parse(source)) if error is None else (None, error)
    if error is not None or tree is None:
        return {}
    found = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), None)
    return usages(found) if found is not None else {}


def _candidates(one: inspect.Parameter, annotation: Any, shape: Array | None, used: Usage | None) -> list[Made]:
    found: list[Made] = [] if one.default is one.empty else [Fixed(one.default)]
    if one.default is not one.empty and one.default is not None:
        return found
    if shape is not None:
        found.append(shape)
    typed = allowed(annotation, one.name)
    found += typed if typed is not None else _untyped(one.name, used or Usage())
    return found


def _untyped(name: str, used: Usage) -> list[Made]:
    held = sorted(used.attributes - set(dir(jax.Array)))
    if held and not used.rank:
        return _records(held)
    if used.called and not used.rank:
        return functions()
    named = by_name(name)
    if used.counted and not used.rank:
        return counts(name)
    if any(isinstance(made, Array) and made.dtype == "key" for made in named):
        return named
    if named and not isinstance(named[0], Array) and not used.rank:
        return [*named, *_arrays(used, "float32")]
    integers = any(isinstance(made, Array) and made.dtype == "int32" for made in named) or used.index
    first = _arrays(used, "int32" if integers else "float32")
    found = [*first, *_arrays(used, "float32")] if integers else first
    return found if used.rank else [*found[:3], Fixed(4), *found[3:]]


def _records(names: list[str]) -> list[Made]:
    """Something with attributes that are arrays of one shape."""
    kinds = (Array(("d",)), Array((), "int32"), Array(()), Array(("n", "d")), Array(("n",), "int32"))
    return [
        Parts(lambda parts: SimpleNamespace(**dict(zip(names, parts, strict=True))), (k,) * len(names)) for k in kinds
    ]


def _arrays(used: Usage, dtype: str) -> list[Made]:
    menu = ITERATED if used.rank else MENU
    fitting = [dims for dims in menu if len(dims) == used.rank or (len(dims) > used.rank and not used.exact)]
    return [Array(dims, dtype) for dims in fitting or [("n", "d", "m", "k", "l")[: used.rank]]]
