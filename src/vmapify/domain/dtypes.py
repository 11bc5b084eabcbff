"""Dtypes with width and weakness, and how JAX promotes them (the lattice in JAX's documentation of type promotion)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# what each type is promoted to next; a star marks the weak types of Python's numbers
_ABOVE: dict[str, tuple[str, ...]] = {
    "bool": ("int*",),
    "int*": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "int8": ("int16",),
    "uint16": ("uint32", "int32"),
    "int16": ("int32",),
    "uint32": ("uint64", "int64"),
    "int32": ("int64",),
    "uint64": ("float*",),
    "int64": ("float*",),
    "float*": ("bfloat16", "float16", "complex*"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex*": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
KEY = "key"
"""The dtype of typed random keys."""
_UNKNOWN = ("any", "floating")


@dataclass(frozen=True, slots=True)
class DType:
    """The dtype of a JAX array. ``weak``: it gives way to the type of what it is combined with."""

    name: str
    weak: bool = False

    @property
    def is_inexact(self) -> bool:
        """Whether it is a floating-point or complex type."""
        return self.name.startswith(("float", "bfloat", "complex"))

    @property
    def is_integer(self) -> bool:
        """Whether it is a signed or unsigned integer type."""
        return self.name.startswith(("int", "uint"))


@dataclass(frozen=True, slots=True)
class Widths:
    """What ``jax_enable_x64`` decides."""

    x64: bool

    def canonical(self, name: str) -> str:
        """The type that an array gets that asks for ``name``."""
        return name if self.x64 else NARROW.get(name, name)

    def of(self, kind: str, *, weak: bool = False) -> DType:
        """The default type of ``bool``, ``int``, ``float`` and ``complex``."""
        return DType(
            self.canonical({"int": "int64", "float": "float64", "complex": "complex128"}.get(kind, kind)), weak
        )

    def promoted(self, dtypes: Iterable[DType | None]) -> DType | None:
        """The type that operands of these types are computed in; None if one is not known."""
        nodes = set()
        every = tuple(dtypes)
        if any(one in {ANY, FLOATING} for one in every):
            return _of_unknown(every)
        for one in every:
            if one is None or (one.name not in _ABOVE):
                return None
            nodes.add(_weak_node(one.name) if one.weak else one.name)
        return self._of_node(_join(frozenset(nodes))) if nodes else None

    def inexact(self, dtype: DType | None) -> DType | None:
        """The type in which functions such as ``sin`` compute what has type ``dtype``."""
        if dtype is None or dtype.name == KEY:
            return None
        if dtype in {ANY, FLOATING}:
            return FLOATING
        if dtype.is_inexact:
            return dtype
        # also where 64 bits are the default, it is only integers of 64 bits that become floats of 64 bits
        return DType("float64" if dtype.name in {"int64", "uint64"} else "float32", dtype.weak)

    def _of_node(self, node: str | None) -> DType | None:
        if node is None:
            return None
        return self.of(node[:-1], weak=True) if node.endswith("*") else DType(self.canonical(node))


ANY = DType("any")
"""Some strong dtype."""
FLOATING = DType("floating")
"""Some strong floating-point dtype."""


def _of_unknown(dtypes: tuple[DType | None, ...]) -> DType | None:
    """What is certain of the result of operands of which some have a dtype that is not known, but strong."""
    if None in dtypes:
        return None
    others = [one for one in dtypes if one is not None and one not in {ANY, FLOATING}]
    if FLOATING in dtypes and all(
        one.name == "bool" or one.is_integer or (one.weak and not one.name.startswith("complex")) for one in others
    ):
        return FLOATING if ANY not in dtypes else None
    return ANY if not others else None


def _weak_node(name: str) -> str:
    if name == "bool":
        return "bool"
    return "int*" if name.startswith(("int", "uint")) else "complex*" if name.startswith("complex") else "float*"


@cache
def _above(name: str) -> frozenset[str]:
    return frozenset({name}).union(*(_above(one) for one in _ABOVE[name]))


@cache
def _join(nodes: frozenset[str]) -> str | None:
    common = frozenset.intersection(*(_above(one) for one in nodes))
    least = [one for one in common if common <= _above(one)]
    return least[0] if least else None
