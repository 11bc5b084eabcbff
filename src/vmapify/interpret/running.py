"""What the parts of the interpreter need of one another, beyond what the library needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vmapify.library.protocol import Interpreter

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Hashable, Sequence
    from contextlib import AbstractContextManager

    from vmapify.domain.term import Term
    from vmapify.domain.value import ClassValue, Function, Value
    from vmapify.heap.objects import Lanes
    from vmapify.interpret.flow import Flow
    from vmapify.syntax import Module, Scope


class Sources(Protocol):
    """Finds the source of modules."""

    def imported(self, module: Module, name: str, level: int) -> Module | None:
        """The module that ``from <level dots><name> import …`` means in ``module``; None if its source is not at hand."""


class Running(Interpreter, Protocol):
    """The running machine; see `machine.Machine`."""

    sources: Sources
    module: Module
    counts: dict[Term, Term]
    module_values: dict[tuple[str, str], Value]
    trail: list[ast.AST]
    is_strict: bool
    replaced: frozenset[str]
    depth: int
    assumed: set[str]
    replaced_in_modules: frozenset[str]
    handed_on: frozenset[str]
    mixes_widths: bool

    def value(self, node: ast.expr, frame: int) -> Value:
        """The value of an expression."""

    def run(self, block: Sequence[ast.stmt], frame: int) -> Flow:
        """Run statements in order."""

    def statement(self, node: ast.stmt, frame: int) -> Flow:
        """Run one statement."""

    def tracing(self) -> AbstractContextManager[int]:
        """Run a function for arguments that may be anything; gives the depth that tells their symbols from others."""

    def apart(self, module: Module) -> AbstractContextManager[int]:
        """Evaluate what ran long before in a module; gives its frame."""

    def defining(self, cls: ClassValue) -> AbstractContextManager[int]:
        """The frame in which a class was defined."""

    def scope(self, node: ast.AST) -> Scope:
        """The scope of a module, class or function body."""

    def follows(self, module: Module) -> bool:
        """Whether what a module says is certain."""

    def loop_number(self) -> int:
        """A number for a loop that is run here."""

    def is_outermost(self, frame: int) -> bool:
        """Whether a frame is that of a module whose names are looked up where they are asked for."""

    def origin(self, value: Value) -> str | None:
        """What made an unknown value; None if the value is known."""

    def needs_rank(self, array: Term, rank: int, node: ast.AST) -> None:
        """Here the program goes on only if ``array`` has ``rank`` axes."""

    def digest(self, value: Value) -> Hashable:
        """A value as part of a term."""

    def function_value(self, node: ast.FunctionDef | ast.Lambda, frame: int) -> Function:
        """The function that a definition makes."""

    def defined(self, node: ast.FunctionDef, frame: int) -> Value:
        """The function with its decorators applied."""

    def class_value(self, node: ast.ClassDef, frame: int) -> ClassValue | None:
        """The class that a definition makes; None if it is not modelled."""

    def method(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """What class attribute ``name`` is, and the class that defines it."""

    def item(self, owner: Value, index: Value, node: ast.AST) -> Value:
        """``owner[index]``."""

    def store_item(self, owner: Value, index: Value, value: Value, node: ast.AST) -> None:
        """``owner[index] = value``."""

    def store_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """``owner.name = value``."""

    def each(
        self,
        source: Value,
        node: ast.AST,
        body: Callable[[Value], tuple[Value | Lanes, ...]],
        frame: int,
        stored: frozenset[str],
    ) -> tuple[Value | Lanes, ...]:
        """Run ``body`` for every item of ``source``."""

    def at_lane(self, part: Lanes, number: Term) -> Value | None:
        """The item that iteration ``number`` put into a list."""

    def first_of(self, part: Lanes, wanted: int) -> list[Value] | None:
        """The first items of what every iteration gives."""
