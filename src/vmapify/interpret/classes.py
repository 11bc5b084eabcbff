"""Classes of the project: method order, attributes, and the objects that they make."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import NONE, Applied, Bound, ClassValue, Function, Library, Value
from vmapify.heap.objects import Instance
from vmapify.interpret import names
from vmapify.interpret.lasting import lasting
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from vmapify.domain.value import Reference
    from vmapify.interpret.running import Running

# what a class may define that changes how its objects are made, read or stored to: such classes are not modelled
OPAQUE_METHODS = {
    *(
        "__new__",
        "__getattr__",
        "__getattribute__",
        "__setattr__",
        "__delattr__",
        "__init_subclass__",
        "__class_getitem__",
    ),
    *("__slots__", "__set_name__", "__get__", "__set__", "__delete__", "__del__", "__mro_entries__", "__prepare__"),
}
ROOTS = {"builtins.object", "typing.NamedTuple", "typing.Generic"}
DATACLASS = {"dataclasses.dataclass"}


def class_value(machine: Running, node: ast.ClassDef, frame: int) -> ClassValue | None:
    """The class that a definition makes; None if it is not modelled."""
    found = names.frame_at(machine, frame)
    place = 0 if isinstance(found.scope.node, ast.Module) else frame
    made = ClassValue(node, found.module, place)
    if node.keywords or getattr(node, "type_params", []):
        return None
    if not all(_is_plain(statement) for statement in node.body):
        return None
    if machine.scope(node).bindings.keys() & OPAQUE_METHODS:
        return None
    for part in node.decorator_list:
        maker = machine.value(part.func if isinstance(part, ast.Call) else part, frame)
        if not (isinstance(maker, Library) and maker.name in DATACLASS):
            return None
    bases = [machine.value(base, frame) for base in node.bases]
    if not all(isinstance(base, ClassValue) or (isinstance(base, Library) and base.name in ROOTS) for base in bases):
        return None
    return made if order(machine, made) is not None else None


def _is_plain(statement: ast.stmt) -> bool:
    """Whether a statement in the body of a class only defines something."""
    match statement:
        case ast.FunctionDef() | ast.Pass():
            return True
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value is None or _is_constant(value)
        case ast.Assign(targets=[ast.Name()], value=value):
            return _is_constant(value)
        case ast.Expr(value=ast.Constant()):
            return True
    return False


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Tuple(elts=elements):
            return all(_is_constant(one) for one in elements)
    return False


def bases(machine: Running, cls: ClassValue) -> list[Value]:
    """The classes that ``cls`` names as its bases."""
    with machine.defining(cls) as frame:
        return [machine.value(base, frame) for base in cls.node.bases]


def order(machine: Running, cls: ClassValue) -> list[ClassValue] | None:
    """The method resolution order (C3, as in Python's documentation); None if there is none, or it is not known."""
    above = [one for one in bases(machine, cls) if isinstance(one, ClassValue)]
    orders = [order(machine, one) for one in above]
    if None in orders:
        return None
    merged = _merge([*(list(one) for one in orders if one is not None), list(above)])
    return [cls, *merged] if merged is not None else None


def _merge(sequences: list[list[ClassValue]]) -> list[ClassValue] | None:
    found: list[ClassValue] = []
    pending = [one for one in sequences if one]
    while pending:
        head = next((one[0] for one in pending if not any(one[0] in other[1:] for other in pending)), None)
        if head is None:
            return None
        found.append(head)
        pending = [rest for one in pending if (rest := one[1:] if one[0] == head else one)]
    return found


def method(machine: Running, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
    """What class attribute ``name`` is, by the method order, and the class that defines it; None if there is none.

    Raises:
        Unproven: the file stores to an attribute of this name from outside, or it is not modelled.
    """
    for one in order(machine, cls) or []:
        bindings = machine.scope(one.node).bindings.get(name)
        if bindings is None:
            continue
        if name in machine.replaced or len(bindings) > 1:
            machine.unproven("replaced", name, bindings[0])
        found = _defined(machine, one, bindings[0])
        if found is None:
            machine.unproven("unmodelled", name, bindings[0])
        return found, one
    return None


def _defined(machine: Running, cls: ClassValue, node: ast.AST) -> Value | None:
    with machine.defining(cls) as frame:
        if isinstance(node, ast.FunctionDef):
            return _owned(lasting(machine.defined(node, frame)), cls)
        parent = cls.module.parents[node]
        if isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is not None:
            return machine.value(parent.value, frame)
    return None


def _owned(value: Value | None, cls: ClassValue) -> Value | None:
    if isinstance(value, Function):
        return Function(value.node, value.module, value.frame, value.defaults, value.keyword_defaults, cls)
    if isinstance(value, Applied):
        inner = _owned(value.inner, cls)
        return Applied(value.transform, inner, value.args, value.keywords) if inner is not None else None
    return value


def _kind(value: Value) -> str:
    return value.transform if isinstance(value, Applied) else ""


def class_attribute(machine: Running, cls: ClassValue, name: str, node: ast.AST) -> Value | None:
    """``Class.name``."""
    found = method(machine, cls, name)
    if found is None:
        return None
    value = found[0]
    match _kind(value):
        case "builtins.staticmethod":
            assert isinstance(value, Applied)
            return value.inner
        case "builtins.classmethod":
            assert isinstance(value, Applied)
            return Bound(cls, value.inner)
        case "builtins.property":
            return None
    return value


def instance_attribute(machine: Running, owner: Reference, found: Instance, name: str, node: ast.AST) -> Value | None:
    """``object.name``: properties first, then what the object holds, then what its class does."""
    defined = method(machine, found.cls, name)
    value = defined[0] if defined is not None else None
    if value is not None and _kind(value) == "builtins.property":
        assert isinstance(value, Applied)
        return machine.call(value.inner, Arguments((owner,)), node)
    if name in found.attributes:
        return found.attributes[name]
    match value:
        case Function() | Applied(transform="jax.jit"):
            return Bound(owner, value)
        case Applied():
            return class_attribute(machine, found.cls, name, node)
    return value


def stores_plainly(machine: Running, cls: ClassValue, name: str) -> bool:
    """Whether ``object.name = value`` only puts the value into the object."""
    defined = method(machine, cls, name)
    is_property = defined is not None and _kind(defined[0]) == "builtins.property"
    return not is_property and not is_named_tuple(machine, cls) and not _is_frozen(machine, cls)


def _dataclass(cls: ClassValue) -> ast.expr | None:
    return cls.node.decorator_list[0] if cls.node.decorator_list else None


def _is_frozen(machine: Running, cls: ClassValue) -> bool:
    decorator = _dataclass(cls)
    return isinstance(decorator, ast.Call) and any(keyword.arg == "frozen" for keyword in decorator.keywords)


def is_named_tuple(machine: Running, cls: ClassValue) -> bool:
    """Whether ``cls`` is a ``typing.NamedTuple``."""
    return Library("typing.NamedTuple") in bases(machine, cls)


def made(machine: Running, cls: ClassValue, args: Arguments, node: ast.AST) -> Value | None:
    """A new object of ``cls``; None if how it is made is not modelled."""
    if is_named_tuple(machine, cls) or (_dataclass(cls) is not None and method(machine, cls, "__init__") is None):
        attributes = _from_fields(machine, cls, args, node)
        if attributes is None:
            return None
        new = machine.heap.new(Instance(cls, attributes))
        after = method(machine, cls, "__post_init__")
        if after is not None:
            machine.call(Bound(new, after[0]), Arguments(), node)
        return new
    new = machine.heap.new(Instance(cls))
    init = method(machine, cls, "__init__")
    if init is None:
        return new if not args.every else None
    given = machine.call(Bound(new, init[0]), args, node)
    return new if given == NONE else None


def fields(cls: ClassValue) -> list[ast.AnnAssign]:
    """The annotated names in the body of a class, in order."""
    return [one for one in cls.node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]


def _from_fields(machine: Running, cls: ClassValue, args: Arguments, node: ast.AST) -> dict[str, Value] | None:
    """The attributes of a dataclass or named tuple, which has no base of its own kind."""
    if len(order(machine, cls) or []) != 1:
        return None
    wanted = fields(cls)
    names_ = [one.target.id for one in wanted if isinstance(one.target, ast.Name)]
    if any(_is_no_field(one.annotation) for one in wanted):
        return None
    if len(args.positional) > len(names_) or any(key not in names_ for key in args.keywords):
        machine.unproven("raises", "TypeError", node)
    given = {**dict(zip(names_, args.positional, strict=False)), **args.keywords}
    for one in wanted:
        assert isinstance(one.target, ast.Name)
        if one.target.id not in given:
            if one.value is None:
                machine.unproven("raises", "TypeError", node)
            with machine.defining(cls) as frame:
                given[one.target.id] = machine.value(one.value, frame)
    return {name: given[name] for name in names_}


def _is_no_field(annotation: ast.expr) -> bool:
    """``ClassVar[int]``, ``dataclasses.InitVar[int]``, in whatever spelling."""
    words = {getattr(one, "id", None) or getattr(one, "attr", None) for one in ast.walk(annotation)}
    text = isinstance(annotation, ast.Constant)
    return text or bool(words & {"ClassVar", "InitVar"})
