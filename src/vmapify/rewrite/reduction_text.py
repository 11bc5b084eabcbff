"""How rows become one value: ``jnp.sum(…)`` or ``….sum()``, with the start where it counts."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.loop.restore import Call, Infix, Method, Restore
from vmapify.rewrite.collector_text import Collected, Filled
from vmapify.syntax import dotted

if TYPE_CHECKING:
    from vmapify.infer import Value
    from vmapify.loop import LoopModel, Reduction, Result, Sink
    from vmapify.loop.restore import Layer
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.spelling import Spelling
    from vmapify.syntax import Module

REDUCING = {"sum", "prod", "mean", "max", "min", "any", "all"}
NUMPIES = {"np", "jnp", "numpy"}
HOST = {"float", "int", "item"}
NEGATED = Infix("", "-")
SHORT = (ast.Constant, ast.UnaryOp)


def reduced(
    model: LoopModel, result: Result, sink: Sink, value: Value, start: Value | None, words: Spelling
) -> Way | None:
    """How the batched rows are reduced; None if there is no exact counterpart."""
    reduction = sink.reduction
    assert reduction is not None
    restore = _on_host(model, result, sink, value, words) if result.converted in HOST else None
    if restore is None:
        if result.converted is not None or (sink.collector == "logsumexp" and not words.logsumexp):
            return None
        restore = Restore((_reducing(model, sink, reduction, value, words),))
    dropped = _drops(result, sink, reduction, value, start)
    if sink.node is None:
        return _statement(model, reduction, result, restore, dropped=dropped)
    if reduction.python and sink.collector in {"any", "all"} and not _is_test(sink.node, model.module):
        restore = restore.then(Call("bool"))
    if not dropped and reduction.joined is not None:
        alone = _stands_alone(sink.node, model.module)
        restore = restore.then(reduction.joined if alone else enclosed(reduction.joined))
    return Collected(0, restore)


def _statement(model: LoopModel, reduction: Reduction, result: Result, restore: Restore, *, dropped: bool) -> Filled:
    assert reduction.joined is not None
    if dropped:
        return Filled(restore.then(NEGATED) if reduction.negated else restore, 0, replaces_init=True)
    start = _short_start(model, result, reduction)
    if start is not None:
        return Filled(restore.then(reduction.joined.starting_from(start)), 0, replaces_init=True)
    return Filled(restore.then(reduction.joined), 0, replaces_init=False)


def enclosed(layer: Layer) -> Layer:
    """``layer`` as it may stand anywhere in an expression."""
    return replace(layer, enclosed=True) if isinstance(layer, Infix) else layer


def _short_start(model: LoopModel, result: Result, reduction: Reduction) -> str | None:
    """The text of a start that reads as well in the reduction itself, as ``0.0`` does in ``jnp.maximum(0.0, …)``."""
    plain = isinstance(result.init, ast.Assign) and len(result.init.targets) == 1
    if reduction.start is None or not plain or not isinstance(reduction.start, SHORT):
        return None
    return model.module.text(reduction.start)


def _reducing(model: LoopModel, sink: Sink, reduction: Reduction, value: Value, words: Spelling) -> Layer:
    if reduction.tree is not None:
        return Call(model.module.text(reduction.tree), (f"lambda leaf: leaf.{sink.collector}(axis=0)",))
    whole = value.shape == () or reduction.python
    if sink.collector == "logsumexp":
        return Call(words.logsumexp, behind=() if whole else ("axis=0",))
    return call_of(model.module, sink.collector, whole, words)


def call_of(module: Module, name: str, whole: bool, words: Spelling) -> Layer:
    """``jnp.sum(rows)`` or ``rows.sum()``, whichever the file prefers."""
    axis = "" if whole else "axis=0"
    if not words.has_jnp or _prefers_methods(module, words):
        return Method(name, axis)
    return Call(f"{words.jnp}.{name}", behind=(axis,) if axis else ())


def _prefers_methods(module: Module, words: Spelling) -> bool:
    """Whether the file calls more reductions as methods than as functions of ``jax.numpy``."""
    called = [node.func for node in module.of(ast.Call) if isinstance(node.func, ast.Attribute)]
    owners = [dotted(function.value) or ("",) for function in called if function.attr in REDUCING]
    functions = sum(".".join(owner) == words.jnp for owner in owners)
    methods = sum(owner[-1] not in NUMPIES for owner in owners)
    return methods > functions


def _on_host(model: LoopModel, result: Result, sink: Sink, value: Value, words: Spelling) -> Restore | None:
    """Python numbers: added up as such, at once on the device only where that gives the same."""
    if sink.collector in {"max", "min"}:
        exact = result.converted != "int" or value.dtype in {"int", "bool"}
        number = Method("item") if result.converted == "item" else Call(str(result.converted))
        return Restore((call_of(model.module, sink.collector, True, words), number)) if exact else None
    if sink.collector != "sum":
        return None
    if result.converted == "int":
        total = Restore((call_of(model.module, "sum", True, words), Call("int")))
        return total if value.dtype in {"int", "bool", None} else None
    return Restore((Method("tolist"), Call("sum"))) if _is_builtin(model.module, "sum") else None


def _is_builtin(module: Module, name: str) -> bool:
    """Whether nothing in the file gives ``name`` another meaning."""
    for node in module.nodes:
        bound = getattr(node, "arg", None) or getattr(node, "asname", None) or getattr(node, "name", None)
        if bound == name or (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)):
            return False
    return True


def _drops(result: Result, sink: Sink, reduction: Reduction, value: Value, start: Value | None) -> bool:
    """Whether the start can go: it is the identity, and what is left has the same type without it."""
    if reduction.identity in {"absent", "tree"}:
        return True
    if reduction.identity == "array" and start is not None:
        same_rank = start.shape is None or value.shape is None or len(start.shape) == len(value.shape)
        same_type = start.dtype is None or value.dtype is None or start.dtype == value.dtype
        return same_rank and same_type
    if reduction.identity != "number":
        return False
    if start is None:  # the `0` of `sum`
        return True
    if result.converted in {"float", "item"} and sink.collector == "sum":
        return result.converted == "item" or value.dtype not in {"int", "bool"}
    floats = start.dtype in {"float", "weak"} or sink.collector in {"max", "min"}
    return not (floats and value.dtype in {"int", "bool"} and sink.collector in {"sum", "prod", "max", "min"})


def _is_test(node: ast.expr, module: Module) -> bool:
    """Whether only the truth of ``node`` is asked for: ``if any(…)``, ``assert all(…)``, ``not any(…)``."""
    parent = module.parents[node]
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id="bool"), args=[only], keywords=[]):
            return only is node
    return False


def _stands_alone(node: ast.expr, module: Module) -> bool:
    """Whether a sum may stand in the place of ``node`` without parentheses."""
    parent = module.parents[node]
    return isinstance(parent, ast.stmt | ast.keyword | ast.Tuple | ast.List) or (
        isinstance(parent, ast.Call) and parent.func is not node
    )
