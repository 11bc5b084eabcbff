"""What a run showed of the values that a loop uses: the second source of knowledge, beside the source text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.callables import External
from vmapify.infer.value import NONE, STRING, Kind, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vmapify.diagnostic.facts import Fact, Seen
    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

ALIKE = "entries of one structure, and of the same shapes"
"""The `Value.const` of a list or tuple that a run showed to have such entries."""
PLAIN = {"bool", "int", "float", "complex"}
FOLLOWED = ("jax.", "numpy.", "builtins.", "math.")
CONTAINERS = {"list": Kind.LIST, "tuple": Kind.TUPLE, "dict": Kind.DICT}


def taught(machine: Machine, frame: Frame, parts: Iterable[ast.AST], facts: Iterable[Fact]) -> Frame:
    """The scope with what a run showed, where the source left it open; ``machine.taught`` are the facts that it took.

    ``parts`` are the statements and expressions of the loop: access paths in them, such as ``self.model``, are known by node.
    """
    by_name = {fact.name: fact for fact in facts}
    made, used = frame.copy(), []
    for name, fact in by_name.items():
        known = machine.lookup(name, frame) if name.isidentifier() else None
        value = _where_open(known, fact.seen) if known is not None else None
        if value is not None:
            made.values[name] = value
            used.append(fact)
    for path, node in (found for part in parts for found in paths(part)):
        about = by_name.get(path) if not isinstance(node, ast.Name) else None
        if about is not None and (value := _where_open(machine.value(node, made), about.seen)) is not None:
            machine.seen[node] = value
            used.append(about)
    machine.taught = frozenset(used)
    return made


def paths(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names and access paths below ``node`` that are read, with the node of each: ``self``, ``self.model``, ``d["mu"]``."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Load):
            path = _path(part)
            if path is not None:
                yield path, part


def _path(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=name):
            above = _path(owner)
            return None if above is None else f"{above}.{name}"
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(key))) if (
            '"' not in key and "." not in key and "[" not in key
        ):
            above = _path(owner)
            return None if above is None else f'{above}["{key}"]'
    return None


def _where_open(known: Value, seen: Seen) -> Value | None:
    """What was seen, where the source does not say it; a list or tuple may be known without its entries."""
    if known.kind is Kind.UNKNOWN:
        return value_of(seen, known.ident)
    listed = known.kind in {Kind.LIST, Kind.TUPLE} and CONTAINERS.get(seen.kind) is known.kind
    if listed and known.shape is None:
        return value_of(seen, known.ident)
    return None


def value_of(seen: Seen, ident: str | None = None) -> Value | None:
    """The abstract value; extents stay symbols, so that nothing is written that only holds for the sizes of one run."""
    match seen.kind:
        case "array" | "numpy":
            kind = Kind.ARRAY if seen.kind == "array" else Kind.NDARRAY
            return Value(kind, shape=(None,) * len(seen.shape), dtype=_dtype(seen.dtype), ident=ident)
        case "number":
            return Value(Kind.NUMBER, dtype=seen.dtype, ident=ident) if seen.dtype in PLAIN else None
        case "text":
            return STRING
        case "none":
            return NONE
        case "list" | "tuple" if not seen.names:
            return _sequence(seen, ident)
        case "dict":
            items = tuple(map(_entry, seen.parts))
            complete = len(items) == len(seen.names)
            return Value(Kind.DICT, items=items, const=seen.names, ident=ident) if complete else None
        case "tuple" | "object" if seen.parts and all(part.kind in {"array", "numpy", "number"} for part in seen.parts):
            return Value(Kind.PYTREE, ident=ident)
        case "function" if seen.name.startswith(FOLLOWED):
            return Value(Kind.FUNCTION, target=External(seen.name), ident=ident)
    return None


def _sequence(seen: Seen, ident: str | None) -> Value | None:
    if seen.each is not None:
        row = _entry(seen.each)
        return Value(CONTAINERS[seen.kind], element=row, const=ALIKE, ident=ident)
    return _entry(seen)._replace(ident=ident) if seen.parts else None


def _entry(seen: Seen) -> Value:
    """What is inside of a container, where how many there are belongs to the structure: ``(x, y)`` in ``[(x, y), …]``."""
    if seen.kind in {"list", "tuple"} and not seen.names and seen.parts:
        return Value(CONTAINERS[seen.kind], items=tuple(map(_entry, seen.parts)))
    return value_of(seen) or Value(Kind.UNKNOWN)


def _dtype(name: str) -> str | None:
    return next((kind for kind in ("bool", "complex", "float", "int", "key") if kind in name), None)
