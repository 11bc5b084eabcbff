"""Stack calls: where a list of results becomes one array."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.host_packages import HOST_ROOTS
from vmapify.loop import Sink

if TYPE_CHECKING:
    from vmapify.loop.model import Collector
    from vmapify.patterns.names import Names

COLLECTORS: dict[str, Collector] = {
    "stack": "stack",
    "array": "array",
    "asarray": "array",
    "concatenate": "concatenate",
    "concat": "concatenate",
    "vstack": "vstack",
    "row_stack": "vstack",
    "hstack": "hstack",
    "dstack": "dstack",
    "column_stack": "column_stack",
}
AXIS_POSITION = {"stack": 1, "concatenate": 1, "concat": 1}
DTYPE_POSITION = {"array": 1, "asarray": 1}
JOINING = COLLECTORS.keys() - {"array", "asarray"}
STACKING = {*COLLECTORS, "map", "tree_map", "tree_multimap"}
TREE_MAPS = {
    "jax.tree.map",
    "jax.tree_util.tree_map",
    "jax.tree_map",
    "jax.tree_util.tree_multimap",
    "optree.tree_map",
}


def sink_of(call: ast.expr, names: Names) -> tuple[Sink, ast.expr] | None:
    """The sink a call is, and the expression it collects; None if the call stacks nothing."""
    if not isinstance(call, ast.Call) or not names.may_be(call.func, STACKING):
        return None
    name = names.qualified(call.func)
    if name in TREE_MAPS:
        return _tree_sink(call, names)
    library, _, last = (name or "").rpartition(".")
    if library not in {"jax.numpy", "numpy"} or last not in COLLECTORS or not call.args:
        return None
    if isinstance(call.args[0], ast.Starred):
        return None
    known = _options(call, last)
    if known is None:
        return None
    axis, dtype = known
    return Sink(call, COLLECTORS[last], "numpy" if library == "numpy" else "jax", axis, dtype), call.args[0]


def foreign_sink(call: ast.expr, names: Names) -> tuple[Sink, ast.expr] | None:
    """The like of ``sink_of`` for a package of its own whose function is called as one that stacks: ``scico.numpy.stack``."""
    if not isinstance(call, ast.Call) or not call.args or not names.may_be(call.func, STACKING):
        return None
    library, _, last = (names.qualified(call.func) or "").rpartition(".")
    root = library.partition(".")[0]
    if last not in JOINING or root in {"", "jax", "builtins", "itertools"} or root in HOST_ROOTS:
        return None
    return Sink(call, COLLECTORS[last], "other"), call.args[0]


def _options(call: ast.Call, last: str) -> tuple[int, ast.expr | None] | None:
    """The axis and dtype of a stack call; None if an option is used that we do not model."""
    axis, dtype = 0, None
    given = {k.arg: k.value for k in call.keywords}
    for position, value in enumerate(call.args[1:], start=1):
        if position == AXIS_POSITION.get(last):
            given["axis"] = value
        elif position == DTYPE_POSITION.get(last):
            given["dtype"] = value
        else:
            return None
    if set(given) - {"axis", "dtype"}:
        return None
    if "axis" in given:
        number = constant_int(given["axis"])
        if number is None:
            return None
        axis = number
    dtype = given.get("dtype")
    return axis, dtype


def constant_int(node: ast.expr) -> int | None:
    """The integer a literal stands for, with its sign."""
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    return None


def _tree_sink(call: ast.Call, names: Names) -> tuple[Sink, ast.expr] | None:
    """``jax.tree.map(lambda *xs: jnp.stack(xs), *results)`` stacks pytrees leaf by leaf."""
    match call.args:
        case [stacker, ast.Starred(value=collected)] if not call.keywords:
            axis = _stacker_axis(stacker, names)
            if axis is not None:
                return Sink(call, "tree", "jax", axis), collected
    return None


def _stacker_axis(node: ast.expr, names: Names) -> int | None:
    """The axis along which ``lambda *xs: jnp.stack(xs)`` stacks."""
    match node:
        case ast.Lambda(args=ast.arguments(posonlyargs=[], args=[], vararg=ast.arg(arg=rest)), body=ast.Call() as call):
            sink = _stacks(call, rest, names)
            return sink.axis if sink is not None and sink.library == "jax" and sink.dtype is None else None
    return None


def stacker(node: ast.expr, names: Names) -> Sink | None:
    """The sink that a function given to ``map`` is: ``jnp.stack``, ``lambda c: jnp.stack(c, axis=1)``."""
    match node:
        case ast.Lambda(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=one)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            body=ast.Call() as call,
        ):
            return _stacks(call, one, names)
        case ast.Name() | ast.Attribute():
            library, _, last = (names.qualified(node) or "").rpartition(".")
            if library in {"jax.numpy", "numpy"} and COLLECTORS.get(last) in {"stack", "array"}:
                return Sink(None, COLLECTORS[last], "numpy" if library == "numpy" else "jax")
    return None


def _stacks(call: ast.Call, collected: str, names: Names) -> Sink | None:
    """The sink of ``jnp.stack(collected)``, None for anything else."""
    found = sink_of(call, names)
    if found is None or found[0].collector not in {"stack", "array"}:
        return None
    return found[0] if isinstance(found[1], ast.Name) and found[1].id == collected else None


def structured(sink: Sink) -> bool:
    """Whether ``sink`` stacks the parts of structured results."""
    return sink.collector in {"tree", "zip"} or bool(sink.part)


def without_conversion(element: ast.expr, names: Names) -> tuple[ast.expr, str | None]:
    """``float(y)``, ``y.item()`` and ``np.asarray(y)`` around an element only move it to the host: gives ``y``."""
    match element:
        case ast.Call(func=ast.Attribute(value=inner, attr="item"), args=[], keywords=[]):
            return inner, "item"
        case ast.Call(args=[inner], keywords=[]):
            called = names.qualified(element.func)
            if called in {"builtins.float", "builtins.int"}:
                return inner, called.removeprefix("builtins.")
            if called in {"numpy.asarray", "numpy.array", "jax.device_get"}:
                return inner, "numpy"
    return element, None
