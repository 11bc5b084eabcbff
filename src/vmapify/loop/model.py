"""Types of the loop model."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from vmapify.diagnostic.details import mention

if TYPE_CHECKING:
    from vmapify.diagnostic.details import Mention, Mentions
    from vmapify.loop.restore import TakingUp
    from vmapify.syntax import Module

Clause = ast.For | ast.comprehension
Collector = Literal[
    "stack",
    "array",
    "concatenate",
    "vstack",
    "hstack",
    "dstack",
    "column_stack",
    "buffer",
    "tree",
    "zip",
    "list",
    "sum",
    "prod",
    "max",
    "min",
    "any",
    "all",
    "logsumexp",
]
Container = Literal["list", "tuple", "array", "numpy"]
Operation = Literal["sum", "prod", "max", "min", "any", "all", "logsumexp"]
REDUCTIONS: frozenset[str] = frozenset(get_args(Operation))


@dataclass(frozen=True, slots=True)
class ArraySource:
    """``target`` takes the rows of ``expr`` along axis 0, the last first if ``reverse``."""

    target: ast.expr
    expr: ast.expr
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class IndexSource:
    """``target`` takes start, start + step, …; ``stop=None``: as long as the arrays it is zipped with."""

    target: ast.Name
    start: ast.expr | None
    stop: ast.expr | None
    step: ast.expr | None


Source = ArraySource | IndexSource


@dataclass(frozen=True, slots=True)
class IterationSpace:
    """One loop level: sources that advance in lockstep. ``strict``: unequal lengths raise (``zip(strict=True)``)."""

    clause: Clause
    sources: tuple[Source, ...]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Reduction:
    """How an accumulator takes up the rows.

    ``start`` is what it starts from, None if the first row itself does or if no statement right before the loop tells.
    ``identity`` says why a rewrite may do without it: there is none (``absent``), or it is the identity of the operation,
    as a Python number, an array or a tree of arrays; None: it counts. ``joined`` is the accumulator
    with the reduced rows taken up (of a statement: its right-hand side, or all of it); None if they are all there is.
    ``negated``: the rows are subtracted. ``python``: a builtin compares or tests the values on the host.
    ``tree`` is the function that maps over leaves, where the rows are pytrees and reduced leaf by leaf. ``bitwise``: ``&``
    or ``|``, which is logical for booleans only.
    """

    joined: TakingUp | None
    start: ast.expr | None = None
    identity: Literal["absent", "number", "array", "tree"] | None = None
    negated: bool = False
    python: bool = False
    tree: ast.expr | None = None
    bitwise: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """``[key]``, or the attribute ``.key`` if ``named``; ``text`` spells it as the program does."""

    key: int | str
    named: bool
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a result it is: the steps that lead to it, none for all of it."""

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __str__(self) -> str:
        return "".join(step.text for step in self.steps)

    def item(self, key: int | str, text: str) -> Part:
        """The entry ``key`` of this part, which ``text`` spells."""
        return Part((*self.steps, Step(key, named=False, text=f"[{text}]")))

    def attribute(self, name: str) -> Part:
        """The attribute ``name`` of this part."""
        return Part((*self.steps, Step(name, named=True, text=f".{name}")))


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Sink:
    """Where the results of the iterations become one value.

    ``node`` is the expression that makes the array (None for a buffer, which is one already). ``library`` tells the
    container: ``numpy`` results must stay NumPy arrays, what ``other`` packages make of the rows is not known.
    ``axis`` is the stacked axis, ``dtype`` the text of an
    explicit dtype. For a buffer ``index`` is the written index expression and ``method`` is ``set`` or ``add``.
    ``part`` is which part of every result is stacked, ``column`` a name that holds this part, ``converted`` as for a
    result; ``container`` what a ``zip`` sink makes of the stacked columns, or what a list that nothing stacks has to be:
    ``array`` and ``numpy`` where whoever takes it makes an array of it. For an accumulator ``reduction`` tells more.
    """

    node: ast.expr | None
    collector: Collector
    library: Literal["jax", "numpy", "python", "other"]
    axis: int = 0
    dtype: ast.expr | None = None
    index: ast.expr | None = None
    method: Literal["set", "add"] = "set"
    part: Part = WHOLE
    column: str | None = None
    converted: str | None = None
    container: str | None = None
    reduction: Reduction | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one iteration contributes, and to what.

    ``name`` is the list, buffer or accumulator (None inside an expression), ``init`` the statement that makes it
    and ``statement`` the one in the body that contributes ``element``. ``converted`` is the host conversion
    (``float``, ``int``, ``item``, ``numpy``) that was taken off the element, since it only serves to fill the array.
    ``apart`` are statements behind the loop that only take the results apart (``a, b = zip(*results)``), ``scattered``
    those of an accumulator that takes up something in several places, or not always. ``key`` is set for one of the lists
    in a dict, and ``slot`` for one of several entries that the list gets in every iteration.

    When a structured result is written as several, ``list_name`` is what ``name`` was before; ``entry`` says which entry
    of what the function returns this one is, or ``part`` what follows the element inside the function.
    """

    name: str | None
    element: ast.expr
    sinks: tuple[Sink, ...]
    init: ast.stmt | None = None
    statement: ast.stmt | None = None
    converted: str | None = None
    apart: tuple[ast.stmt, ...] = ()
    key: str | None = None
    slot: int | None = None
    list_name: str | None = None
    entry: int | None = None
    part: Part = WHOLE
    scattered: tuple[ast.stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class Carry:
    """A variable that an iteration makes of what another one left: it is set to ``element``.

    ``name`` is None where only the search for the first row that will do ends there, ``if good(x): return element``.
    """

    name: str | None
    element: ast.expr


@dataclass(frozen=True, slots=True)
class Table:
    """Where all lists of the dict ``name`` are stacked at once: ``node`` makes a dict of arrays with the keys ``keys``.

    ``rebinds``: it is a statement, which puts the arrays into the dict of lists itself. ``alike``: what holds the arrays
    is a dict of the type that holds the lists.
    """

    name: str
    node: ast.expr | ast.stmt
    keys: tuple[str, ...]
    rebinds: bool = False
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the shape of the loop that no ``vmap`` can express: the codes of the reason, and the proving node.

    ``mentions`` is what the reason is about; ``cure`` chooses the advice, where that depends on more than the codes.
    """

    code: str
    subcode: str
    node: ast.AST
    mentions: Mentions = ()
    cure: str = ""

    @classmethod
    def of(cls, code: str, subcode: str, node: ast.AST, /, **mentions: Mention) -> Obstacle:
        """An obstacle with what it mentions by name."""
        return cls(code, subcode, node, tuple(mentions.items()))

    def about(self, name: str) -> Mention | None:
        """What it mentions under ``name``; None if nothing."""
        return mention(self.mentions, name)


@dataclass(frozen=True, slots=True)
class LoopModel:
    """A loop that collects what a per-example computation gives.

    ``loop`` is the outermost ``for`` statement or collecting expression and ``anchor`` the statement that holds
    it. ``spaces`` lists the loop levels, outermost first; ``flat`` says that they fill one axis together.
    ``body`` are the statements of one iteration without the contributions. ``tables`` are the places where the lists of
    a dict are stacked together. ``carries``: nothing is collected, and these go on from iteration to iteration; the loop is
    only told why it must stay.
    """

    rule: str
    module: Module
    loop: ast.For | ast.expr
    anchor: ast.stmt
    spaces: tuple[IterationSpace, ...]
    body: tuple[ast.stmt, ...]
    results: tuple[Result, ...]
    obstacles: tuple[Obstacle, ...] = ()
    flat: bool = False
    tables: tuple[Table, ...] = ()
    progress: tuple[ast.Call, ...] = ()
    carries: tuple[Carry, ...] = ()

    @property
    def named(self) -> frozenset[str]:
        """The names of what the loop leaves: its lists, buffers and accumulators, and what it carries on."""
        names = (*(one.name for one in self.results), *(one.name for one in self.carries))
        return frozenset(name for name in names if name is not None)
