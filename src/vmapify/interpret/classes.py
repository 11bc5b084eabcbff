"""Classes of the project: which of them are modelled, their method order, and what their attributes are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import Applied, Bound, ClassValue, Function, Library, Value
from vmapify.interpret import annotated, names, special_methods
from vmapify.interpret.lasting import lasting, settled
from vmapify.interpret.registering import MARKS

if TYPE_CHECKING:
    from vmapify.interpret.running import Running

NAMED_TUPLE = "typing.NamedTuple"
GENERIC = {"typing.Generic", "typing.Protocol"}
ROOTS = {"builtins.object", "abc.ABC", NAMED_TUPLE, *GENERIC}
DATACLASS = {"dataclasses.dataclass"}
FIELD = "dataclasses.field"
FINAL = "typing.final"
_MARKS = {FINAL, *MARKS}  # decorators that leave the class as it is
_DATACLASS_SETTINGS = {"frozen", "eq", "order", "repr", "kw_only", "slots", "unsafe_hash"}


def class_value(machine: Running, node: ast.ClassDef, frame: int) -> ClassValue | None:
    """The class that a definition makes; None if it is not modelled."""
    found = names.frame_at(machine, frame)
    is_outermost = machine.is_outermost(frame)
    # a definition among the rewritten statements stands in the file as it is then
    home = found.module if node in found.module.parents else machine.module
    made = ClassValue(node, home, 0 if is_outermost else frame)
    if node.keywords or getattr(node, "type_params", []) or node.name in machine.handed_on:
        return None
    if not all(_is_plain(statement, is_outermost) for statement in node.body):
        return None
    if any(_is_special(name) for name in machine.scope(node).bindings):
        return None
    if not all(_is_modelled_decorator(machine, part, frame) for part in node.decorator_list):
        return None
    if not is_outermost:
        annotated.of_class(machine, node, frame)
        if not all(_is_fixed(machine, base, frame) for base in (*node.bases, *node.decorator_list)):
            return None
    above = bases(machine, made)
    if not all(isinstance(base, ClassValue) or (isinstance(base, Library) and base.name in ROOTS) for base in above):
        return None
    if any(isinstance(base, ClassValue) and is_named_tuple(machine, base) for base in above):
        return None
    return made if order(machine, made) is not None else None


def _is_special(name: str) -> bool:
    """Whether a class with an attribute of this name is not modelled."""
    is_dunder = name.startswith("__") and name.endswith("__")
    return is_dunder and name not in special_methods.HARMLESS


def _is_modelled_decorator(machine: Running, part: ast.expr, frame: int) -> bool:
    maker = machine.value(part.func if isinstance(part, ast.Call) else part, frame)
    if not isinstance(maker, Library):
        return False
    if not isinstance(part, ast.Call):
        return maker.name in DATACLASS | _MARKS
    settings = {keyword.arg: keyword.value for keyword in part.keywords}
    known = all(isinstance(value, ast.Constant) for value in settings.values())
    return maker.name in DATACLASS and not part.args and settings.keys() <= _DATACLASS_SETTINGS and known


def _is_plain(statement: ast.stmt, is_outermost: bool) -> bool:
    """Whether a statement in the body of a class only defines something."""
    match statement:
        case ast.FunctionDef(decorator_list=decorators, args=spec):
            # they are looked at when the method is asked for
            defaults = (*spec.defaults, *(one for one in spec.kw_defaults if one is not None))
            return is_outermost or (not decorators and all(_is_constant(one) for one in defaults))
        case ast.Pass():
            return True
        case ast.AnnAssign(target=ast.Name(), value=value):
            # what the body of a class at module level computes, it has computed long before
            return value is None or is_outermost or _is_constant(value)
        case ast.Assign(targets=[ast.Name()], value=value):
            return is_outermost or _is_constant(value)
        case ast.Expr(value=ast.Constant()):
            return True
    return False


def _is_fixed(machine: Running, node: ast.expr, frame: int) -> bool:
    """Whether ``node`` gives the same whenever it is asked for: it names what is defined, or imported, once."""
    found: int | None = frame
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    while found:
        scope = names.frame_at(machine, found).scope
        bindings = [one for name in used for one in scope.bindings.get(name, [])]
        several = any(len(scope.bindings.get(name, [])) > 1 for name in used)
        if several or not all(isinstance(one, ast.ClassDef | ast.alias) for one in bindings):
            return False
        found = names.frame_at(machine, found).parent
    return True


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
        return [_base(machine, base, frame) for base in cls.node.bases]


def _base(machine: Running, node: ast.expr, frame: int) -> Value:
    """A base; what it is subscripted with is for type checkers."""
    if isinstance(node, ast.Subscript):
        found = machine.value(node.value, frame)
        if isinstance(found, Library) and found.name in GENERIC:
            return found
    return machine.value(node, frame)


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
    return first_in(machine, order(machine, cls) or [], name)


def first_in(machine: Running, classes: list[ClassValue], name: str) -> tuple[Value, ClassValue] | None:
    """What the first of ``classes`` that defines ``name`` makes it, and that class."""
    for one in classes:
        bindings = machine.scope(one.node).bindings.get(name)
        if bindings is None or _is_bare(machine, one, bindings):
            continue
        if name in machine.replaced or len(bindings) > 1:
            machine.unproven("replaced", name, bindings[0])
        found = _defined(machine, one, bindings[0])
        if found is None:
            machine.unproven("unmodelled", name, bindings[0])
        return found, one
    return None


def _is_bare(machine: Running, cls: ClassValue, bindings: list[ast.AST]) -> bool:
    """Whether a name is only annotated, which makes no attribute of it; so is a field without a default."""
    parents = [cls.module.parents[one] for one in bindings]
    return all(
        isinstance(one, ast.AnnAssign) and (one.value is None or _default(machine, cls, one.value) is None)
        for one in parents
    )


def _default(machine: Running, cls: ClassValue, value: ast.expr) -> ast.expr | None:
    """What a class holds where its body says ``name: T = value``: of ``field(default=…)`` only the default."""
    if not isinstance(value, ast.Call) or decorator(cls, machine) is None:
        return value
    with machine.defining(cls) as frame:
        if machine.value(value.func, frame) != Library(FIELD):
            return value
    return next((one.value for one in value.keywords if one.arg == "default"), None)


def _defined(machine: Running, cls: ClassValue, node: ast.AST) -> Value | None:
    kept = lasting if cls.frame else settled  # the body of a class of a module ran on a heap of its own
    with machine.defining(cls) as frame:
        if isinstance(node, ast.FunctionDef):
            return _owned(kept(machine.defined(node, frame)), cls)
        parent = cls.module.parents[node]
        if isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is not None:
            value = _default(machine, cls, parent.value) if isinstance(parent, ast.AnnAssign) else parent.value
            return kept(machine.value(value, frame)) if value is not None else None
    return None


def _owned(value: Value | None, cls: ClassValue) -> Value | None:
    if isinstance(value, Function):
        return Function(value.node, value.module, value.frame, value.defaults, value.keyword_defaults, cls)
    if isinstance(value, Applied):
        inner = _owned(value.inner, cls)
        return Applied(value.transform, inner, value.args, value.keywords) if inner is not None else None
    return value


def kind(value: Value) -> str:
    """The transformation that gave ``value``, e.g. ``builtins.property``."""
    return value.transform if isinstance(value, Applied) else ""


def class_attribute(machine: Running, cls: ClassValue, name: str) -> Value | None:
    """``Class.name``."""
    found = method(machine, cls, name)
    if found is None or _is_slot(machine, found[1], name):
        return None
    return of_class(found[0], cls)


def _is_slot(machine: Running, cls: ClassValue, name: str) -> bool:
    """Whether the class holds a descriptor where its body says what the default of a field is."""
    if not (is_named_tuple(machine, cls) or setting(cls, machine, "slots")):
        return False
    parents = [cls.module.parents[one] for one in machine.scope(cls.node).bindings[name]]
    return any(isinstance(one, ast.AnnAssign) for one in parents)


def of_class(value: Value, cls: ClassValue) -> Value | None:
    """What a class attribute is, read from the class ``cls``; None if it is not modelled."""
    match kind(value):
        case "builtins.staticmethod":
            assert isinstance(value, Applied)
            return value.inner
        case "builtins.classmethod":
            assert isinstance(value, Applied)
            return Bound(cls, value.inner)
        case "builtins.property" | "functools.cached_property":
            return None
    return value


def decorator(cls: ClassValue, machine: Running) -> ast.expr | None:
    """The decorator that makes ``cls`` a dataclass."""
    with machine.defining(cls) as frame:
        for part in cls.node.decorator_list:
            found = machine.value(part.func if isinstance(part, ast.Call) else part, frame)
            if isinstance(found, Library) and found.name in DATACLASS:
                return part
    return None


def setting(cls: ClassValue, machine: Running, name: str) -> bool:
    """Whether ``cls`` is a dataclass with ``name=True``."""
    part = decorator(cls, machine)
    keywords = part.keywords if isinstance(part, ast.Call) else []
    return any(one.arg == name and isinstance(one.value, ast.Constant) and bool(one.value.value) for one in keywords)


def is_frozen(machine: Running, cls: ClassValue) -> bool:
    """Whether the attributes of objects of ``cls`` cannot be set."""
    return is_named_tuple(machine, cls) or any(setting(one, machine, "frozen") for one in order(machine, cls) or [])


def is_named_tuple(machine: Running, cls: ClassValue) -> bool:
    """Whether ``cls`` is a ``typing.NamedTuple``."""
    return Library(NAMED_TUPLE) in bases(machine, cls)


def is_final(machine: Running, cls: ClassValue, name: str, owner: ClassValue) -> bool:
    """Whether no other class can say what ``name`` is for objects of ``cls`` or of its subclasses."""
    defined = machine.scope(owner.node).bindings.get(name, [])
    marks = [part for node in (cls.node, *defined) for part in getattr(node, "decorator_list", [])]
    private = cls.node.name.startswith("_") or (name.startswith("_") and not name.endswith("__"))
    return bool(cls.frame) or private or any(_is_final_mark(machine, cls, part) for part in marks)


def _is_final_mark(machine: Running, cls: ClassValue, part: ast.expr) -> bool:
    if not isinstance(part, ast.Name | ast.Attribute):
        return False
    with machine.defining(cls) as frame:
        return machine.value(part, frame) == Library(FINAL)


def overriding(cls: ClassValue, name: str) -> ast.ClassDef | None:
    """A class of the same file that may derive from ``cls`` and defines ``name``."""
    below, before = {cls.node.name}, 0
    every = cls.module.of(ast.ClassDef)
    while len(below) != before:
        before = len(below)
        below |= {one.name for one in every if any(_last(base) in below for base in one.bases)}
    derived = [one for one in every if one is not cls.node and one.name in below]
    return next((one for one in derived if _defines(one, name)), None)


def _last(base: ast.expr) -> str:
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""


def _defines(node: ast.ClassDef, name: str) -> bool:
    special = {name, "__getattr__", "__getattribute__"}
    found = {one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    stored = {
        one.id
        for part in node.body
        for one in ast.walk(part)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    plain = all(
        isinstance(one, ast.FunctionDef | ast.AnnAssign | ast.Assign | ast.Pass | ast.Expr) for one in node.body
    )
    return not plain or bool(special & (found | stored))
