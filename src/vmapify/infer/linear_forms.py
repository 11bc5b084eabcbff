"""Symbolic integers: linear forms over named extents, to prove that two lengths are the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Linear:
    """``const + sum(coefficient * symbol)``. Equal forms are equal integers; unequal ones may still be."""

    const: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    @classmethod
    def symbol(cls, name: str) -> Linear:
        """The integer that ``name`` stands for."""
        return cls(0, ((name, 1),))

    @property
    def value(self) -> int | None:
        """The integer if it is known, else None."""
        return self.const if not self.terms else None

    def __add__(self, other: Linear) -> Linear:
        merged = dict(self.terms)
        for name, factor in other.terms:
            merged[name] = merged.get(name, 0) + factor
        return Linear(self.const + other.const, tuple(sorted((n, f) for n, f in merged.items() if f)))

    def scaled(self, factor: int) -> Linear:
        """This form times ``factor``."""
        if factor == 0:
            return Linear()
        return Linear(self.const * factor, tuple((name, f * factor) for name, f in self.terms))

    def __sub__(self, other: Linear) -> Linear:
        return self + other.scaled(-1)

    def times(self, other: Linear) -> Linear | None:
        """The product, None if it is not linear."""
        if other.value is not None:
            return self.scaled(other.value)
        return other.scaled(self.value) if self.value is not None else None
