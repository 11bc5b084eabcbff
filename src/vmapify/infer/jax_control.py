"""Functions that JAX calls: what they make of carries and operands, slot by slot.

A carry is joined to a fixpoint, as JAX does it under ``vmap``: a slot depends on the row once an iteration has stored into
it what does. Structure, shape and dtype of a carry are those it starts with, for JAX accepts no others.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer.callables import Arguments, Transformed
from vmapify.infer.closures import reached, reaches_tracer
from vmapify.infer.value import ARRAYS, NONE, Kind, Value, holds_tracer, join

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

    Handler = Callable[[Machine, Arguments, ast.Call, Frame], Value]

# what goes wrong because a tracer has no value, whether or not the code around it is traced
OF_VALUES = frozenset(
    {
        *("value-conversion", "python-branch-on-value", "static-index", "ragged-shapes", "non-jax-callee"),
        *("numpy-semantics",),
    }
)
# what `vmap` does anew in every call, for it keeps no traces
OF_EFFECTS = frozenset({"loop-carried-dependency", "side-effect"})
ROUNDS = 16  # a carry has rarely more slots, and each round but the last reaches another one
FEW = 4  # what Python folds settles after two or three elements, or its kind changes each time
CONTAINERS = {Kind.TUPLE, Kind.LIST, Kind.DICT}


def call(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of ``jax.lax.<last>(…)``, one of ``HANDLERS``; only the values of operands and closures flow on."""
    if args.open:
        return machine.unknown(reached(machine, args))
    return HANDLERS[last](machine, args, node, frame)


def applied(machine: Machine, function: Value | None, given: Iterable[Value], node: ast.Call, frame: Frame) -> Value:
    """What ``function`` gives for ``given`` when JAX traces it; unknown and traced if it cannot be followed and may see a row."""
    if function is None:
        return machine.unknown(any(map(holds_tracer, given)))
    return traced_call(machine, function, Arguments(tuple(given)), node, frame)


def traced_call(
    machine: Machine,
    function: Value,
    args: Arguments,
    node: ast.Call,
    frame: Frame,
    heard: frozenset[str] = frozenset(),
) -> Value:
    """The value of a call that JAX traces in the loop already, so that what its arguments cannot do fails there, too.

    A row that ``function`` closes over is an array in the loop and a tracer under ``vmap``: what fails for it is told,
    and so are the codes ``heard``.
    """
    if machine.hears_values and reaches_tracer(machine, function):
        plain = Arguments(
            tuple(map(_untraced, args.positional)), {k: _untraced(v) for k, v in args.keywords.items()}, args.open
        )
        with machine.muted(heard=OF_VALUES):
            machine.call(function, plain, node, frame)
    with machine.muted(heard=heard & machine.heard if machine.is_muted else heard):
        return machine.call(function, args, node, frame)


def _untraced(value: Value) -> Value:
    items = tuple(map(_untraced, value.items)) if value.items is not None else None
    element = _untraced(value.element) if value.element is not None else None
    return value._replace(traced=False, items=items, element=element)


def as_arrays(value: Value) -> Value:
    """``value`` as JAX hands it to a function: Python numbers are arrays, whose values nobody knows any more."""
    if value.kind is Kind.NUMBER:
        dtype = "bool" if value.dtype == "bool" else "weak"
        return Value(Kind.ARRAY, traced=value.traced, index=value.index, shape=(), dtype=dtype)
    if value.kind is Kind.NDARRAY:
        return value._replace(kind=Kind.ARRAY)
    if value.kind not in CONTAINERS:
        return value
    items = tuple(as_arrays(item) for item in value.items) if value.items is not None else None
    element = as_arrays(value.element) if value.element is not None else None
    return value._replace(items=items, element=element, number=None)


def stored(slot: Value, new: Value) -> Value:
    """A ``slot`` of a carry into which an iteration may have stored ``new``."""
    inner = _in_order(slot, new)
    if slot.items is not None and inner is not None:
        items = tuple(stored(one, other) for one, other in zip(slot.items, inner, strict=True))
        return slot._replace(items=items, element=reduce(join, items) if slot.element is not None and items else None)
    slot = slot.with_traced(holds_tracer(new))._replace(index=slot.index and new.index)
    if slot.kind is Kind.ARRAY and slot.dtype == "weak" and new.kind in ARRAYS:
        return slot._replace(dtype=new.dtype)  # a weakly typed start takes the dtype of what is stored
    return slot


def _in_order(slot: Value, new: Value) -> tuple[Value, ...] | None:
    """The entries of ``new`` in the order of those of ``slot``; None if they do not belong to each other."""
    if slot.items is None or new.items is None or len(slot.items) != len(new.items) or slot.kind is not new.kind:
        return None
    if slot.kind is not Kind.DICT:
        return new.items
    names, others = slot.const, new.const
    if not isinstance(names, tuple) or not isinstance(others, tuple) or set(names) != set(others):
        return None
    return tuple(new.items[others.index(name)] for name in names)


def settled(carry: Value, step: Callable[[Value], Value]) -> Value:
    """``carry`` after any number of iterations, of which ``step`` makes one; traced as a whole if it does not settle."""
    for _ in range(ROUNDS):
        after = stored(carry, step(carry))
        if after == carry:
            return carry
        carry = after
    carry = carry.with_traced(True)
    step(carry)
    return carry


def part(machine: Machine, value: Value, position: int) -> Value:
    """Entry ``position`` of what a function gave."""
    if value.items is not None and position < len(value.items):
        return value.items[position]
    return machine.unknown(holds_tracer(value))


def row_of(machine: Machine, rows: Value | None) -> Value:
    """What JAX hands to a function that it maps over the leading axis of ``rows``, an array or a tree of such."""
    if rows is None:
        return NONE
    if rows.kind in ARRAYS:
        shape = rows.shape[1:] if rows.shape else None
        return Value(Kind.ARRAY, traced=rows.traced, shape=shape, dtype=rows.dtype)
    if rows.items is not None:
        return rows._replace(items=tuple(row_of(machine, item) for item in rows.items), element=None, number=None)
    return rows if rows.kind in {Kind.NONE, Kind.INSTANCE, Kind.PYTREE} else machine.unknown(holds_tracer(rows))


def stacked(machine: Machine, value: Value, node: ast.Call, frame: Frame) -> Value:
    """The results ``value`` of many calls, stacked leaf by leaf."""
    if value.kind in {*ARRAYS, Kind.NUMBER}:
        row = as_arrays(value)
        shape = (None, *row.shape) if row.shape is not None else None
        return machine.array(node, frame, row.traced, shape=shape, dtype=row.dtype)
    if value.items is not None:
        items = tuple(stacked(machine, item, node, frame) for item in value.items)
        return value._replace(items=items, element=None, born=machine.epoch)
    return value._replace(ident=None) if value.kind is not Kind.UNKNOWN else machine.array(node, frame, value.traced)


def _scan(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``carry, ys = scan(f, init, xs)`` with ``carry, y = f(carry, x)``."""
    function, init, rows = args.get(0, "f"), args.get(1, "init"), args.get(2, "xs")
    row = row_of(machine, rows)
    made = NONE

    def step(carry: Value) -> Value:
        nonlocal made
        made = applied(machine, function, (carry, row), node, frame)
        return part(machine, made, 0)

    carry = settled(_start(machine, init), step)
    results = stacked(machine, part(machine, made, 1), node, frame)
    return Value(Kind.TUPLE, items=(carry, results), born=machine.epoch)


def _start(machine: Machine, init: Value | None) -> Value:
    """What a carry starts as: JAX makes new containers, so none of them is that of the caller."""
    if init is None:
        return machine.unknown()
    return _made_here(machine, as_arrays(init))


def _made_here(machine: Machine, value: Value) -> Value:
    items = tuple(_made_here(machine, item) for item in value.items) if value.items is not None else None
    return value._replace(items=items, born=machine.epoch) if value.kind in CONTAINERS else value


def _fori_loop(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    bounds = [value for value in (args.get(0, "lower"), args.get(1, "upper")) if value is not None]
    varies = any(map(holds_tracer, bounds))
    index = Value(Kind.ARRAY, traced=varies, shape=())
    function = args.get(2, "body_fun")
    start = _start(machine, args.get(3, "init_val"))
    after = settled(start, lambda carry: applied(machine, function, (index, carry), node, frame))
    return after.with_traced(varies)


def _while_loop(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """If the condition depends on the row, so does the number of rounds, and with it every slot."""
    test, function = args.get(0, "cond_fun"), args.get(1, "body_fun")
    start = _start(machine, args.get(2, "init_val"))
    after = settled(start, lambda carry: applied(machine, function, (carry,), node, frame))
    return after.with_traced(holds_tracer(applied(machine, test, (after,), node, frame)))


def _cond(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``cond(p, f, g, *operands)``, or ``cond(p, x, f, y, g)`` as it was before."""
    decided, one, other = args.get(0, "pred"), args.get(1, "true_fun"), args.get(2, "false_fun")
    operands = args.positional[3:]
    if len(args.positional) == 5 and args.positional[4].kind is Kind.FUNCTION and _is_data(args.positional[1]):
        _, given, one, taken, other = args.positional
        results = [applied(machine, one, (given,), node, frame), applied(machine, other, (taken,), node, frame)]
    else:
        operands += (args.keywords["operand"],) if "operand" in args.keywords else ()
        results = [applied(machine, function, operands, node, frame) for function in (one, other)]
    return _chosen(machine, decided, results)


def _is_data(value: Value) -> bool:
    return value.kind not in {Kind.FUNCTION, Kind.CLASS, Kind.UNKNOWN, Kind.INSTANCE}


def _chosen(machine: Machine, decided: Value | None, results: list[Value]) -> Value:
    """What one of several branches gives: arrays, traced where any branch is, or the choice itself."""
    varies = decided is None or holds_tracer(decided)
    joined = reduce(join, map(as_arrays, results)) if results else machine.unknown()
    return _made_here(machine, joined).with_traced(varies)


def _switch(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``switch(k, branches, *operands)``: any branch, and where nothing shows which there are, anything."""
    branches = args.get(1, "branches")
    every: tuple[Value | None, ...] = (branches.element,) if branches is not None else (None,)
    if branches is not None and branches.items is not None:
        every = branches.items
    operands = args.positional[2:] + ((args.keywords["operand"],) if "operand" in args.keywords else ())
    results = [applied(machine, function, operands, node, frame) for function in every]
    unclear = None in every and branches is not None and reaches_tracer(machine, branches)
    return _chosen(machine, args.get(0, "index"), results).with_traced(unclear)


def _map(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    row = row_of(machine, args.get(1, "xs"))
    return stacked(machine, applied(machine, args.get(0, "f"), (row,), node, frame), node, frame)


def _associative_scan(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    function = args.get(0, "fn")
    start = _start(machine, args.get(1, "elems"))
    return settled(start, lambda both: applied(machine, function, (both, both), node, frame))


def _custom_root(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``custom_root(f, guess, solve, tangent_solve)``: ``solve(f, guess)`` gives the root, shaped like the guess."""
    function, solve = args.get(0, "f"), args.get(2, "solve")
    return _solved(machine, function, args.get(1, "initial_guess"), solve, args, node, frame)


def _custom_linear_solve(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``custom_linear_solve(matvec, b, solve)``: ``solve(matvec, b)`` gives the solution, shaped like ``b``."""
    function, solve = args.get(0, "matvec"), args.get(2, "solve")
    return _solved(machine, function, args.get(1, "b"), solve, args, node, frame)


def _solved(
    machine: Machine,
    function: Value | None,
    given: Value | None,
    solve: Value | None,
    args: Arguments,
    node: ast.Call,
    frame: Frame,
) -> Value:
    start = _start(machine, given)
    seen = holds_tracer(applied(machine, function, (start,), node, frame))
    handed = (function, start) if function is not None else (start,)
    seen = seen or holds_tracer(applied(machine, solve, handed, node, frame))
    solution = start.with_traced(seen)
    if "has_aux" in args.keywords:
        return Value(Kind.TUPLE, items=(solution, machine.unknown(holds_tracer(solution))), born=machine.epoch)
    return solution


def differentiate(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``jvp``, ``vjp`` and ``linearize``: the value of a function at its primals, and a derivative or a function of one."""
    if not args.positional:
        return machine.unknown()
    function, aux = args.positional[0], args.keywords.get("has_aux")
    primals = args.positional[1:]
    if last == "jvp":
        primals = (primals[0].items or (machine.unknown(args.traced),)) if primals else ()
    given = Arguments(primals, {}, args.open or last == "jvp")
    result = machine.call(function, given, node, frame)
    traced = args.traced or holds_tracer(result)
    extra: tuple[Value, ...] = ()
    if aux is not None and aux.const is not False:
        result, extra = part(machine, result, 0), (part(machine, result, 1).with_traced(traced),)
    result = as_arrays(result).with_traced(traced)
    if last == "jvp":
        return Value(Kind.TUPLE, items=(result, result, *extra))
    like = primals if last == "vjp" else (result,)
    derivative = Transformed(f"jax.{last}", function, args=tuple(as_arrays(one).with_traced(traced) for one in like))
    return Value(Kind.TUPLE, items=(result, Value(Kind.FUNCTION, target=derivative), *extra))


def derivative_at(target: Transformed, args: Arguments) -> Value:
    """What the function gives that ``vjp`` (one cotangent a primal), ``linearize`` or ``ravel_pytree`` made."""
    parts = tuple(one._replace(ident=None, index=False).with_traced(args.traced) for one in target.args)
    return Value(Kind.TUPLE, items=parts) if target.transform == "jax.vjp" else parts[0]


def folded(
    machine: Machine, function: Value, element: Value, start: Value | None, node: ast.Call, frame: Frame
) -> Value:
    """``reduce(function, …)``: Python calls ``function`` with what it gave before and with an ``element``."""
    so_far = start if start is not None else element
    for _ in range(FEW):
        after = join(so_far, machine.call(function, Arguments((so_far, element)), node, frame))
        if after == so_far:
            return so_far
        so_far = after
    return machine.unknown(any(reaches_tracer(machine, one) for one in (function, element, so_far)))


HANDLERS: dict[str, Handler] = {
    "scan": _scan,
    "map": _map,
    "fori_loop": _fori_loop,
    "while_loop": _while_loop,
    "cond": _cond,
    "switch": _switch,
    "associative_scan": _associative_scan,
    "custom_root": _custom_root,
    "custom_linear_solve": _custom_linear_solve,
}
