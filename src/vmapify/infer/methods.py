"""Methods of arrays, lists, dicts and strings; mutation of what outlives an iteration is an effect."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.infer import dtypes, host_packages, jax_functions, stores
from vmapify.infer.closures import reached
from vmapify.infer.value import ARRAYS, NONE, ROW, STRING, Kind, Value, holds_tracer
from vmapify.library.containers import CHANGING

if TYPE_CHECKING:
    from vmapify.infer.callables import Arguments, Frame, Method
    from vmapify.infer.machine import Machine

HOST = {"item": "value", "tolist": "values", "__float__": "value", "__int__": "value", "tobytes": "bytes"}
WAITING = {"block_until_ready", "copy_to_host_async"}
SYNCHRONISING = {"block_until_ready", "copy_to_host_async", "delete", "addressable_data"}
REDUCING = {"mean", "var", "std", "max", "min", "sum", "prod", "all", "any"}
CONTAINERS = {Kind.LIST, Kind.DICT, Kind.SET, Kind.TUPLE, Kind.ITERATOR}


def call(machine: Machine, target: Method, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of ``receiver.name(*args)``."""
    receiver, name = target.receiver, target.name
    if receiver.kind is Kind.AT:
        return _at(machine, receiver, name, args, node, frame)
    if name in CHANGING and receiver.kind is not Kind.ARRAY and isinstance(node.func, ast.Attribute):
        stores.changed(node.func.value, frame, args.every)
    if receiver.kind in ARRAYS:
        return _array_method(machine, receiver, name, args, node, frame)
    if name in CHANGING:
        return _mutate(machine, receiver, name, args, node, frame)
    if (
        receiver.kind is Kind.DICT
        and name in {"get", "setdefault", "pop"}
        and args.traced
        and args.positional[0].traced
    ):
        machine.event("fatal", "static-index", "looked-up-in-dict", node, frame, *args.positional, call=node)
    if receiver.kind in CONTAINERS or receiver.kind is Kind.PYTREE:
        return _container_method(machine, receiver, name, args)
    if receiver.kind is Kind.STRING:
        _put_into_text(machine, args, node, frame)
        return STRING
    return _unknown_method(machine, receiver, name, args, node, frame)


def _put_into_text(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> None:
    """``"case_{}".format(k)`` writes a tracer instead of the number."""
    for part, value in zip(node.args, args.positional, strict=False):
        if holds_tracer(value):
            machine.event("fatal", "value-conversion", "formatted", node, frame, value, value=part)


def _at(machine: Machine, receiver: Value, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``x.at[idx].set(v)`` makes a new array like ``x``; ``x.at[idx].get()`` reads a part of it."""
    traced = args.traced or holds_tracer(receiver)
    shape = receiver.shape if name != "get" else None
    return machine.array(node, frame, traced, shape=shape, dtype=receiver.dtype)


def _array_method(machine: Machine, receiver: Value, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    traced = receiver.traced or args.traced
    if name in HOST:
        if receiver.traced:
            machine.event("fatal", "value-conversion", "method", node, frame, method=node.func, what=HOST[name])
        return Value(Kind.LIST) if name == "tolist" else Value(Kind.NUMBER)
    if name in SYNCHRONISING:
        if receiver.traced:
            subcode = "waits-for-row" if name in WAITING else "not-on-tracers"
            machine.event("fatal", "side-effect", subcode, node, frame, method=node.func)
        return receiver
    if receiver.kind is Kind.NDARRAY and (name in CHANGING or args.traced):
        machine.event("fatal", "non-jax-callee", "numpy-method", node, frame, method=node.func)
    if name == "astype":
        return receiver._replace(ident=None, dtype=_astype(node), traced=traced)
    if name == "reshape" and len(args.positional) > 1:
        whole = Value(Kind.TUPLE, items=args.positional)
        args = replace(args, positional=(whole,))
    made = jax_functions.numpy_like(machine, name, replace(args, positional=(receiver, *args.positional)), node, frame)
    if made.kind is Kind.ARRAY and receiver.kind is Kind.NDARRAY:
        return made._replace(kind=receiver.kind, born=receiver.born)  # reshape and friends may give views
    return made


def _astype(node: ast.Call) -> str | None:
    wanted = [*node.args, *(part.value for part in node.keywords if part.arg == "dtype")]
    return dtypes.named(wanted[0]) if wanted else None


def _mutate(machine: Machine, receiver: Value, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    owner = node.func.value if isinstance(node.func, ast.Attribute) else "it"
    if not machine.fresh(receiver):
        if receiver.kind is Kind.UNKNOWN and name in {"update", "add", "sort"}:
            # `optimizer.update(...)` and friends return their result as often as they mutate
            callee = node.func if isinstance(node.func, ast.Attribute) else f"it.{name}"
            machine.event("unknown", "opaque-callee", "unknown-method", node, frame, callee=callee)
            return machine.unknown(reached(machine, args) or holds_tracer(receiver))
        machine.event("fatal", "loop-carried-dependency", "method-changes", node, frame, owner=owner, method=name)
        return machine.unknown(reached(machine, args) or holds_tracer(receiver))
    for value in args.every:
        machine.note_store(value)
    if name == "setdefault":
        return machine.unknown(args.traced or holds_tracer(receiver))
    taken = name.startswith("pop") or name == "__next__"
    return (receiver.element or machine.unknown(holds_tracer(receiver))) if taken else NONE


def _container_method(machine: Machine, receiver: Value, name: str, args: Arguments) -> Value:
    traced = holds_tracer(receiver)
    inner = receiver.element or machine.unknown(traced)
    match name:
        case "items":
            return Value(Kind.ITERATOR, element=Value(Kind.TUPLE, items=(STRING, inner)))
        case "keys":
            return Value(Kind.ITERATOR, element=STRING)
        case "values":
            return Value(Kind.ITERATOR, element=inner)
        case "copy" | "replace" | "_replace":
            return receiver._replace(born=machine.epoch).with_traced(args.traced)
        case "get":
            return inner
        case "index" | "count":
            return Value(Kind.NUMBER, dtype="int")
    return machine.unknown(traced or args.traced)


def _unknown_method(
    machine: Machine, receiver: Value, name: str, args: Arguments, node: ast.Call, frame: Frame
) -> Value:
    """A method of something unknown: array methods of a traced value are taken as such."""
    ambiguous = name in REDUCING and args.traced  # `distribution.mean(parameters)`: an array takes an axis there
    if receiver.traced and not ambiguous and (name in HOST or name in SYNCHRONISING or _is_array_method(name)):
        return _array_method(machine, receiver._replace(kind=Kind.ARRAY), name, args, node, frame)
    if host_packages.method(machine, receiver, args, node, frame):
        return machine.unknown(traced=True)
    if name in {"replace", "_replace"} and not args.positional:
        return receiver._replace(ident=None).with_traced(args.traced)
    if receiver.const is ROW:
        machine.event("fatal", "heterogeneous-callees", "method-of-row", node, frame, callee=node.func)
        return machine.unknown(traced=True)
    machine.event("unknown", "opaque-callee", "unknown-method", node, frame, callee=node.func)
    return machine.unknown(holds_tracer(receiver) or reached(machine, args))


def _is_array_method(name: str) -> bool:
    """Methods that only arrays have in practice (sum, mean, reshape, …)."""
    return name in _ARRAY_METHODS


_ARRAY_METHODS = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "clip",
        "conj",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "flatten",
        "max",
        "mean",
        "min",
        "nonzero",
        "prod",
        "ptp",
        "ravel",
        "repeat",
        "reshape",
        "round",
        "searchsorted",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "trace",
        "transpose",
        "var",
        "copy",
    ]
)
