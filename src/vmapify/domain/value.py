"""Abstract values, one class a kind. They never change; what can change lives in the heap and is referred to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.domain.dtypes import DType
    from vmapify.domain.term import Term
    from vmapify.syntax import Module

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value nothing is known of but that it is ``term``: using it may run any code."""

    term: Term


@dataclass(frozen=True, slots=True)
class Number:
    """A Python number. ``kind``: ``bool``, ``int``, ``float`` or ``complex``."""

    kind: str
    term: Term


@dataclass(frozen=True, slots=True)
class Text:
    """A Python string (or bytes); ``term`` is a constant where it is known."""

    term: Term


@dataclass(frozen=True, slots=True)
class Singleton:
    """``None``, ``...`` or ``NotImplemented``."""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """A JAX array, which nothing can change. ``shape``: one integer term an axis; None if the rank is unknown.

    ``like`` is then the term of an array that certainly has the same shape, if there is one.
    """

    term: Term
    dtype: DType | None = None
    shape: tuple[Term, ...] | None = None
    like: Term | None = None


@dataclass(frozen=True, slots=True)
class ShapeOf:
    """The shape of an array whose rank is not known."""

    term: Term


@dataclass(frozen=True, slots=True)
class DTypeOf:
    """The dtype of an array; ``name`` if it is known."""

    term: Term
    name: str | None = None


@dataclass(frozen=True, slots=True)
class HostScalar:
    """A NumPy scalar; ``dtype`` is a NumPy dtype name, None if unknown."""

    term: Term
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple of known length."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SliceValue:
    """``slice(start, stop, step)``."""

    start: Value
    stop: Value
    step: Value


@dataclass(frozen=True, slots=True)
class Range:
    """``range(start, stop, step)``; integer terms, the step is known and not zero."""

    start: Term
    stop: Term
    step: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An object in the heap. ``place`` is its number there."""

    place: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function whose source is at hand. ``frame`` is the place of the frame it closes over.

    ``defaults`` and ``keyword_defaults`` were evaluated where it is defined. ``owner``: the class whose body it is in.
    """

    node: FunctionNode
    module: Module = field(hash=False, compare=False)
    frame: int = 0
    defaults: tuple[Value, ...] = ()
    keyword_defaults: tuple[tuple[str, Value], ...] = ()
    owner: ClassValue | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A callable with its first argument: a method of an object (``function`` is one of ours) or of a built-in value.

    ``name`` is the method's name where the library says what it does, ``detail`` what it was given before.
    """

    receiver: Value
    function: Value | None = None
    name: str = ""
    detail: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """A module, function or class that the tables know by its import path, e.g. ``jax.numpy.sum``."""

    name: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What a function of a function gives: ``jax.jit(f)``, ``functools.partial(f, 1)``, ``jax.vmap(f, in_axes=…)``."""

    transform: str
    inner: Value
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()

    def keyword(self, name: str) -> Value | None:
        """The keyword argument ``name``."""
        return dict(self.keywords).get(name)


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class whose source is at hand, with the frame that it was defined in."""

    node: ast.ClassDef
    module: Module = field(hash=False, compare=False)
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Outer:
    """An object that other code made: of class ``cls``, or of a subclass unless ``exact``. ``term``: which one it is."""

    term: Term
    cls: ClassValue
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Super:
    """``super()`` in a method of ``cls``, of the object ``receiver``."""

    receiver: Value
    cls: ClassValue


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """A module of the project, by its file."""

    module: Module = field(hash=False, compare=False)
    path: str = ""


Value = (
    Unknown
    | Number
    | Text
    | Singleton
    | Array
    | ShapeOf
    | DTypeOf
    | HostScalar
    | Tuple
    | SliceValue
    | Range
    | Reference
    | Function
    | Bound
    | Library
    | Applied
    | ClassValue
    | Outer
    | Super
    | ProjectModule
)

NONE = Singleton("None")
ELLIPSIS = Singleton("Ellipsis")


def closure(module: Module, frame: int) -> Function:
    """Some function that closes over the frame at ``frame``."""
    nothing = ast.arguments([], [], None, [], [], None, [])
    return Function(ast.Lambda(nothing, ast.Constant(None)), module, frame)
