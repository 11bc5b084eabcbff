"""What a loop runs over, watched: its body may change what is still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import Reference
from vmapify.heap.digest import digest
from vmapify.heap.objects import Iterator, Lazy
from vmapify.interpret import sequences

if TYPE_CHECKING:
    import ast
    from collections.abc import Hashable

    from vmapify.domain.value import Value
    from vmapify.heap.objects import Lanes
    from vmapify.interpret.running import Running


class Watched:
    """The items of ``source``.

    Raises:
        Unproven: they are not known.
    """

    def __init__(self, machine: Running, source: Value, node: ast.AST) -> None:
        self._machine = machine
        self._source = source
        self._node = node
        self._lazy = dict(_lazy(machine, source))
        self._new = machine.heap.next_place
        parts = sequences.parts(machine, source, node)
        if parts is None:
            machine.unproven("not-a-sequence", machine.origin(source) or "", node)
        self.parts: tuple[Value | Lanes, ...] = parts
        self._before = self._digests(parts) if isinstance(source, Reference) else ()

    def changed(self, position: int) -> bool:
        """Whether what comes behind ``position`` may be another thing now than it was before the loop."""
        if not isinstance(self._source, Reference):
            return False
        machine, heap = self._machine, self._machine.heap
        machine.heap = heap.copy()
        try:
            for place, lazy in self._lazy.items():
                machine.heap.mutate(place, lazy)
            now = sequences.parts(machine, self._source, self._node)
            digests = self._digests(now) if now is not None else ()
        finally:
            machine.heap = heap
        behind = position + 1
        return len(digests) != len(self._before) or digests[behind:] != self._before[behind:]

    def _digests(self, parts: tuple[Value | Lanes, ...]) -> tuple[Hashable, ...]:
        return tuple(digest(self._machine.heap, part, self._new) for part in parts)


def _lazy(machine: Running, value: Value) -> list[tuple[int, Lazy | Iterator]]:
    """The iterators and views that are read when ``value`` is iterated over."""
    found = machine.heap.peek(value.place) if isinstance(value, Reference) and value.place in machine.heap else None
    if not isinstance(value, Reference) or not isinstance(found, Lazy | Iterator):
        return []
    behind = found.args if isinstance(found, Lazy) else ()
    return [(value.place, found), *(pair for one in behind for pair in _lazy(machine, one))]
