"""Reading annotations: which arrays, numbers and objects a signature promises, and their symbolic shapes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.callables import ClassTarget, External
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import NONE, Kind, Shape, Value, join

if TYPE_CHECKING:
    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

# names of array types in jax, jaxtyping, chex and code bases that re-export them
_ARRAYS = {
    "jax.Array",
    "jax.typing.ArrayLike",
    "jaxtyping.Array",
    "chex.Array",
    "chex.ArrayDevice",
    "jaxtyping.ArrayLike",
}
_KEYS = {"chex.PRNGKey", "jaxtyping.PRNGKeyArray", "jax.random.PRNGKeyArray"}
_NUMPY = {"numpy.ndarray", "chex.ArrayNumpy"}
_NUMBERS = {
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.complex",
    "chex.Scalar",
    "chex.Numeric",
}
_JAXTYPING = {  # element types of jaxtyping, to the dtype classes we keep
    **dict.fromkeys(["Float", "Float16", "Float32", "Float64", "BFloat16", "Inexact", "Real"], "float"),
    **dict.fromkeys(["Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt32", "Integer"], "int"),
    **dict.fromkeys(["Complex", "Complex64", "Complex128"], "complex"),
    **dict.fromkeys(["Shaped", "Num"], None),
    "Bool": "bool",
    "Key": "key",
}
_SEQUENCES = {"list", "List", "Sequence", "Iterable", "tuple", "Tuple", "Iterator", "Collection"}


def value_of(machine: Machine, annotation: ast.expr, frame: Frame, ident: str) -> Value:
    """A value of the annotated type, ``UNKNOWN`` where the type says nothing."""
    node = _unquote(annotation)
    if node is None:
        return machine.unknown(ident=ident)
    found = _value(machine, node, frame)
    found = found if found is not None else machine.unknown()
    if found.kind is Kind.NUMBER and found.number is None:
        found = found._replace(number=Linear.symbol(ident))
    return found._replace(ident=ident)


def _unquote(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return None
    return node


def _value(machine: Machine, node: ast.expr, frame: Frame) -> Value | None:
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str()):
            inner = _unquote(node)
            return _value(machine, inner, frame) if inner is not None else None
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _union(machine, [left, right], frame)
        case ast.Subscript(value=head, slice=inner):
            return _generic(machine, head, inner, frame)
        case ast.Name() | ast.Attribute():
            return _plain(machine, node, frame)
    return None


def _union(machine: Machine, parts: list[ast.expr], frame: Frame) -> Value | None:
    """``X | None`` is X when used as one; several array types are an array."""
    values = [_value(machine, part, frame) for part in parts]
    known = [value for value in values if value is not None and value.kind is not Kind.NONE]
    if not known or len(known) < len([value for value in values if value is None or value.kind is not Kind.NONE]):
        return None
    joined = known[0]
    for value in known[1:]:
        joined = join(joined, value)
    return joined


def _plain(machine: Machine, node: ast.expr, frame: Frame) -> Value | None:
    value = machine.value(node, frame)
    match value.target:
        case External(name):
            return _external(name)
        case ClassTarget():
            return Value(Kind.INSTANCE, const=value.target)
    return None


def _external(name: str) -> Value | None:
    last = name.rpartition(".")[2]
    if name in _ARRAYS:
        return Value(Kind.ARRAY)
    if name in _KEYS:
        return Value(Kind.ARRAY, dtype="key")
    if name in _NUMPY:
        return Value(Kind.NDARRAY)
    if name in _NUMBERS:
        return Value(Kind.NUMBER, dtype={"int": "int", "bool": "bool"}.get(last, "float"))
    if name == "builtins.str":
        return Value(Kind.STRING)
    if last in _SEQUENCES or name == "builtins.list":
        return Value(Kind.LIST)
    if last in {"dict", "Dict", "Mapping"}:
        return Value(Kind.DICT)
    return None


def _generic(machine: Machine, head: ast.expr, inner: ast.expr, frame: Frame) -> Value | None:
    target = machine.value(head, frame).target
    name = target.name if isinstance(target, External) else ""
    last = name.rpartition(".")[2]
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name.startswith("jaxtyping.") and last in _JAXTYPING:
        return _jaxtyping(machine, last, parts, frame)
    if last in {"Optional", "Union"}:
        return _union(machine, list(parts), frame)
    if last == "Annotated":
        return _value(machine, parts[0], frame)
    if name == "numpy.ndarray" or last == "NDArray":
        return Value(Kind.NDARRAY)
    if last in {"tuple", "Tuple"} and not any(isinstance(p, ast.Constant) and p.value is ... for p in parts):
        items = tuple(_value(machine, part, frame) or machine.unknown() for part in parts)
        return Value(Kind.TUPLE, items=items)
    if last in _SEQUENCES:
        return Value(Kind.LIST, element=_value(machine, parts[0], frame))
    if last in {"dict", "Dict", "Mapping"}:
        return Value(Kind.DICT)
    return None


def _jaxtyping(machine: Machine, element: str, parts: list[ast.expr], frame: Frame) -> Value | None:
    """``Float[Array, "n d"]``: an array whose axes have names."""
    array = _value(machine, parts[0], frame)
    if array is None or len(parts) != 2:
        return None
    text = parts[1].value if isinstance(parts[1], ast.Constant) else None
    shape = jaxtyping_shape(text) if isinstance(text, str) else None
    return array._replace(dtype=_JAXTYPING[element], shape=shape)


def jaxtyping_shape(text: str) -> Shape | None:
    """The shape a jaxtyping dimension string promises; None when its rank is open (``...``, ``*batch``)."""
    dims: list[Linear | None] = []
    for token in text.split():
        name = token.rpartition("=")[2].lstrip("?")
        if name == "..." or name.startswith("*"):
            return None
        if name.lstrip("-").isdigit():
            dims.append(Linear(int(name)))
        elif name.isidentifier() and not name.startswith("_"):
            dims.append(Linear.symbol(f"dim:{name}"))
        else:
            dims.append(None)
    return tuple(dims)
