"""Classes whose objects are pytrees, and the entries of structured values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import lookup
from vmapify.infer.callables import ClassTarget, External
from vmapify.infer.value import Kind, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer.machine import Machine

CONTAINERS = {Kind.TUPLE, Kind.LIST, Kind.DICT}
NAMED_TUPLES = {"typing.NamedTuple"}
# bases and decorators that register a class with JAX
REGISTERING = {
    "chex.dataclass",
    "equinox.Module",
    "flax.struct.PyTreeNode",
    "flax.struct.dataclass",
    "jax.tree_util.register_dataclass",
    "jax.tree_util.register_pytree_node_class",
    "jax.tree_util.register_pytree_with_keys_class",
    "jax_dataclasses.pytree_dataclass",
}


def entries(machine: Machine, value: Value) -> tuple[Value, ...] | None:
    """The entries of a tuple, list or named tuple of known length."""
    if value.kind in {Kind.TUPLE, Kind.LIST}:
        return value.items
    if value.kind is Kind.INSTANCE and isinstance(value.const, ClassTarget) and is_named_tuple(machine, value.const):
        return tuple(_field(machine, value, name) for name in _fields(value.const.node))
    return None


def leaves(machine: Machine, value: Value) -> Iterator[Value]:
    """What JAX sees as the leaves of ``value``, as far as they are known; None is an empty subtree."""
    inner = value.items if value.kind in CONTAINERS else entries(machine, value)
    if inner is not None:
        for item in inner:
            yield from leaves(machine, item)
    elif value.kind not in {*CONTAINERS, Kind.NONE, Kind.INSTANCE}:
        yield value


def is_pytree(machine: Machine, value: Value) -> bool:
    """Whether ``vmap`` certainly takes ``value`` for a structure with leaves, and gives such a structure back."""
    if value.kind in CONTAINERS:
        return True
    return isinstance(value.const, ClassTarget) and value.kind is Kind.INSTANCE and _registered(machine, value.const)


def is_entry(machine: Machine, value: Value, step: ast.Subscript | ast.Attribute) -> bool:
    """Whether ``step`` goes from the pytree ``value`` to a subtree: of a batch of such, it goes to a batch of those.

    It does not if it takes a row of a leaf, or if what it names is computed (a property).
    """
    if not is_pytree(machine, value):
        return False
    if value.kind in CONTAINERS:
        return isinstance(step, ast.Subscript)
    assert isinstance(value.const, ClassTarget)
    if isinstance(step, ast.Subscript):
        return is_named_tuple(machine, value.const)
    node = value.const.node
    stored = not node.bases and step.attr not in machine.scope(node).bindings
    return stored or step.attr in _fields(node)


def is_named_tuple(machine: Machine, target: ClassTarget) -> bool:
    """Whether ``target`` is a direct ``NamedTuple``, whose fields its body lists."""
    return any(_name(machine, base, target) in NAMED_TUPLES for base in target.node.bases)


def _registered(machine: Machine, target: ClassTarget, seen: tuple[ast.AST, ...] = ()) -> bool:
    if target.node in seen:
        return False
    decorators = [part.func if isinstance(part, ast.Call) else part for part in target.node.decorator_list]
    named = {_name(machine, part, target) for part in (*target.node.bases, *decorators)}
    if named & (NAMED_TUPLES | REGISTERING):
        return True
    outer = [machine.value(base, target.frame).target for base in target.node.bases]
    return any(_registered(machine, base, (*seen, target.node)) for base in outer if isinstance(base, ClassTarget))


def _name(machine: Machine, node: ast.expr, target: ClassTarget) -> str | None:
    found = machine.value(node, target.frame).target
    return found.name if isinstance(found, External) else None


def _fields(node: ast.ClassDef) -> list[str]:
    return [
        part.target.id for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    ]


def _field(machine: Machine, value: Value, name: str) -> Value:
    assert isinstance(value.const, ClassTarget)
    found = lookup.class_attribute(machine, value.const, name)
    return found.with_traced(value.traced) if found is not None else machine.unknown(value.traced)
