"""Index arithmetic as polynomials: what two bounds differ by, whatever way they are written."""

from __future__ import annotations

import ast

from vmapify.syntax import dotted

Polynomial = dict[tuple[str, ...], int]
"""The coefficient of each product of names, by the sorted names: ``2 * k + 1`` is ``{("k",): 2, (): 1}``."""


def polynomial(node: ast.expr) -> Polynomial | None:
    """What sums, differences and products of names and integers come to; None for anything else."""
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return {(): number} if number else {}
        case ast.Name() | ast.Attribute():
            name = dotted(node)
            return None if name is None else {(".".join(name),): 1}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = polynomial(operand)
            return None if inner is None else _sum({}, inner, -1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
            one, other = polynomial(left), polynomial(right)
            if one is None or other is None:
                return None
            return (
                _product(one, other)
                if isinstance(op, ast.Mult)
                else _sum(one, other, -1 if isinstance(op, ast.Sub) else 1)
            )
    return None


def difference(high: ast.expr, low: ast.expr) -> Polynomial | None:
    """``high - low``; None where one of them is no polynomial."""
    one, other = polynomial(high), polynomial(low)
    return None if one is None or other is None else _sum(one, other, -1)


def text_of(found: Polynomial) -> str:
    """As one would write it: ``2 * k + 1``."""
    terms = sorted(found.items(), key=lambda term: (-len(term[0]), term[0]))
    parts = []
    for names, factor in terms:
        factors = [*([str(abs(factor))] if abs(factor) != 1 or not names else []), *names]
        sign = "-" if factor < 0 else "+"
        parts += [sign, " * ".join(factors)]
    return " ".join(parts[1:] if parts[:1] == ["+"] else parts) or "0"


def _sum(one: Polynomial, other: Polynomial, factor: int) -> Polynomial:
    names = one.keys() | other.keys()
    found = {name: one.get(name, 0) + factor * other.get(name, 0) for name in names}
    return {name: number for name, number in found.items() if number}


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for left, a in one.items():
        for right, b in other.items():
            names = tuple(sorted((*left, *right)))
            found[names] = found.get(names, 0) + a * b
    return {name: number for name, number in found.items() if number}
