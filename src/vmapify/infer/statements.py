"""Running statements abstractly: assignments, branches, loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import exit_states, expressions, lookup, shapes, signatures, slices, stores
from vmapify.infer.callables import ClassTarget, External, Function, Method
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import ARRAYS, NONE, Kind, Value, holds_tracer, join, rows
from vmapify.syntax import loads, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import UnionType

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine
    from vmapify.syntax import Module

CHANGING = {"builtins", "heapq", "bisect"}  # what else has no source here leaves what it is given as it is
ROUNDS = 6  # a row goes through few names from one iteration to the next


def run(machine: Machine, block: Sequence[ast.stmt], frame: Frame) -> bool:
    """Run ``block``; False if control certainly leaves before its end (return, raise, break, continue)."""
    for position, statement in enumerate(block):
        if statement is machine.stop:
            machine.snapshot = frame.copy()
            machine.stop = None
        if machine.snapshot is not None:
            return False
        if statement in machine.skipped:
            continue
        returned = len(frame.returns)
        if not _statement(machine, statement, frame):
            return False
        if len(frame.returns) > returned and machine.is_certain:
            with machine.perhaps():  # a branch of it has returned
                return run(machine, block[position + 1 :], frame)
    return True


def _statement(machine: Machine, node: ast.stmt, frame: Frame) -> bool:  # noqa: PLR0912 - one arm a node type
    match node:
        case ast.Assign():
            _assign(machine, node, frame)
        case ast.AnnAssign():
            _annotated(machine, node, frame)
        case ast.AugAssign():
            _augmented(machine, node, frame)
        case ast.Expr(value=ast.Call() as call):
            machine.value(call, frame)
            _hand_over(machine, call, frame)
        case ast.Expr(value=value):
            machine.value(value, frame)
        case ast.Return():
            frame.returns.append(machine.value(node.value, frame) if node.value else NONE)
            return False
        case ast.If():
            return _branch(machine, node, frame)
        case ast.For() | ast.AsyncFor() | ast.While():
            _loop(machine, node, frame)
        case ast.With() | ast.AsyncWith():
            return _with(machine, node, frame)
        case ast.Try() | ast.TryStar():
            return _try(machine, node, frame)
        case ast.Raise():
            return False
        case ast.Break() | ast.Continue():
            return False
        case ast.Assert():
            expressions.truth(machine, machine.value(node.test, frame), node.test, frame)
        case _:
            _definition(machine, node, frame)
    return True


def _definition(machine: Machine, node: ast.stmt, frame: Frame) -> None:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            frame.values[node.name] = lookup.function_value(machine, node, frame)._replace(born=machine.epoch)
        case ast.ClassDef():
            frame.values[node.name] = Value(Kind.CLASS, target=ClassTarget(node, frame), ident=node.name)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                frame.values[alias.asname or alias.name.split(".")[0]] = lookup.imported(machine, alias, frame)
        case ast.Global() | ast.Nonlocal():
            machine.event("fatal", "loop-carried-dependency", "outer-variable", node, frame, statement=node)
        case ast.Delete():
            for target in node.targets:
                if isinstance(target, ast.Subscript | ast.Attribute):
                    stores.changed(target.value, frame)
                for name in stored_names([target]):
                    frame.values.pop(name, None)
        case ast.Match():
            _match(machine, node, frame)


def _match(machine: Machine, node: ast.Match, frame: Frame) -> None:
    subject = machine.value(node.subject, frame)
    expressions.truth(machine, subject, node.subject, frame)
    for case in node.cases:
        for name in stored_names([case.pattern]):
            frame.values[name] = machine.unknown(holds_tracer(subject))
        _alternative(machine, case.body, frame)


def _alternative(machine: Machine, block: Sequence[ast.stmt], frame: Frame) -> None:
    inside = frame.copy()
    if run(machine, block, inside):
        _merge(machine, frame, inside)
    inside.values = frame.values


def _merge(machine: Machine, frame: Frame, other: Frame) -> None:
    for name in {*frame.values, *other.values}:
        left, right = frame.values.get(name), other.values.get(name)
        frame.values[name] = (
            join(left, right) if left is not None and right is not None else left or right or machine.unknown()
        )


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> None:
    value = machine.value(node.value, frame)
    for target in node.targets:
        bind(machine, target, value, frame)


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> None:
    ident = f"{ast.unparse(node.target)}@{node.lineno}"
    declared = signatures.value_of(machine, node.annotation, frame, ident)
    value = machine.value(node.value, frame) if node.value is not None else declared
    if value.kind is Kind.UNKNOWN or (value.kind is Kind.ARRAY and value.shape is None and declared.kind is Kind.ARRAY):
        value = (
            declared._replace(traced=value.traced, ident=value.ident or ident)
            if declared.kind is not Kind.UNKNOWN
            else value
        )
    bind(machine, node.target, value, frame)


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> None:
    loaded = ast.copy_location(_as_load(node.target), node.target)
    current = machine.value(loaded, frame)
    value = machine.value(node.value, frame)
    if current.kind in {Kind.LIST, Kind.DICT, Kind.SET, Kind.NDARRAY} and not machine.fresh(current):
        machine.event("fatal", "loop-carried-dependency", "grows-in-place", node, frame, owner=node.target)
    if current.kind is Kind.NDARRAY and holds_tracer(value):
        machine.event("fatal", "non-jax-callee", "updates-numpy", node, frame, owner=node.target)
    bind(machine, node.target, expressions.binary(machine, current, node.op, value, node, frame), frame)


def _as_load(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=index):
            return ast.copy_location(ast.Subscript(value, index, ast.Load()), target)
    return target


def bind(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Store ``value`` into an assignment target."""
    match target:
        case ast.Name(id=name):
            place = f"{name}@{frame.module.path}:{target.lineno}"
            frame.values[name] = lookup.named(value, place)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _unpack(machine, elts, value, frame)
        case ast.Starred(value=inner):
            bind(
                machine,
                inner,
                Value(Kind.LIST, element=expressions.element(machine, value), born=machine.epoch),
                frame,
            )
        case ast.Attribute():
            _store_attribute(machine, target, value, frame)
        case ast.Subscript():
            _store_item(machine, target, value, frame)


def _unpack(machine: Machine, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    starred = any(isinstance(part, ast.Starred) for part in targets)
    for position, part in enumerate(targets):
        if value.items is not None and len(value.items) == len(targets) and not starred:
            bind(machine, part, value.items[position], frame)
        elif value.kind is Kind.SHAPE and not starred:
            bind(machine, part, _axis_length(value, position, len(targets)), frame)
        elif isinstance(part, ast.Starred):
            count = _rest(value, len(targets))
            element = expressions.element(machine, value)
            made = Value(
                Kind.LIST,
                element=element,
                shape=(count,),
                ident=f"*{ast.unparse(part)}@{part.lineno}",
                born=machine.epoch,
            )
            bind(machine, part.value, made, frame)
        else:
            bind(machine, part, expressions.element(machine, value)._replace(ident=None), frame)


def _rest(value: Value, targets: int) -> Linear | None:
    whole = expressions.extent(value, 0) if value.kind in ARRAYS else None
    return whole - Linear(targets - 1) if whole is not None else None


def _axis_length(value: Value, axis: int, rank: int) -> Value:
    """``n, d = x.shape``: also tells that ``x`` has as many axes as there are names."""
    number = value.shape[axis] if value.shape is not None and len(value.shape) == rank else None
    if number is None and value.ident is not None:
        number = shapes.axis_symbol(value.ident, axis)
    return Value(Kind.NUMBER, dtype="int", number=number)


def _store_attribute(machine: Machine, target: ast.Attribute, value: Value, frame: Frame) -> None:
    owner = machine.value(target.value, frame)
    machine.note_store(value)
    stores.changed(target, frame, (value,))
    if not machine.fresh(owner):
        machine.event("fatal", "loop-carried-dependency", "writes-attribute", target, frame, owner=target)


def _hand_over(machine: Machine, call: ast.Call, frame: Frame) -> None:
    """``cut(config)``: what is called for its effect may change the objects that it is given."""
    given = [name for name in slices.given_to(call) if name in frame.values]
    match machine.value(call.func, frame).target if given else None:
        case External(name) if name.partition(".")[0] not in CHANGING:
            return
        case Function(node=ast.FunctionDef() as node) if slices.only_reads(node):
            return
        case Method():
            return
    for name in given:
        if frame.values[name].kind in {Kind.UNKNOWN, Kind.INSTANCE, Kind.LIST}:
            stores.changed(ast.copy_location(ast.Name(name, ast.Load()), call), frame)


def _store_item(machine: Machine, target: ast.Subscript, value: Value, frame: Frame) -> None:
    owner = machine.value(target.value, frame)
    index = machine.value(target.slice, frame) if not isinstance(target.slice, ast.Slice) else NONE
    machine.note_store(value)
    if owner.kind is Kind.NDARRAY and (holds_tracer(value) or holds_tracer(index)):
        machine.event("fatal", "non-jax-callee", "fills-numpy", target, frame, owner=target.value)
    elif not machine.fresh(owner):
        machine.event("fatal", "loop-carried-dependency", "changes-in-place", target, frame, owner=target.value)
    elif holds_tracer(index):
        machine.event("fatal", "static-index", "key-of-container", target, frame, index, key=target.slice)
    else:
        stores.changed(target.value, frame, (value,), resized=False)


def _branch(machine: Machine, node: ast.If, frame: Frame) -> bool:
    test = machine.value(node.test, frame)
    expressions.truth(machine, test, node.test, frame)
    if test.ident == expressions.BY_NAME:
        machine.event("fatal", "heterogeneous-callees", "branch-by-name", node, frame, test, test=node.test)
    if test.traced and node.test and _leaves(node.body) and _fatal_exit(node.body):
        machine.event("fatal", "early-exit", "raises-on-value", node, frame, test, test=node.test)
    decided = expressions.decided(machine, test)
    if decided is not None:
        return run(machine, node.body if decided else node.orelse, frame)
    one, two = frame.copy(), frame.copy()
    with machine.perhaps():
        through, other = run(machine, node.body, one), run(machine, node.orelse, two)
    ends = [branch for branch, alive in ((one, through), (two, other)) if alive]
    if ends:
        frame.values.clear()
        frame.values.update(ends[0].values)
        for branch in ends[1:]:
            _merge(machine, frame, branch)
    one.values = two.values = frame.values  # functions defined in a branch see what is stored behind it
    return bool(ends)


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Raise | ast.Break | ast.Continue)


def _fatal_exit(block: Sequence[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Raise)


def _loop(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> None:
    """Run the body to learn what it changes, until that brings no row into another name; then with what any iteration has."""
    stop, machine.stop = machine.stop, None
    before = dict(frame.values)
    stored = [name for name in stored_names(node.body) if name in before]
    carried = _carried(machine, node, frame)
    rounds = ROUNDS if carried else 0
    while rounds:
        held = {name: rows(frame.values[name]) for name in stored if name in carried and name in frame.values}
        with machine.muted():
            _iterate(machine, node, frame)
        _join_iterations(machine, stored, before, node, frame)
        now = {name: rows(frame.values[name]) for name in held if name in frame.values}
        rounds = rounds - 1 if now != held and not all(frame.values[name].traced for name in now) else 0
        if rounds == 1:
            frame.values |= {name: frame.values[name].with_traced(True) for name in now}
    _join_iterations(machine, stored, before, node, frame)
    machine.stop = stop if stop is not None else machine.stop
    _iterate(machine, node, frame)
    for name, value in before.items():
        frame.values[name] = join(value, frame.values[name]) if name in frame.values else value
    _otherwise(machine, node, frame)


def _join_iterations(
    machine: Machine, stored: list[str], before: dict[str, Value], node: ast.stmt, frame: Frame
) -> None:
    for name in stored:
        if name in frame.values:
            frame.values[name] = _any_iteration(machine, before[name], frame.values[name], node)


def _carried(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> frozenset[str]:
    """The names of which an iteration may read what the one before it stored."""
    key = (node, "carried")
    if key not in machine.tables:
        stored = slices.changed(node.body)
        read = upward_reads(node.body) | (loads(node.test) if isinstance(node, ast.While) else set())
        machine.tables[key] = frozenset(stored & (read | _closed_over(machine, frame.module, node)))
    return machine.tables[key]  # type: ignore[return-value]


def _closed_over(machine: Machine, module: Module, node: ast.stmt) -> set[str]:
    """The names that functions nested in the one around ``node`` mention."""
    owner = module.function_of(node)
    key = (owner or module.tree, "closed over")
    if key not in machine.tables:
        uses = module.of(ast.Name) if owner is None else [one for one in walk(owner) if isinstance(one, ast.Name)]
        machine.tables[key] = {use.id for use in uses if module.function_of(use) is not owner}
    return machine.tables[key]  # type: ignore[return-value]


def _any_iteration(machine: Machine, first: Value, later: Value, node: ast.stmt) -> Value:
    joined = join(first, later)
    number = None if joined.number is None or first != later else joined.number
    steady = first == later or joined.kind is not Kind.NUMBER
    return joined._replace(number=number, const=joined.const if steady else None)


def _iterate(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> None:
    if isinstance(node, ast.While):
        expressions.truth(machine, machine.value(node.test, frame), node.test, frame)
    else:
        source = machine.value(node.iter, frame)
        bind(machine, node.target, expressions.element(machine, source)._replace(number=None), frame)
    before = dict(frame.values)
    run(machine, node.body, frame)
    if _has(node, ast.Break | ast.Continue):
        exit_states.left_anywhere(machine, node.body, before, frame.values)


def _otherwise(machine: Machine, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> None:
    """The ``else`` of a loop, which ``break`` passes over."""
    if _has(node, ast.Break):
        _alternative(machine, node.orelse, frame)
    else:
        run(machine, node.orelse, frame)


def _has(node: ast.For | ast.AsyncFor | ast.While, jump: type[ast.Break] | UnionType) -> bool:
    return any(isinstance(part, jump) for one in node.body for part in walk(one))


def _with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> bool:
    for item in node.items:
        value = machine.value(item.context_expr, frame)
        if item.optional_vars is not None:
            bind(machine, item.optional_vars, value._replace(ident=None), frame)
    swallowing = any(exit_states.swallows(machine, item, frame) for item in node.items)
    before = dict(frame.values)
    through = run(machine, node.body, frame)
    if swallowing:
        exit_states.left_anywhere(machine, node.body, before, frame.values)
    return through


def _try(machine: Machine, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
    before = dict(frame.values)
    through = run(machine, node.body, frame)
    caught = frame.copy()
    exit_states.left_anywhere(machine, node.body, before, caught.values)
    through = through and run(machine, node.orelse, frame)
    for handler in node.handlers:
        inside = caught.copy()
        if handler.name:
            inside.values[handler.name] = machine.unknown()
            for name in loads(node.body) & caught.values.keys():  # an exception may carry any of them
                machine.note_store(caught.values[name])
        if run(machine, handler.body, inside):
            if through:
                _merge(machine, frame, inside)
            else:
                frame.values.clear()
                frame.values.update(inside.values)
            inside.values = frame.values
            through = True
    if machine.stop is not None and machine.snapshot is None:
        _merge(machine, caught, frame)
        run(machine, node.finalbody, caught)
    return run(machine, node.finalbody, frame) and through
