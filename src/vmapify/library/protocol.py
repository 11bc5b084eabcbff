"""What the tables of the library need of the interpreter that calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from vmapify.domain.dtypes import Widths
    from vmapify.domain.integers import Bounds
    from vmapify.domain.term import Term
    from vmapify.domain.value import Unknown, Value
    from vmapify.heap.heap import Heap
    from vmapify.heap.objects import Lanes


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of one call."""

    positional: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)

    @property
    def every(self) -> tuple[Value, ...]:
        """All argument values."""
        return (*self.positional, *self.keywords.values())


class Interpreter(Protocol):
    """The running interpreter, as the library sees it."""

    heap: Heap
    widths: Widths
    log: tuple[Term, ...]
    traces: int
    """How many traces of JAX run around this place: in one, arrays have no values."""

    @property
    def bounds(self) -> Bounds:
        """What is known of the size of integers here."""

    @property
    def level(self) -> int:
        """How many loops and maps run around this place whose iterations are treated as one."""

    def call(self, function: Value, args: Arguments, node: ast.AST) -> Value:
        """Call any value."""

    def lanes(self, count: Term) -> AbstractContextManager[Term]:
        """A context in which one more lane is bound, of which there are ``count``; gives its term."""

    def truth(self, value: Value, node: ast.AST) -> bool | Term:
        """Whether Python takes ``value`` for true: known, or a term that is the same in every iteration."""

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """``owner.name``."""

    def combined(self, name: str, left: Value, right: Value, node: ast.AST) -> Value:
        """The value of the arithmetic operator ``name``."""

    def every(
        self, parts: tuple[Value | Lanes, ...], node: ast.AST, body: Callable[[Value], tuple[Value | Lanes, ...]]
    ) -> tuple[Value | Lanes, ...]:
        """Run ``body`` for every item and give what it gives."""

    def items(self, value: Value, node: ast.AST) -> tuple[Value | Lanes, ...] | None:
        """What iterating over ``value`` gives, if that is known; an iterator is used up."""

    def parts(self, value: Value, node: ast.AST) -> tuple[Value | Lanes, ...] | None:
        """What iterating over ``value`` gives: items, and what all iterations of loops gave; None if it is not known."""

    def opaque(self, name: str, values: tuple[Value, ...], node: ast.AST) -> Unknown:
        """Something that is not modelled happens: its result is unknown, and all that it reaches may have changed."""

    def unproven(self, code: str, name: str, node: ast.AST) -> NoReturn:
        """End the proof."""
