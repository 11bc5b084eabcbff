"""Facts: what a run shows of values that the source does not say enough about. Plain data, from the worker to the planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

SeenKind = Literal["array", "numpy", "number", "text", "none", "tuple", "list", "dict", "function", "module", "object"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One value as a run showed it.

    ``array`` and ``numpy`` have ``dtype`` (its name) and ``shape``; an extent is None where arrivals differ in it. ``number``
    has the ``dtype`` ``bool``, ``int``, ``float`` or ``complex``. The entries of a ``tuple``, ``list`` or ``dict``, and the
    leaves of an ``object`` that is a registered pytree, are ``each``, if all are alike, and ``parts`` (a dict's under
    ``names``), if they are few; ``count`` is how many there are, None where arrivals differ. ``name`` is the import path of a
    ``function`` or ``module``, and the class of an ``object`` or of a named tuple.
    """

    kind: SeenKind
    dtype: str = ""
    shape: tuple[int | None, ...] = ()
    count: int | None = None
    each: Seen | None = None
    parts: tuple[Seen, ...] = ()
    names: tuple[str, ...] = ()
    name: str = ""

    @classmethod
    def of_plain(cls, raw: Any) -> Seen:
        """From what the worker sends. Raises TypeError, KeyError or ValueError for what it does not send."""
        kinds = {"array", "numpy", "number", "text", "none", "tuple", "list", "dict", "function", "module", "object"}
        if not isinstance(raw, dict) or raw.get("kind") not in kinds:
            raise ValueError("not the description of a value")
        each = raw.get("each")
        return cls(
            raw["kind"],
            str(raw.get("dtype", "")),
            tuple(int(extent) for extent in raw.get("shape", ())),
            None if raw.get("count") is None else int(raw["count"]),
            None if each is None else cls.of_plain(each),
            tuple(cls.of_plain(part) for part in raw.get("parts", ())),
            tuple(str(name) for name in raw.get("names", ())),
            str(raw.get("name", "")),
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """What ``arrivals`` arrivals at a loop showed of ``name``, a name or access path such as ``self.model``; all agree."""

    name: str
    seen: Seen
    arrivals: int


def agreed(one: Seen, other: Seen) -> Seen | None:
    """What two arrivals have in common: extents and lengths may differ, kinds, ranks, dtypes and structures may not."""
    if (one.kind, one.dtype, len(one.shape), one.names, one.name) != (
        other.kind,
        other.dtype,
        len(other.shape),
        other.names,
        other.name,
    ):
        return None
    shape = tuple(a if a == b else None for a, b in zip(one.shape, other.shape, strict=True))
    count = one.count if one.count == other.count else None
    each = agreed(one.each, other.each) if one.each is not None and other.each is not None else None
    if (one.each is None) != (other.each is None) or (each is None and one.each is not None):
        return None
    parts: tuple[Seen, ...] = ()
    if len(one.parts) == len(other.parts):
        joined = [agreed(a, b) for a, b in zip(one.parts, other.parts, strict=True)]
        if any(part is None for part in joined):
            return None
        parts = tuple(part for part in joined if part is not None)
    elif each is None:
        return None
    return Seen(one.kind, one.dtype, shape, count, each, parts, one.names, one.name)


def described(seen: Seen) -> str:
    """In a few words, such as ``list of 50 x array float32[3]``."""
    match seen.kind:
        case "array" | "numpy":
            extents = ",".join("*" if extent is None else str(extent) for extent in seen.shape)
            return f"{'array' if seen.kind == 'array' else 'NumPy array'} {seen.dtype}[{extents}]"
        case "number":
            return seen.dtype
        case "none":
            return "None"
        case "text":
            return "string"
        case "tuple" | "list" | "dict":
            count = "" if seen.count is None else f" of {seen.count}"
            return f"{seen.name or seen.kind}{count}" + (f" x {described(seen.each)}" if seen.each is not None else "")
    return f"{seen.kind} {seen.name}" if seen.name else seen.kind
