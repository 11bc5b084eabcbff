"""Name and attribute lookup: locals, enclosing scopes, module globals, imports, builtins, members of classes."""

from __future__ import annotations

import ast
import builtins
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer import calls, exit_states, signatures, slices, stores
from vmapify.infer.callables import Arguments, ClassTarget, External, Frame, Function
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import UNKNOWN, Kind, Value, holds_tracer, join
from vmapify.syntax import dotted
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.infer.machine import Machine

# packages whose behaviour is known from tables: their source is not followed
KNOWN = frozenset(
    {
        "jax",
        "jaxlib",
        "numpy",
        "scipy",
        "math",
        "cmath",
        "functools",
        "itertools",
        "operator",
        "random",
        "time",
    }
    | {
        "typing",
        "dataclasses",
        "collections",
        "logging",
        "warnings",
        "os",
        "sys",
        "pathlib",
        "re",
        "json",
        "enum",
    }
    | {
        "matplotlib",
        "pandas",
        "torch",
        "tensorflow",
        "tqdm",
        "sklearn",
        "pytest",
        "absl",
        "abc",
        "copy",
        "io",
    }
    | {
        "numba",
        "chex",
        "jaxtyping",
        "beartype",
        "typeguard",
        "sympy",
        "networkx",
        "h5py",
        "rich",
        "wandb",
        "datetime",
    }
)
BUILTINS = frozenset(dir(builtins))


def name(machine: Machine, wanted: str, frame: Frame) -> Value:
    """The value of a plain name, by Python's scope rules."""
    scope: Frame | None = frame
    while scope is not None:
        if wanted in scope.values:
            value = scope.values[wanted]
            module = scope.module  # a call of what declares it may change what a name holds
            rebound = module.declared if isinstance(scope.scope.node, ast.Module) else module.declared_nonlocal
            return value if wanted not in rebound else machine.unknown(holds_tracer(value))
        if scope.parent is None:
            found = global_value(machine, scope, wanted)
            if found is not None:
                return found
        scope = scope.parent
    if wanted in BUILTINS:
        return external(f"builtins.{wanted}")
    return machine.unknown(ident=wanted)


def external(dotted: str) -> Value:
    """A name of another package, known only by its import path."""
    kind = Kind.MODULE if dotted.rpartition(".")[2] in dotted.partition(".")[0] else Kind.FUNCTION
    return Value(kind, target=External(dotted), ident=dotted)


def global_value(machine: Machine, frame: Frame, wanted: str) -> Value | None:
    """The value of a module-level name, from its bindings; None if the module does not bind it."""
    nodes = frame.scope.bindings.get(wanted)
    if not nodes:
        return _from_everything(machine, frame, wanted)
    frame.values[wanted] = machine.unknown(ident=wanted)  # a definition that refers to itself ends here
    with machine.outside():
        values = [_binding(machine, frame, wanted, node) for node in nodes if node is nodes[-1] or not _overloads(node)]
    rebound = wanted in frame.module.declared
    frame.values[wanted] = machine.unknown() if rebound else reduce(join, values)
    return frame.values[wanted]


def _overloads(node: ast.AST) -> bool:
    """Whether a definition is a signature for type checkers, which the last one of its name implements."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return any((dotted(one) or ("",))[-1] == "overload" for one in decorators)


def _from_everything(machine: Machine, frame: Frame, wanted: str) -> Value | None:
    """What ``from module import *`` gives, if the source of a module has it; the last one counts."""
    stars = [node for node in frame.scope.bindings.get("*", ()) if isinstance(node, ast.alias)]
    key = (frame.module.tree, f"from everything {wanted}")
    if not stars or wanted.startswith("_") or key in machine.tables:
        return None  # not there, or looked for already: modules may import everything from each other
    machine.tables[key] = None
    project = machine.project.of(frame.module)
    for alias in reversed(stars):
        statement = frame.module.parents[alias]
        assert isinstance(statement, ast.ImportFrom)
        source = project.absolute(statement.module, statement.level)
        found = project.frame(source) if source.split(".", maxsplit=1)[0] not in KNOWN else None
        if found is None or found is frame:
            continue
        value = found.values.get(wanted) or global_value(machine, found, wanted)
        if value is not None:
            frame.values[wanted] = value
            return value
    return None


def _binding(machine: Machine, frame: Frame, wanted: str, node: ast.AST) -> Value:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return function_value(machine, node, frame)
        case ast.ClassDef():
            return Value(Kind.CLASS, target=ClassTarget(node, frame), ident=wanted)
        case ast.alias():
            return imported(machine, node, frame)
        case ast.Name():
            return _assigned(machine, frame, node)
        case _:
            return machine.unknown(ident=wanted)


def function_value(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Value:
    """A function with its decorators applied, innermost first."""
    value = Value(Kind.FUNCTION, target=Function(node, frame), ident=node.name)
    for decorator in reversed(node.decorator_list):
        value = machine.call(
            machine.value(decorator, frame),
            Arguments((value,), {}, decorates=True),
            ast.copy_location(ast.Call(decorator, [], []), decorator),
            frame,
        )
    return value


def imported(machine: Machine, alias: ast.alias, frame: Frame) -> Value:
    """The value an ``import`` binds: followed into the project, else the dotted name."""
    statement = frame.module.parents[alias]
    if isinstance(statement, ast.Import):
        return module_value(alias.name if alias.asname else alias.name.split(".")[0])
    assert isinstance(statement, ast.ImportFrom)
    project = machine.project.of(frame.module)
    source = project.absolute(statement.module, statement.level)
    if project.frame(source) is frame and project.find(f"{source}.{alias.name}") is not None:
        return module_value(f"{source}.{alias.name}")  # a package that imports its own submodule
    return member(machine, source, alias.name, frame)


def module_value(dotted: str) -> Value:
    """A module object."""
    return Value(Kind.MODULE, target=External(dotted), ident=dotted)


def member(machine: Machine, module: str, attribute: str, frame: Frame) -> Value:
    """Attribute ``attribute`` of module ``module``: from its source where that can be found."""
    dotted = f"{module}.{attribute}"
    if module.split(".", maxsplit=1)[0] in KNOWN:
        return module_value(canonical(dotted))
    project = machine.project.of(frame.module)
    found = project.frame(module)
    if found is not None:
        value = found.values.get(attribute) or global_value(machine, found, attribute)
        if value is not None:
            return value
    return module_value(dotted)


# what JAX before 0.4.26 had as jax.tree_map, jax.tree_leaves, …
TREE_FUNCTIONS = ("map", "leaves", "flatten", "unflatten", "structure", "reduce", "all", "transpose")
# public names that are the same object under several paths
ALIASES = {
    "jax.numpy.array_api": "jax.numpy",
    "jax.experimental.numpy": "jax.numpy",
    "jax.interpreters.xla.DeviceArray": "jax.Array",
    "jax.numpy.ndarray": "jax.Array",
    "jax.core.Tracer": "jax.Array",
    "jax.typing.ArrayLike": "jax.Array",
    "jax.tree_util.tree_map": "jax.tree.map",
    "jax.tree_multimap": "jax.tree.map",
    **{f"jax.tree_{name}": f"jax.tree.{name}" for name in TREE_FUNCTIONS},
    "jax.random.PRNGKeyArray": "jax.Array",
    "numpy.typing.NDArray": "numpy.ndarray",
}


def canonical(dotted: str) -> str:
    """One spelling for names that several paths reach."""
    return ALIASES.get(dotted, dotted)


def _assigned(machine: Machine, frame: Frame, node: ast.Name) -> Value:
    """The value of a module global from the assignment that stores it."""
    parent = frame.module.parents[node]
    path: list[int] = []
    while isinstance(parent, ast.Tuple | ast.List):
        path.insert(0, next(k for k, item in enumerate(parent.elts) if item is node or _within(node, item)))
        parent = frame.module.parents[parent]
    if isinstance(parent, ast.AnnAssign):
        declared = signatures.value_of(machine, parent.annotation, frame, node.id)
        if declared.kind is not Kind.UNKNOWN or parent.value is None:
            return declared
        return machine.value(parent.value, frame)
    if not isinstance(parent, ast.Assign):
        return machine.unknown(ident=node.id)
    value = machine.value(parent.value, frame)
    for k in path:
        value = value.items[k] if value.items and k < len(value.items) else UNKNOWN
    return named(value, f"{node.id}@{frame.module.path}:{node.lineno}")


def _within(node: ast.AST, outer: ast.AST) -> bool:
    return any(child is node for child in walk(outer))


def named(value: Value, ident: str) -> Value:
    """``value`` with a name of its own, so that its extents have symbols."""
    if value.kind is Kind.NUMBER and value.number is None and not value.traced:
        value = value._replace(number=Linear.symbol(ident))
    return value if value.ident is not None else value._replace(ident=ident)


def class_attribute(machine: Machine, target: ClassTarget, wanted: str, seen: tuple[ast.AST, ...] = ()) -> Value | None:
    """What attribute ``wanted`` of instances of a class is: method, property, field, or what ``__init__`` stores."""
    key = (target.node, wanted)
    if key in machine.attributes:
        return machine.attributes[key]
    machine.attributes[key] = UNKNOWN
    with machine.outside():
        found = _own_attribute(machine, target, wanted)
        if found is None:
            found = _inherited(machine, target, wanted, (*seen, target.node))
    if found is None:
        del machine.attributes[key]
        return None
    machine.attributes[key] = found
    return found


def _own_attribute(machine: Machine, target: ClassTarget, wanted: str) -> Value | None:
    frame = target.frame.inside(target)
    if wanted in stores.stores_of(machine, target.node) and wanted in machine.scope(target.node).bindings:
        return machine.unknown(ident=f"self.{wanted}")  # an instance may shadow what the class defines
    for node in reversed(machine.scope(target.node).bindings.get(wanted, [])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if stores.is_replaced(machine, target, wanted):
                return machine.unknown(ident=f"self.{wanted}")
            return function_value(machine, node, frame)
        if isinstance(node, ast.Name):
            parent = target.frame.module.parents[node]
            if isinstance(parent, ast.AnnAssign):
                return signatures.value_of(machine, parent.annotation, frame, f"self.{wanted}")
            if (
                isinstance(parent, ast.Assign)
                and parent.targets == [node]
                and wanted not in stores.stored_outside(machine, machine.module)
            ):
                return machine.value(parent.value, frame)
        return machine.unknown(ident=f"self.{wanted}")
    return _stored_attribute(machine, target, wanted, frame)


def _stored_attribute(machine: Machine, target: ClassTarget, wanted: str, frame: Frame) -> Value | None:
    """Join of every ``self.wanted = …`` in the methods of the class."""
    found: list[Value] = []
    for method, node in stores.stores_of(machine, target.node).get(wanted, []):
        parent = frame.module.parents[node]
        if isinstance(parent, ast.AnnAssign):
            found.append(signatures.value_of(machine, parent.annotation, frame, f"self.{wanted}"))
        elif isinstance(parent, ast.Assign) and node in parent.targets:
            found.append(machine.value(parent.value, _after_method(machine, method, parent, frame)))
        else:
            found.append(machine.unknown())
    if not found:
        return None
    joined = stores.kept_function(machine, target, wanted, reduce(join, found))
    return named(joined._replace(ident=f"self.{wanted}"), f"self.{wanted}")


def _after_method(machine: Machine, method: ast.FunctionDef, wanted: ast.Assign, frame: Frame) -> Frame:
    """The frame of ``method`` from ``wanted`` to its end, as far as that asks for it; parameters as its signature tells."""
    key = (wanted, "end")
    if key not in machine.tables:
        inside = calls.open_frame(machine, Function(method, frame), None)
        machine.tables[key] = inside
        with machine.skipping(slices.beside(machine, method.body, [wanted.value], roots=[wanted])):
            machine.run(method.body, inside)
        exit_states.from_now_on(machine, wanted, inside)
    return machine.tables[key]  # type: ignore[return-value]


def _inherited(machine: Machine, target: ClassTarget, wanted: str, seen: tuple[ast.AST, ...]) -> Value | None:
    for base in target.node.bases:
        value = machine.value(base, target.frame)
        if isinstance(value.target, ClassTarget) and value.target.node not in seen:
            found = class_attribute(machine, value.target, wanted, seen)
            if found is not None:
                return found
    return None
