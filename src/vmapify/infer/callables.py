"""What a callable value stands for: source we can read, a name in another package, or a transformed function."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.infer.value import Value
    from vmapify.syntax import Module, Scope


@dataclass(slots=True, eq=False)
class Frame:
    """One running scope of the abstract evaluation: names to values, and the scope it was defined in.

    ``values`` fills while statements are evaluated; ``module`` frames fill on demand.
    """

    module: Module
    scope: Scope
    parent: Frame | None
    values: dict[str, Value] = field(default_factory=dict)
    returns: list[Value] = field(default_factory=list)
    self_class: ClassTarget | None = None


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


Target = External | Function | ClassTarget | Transformed | Method
