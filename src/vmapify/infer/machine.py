"""The abstract evaluator: frames, lookups, events. Expressions, statements and calls live in their own modules."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vmapify.infer import calls, exit_states, expressions, indexing, lookup, slices, statements
from vmapify.infer.callables import Arguments, ClassTarget, Frame, Function
from vmapify.infer.events import Event, Grade
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import Assumed, Kind, Value, holds_tracer, surely_traced
from vmapify.syntax import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vmapify.diagnostic.details import Mention
    from vmapify.diagnostic.facts import Fact
    from vmapify.infer.project import Project
    from vmapify.syntax import Module

BUDGET = 4000  # calls followed for one file; generated code must not hang the linter
DEPTH = 12  # nested calls followed in the body of a loop
# traced code meets the index as a weakly typed number in the loop and as an int32 array under vmap, jit or not
NEVER_MUTED = {"index-arithmetic", "output-dtype"}
SURROUNDINGS = 3  # nested calls followed for what stands before it, where only kinds and shapes matter


class Machine:
    """Evaluates code of one file, following calls into the project and installed packages.

    ``epoch`` numbers evaluations: an object born in an older one is shared with the surroundings, so changing
    it is an effect. ``mapped`` holds the row reads (``xs[i]``) that become mapped arguments,
    ``rests`` the index entries that remain of a read such as ``xs[i, 0]``. ``used`` is what was only assumed to be
    an array and is used as one by what is recorded. ``unfollowed``: something was called or stored whose consequences
    for the values of an iteration are not known, so what seems constant may not be. ``facts`` are what a run showed of the values
    that a loop finds, by where it starts; ``seen`` holds those of the access
    paths of the loop at hand, ``taught`` are those that the source does not show.
    """

    def __init__(self, module: Module, project: Project) -> None:
        self.module = module
        self.project = project
        self.root = Frame(module, Scope.of(module.tree), None)
        self.epoch = 0
        self._epochs = 0
        self.calls_left = BUDGET
        self.active: dict[ast.AST, Arguments] = {}
        self.mapped: dict[ast.AST, Value] = {}
        self.facts: Mapping[int, tuple[Fact, ...]] = {}
        self.seen: dict[ast.AST, Value] = {}
        self.taught: frozenset[Fact] = frozenset()
        self.rests: dict[ast.AST, list[ast.expr]] = {}
        self.stop: ast.AST | None = None
        self.snapshot: Frame | None = None
        self._events: dict[Event, None] | None = None
        self._muted = 0
        self._perhaps = 0
        self.heard: frozenset[str] = frozenset()
        self.uses_jax = False
        self.unfollowed = False
        self.used: set[Assumed] = set()
        self.integers: frozenset[str] = frozenset()
        self.skipped = slices.NOTHING
        self._scopes: dict[ast.AST, Scope] = {}
        self.attributes: dict[tuple[ast.AST, str], Value] = {}
        self.results: dict[object, Value] = {}
        self.tables: dict[tuple[ast.AST, str], object] = {}

    # -- events ---------------------------------------------------------------------------------------------
    def event(
        self,
        grade: Grade,
        code: str,
        subcode: str,
        node: ast.AST,
        frame: Frame,
        /,
        *values: Value,
        **mentions: Mention,
    ) -> None:
        """Note an obstacle at ``node``, unless nothing is being recorded or the code is traced anyway.

        ``report.wording`` has the sentence for ``code`` and ``subcode``; ``mentions`` are what it speaks of. In a callee it
        is only certain if one of ``values``, those that it is about, is known to be of the iteration.
        """
        if self._events is None:
            return
        self.unfollowed = self.unfollowed or code == "opaque-callee"
        if not self._muted or code in NEVER_MUTED or code in self.heard:
            line = getattr(node, "lineno", 1)
            told = tuple(mentions.items())
            certain = not self.active or (not self._perhaps and (not values or any(map(surely_traced, values))))
            self._events.setdefault(Event(grade, code, subcode, node, frame.module.path, line, told, certain))

    def used_as_array(self, value: Value) -> None:
        """Note that something only assumed to be an array is used as one: evidence, not an obstacle."""
        if value.assumed is not None and self._events is not None:
            self.used.add(value.assumed)

    def note_store(self, value: Value) -> None:
        """Note that a value is stored in an object: what has another name for it may hold the value, too."""
        self.unfollowed = self.unfollowed or holds_tracer(value)

    def note_jax(self, args: Arguments) -> None:
        """Note that the recorded body hands a traced value to JAX."""
        if self._events is not None and args.traced:
            self.uses_jax = True

    @contextmanager
    def recording(self) -> Iterator[dict[Event, None]]:
        """Start a new epoch and collect the events of what is evaluated inside."""
        before, self._events = self._events, {}
        self._epochs += 1
        self.epoch = self._epochs
        try:
            yield self._events
        finally:
            self._events, self.epoch = before, 0

    @contextmanager
    def apart(self) -> Iterator[dict[Event, None]]:
        """Collect the events of what is evaluated inside, for `note` to take over what counts."""
        before, apart = self._events, dict[Event, None]()
        self._events = apart if before is not None else None
        try:
            yield apart
        finally:
            self._events = before

    def note(self, events: Iterable[Event]) -> None:
        """Take over events that were collected `apart`."""
        if self._events is not None:
            self._events.update(dict.fromkeys(events))

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Evaluate code that ran long before: module globals, class bodies. Its objects are shared, its events old."""
        events, epoch, muted = self._events, self.epoch, self._muted
        self._events, self.epoch, self._muted = None, 0, 0
        try:
            yield
        finally:
            self._events, self.epoch, self._muted = events, epoch, muted

    @contextmanager
    def counting(self, idents: frozenset[str]) -> Iterator[None]:
        """Evaluate what only runs if the unknown values ``idents`` are integers."""
        before, self.integers = self.integers, idents
        try:
            yield
        finally:
            self.integers = before

    @contextmanager
    def muted(self, heard: frozenset[str] = frozenset()) -> Iterator[None]:
        """Evaluate code that the loop traces already: what fails under tracing fails in the loop, too.

        The codes ``heard`` are noted all the same.
        """
        before, self.heard = self.heard, heard
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1
            self.heard = before

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Evaluate what need not be reached: a branch by a test of which nothing is known."""
        self._perhaps += 1
        try:
            yield
        finally:
            self._perhaps -= 1

    @property
    def is_certain(self) -> bool:
        """Whether what is evaluated now is reached, as far as the source shows."""
        return not self._perhaps

    @property
    def deepest(self) -> int:
        """How many nested calls are followed just now."""
        return DEPTH if self._events is not None else SURROUNDINGS

    @property
    def is_recording(self) -> bool:
        """Whether what is evaluated leaves events."""
        return self._events is not None

    @property
    def is_muted(self) -> bool:
        """Whether events are dropped just now."""
        return self._muted > 0

    @property
    def hears_values(self) -> bool:
        """Whether what goes wrong with traced values leaves events just now."""
        return self._events is not None and (not self._muted or "value-conversion" in self.heard)

    # -- evaluation -----------------------------------------------------------------------------------------
    def value(self, node: ast.expr, frame: Frame) -> Value:
        """What is known of the value of ``node`` in ``frame``."""
        mapped = self.mapped.get(node)
        if mapped is not None:
            rest = self.rests.get(node)
            return mapped if rest is None else indexing.of_row(self, mapped, rest, node, frame)
        if self.seen and (shown := self.seen.get(node)) is not None:
            return shown
        found = expressions.evaluate(self, node, frame)
        if found.kind is Kind.UNKNOWN and found.ident is not None and found.ident in self.integers and not found.traced:
            return Value(Kind.NUMBER, dtype="int", number=Linear.symbol(found.ident), ident=found.ident)
        return found

    def run(self, block: Sequence[ast.stmt], frame: Frame) -> bool:
        """Evaluate statements in order; False if control cannot reach their end."""
        return statements.run(self, block, frame)

    def call(self, function: Value, args: Arguments, node: ast.Call, frame: Frame) -> Value:
        """The value of a call."""
        return calls.call(self, function, args, node, frame)

    def lookup(self, name: str, frame: Frame) -> Value:
        """The value of a name as seen from ``frame``."""
        return lookup.name(self, name, frame)

    def scope(self, node: ast.AST) -> Scope:
        """The scope of a function or class body, computed once."""
        if node not in self._scopes:
            assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            self._scopes[node] = Scope.of(node)
        return self._scopes[node]

    # -- frames ---------------------------------------------------------------------------------------------
    def frame_at(self, statement: ast.stmt, wanted: Sequence[ast.AST] = ()) -> Frame:
        """The scope around ``statement`` as it is just before it runs (for the first time, or any later one).

        What it says of names that do not occur in ``wanted`` (by default: in ``statement``) is not to be relied on.
        """
        owner = self.module.function_of(statement)
        if owner is None:
            start = self._entry(statement)
        elif isinstance(owner, ast.Lambda):
            return self._definition_frame(owner)
        else:
            start = self.enter(owner)
        body = owner.body if owner is not None else self._class_or_module_body(statement)
        with self.skipping(slices.beside(self, body, wanted or [statement], statement)):
            self.stop = statement
            self.run(body, start)
            return self.snapshot or start

    @contextmanager
    def skipping(self, statements: frozenset[ast.stmt]) -> Iterator[None]:
        """Run blocks as if ``statements`` did not stand there, and to their end if no other is set."""
        before = self.skipped, self.stop, self.snapshot
        self.skipped, self.stop, self.snapshot = statements, None, None
        try:
            yield
        finally:
            self.skipped, self.stop, self.snapshot = before

    def _entry(self, statement: ast.stmt) -> Frame:
        outer = self.module.class_of(statement)
        if outer is None:
            return Frame(self.module, self.root.scope, self.root)
        return Frame(self.module, self.scope(outer), self.root)

    def _class_or_module_body(self, statement: ast.stmt) -> list[ast.stmt]:
        outer = self.module.class_of(statement)
        return outer.body if outer is not None else self.module.tree.body

    def enter(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Frame:
        """A frame for ``function``'s body with its parameters as annotations, defaults and ``self`` tell."""
        parent = self._definition_frame(function)
        return calls.open_frame(self, Function(function, parent), None)

    def _definition_frame(self, function: ast.AST) -> Frame:
        """The frame ``function`` closes over: enclosing functions evaluated to their end."""
        for outer in self.module.ancestors(function):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                return self._method_frame(function, self._closed_over(function, outer))
        return self._method_frame(function, self.root)

    def _closed_over(self, function: ast.AST, outer: ast.FunctionDef | ast.AsyncFunctionDef) -> Frame:
        """The frame of ``outer`` at any time from the definition of ``function`` in it on."""
        definition = self.module.statement_of(function)
        frame = self.enter(outer)
        with self.skipping(slices.beside(self, outer.body, [function], roots=[definition])):
            self.run(outer.body, frame)
        exit_states.from_now_on(self, definition, frame)
        return frame

    def _method_frame(self, function: ast.AST, frame: Frame) -> Frame:
        parent = self.module.parents.get(function)
        if isinstance(parent, ast.ClassDef):
            return frame.inside(ClassTarget(parent, frame))
        return frame

    def fresh(self, value: Value) -> bool:
        """Whether the evaluation that is being recorded created the object itself."""
        return value.born == self.epoch

    def unknown(self, traced: bool = False, ident: str | None = None) -> Value:
        """A value nothing is known of."""
        return Value(Kind.UNKNOWN, traced=traced, ident=ident)

    def array(self, node: ast.AST, frame: Frame, traced: bool, **known: object) -> Value:
        """A new JAX array, named after the place that makes it."""
        place = f"{frame.module.path}:{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}"
        return Value(Kind.ARRAY, traced=traced, **{"ident": f"<{place}>", "born": self.epoch, **known})  # type: ignore[arg-type]
