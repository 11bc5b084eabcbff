"""Loops whose iterations take over arrays from one another: `for k in range(m): acc = acc + g(x, k)`.

One iteration is run on symbols for what it takes over and for its number. If it gives arrays of the same types, the loop
is a fold of it over the initial arrays, however often it runs; both versions of a program then hold the same term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.doubt import Unproven
from vmapify.domain.rebuild import at
from vmapify.domain.term import TRACED, Term, lane, term
from vmapify.domain.value import Array, Unknown
from vmapify.heap.heap import with_name
from vmapify.interpret import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.heap.objects import Frame, Lanes
    from vmapify.interpret.running import Running

    Body = Callable[[Value], tuple[Value | Lanes, ...]]


def folded(machine: Running, part: Lanes, body: Body, frame: int, stored: frozenset[str]) -> bool:
    """Run a loop as a fold; False, and nothing is changed, if it does more than to hand on arrays by names."""
    before, log = machine.heap.copy(), machine.log
    try:
        done = _run(machine, part, body, frame, stored)
    except Unproven:
        done = False
    if not done:
        machine.heap.take(before)
        machine.log = log
    return done


ROUNDS = 3


def _run(machine: Running, part: Lanes, body: Body, frame: int, stored: frozenset[str]) -> bool:
    first = names.frame_at(machine, frame)
    taken = {name: value for name in sorted(stored) if isinstance(value := first.names.get(name), Array)}
    types = taken
    for _ in range(ROUNDS if taken else 0):
        found = _step(machine, part, body, frame, (types, stored))
        if found is None:
            return False
        step, arrays, last = found
        wider = {name: _wider(types[name], one) for name, one in zip(taken, arrays, strict=True)}
        if wider == types:
            whole = term("fold", step, tuple((one.term, one.dtype) for one in taken.values()), part.count)
            machine.heap.mutate(frame, _ended(machine, last, types, stored, whole))
            return True
        types = wider
    return False


def _step(
    machine: Running, part: Lanes, body: Body, frame: int, how: tuple[dict[str, Array], frozenset[str]]
) -> tuple[Term, list[Array], Frame] | None:
    """One iteration, for arrays of some types: the term of it, what it gives, and the names behind it."""
    types, stored = how
    first, before, log = names.frame_at(machine, frame), machine.heap.copy(), machine.log
    with machine.tracing() as depth:
        item = at(part.value, part.lane, term("bound", depth, "number"))
        if item is None:
            return None
        machine.heap.mutate(frame, _begun(machine, first, types, stored, depth))
        made = body(item)
        last = names.frame_at(machine, frame)
        machine.heap.mutate(frame, first)
        if made or machine.log != log or machine.heap.differs(before):
            return None
    arrays = [one for name in types if isinstance(one := last.names.get(name), Array)]
    if len(arrays) != len(types):
        return None
    return term(TRACED, depth, tuple((one.term, one.dtype) for one in arrays)), arrays, last


def _wider(one: Array, other: Array) -> Array:
    """What is certain of the type of two arrays."""
    dtype = one.dtype if one.dtype == other.dtype else None
    return Array(one.term, dtype, one.shape if one.shape == other.shape else None, one.like)


def _begun(machine: Running, frame: Frame, taken: dict[str, Array], stored: frozenset[str], depth: int) -> Frame:
    """The names as an iteration finds them."""
    # what is handed on may come to differ from lane to lane, and must not be asked for its truth then
    lanes = tuple(lane(level) for level in range(machine.level))
    for name in stored & frame.names.keys():
        symbol = term("bound", depth, name, lanes)
        value = taken.get(name)
        now: Value = Unknown(symbol)
        if value is not None:
            now = Array(symbol, value.dtype, value.shape)
        frame = with_name(frame, name, now)
    return frame


def _ended(machine: Running, last: Frame, taken: dict[str, Array], stored: frozenset[str], whole: Term) -> Frame:
    """The names behind the loop."""
    for number, (name, value) in enumerate(taken.items()):
        last = with_name(last, name, Array(term("part-of", whole, number), value.dtype, value.shape))
    for name in sorted((stored & last.names.keys()) - taken.keys()):
        machine.heap.escape((last.names[name],))
        last = with_name(last, name, Unknown(term("last", machine.loop_number(), name)))
    return last
