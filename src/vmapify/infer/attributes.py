"""Values of attributes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import calls, lookup, shapes
from vmapify.infer.callables import Arguments, ClassTarget, External, Function, Method, Transformed
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import ARRAYS, Kind, Value, holds_tracer

if TYPE_CHECKING:
    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

STATIC = {"ndim", "size", "dtype", "nbytes", "itemsize", "weak_type", "sharding", "device"}
LIKE_ITSELF = {"real", "imag"}
CONTAINERS = {Kind.LIST, Kind.TUPLE, Kind.DICT, Kind.SET, Kind.STRING, Kind.ITERATOR, Kind.AT, Kind.PYTREE}


def attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    """The value of ``node``, following modules, classes and objects."""
    owner = machine.value(node.value, frame)
    name = node.attr
    if isinstance(owner.target, External) and owner.kind in {Kind.MODULE, Kind.FUNCTION}:
        return lookup.member(machine, owner.target.name, name, frame)
    if owner.kind in ARRAYS:
        return _of_array(machine, owner, node, frame)
    if name == "shape":
        return Value(Kind.SHAPE, shape=owner.shape, ident=owner.ident)
    if name in STATIC and owner.kind in {Kind.UNKNOWN, Kind.PYTREE}:
        number = Linear.symbol(f"{owner.ident}.{name}") if owner.ident is not None else None
        return Value(Kind.NUMBER, dtype="int", number=number)
    if owner.kind is Kind.INSTANCE:
        return _of_instance(machine, owner, node, frame)
    if owner.kind is Kind.CLASS and isinstance(owner.target, ClassTarget):
        return _of_class(machine, owner.target, name)
    if owner.kind is Kind.PYTREE and not _called(node, frame):
        return machine.unknown(holds_tracer(owner))
    if owner.kind in CONTAINERS:
        return Value(Kind.FUNCTION, target=Method(owner, name))
    if name == "at" and owner.kind is Kind.UNKNOWN:
        return owner._replace(kind=Kind.AT)
    if owner.kind is Kind.UNKNOWN and _called(node, frame):
        return Value(Kind.FUNCTION, target=Method(owner, name), ident=_ident(owner, name))
    return machine.unknown(holds_tracer(owner), _ident(owner, name))


def _called(node: ast.Attribute, frame: Frame) -> bool:
    parent = frame.module.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _ident(owner: Value, name: str) -> str | None:
    return f"{owner.ident}.{name}" if owner.ident is not None else None


# every attribute that jax.Array and numpy.ndarray have in common, or that either has
ARRAY_NAMES = frozenset(
    [
        "T",
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "at",
        "clip",
        "conj",
        "conjugate",
        "copy",
        "cumprod",
        "cumsum",
        "device",
        "diagonal",
        "dot",
        "dtype",
        "flat",
        "flatten",
        "imag",
        "item",
        "itemsize",
        "mT",
        "max",
        "mean",
        "min",
        "nbytes",
        "ndim",
        "nonzero",
        "prod",
        "ptp",
        "ravel",
        "real",
        "repeat",
        "reshape",
        "round",
        "searchsorted",
        "shape",
        "sharding",
        "size",
        "sort",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "tobytes",
        "tolist",
        "trace",
        "transpose",
        "var",
        "view",
        "weak_type",
        "block_until_ready",
        "is_fully_addressable",
        "devices",
        "committed",
        "aval",
        "addressable_data",
        "addressable_shards",
        "at",
        "fill",
        "partition",
        "put",
        "resize",
        "copy_to_host_async",
        "delete",
        "is_deleted",
        "argpartition",
        "compress",
        "choose",
        "byteswap",
        "data",
    ]
)


# methods that distributions, lists and strings have, too
AMBIGUOUS = frozenset(
    [
        "mean",
        "var",
        "std",
        "copy",
        "max",
        "min",
        "all",
        "any",
        "take",
        "data",
        "device",
        "view",
        "sort",
        "repeat",
        "put",
        "fill",
        "delete",
        "round",
        "prod",
    ]
)


def _of_array(machine: Machine, owner: Value, node: ast.Attribute, frame: Frame) -> Value:
    name = node.attr
    if name not in ARRAY_NAMES and (owner.assumed is not None or owner.traced):
        if owner.assumed is None:
            machine.event("fatal", "not-arrays", "no-such-attribute", node, frame, read=node, attribute=name)
        else:
            machine.event(
                *("fatal", "not-arrays", "rows-have-attribute", node, frame),
                read=node,
                attribute=name,
                rows=owner.assumed.text,
            )
        return machine.unknown(owner.traced)
    if name not in AMBIGUOUS:
        machine.used_as_array(owner)
    if name == "shape":
        return Value(Kind.SHAPE, shape=owner.shape, ident=owner.ident)
    if name in STATIC:
        rank = Linear(len(owner.shape)) if owner.shape is not None else None
        known = {"ndim": rank, "size": shapes.size(owner)}
        return Value(Kind.NUMBER, dtype="int", number=known.get(name))
    if name in {"T", "mT"}:
        return owner._replace(shape=owner.shape[::-1] if owner.shape is not None else None, ident=_ident(owner, name))
    if name in LIKE_ITSELF:
        return owner._replace(ident=_ident(owner, name))
    if name == "at":
        return owner._replace(kind=Kind.AT)
    return Value(Kind.FUNCTION, target=Method(owner, name), ident=_ident(owner, name))


def _of_instance(machine: Machine, owner: Value, node: ast.Attribute, frame: Frame) -> Value:
    assert isinstance(owner.const, ClassTarget)
    found = lookup.class_attribute(machine, owner.const, node.attr)
    if found is None:
        if _called(node, frame):
            return Value(
                Kind.FUNCTION,
                target=Method(owner._replace(kind=Kind.UNKNOWN), node.attr),
                ident=_ident(owner, node.attr),
            )
        return machine.unknown(owner.traced, _ident(owner, node.attr))
    return _bound(machine, found, owner, node, frame).with_traced(owner.traced and found.kind is not Kind.FUNCTION)


def _bound(machine: Machine, found: Value, owner: Value, node: ast.Attribute, frame: Frame) -> Value:
    if isinstance(found.target, Transformed) and found.target.transform == "property":
        call = ast.copy_location(ast.Call(node, [], []), node)
        return machine.call(calls.bind(found.target.inner, owner), Arguments(), call, frame)
    if isinstance(found.target, Function | Transformed) and found.kind is Kind.FUNCTION:
        made = calls.bind(found, owner)
        kept = isinstance(found.target, Transformed) and found.target.transform == "staticmethod"
        # what an object of this iteration keeps may close over values of the iteration
        return made.with_traced(kept and owner.traced)
    return found._replace(ident=_ident(owner, node.attr))


def _of_class(machine: Machine, target: ClassTarget, name: str) -> Value:
    found = lookup.class_attribute(machine, target, name)
    if found is None:
        return machine.unknown(ident=f"{target.node.name}.{name}")
    if isinstance(found.target, Function) and _is_classmethod(found.target):
        return calls.bind(found, Value(Kind.CLASS, target=target))
    return (
        found.target.inner
        if isinstance(found.target, Transformed) and found.target.transform == "staticmethod"
        else found
    )


def _is_classmethod(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", [])
    return any(isinstance(part, ast.Name) and part.id == "classmethod" for part in decorators)
