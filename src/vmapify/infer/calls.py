"""Calls: what calling a value gives, following source where it is at hand."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

from vmapify.infer import known_functions, lookup, methods, signatures, slices, transforms
from vmapify.infer.callables import Arguments, ClassTarget, External, Frame, Function, Method, Transformed
from vmapify.infer.closures import is_closure, reached, reaches_tracer
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import NONE, Kind, Value, holds_tracer, join
from vmapify.syntax.tree import children

if TYPE_CHECKING:
    from vmapify.infer.events import Event
    from vmapify.infer.machine import Machine


def arguments(machine: Machine, node: ast.Call, frame: Frame) -> Arguments:
    """Evaluate the arguments of ``node``."""
    positional: list[Value] = []
    is_open = False
    for part in node.args:
        if not isinstance(part, ast.Starred):
            positional.append(machine.value(part, frame))
            continue
        spread = machine.value(part.value, frame)
        if spread.items is not None:
            positional += spread.items
        else:
            is_open = True
            positional.append(_element(machine, spread))
    keywords = {part.arg or f"**{k}": machine.value(part.value, frame) for k, part in enumerate(node.keywords)}
    is_open = is_open or any(part.arg is None for part in node.keywords)
    return Arguments(tuple(positional), keywords, is_open)


def _element(machine: Machine, spread: Value) -> Value:
    if spread.element is not None:
        return spread.element
    if spread.kind is Kind.ARRAY:
        return spread._replace(shape=spread.shape[1:] if spread.shape else None, ident=None)
    return machine.unknown(holds_tracer(spread))


def call(machine: Machine, function: Value, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of ``function(*args)``; records what would go wrong under tracing."""
    match function.target:
        case Function():
            return follow(machine, function.target, args, node, frame).with_traced(function.traced)
        case ClassTarget():
            return construct(machine, function.target, args, node, frame)
        case Transformed():
            return transforms.call(machine, function.target, args, node, frame).with_traced(function.traced)
        case Method():
            return methods.call(machine, function.target, args, node, frame)
        case External(name):
            return known_functions.call(machine, name, args, node, frame)
    if function.kind is Kind.INSTANCE and isinstance(function.const, ClassTarget):
        return call_instance(machine, function, args, node, frame)
    if function.kind is Kind.FUNCTION and function.items:
        return _any_of(machine, function, args, node, frame).with_traced(function.traced)
    return opaque(machine, function, args, node, frame)


def _any_of(machine: Machine, function: Value, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """One of several functions is called: what fails in each of them fails, what fails in some is not known."""
    results: list[Value] = []
    noted: list[dict[Event, None]] = []
    for one in function.items or ():
        with machine.apart() as events:
            results.append(call(machine, one, args, node, frame))
        noted.append(events)
    every = dict.fromkeys(event for events in noted for event in events)
    sure = [event for event in every if event.grade != "fatal" or all(event in events for events in noted)]
    machine.note(sure)
    if len(sure) < len(every):
        machine.event("unknown", "opaque-callee", "one-of-several", node, frame, callee=node.func)
    return reduce(join, results)


def opaque(machine: Machine, function: Value, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """A callee nothing is known of: whether it traces, and whether it has effects, cannot be told here."""
    if args.decorates:
        return args.positional[0]
    if function.traced:
        machine.event("fatal", "heterogeneous-callees", "chosen", node, frame, callee=node.func)
    else:
        machine.event("unknown", "opaque-callee", "unknown-function", node, frame, callee=node.func)
    lost = function.kind is Kind.FUNCTION and function.target is None  # one of too many
    return machine.unknown(lost or reached(machine, args) or reaches_tracer(machine, function))


def call_instance(machine: Machine, value: Value, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``model(x)``: the ``__call__`` of the model's class."""
    assert isinstance(value.const, ClassTarget)
    method = lookup.class_attribute(machine, value.const, "__call__")
    if method is None:
        return opaque(machine, value._replace(traced=False), args, node, frame)
    return call(machine, bind(method, value), args, node, frame)


def bind(method: Value, receiver: Value) -> Value:
    """``method`` bound to ``receiver``, through the transforms and decorators around it."""
    match method.target:
        case Function(bound=None):
            return method._replace(target=replace(method.target, bound=receiver))
        case Transformed(transform="staticmethod", inner=inner):
            return inner
        case Transformed(transform="partial"):
            return method  # such an object does not bind
        case Transformed():
            return method._replace(target=replace(method.target, inner=bind(method.target.inner, receiver)))
    return method


def follow(machine: Machine, function: Function, args: Arguments, node: ast.AST, frame: Frame) -> Value:
    """Evaluate the body of ``function`` with ``args``; gives the join of what it returns."""
    if function.node in machine.active and _as_before(machine.active[function.node], args):
        # what the call inside may do, the call around it has shown already
        return machine.unknown(_sees_tracer(machine, function, args))
    if machine.calls_left <= 0 or len(machine.active) >= machine.deepest or function.node in machine.active:
        machine.event("unknown", "opaque-callee", "too-deep", node, frame, function=_name(function))
        return machine.unknown(_sees_tracer(machine, function, args))
    if function.bound is not None and _is_declared(function.node):
        machine.event("unknown", "opaque-callee", "only-declared", node, frame, function=_name(function))
        return machine.unknown(_sees_tracer(machine, function, args))
    if _is_generator(machine, function.node, function.frame.module.data):
        if not machine.is_muted:
            machine.event("fatal", "non-jax-callee", "generator", node, frame, function=_name(function))
        return machine.unknown(_sees_tracer(machine, function, args))
    key = _memo_key(machine, function, args)
    if key is not None and key in machine.results:
        return machine.results[key]
    machine.calls_left -= 1
    machine.active[function.node] = args
    inside = open_frame(machine, function, args)
    with machine.skipping(slices.NOTHING if machine.is_recording else _silent(machine, function.node)):
        if isinstance(function.node, ast.Lambda):
            result = machine.value(function.node.body, inside)
        else:
            ends = machine.run(function.node.body, inside)
            found = [*inside.returns, NONE] if ends else inside.returns
            result = reduce(join, found) if found else machine.unknown(_sees_tracer(machine, function, args))
    del machine.active[function.node]
    if key is not None:
        machine.results[key] = result
    return result


def _is_declared(node: ast.AST) -> bool:
    """Whether a method has nothing but a docstring or ``...``, as those of protocols and abstract classes do."""
    body = node.body if isinstance(node, ast.FunctionDef) else []
    return bool(body) and all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)


def _sees_tracer(machine: Machine, function: Function, args: Arguments) -> bool:
    """Whether ``function``, which is not followed, may compute with a tracer."""
    return reached(machine, args) or reaches_tracer(machine, Value(Kind.FUNCTION, target=function))


def _silent(machine: Machine, node: ast.AST) -> frozenset[ast.stmt]:
    """The statements that may be passed over where only the value of a call is of interest."""
    return slices.beside_returns(machine, node) if isinstance(node, ast.FunctionDef) else slices.NOTHING


def _as_before(before: Arguments, now: Arguments) -> bool:
    """Whether a function that calls itself is given the same kinds of values, no more of them traced."""
    if before.open or now.open or len(before.positional) != len(now.positional):
        return False
    if before.keywords.keys() != now.keywords.keys():
        return False
    pairs = [*zip(before.positional, now.positional, strict=True)]
    pairs += [(value, now.keywords[name]) for name, value in before.keywords.items()]
    return all(_no_more(one, other) for one, other in pairs)


def _no_more(before: Value, now: Value) -> bool:
    alike = before.kind is now.kind and before.target == now.target and before.index == now.index
    return alike and (holds_tracer(before) or not holds_tracer(now))


def _memo_key(machine: Machine, function: Function, args: Arguments) -> object:
    """Identifies a call that gives the same value and events again; None for closures, whose variables may change."""
    if function.frame.parent is not None or any(map(is_closure, args.every)):
        return None
    key = (
        function,
        args.positional,
        tuple(args.keywords.items()),
        args.open,
        machine.epoch,
        machine.is_muted,
        machine.is_certain,
        machine.heard,
    )
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _name(function: Function) -> str:
    return getattr(function.node, "name", "lambda")


def _is_generator(machine: Machine, node: ast.AST, data: bytes) -> bool:
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    if isinstance(node, ast.Lambda):
        return False
    if not _may_yield(data):
        return False
    key = (node, "yields")
    if key not in machine.tables:
        machine.tables[key] = any(map(_yields, children(node)))
    return bool(machine.tables[key])


@lru_cache(maxsize=4)
def _may_yield(data: bytes) -> bool:
    return b"yield" in data or b"await" in data


def _yields(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    return isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) or any(map(_yields, children(node)))


def open_frame(machine: Machine, function: Function, args: Arguments | None) -> Frame:
    """A frame with the parameters bound to ``args``; with ``args=None`` to what the signature tells."""
    home = function.frame
    inside = Frame(home.module, machine.scope(function.node), home)
    spec = function.node.args
    plain = [*spec.posonlyargs, *spec.args]
    given = list(args.positional) if args is not None else []
    if function.bound is not None:
        given.insert(0, function.bound)
    is_open = args is not None and args.open
    keywords = args.keywords if args is not None else {}
    defaults = dict(zip([a.arg for a in plain[::-1]], spec.defaults[::-1], strict=False))
    defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
    for position, parameter in enumerate(plain):
        if position < len(given):
            inside.values[parameter.arg] = given[position]
        else:
            inside.values[parameter.arg] = _parameter(
                machine, home, parameter, keywords, defaults, args, is_open, position == 0
            )
    for parameter in spec.kwonlyargs:
        inside.values[parameter.arg] = _parameter(machine, home, parameter, keywords, defaults, args, is_open, False)
    taken = {a.arg for a in [*plain, *spec.kwonlyargs]}
    rest = given[len(plain) :] if args is not None and not is_open else None
    hidden = machine.unknown(args is not None and reached(machine, args)) if is_open else None
    _extras(machine, inside, spec, rest, keywords, taken, hidden)
    return inside


def _parameter(
    machine: Machine,
    home: Frame,
    parameter: ast.arg,
    keywords: dict[str, Value],
    defaults: dict[str, ast.expr],
    args: Arguments | None,
    is_open: bool,
    is_first: bool,
) -> Value:
    ident = f"{parameter.arg}@{home.module.path}:{parameter.lineno}"
    if parameter.arg in keywords:
        return keywords[parameter.arg]
    default = defaults.get(parameter.arg)
    if args is not None and default is not None and not is_open:
        with machine.outside():  # defaults are made once, when the function is defined
            return machine.value(default, home)
    if args is not None and is_open:
        return machine.unknown(reached(machine, args), ident)
    if is_first and home.self_class is not None and parameter.arg in {"self", "cls"}:
        return instance(home.self_class, ident)
    if parameter.annotation is not None:
        return signatures.value_of(machine, parameter.annotation, home, ident)
    if default is not None:
        return _from_default(machine.value(default, home), ident, machine)
    return machine.unknown(ident=ident)


def _from_default(value: Value, ident: str, machine: Machine) -> Value:
    """A default tells the kind, not the value: the caller may pass another one."""
    if value.kind in {Kind.NUMBER, Kind.STRING}:
        number = Linear.symbol(ident) if value.kind is Kind.NUMBER else None
        return value._replace(const=None, number=number, ident=ident)
    return machine.unknown(ident=ident)


def _extras(
    machine: Machine,
    inside: Frame,
    spec: ast.arguments,
    rest: list[Value] | None,
    keywords: dict[str, Value],
    taken: set[str],
    hidden: Value | None,
) -> None:
    """``*args`` and ``**kwargs``; ``hidden`` is what each of them may hold if the call does not show that."""
    if spec.vararg is not None:
        known = tuple(rest) if rest is not None else None
        inside.values[spec.vararg.arg] = Value(Kind.TUPLE, items=known, element=hidden, born=machine.epoch)
    if spec.kwarg is not None:
        extra = tuple(value for name, value in keywords.items() if name not in taken) if hidden is None else (hidden,)
        inside.values[spec.kwarg.arg] = Value(
            Kind.DICT, element=reduce(join, extra) if extra else None, born=machine.epoch
        )


def instance(target: ClassTarget, ident: str | None = None, traced: bool = False, born: int = 0) -> Value:
    """An object of a class whose source is at hand."""
    return Value(Kind.INSTANCE, traced=traced, const=target, ident=ident, born=born)


def construct(machine: Machine, target: ClassTarget, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``Model(...)``: runs ``__init__`` where there is one."""
    made = instance(target, traced=args.traced, born=machine.epoch)
    init = lookup.class_attribute(machine, target, "__init__")
    if init is not None and not args.decorates:
        call(machine, bind(init, made), args, node, frame)
    return made
