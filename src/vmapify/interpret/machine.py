"""The machine: the heap, the log of what else happened, the lanes that are bound, and calls between its parts."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from vmapify.domain.doubt import Doubt, Unproven
from vmapify.domain.integers import Bounds, constant, known
from vmapify.domain.term import Term, lane, term
from vmapify.domain.value import ClassValue, Function, Unknown, closure
from vmapify.heap.digest import digest
from vmapify.heap.heap import Heap, with_name
from vmapify.heap.objects import Frame
from vmapify.interpret import (
    annotated,
    attributes,
    calls,
    classes,
    conditions,
    expressions,
    loops,
    names,
    operators,
    sequences,
    settings,
    statements,
    subscripts,
    world,
)
from vmapify.library.protocol import Arguments
from vmapify.syntax import Scope, stored_names

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from vmapify.domain.dtypes import Widths
    from vmapify.domain.value import Value
    from vmapify.heap.objects import Lanes
    from vmapify.interpret.flow import Flow
    from vmapify.interpret.running import Sources
    from vmapify.syntax import Module

BUDGET = 20_000  # expressions evaluated for one proof


class Machine:
    """Runs code of one file. ``log`` holds what happened that is not modelled, in order.

    ``is_strict``: what is not modelled in a statement ends the proof; else the statement makes everything that it can
    reach unknown. ``common``: places before this one were given out before the two versions parted.
    ``assumed``: methods that no class elsewhere may override. ``depth``: how many functions run for arguments that may
    be anything. ``program``: the frame of the module, if it is the module that is run. ``trips``: how often loops run.
    ``trail``: the calls that are running. ``replaced``: names of attributes that the file stores to,
    ``replaced_in_modules`` of attributes of modules; ``handed_on``: names of what other code may change, if it is a class.
    """

    def __init__(self, module: Module, sources: Sources, widths: Widths) -> None:
        self.module = module
        self.sources = sources
        self.widths = widths
        self.heap = Heap()
        self.log: tuple[Term, ...] = ()
        self.counts: dict[Term, Term] = {}
        self.module_values: dict[tuple[str, str], Value] = {}
        self.trail: list[ast.AST] = []
        self.is_strict = False
        self.traces = 0
        self.replaced = world.stored_attributes(module)
        self.replaced_in_modules = world.stored_in_modules(module)
        self.handed_on = world.handed_on(module)
        self.left = BUDGET
        self.common = 0
        self.program = 0
        self.trips: set[Term] = set()
        self._scopes: dict[ast.AST, Scope] = {}
        self.mixes_widths = settings.mixes_widths(module)
        self._followed: dict[str, bool] = {}
        self._loops = 0
        self.assumed: set[str] = set()
        self.depth = 0

    # -- what holds here ------------------------------------------------------------------------------------
    @property
    def bounds(self) -> Bounds:
        """What is known of the size of integers here."""
        return Bounds(self.counts, self.heap.extents)

    @property
    def level(self) -> int:
        """How many lanes are bound."""
        return len(self.counts)

    @contextmanager
    def lanes(self, count: Term) -> Iterator[Term]:
        """Bind one more lane, of which there are ``count``."""
        if known(count) == 0:
            raise Unproven(Doubt("never-runs", "", self.module.path, 0))
        one, before = lane(len(self.counts)), self.counts
        self.trips.add(count)
        self.counts = {**before, one: count}
        try:
            yield one
        finally:
            self.counts = before

    @contextmanager
    def tracing(self) -> Iterator[int]:
        """Run a function for arguments that may be anything; gives the depth that tells their symbols from others."""
        depth, self.depth = self.depth, self.depth + 1
        try:
            yield depth
        finally:
            self.depth = depth

    @contextmanager
    def apart(self, module: Module) -> Iterator[int]:
        """Evaluate what ran long before in ``module``: on a heap of its own, outside of all loops; gives its frame."""
        before = self.heap, self.log, self.counts, self.module, self.is_strict, self.traces
        self.heap, self.log, self.counts, self.module, self.is_strict, self.traces = Heap(), (), {}, module, False, 0
        try:
            yield self.heap.new(Frame(module, Scope(module.tree))).place
        finally:
            self.heap, self.log, self.counts, self.module, self.is_strict, self.traces = before

    @contextmanager
    def defining(self, cls: ClassValue) -> Iterator[int]:
        """The frame in which a class was defined."""
        if cls.frame and cls.frame not in self.heap:
            self.unproven("unmodelled", cls.node.name, cls.node)
        if cls.frame:
            before, self.module = self.module, cls.module
            try:
                yield cls.frame
            finally:
                self.module = before
        else:
            with self.apart(cls.module) as frame:
                yield frame

    def scope(self, node: ast.AST) -> Scope:
        """The scope of a module, class or function body, computed once."""
        if node not in self._scopes:
            self._scopes[node] = Scope.of(node)  # type: ignore[arg-type]
        return self._scopes[node]

    def follows(self, module: Module) -> bool:
        """Whether what a module says is certain: nothing in it changes names or settings in ways that are not seen."""
        if module.path not in self._followed:
            self._followed[module.path] = world.doubt(module) is None
            self.replaced |= world.stored_attributes(module)
            self.replaced_in_modules |= world.stored_in_modules(module)
            self.handed_on |= world.handed_on(module)
        return self._followed[module.path]

    def heed(self, other: Machine) -> None:
        """Know from the start what ``other`` saw that files change, as they came up."""
        self.replaced |= other.replaced
        self.replaced_in_modules |= other.replaced_in_modules
        self.handed_on |= other.handed_on

    def loop_number(self) -> int:
        """A number for a loop that is run here: the same in both versions, as long as they do the same."""
        self._loops += 1
        return self._loops

    def restart_loops(self, number: int) -> None:
        """Give out the numbers from ``number`` on once more."""
        self._loops = number

    # -- what is not modelled -------------------------------------------------------------------------------
    def unproven(self, code: str, name: str, node: ast.AST) -> NoReturn:
        """End the proof."""
        raise Unproven(Doubt(code, name, self.module.path, getattr(node, "lineno", 0)))

    def opaque(self, name: str, values: tuple[Value, ...], node: ast.AST) -> Unknown:
        """Something that is not modelled happens: its result is unknown, and all that it reaches may have changed.

        Raises:
            Unproven: it would happen once a row in one version, and once in the other.
        """
        if self.counts:
            for one in values:
                if isinstance(one, Unknown) and one.term.op == "carried":
                    self.unproven("carried", str(one.term.args[1]), node)
            self.unproven("unmodelled", next((o for one in values if (o := self.origin(one)) is not None), name), node)
        # what runs may call back functions of the program, which see its variables
        program = names.frame_at(self, self.program).names.values() if self.program in self.heap else ()
        self.heap.escape((*values, *program))
        position = len(self.log)
        self.log = (*self.log, term("happened", name, tuple(self.digest(one) for one in values)))
        self.heap.havoc(term("since", position))
        return Unknown(term("result", position))

    def is_outermost(self, frame: int) -> bool:
        """Whether the frame at ``frame`` is that of a module whose names are looked up where they are asked for."""
        return frame != self.program and isinstance(names.frame_at(self, frame).scope.node, ast.Module)

    def origin(self, value: Value) -> str | None:
        """What made an unknown value: a callee, an import, a parameter; None if the value is known."""
        if not isinstance(value, Unknown):
            return None
        match value.term.op, value.term.args:
            case "result", (int(position),) if position < len(self.log):
                return str(self.log[position].args[0])
            case "part", (Term() as whole, _):
                return self.origin(Unknown(whole))
            case (("parameter" | "after" | "module" | "import" | "last" | "carried"), (*_, str(name))):
                return name
        return None

    def needs_rank(self, array: Term, rank: int, node: ast.AST) -> None:
        """Here the program goes on only if ``array`` has ``rank`` axes.

        Raises:
            Unproven: the other version may raise another error, or none.
        """
        if self.heap.ranks.get(array, 1) >= rank or self.counts:
            return
        if self.is_strict:
            self.unproven("raises", "IndexError", node)
        self.heap.ranks[array] = rank

    def digest(self, value: Value) -> Hashable:
        """A value as part of a term."""
        return digest(self.heap, value, self.common)

    # -- running --------------------------------------------------------------------------------------------
    def value(self, node: ast.expr, frame: int) -> Value:
        """The value of ``node`` in the frame at ``frame``."""
        self.left -= 1
        if self.left < 0:
            self.unproven("too-long", "", node)
        return expressions.evaluate(self, node, frame)

    def run(self, block: Sequence[ast.stmt], frame: int) -> Flow:
        """Run statements in order."""
        return statements.run(self, block, frame)

    def statement(self, node: ast.stmt, frame: int) -> Flow:
        """Run one statement; if it is not modelled, all that it can reach may have changed."""
        if self.is_strict or self.counts or self.trail:
            return statements.statement(self, node, frame)
        before, log = self.heap.copy(), self.log
        try:
            return statements.statement(self, node, frame)
        except Unproven as failed:
            if failed.doubt.code == "too-long":
                raise
            self.heap.take(before)
            self.log = log
            self._lost(node, frame)
            return statements.THROUGH

    def _lost(self, node: ast.stmt, frame: int) -> None:
        """Anything may have happened in ``node``."""
        position = len(self.log)
        found = names.frame_at(self, frame)
        self.heap.escape((*found.names.values(), closure(self.module, frame)))
        self.log = (*self.log, term("happened", "statement", node.lineno))
        self.heap.havoc(term("since", position))
        found = names.frame_at(self, frame)
        for name in stored_names([node]) & found.scope.bindings.keys():
            found = with_name(found, name, statements.unknown_after(name, position))
        self.heap.mutate(frame, found)

    def call(self, function: Value, args: Arguments, node: ast.AST) -> Value:
        """Call any value."""
        return calls.call(self, function, args, node)

    # -- definitions ----------------------------------------------------------------------------------------
    def function_value(self, node: ast.FunctionDef | ast.Lambda, frame: int) -> Function:
        """The function that a definition makes; its defaults are evaluated here and now."""
        found = names.frame_at(self, frame)
        defaults = tuple(self.value(part, frame) for part in node.args.defaults)
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        keyword_defaults = tuple((one.arg, self.value(part, frame)) for one, part in pairs if part is not None)
        annotated.of_function(self, node, frame)
        place = 0 if self.is_outermost(frame) else frame
        return Function(node, self.module, place, defaults, keyword_defaults, found.owner)

    def defined(self, node: ast.FunctionDef, frame: int) -> Value:
        """What a definition binds: the function with its decorators applied, innermost first."""
        decorators = [(self.value(one, frame), one) for one in node.decorator_list]
        value: Value = self.function_value(node, frame)
        for decorator, one in reversed(decorators):
            value = self.call(decorator, Arguments((value,)), one)
        return value

    def class_value(self, node: ast.ClassDef, frame: int) -> ClassValue | None:
        """The class that a definition makes; None if it is not modelled."""
        return classes.class_value(self, node, frame)

    def method(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """What class attribute ``name`` is, by the method order, and the class that defines it."""
        return classes.method(self, cls, name)

    # -- parts of values ------------------------------------------------------------------------------------
    def truth(self, value: Value, node: ast.AST) -> bool | Term:
        """Whether Python takes ``value`` for true: known, or a term that is the same in every iteration."""
        return conditions.truth(self, value, node)

    def item(self, owner: Value, index: Value, node: ast.AST) -> Value:
        """``owner[index]``."""
        return subscripts.item(self, owner, index, node)

    def store_item(self, owner: Value, index: Value, value: Value, node: ast.AST) -> None:
        """``owner[index] = value``."""
        subscripts.store(self, owner, index, value, node)

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """``owner.name``."""
        return attributes.attribute(self, owner, name, node)

    def store_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """``owner.name = value``."""
        attributes.store(self, owner, name, value, node)

    def combined(self, name: str, left: Value, right: Value, node: ast.AST) -> Value:
        """The value of the arithmetic operator ``name``."""
        return operators.combined(self, name, left, right, node)

    # -- iterating ------------------------------------------------------------------------------------------
    def items(self, value: Value, node: ast.AST) -> tuple[Value | Lanes, ...] | None:
        """What iterating over ``value`` gives, one by one where there are few; None if it is not known."""
        return sequences.items(self, value, node)

    def parts(self, value: Value, node: ast.AST) -> tuple[Value | Lanes, ...] | None:
        """What iterating over ``value`` gives; None if it is not known."""
        return sequences.parts(self, value, node)

    def each(
        self,
        source: Value,
        node: ast.AST,
        body: Callable[[Value], tuple[Value | Lanes, ...]],
        frame: int,
        stored: frozenset[str],
    ) -> tuple[Value | Lanes, ...]:
        """Run ``body`` for every item of ``source``; it may bind the names ``stored`` of ``frame``."""
        return loops.each(self, source, node, body, frame, stored)

    def every(
        self, parts: tuple[Value | Lanes, ...], node: ast.AST, body: Callable[[Value], tuple[Value | Lanes, ...]]
    ) -> tuple[Value | Lanes, ...]:
        """Run ``body``, which binds no names, for every item and give what it gives."""
        frame = self.heap.new(Frame(self.module, Scope(self.module.tree))).place
        return loops.over(self, parts, node, body, frame, frozenset())

    def at_lane(self, part: Lanes, number: Term) -> Value | None:
        """The item that iteration ``number`` put into a list."""
        return sequences.at_lane(part, number)

    def first_of(self, part: Lanes, wanted: int) -> list[Value] | None:
        """The first items of what every iteration gives."""
        found = [sequences.at_lane(part, constant(number)) for number in range(wanted)]
        return None if None in found else found  # type: ignore[return-value]
