"""Objects of the classes of the project: their attributes, how they are made, and what other code may have made of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import (
    NONE,
    Applied,
    Array,
    Bound,
    ClassValue,
    Function,
    Library,
    Number,
    Outer,
    Reference,
    Singleton,
    Super,
    Text,
    Tuple,
    Unknown,
    Value,
)
from vmapify.heap.objects import Instance
from vmapify.interpret import classes, declared, records
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from vmapify.interpret.running import Running

# transformations whose result Python binds to the object that it is read from, as it does with functions
_BINDING = {"jax.jit", "jax.vmap", "jax.grad", "jax.value_and_grad", "jax.checkpoint", "jax.jacfwd", "jax.jacrev"}
OBJECT_INIT = "builtins.object.__init__"


def attribute(machine: Running, owner: Reference, found: Instance, name: str, node: ast.AST) -> Value | None:
    """``object.name``: properties first, then what the object holds, then what its class does."""
    defined = classes.method(machine, found.cls, name)
    value = defined[0] if defined is not None else None
    if value is not None and classes.kind(value) == "builtins.property":
        assert isinstance(value, Applied)
        return machine.call(value.inner, Arguments((owner,)), node)
    if value is not None and not _is_plain_attribute(value):
        return None
    if name in found.attributes:
        return found.attributes[name]
    if value is not None and classes.kind(value) == "functools.cached_property":
        return _cached(machine, owner, value, name, node)
    return bound(value, owner, found.cls) if value is not None else None


def _cached(machine: Running, owner: Reference, value: Value, name: str, node: ast.AST) -> Value:
    assert isinstance(value, Applied)
    made = machine.call(value.inner, Arguments((owner,)), node)
    now = machine.heap.peek(owner.place)
    if not isinstance(now, Instance):
        machine.unproven("unmodelled", name, node)
    machine.heap.mutate(owner.place, Instance(now.cls, {**now.attributes, name: made}))
    return made


def _is_plain_attribute(value: Value) -> bool:
    """Whether a class attribute is certainly no descriptor that takes precedence over what the object holds."""
    return isinstance(value, Function | Applied | Number | Text | Singleton | Tuple | Array | ClassValue)


def bound(value: Value, owner: Value, cls: ClassValue) -> Value | None:
    """What a class attribute is, read from an object; None if it is not modelled."""
    match value:
        case Function():
            return Bound(owner, value)
        case Applied(transform) if transform in _BINDING:
            return Bound(owner, value)
        case Applied("builtins.staticmethod" | "builtins.classmethod"):
            return classes.of_class(value, cls)
        case Number() | Text() | Singleton() | Tuple() | Array() | ClassValue():
            return value
    return None


def stores_plainly(machine: Running, cls: ClassValue, name: str) -> bool:
    """Whether ``object.name = value`` only puts the value into the object."""
    defined = classes.method(machine, cls, name)
    is_plain = defined is None or (_is_plain_attribute(defined[0]) and classes.kind(defined[0]) != "builtins.property")
    return is_plain and not classes.is_frozen(machine, cls)


# -- objects that other code made ---------------------------------------------------------------------------
def of_outer(machine: Running, owner: Outer, name: str, node: ast.AST) -> Value | None:
    """An attribute of an object that other code made: of its class or of a subclass."""
    defined = classes.method(machine, owner.cls, name)
    if classes.overriding(owner.cls, name) is not None and not owner.exact:
        return None
    if not owner.exact:
        definer = defined[1] if defined is not None else owner.cls
        if defined is not None and not classes.is_final(machine, owner.cls, name, definer):
            machine.assumed.add(f"{owner.cls.node.name}.{name}")
    if defined is None:
        return _held(machine, owner, name)
    value = defined[0]
    if classes.kind(value) == "builtins.property":
        assert isinstance(value, Applied)
        return machine.call(value.inner, Arguments((owner,)), node)
    if name in _stored(machine, owner.cls):
        return None if isinstance(value, Function | Applied) else _held(machine, owner, name)
    if _field(machine, owner.cls, name) is not None:
        return _held(machine, owner, name)
    return bound(value, owner, owner.cls)


def _held(machine: Running, owner: Outer, name: str) -> Value:
    """What the object holds: as its class annotates it, else unknown; anything that happens may change it."""
    node = _field(machine, owner.cls, name)
    is_frozen = node is not None and classes.is_frozen(machine, owner.cls)
    since = () if is_frozen else machine.log
    symbol = term("attribute", owner.term, name, *since)
    if node is None:
        return Unknown(symbol)
    return declared.annotated(machine, node[1].module, node[0], symbol)


def _field(machine: Running, cls: ClassValue, name: str) -> tuple[ast.expr, ClassValue] | None:
    """The annotation of attribute ``name``: in the body of the class, or of the parameter that its initializer stores."""
    for one in classes.order(machine, cls) or []:
        for statement in one.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation) if target == name:
                    return annotation, one
                case ast.FunctionDef(name="__init__"):
                    found = _initialized(statement, name)
                    if found is not None:
                        return found, one
    return None


def _initialized(init: ast.FunctionDef, name: str) -> ast.expr | None:
    """``self.name: T = …``, or ``self.name = parameter`` of an annotated parameter."""
    parameters = {one.arg: one.annotation for one in (*init.args.args, *init.args.kwonlyargs)}
    for statement in init.body:
        match statement:
            case ast.AnnAssign(target=ast.Attribute(attr=attr), annotation=annotation) if attr == name:
                return annotation
            case ast.Assign(targets=[ast.Attribute(attr=attr)], value=ast.Name(id=given)) if attr == name:
                return parameters.get(given)
    return None


def _stored(machine: Running, cls: ClassValue) -> frozenset[str]:
    """The names of all attributes that the files of a class and of its bases store to."""
    return frozenset(
        node.attr
        for module in {one.module.path: one.module for one in classes.order(machine, cls) or []}.values()
        for node in module.of(ast.Attribute)
        if not isinstance(node.ctx, ast.Load)
    )


# -- super --------------------------------------------------------------------------------------------------
def of_super(machine: Running, owner: Super, name: str, node: ast.AST) -> Value | None:
    """``super().name``: what comes behind a class in the method order of the object."""
    cls = class_of(machine, owner.receiver)
    every = classes.order(machine, cls) if cls is not None else None
    if cls is None or every is None or owner.cls not in every:
        return None
    if isinstance(owner.receiver, Outer) and not owner.receiver.exact and not classes.is_final(machine, cls, name, cls):
        machine.assumed.add(f"{cls.node.name}.{name}")
    found = classes.first_in(machine, every[every.index(owner.cls) + 1 :], name)
    if found is None:
        return Library(OBJECT_INIT) if name == "__init__" else None
    value = found[0]
    if classes.kind(value) == "builtins.property":
        assert isinstance(value, Applied)
        return machine.call(value.inner, Arguments((owner.receiver,)), node)
    if isinstance(owner.receiver, ClassValue):
        return classes.of_class(value, owner.receiver)
    return bound(value, owner.receiver, cls)


def class_of(machine: Running, value: Value) -> ClassValue | None:
    """The class of an object, which may be of a subclass of it if other code made it."""
    match value:
        case ClassValue():
            return value
        case Outer(cls=cls):
            return cls
        case Reference(place) if place in machine.heap:
            found = machine.heap.peek(place)
            return found.cls if isinstance(found, Instance) else None
    return None


# -- making -------------------------------------------------------------------------------------------------
def made(machine: Running, cls: ClassValue, args: Arguments, node: ast.AST) -> Value | None:
    """A new object of ``cls``; None if how it is made is not modelled."""
    init = records.initializer(machine, cls)
    if init is None:
        return machine.heap.new(Instance(cls)) if not args.every else None
    if isinstance(init, ClassValue):
        attributes = records.from_fields(machine, cls, init, args, node)
        if attributes is None:
            return None
        new = machine.heap.new(Instance(cls, attributes))
        after = classes.method(machine, cls, "__post_init__")
        if after is not None and not classes.is_named_tuple(machine, cls):
            machine.call(Bound(new, after[0]), Arguments(), node)
        return new
    new = machine.heap.new(Instance(cls))
    return new if machine.call(Bound(new, init), args, node) == NONE else None
