"""What a callable value stands for: source we can read, a name in another package, or a transformed function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vmapify.infer.value import holds_tracer

if TYPE_CHECKING:
    import ast

    from vmapify.infer.value import Value
    from vmapify.syntax import Module, Scope


class Frame:
    """One running scope of the abstract evaluation: names to values, and the scope it was defined in.

    ``values`` fills while statements are evaluated; frames of modules fill on demand. ``returns`` collects what the
    body returns. ``self_class`` is the class whose methods are defined here.
    """

    __slots__ = ("module", "parent", "returns", "scope", "self_class", "values")

    def __init__(self, module: Module, scope: Scope, parent: Frame | None) -> None:
        self.module = module
        self.scope = scope
        self.parent = parent
        self.values: dict[str, Value] = {}
        self.returns: list[Value] = []
        self.self_class: ClassTarget | None = None

    def copy(self) -> Frame:
        """The same scope with values of its own, for one of several branches; returns are shared."""
        made = self.inside(self.self_class)
        made.values = dict(self.values)
        return made

    def inside(self, self_class: ClassTarget | None) -> Frame:
        """The same scope and values, as seen from the methods of a class."""
        made = Frame(self.module, self.scope, self.parent)
        made.values, made.returns, made.self_class = self.values, self.returns, self_class
        return made


@dataclass(frozen=True, slots=True)
class External:
    """Something named by its import path whose source is not followed, e.g. ``jax.numpy.sum``."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function whose source is at hand, with the frame it closes over."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    bound: Value | None = None


@dataclass(frozen=True, slots=True)
class ClassTarget:
    """A class whose source is at hand."""

    node: ast.ClassDef
    frame: Frame


@dataclass(frozen=True, slots=True)
class Transformed:
    """``transform(inner)``: jit, grad, vmap, partial, …

    ``traces`` says that calling it traces ``inner`` whatever the arguments are, so its body is traceable already.
    ``donates``: it deletes arguments it was given. ``args`` and ``keywords`` are those bound by ``functools.partial``.
    """

    transform: str
    inner: Value
    traces: bool = False
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    static: tuple[int | str, ...] = ()
    donates: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a builtin or array value: ``xs.sum``, ``results.append``."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of one call. ``open``: ``*args`` or ``**kwargs`` hide how many there are."""

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    decorates: bool = False

    @property
    def every(self) -> tuple[Value, ...]:
        """All argument values."""
        return (*self.positional, *self.keywords.values())

    @property
    def traced(self) -> bool:
        """Whether any argument is or holds a tracer."""
        return any(holds_tracer(value) for value in self.every)

    def get(self, position: int, name: str) -> Value | None:
        """The argument at ``position`` or called ``name``."""
        if position < len(self.positional):
            return self.positional[position]
        return self.keywords.get(name)


Target = External | Function | ClassTarget | Transformed | Method
