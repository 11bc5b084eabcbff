"""A site: the region around a loop in both versions, in the plain data that crosses to the worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """An output of the region whose ``axis`` runs over the loop's iterations (axis None: a reduction)."""

    name: str
    axis: int | None


@dataclass(frozen=True, slots=True)
class Site:
    """Where the region stands and both of its texts.

    The region is a run of whole statements of one block. ``line`` (1-based) and ``column`` (0-based, UTF-8
    bytes, as in ``ast``) are those of its first statement in the original file, in a notebook within ``cell``
    (counting all cells from 0). ``before`` and ``after`` are its dedented statements in both versions; ``imports``
    are the import statements ``after`` needs and the file lacks. ``live_in`` names the local and closure values
    read by either version, ``live_out`` the names read after the region. When ``returns`` is true the last
    statement of both versions is a ``return``, or an expression, and its value is an output called ``return``.
    ``class_name`` is the innermost enclosing class (for ``__private`` names). ``allowed`` lists observations that
    may differ (``stdout`` for an ``unsafe`` rewrite that prints once). ``assumed`` are the codes of the assumptions that
    the rewrite rests on: made-up inputs must put them to the test. ``asked`` are the names and access paths of
    which a run may tell what they are; a site of an open loop has no texts, and is only looked at for that.
    """

    path: str
    line: int
    column: int
    function: str | None
    before: str
    after: str
    imports: tuple[str, ...] = ()
    live_in: tuple[str, ...] = ()
    live_out: tuple[str, ...] = ()
    returns: bool = False
    lanes: tuple[Lane, ...] = ()
    class_name: str | None = None
    allowed: tuple[str, ...] = ()
    cell: int | None = None
    assumed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
