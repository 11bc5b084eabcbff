"""A finding: one loop, what it could become, and why (not)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vmapify.diagnostic.details import in_text

if TYPE_CHECKING:
    from vmapify.diagnostic.details import Details, Mention
    from vmapify.diagnostic.site import Site
    from vmapify.diagnostic.verification import Verification

Applicability = Literal["safe", "unverified", "unsafe"]
"""``safe``: every legality condition is proven statically. ``unverified``: some rest on assumptions.
``unsafe``: the values are the same, but something else observable changes."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of byte offsets into ``SourceFile.data`` (UTF-8, byte order mark stripped)."""

    start: int
    end: int

    def covers(self, other: Span) -> bool:
        """Whether ``other`` lies inside this span (equal spans cover each other)."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one byte."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of ``span`` by ``content``."""

    span: Span
    content: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a loop must stay, and the line that proves it.

    ``subcode`` says which of the things it is that ``code`` stands for, ``details`` what it is about, and ``cure`` which
    advice fits this loop, where that depends on more than the two codes. ``report.wording`` has the sentences for them.
    Once a notebook's findings are reported ``line`` counts within ``cell``, which counts all cells from 0.
    """

    code: str
    subcode: str
    path: str
    line: int
    details: Details = ()
    cure: str = ""
    cell: int | None = None

    @classmethod
    def of(cls, code: str, subcode: str, path: str, line: int, /, **mentions: Mention) -> Reason:
        """A reason with what it mentions by name."""
        return cls(code, subcode, path, line, in_text(mentions))


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the rewrite rests on and static analysis could not prove; ``subcode`` and ``details`` as for a reason."""

    code: str
    subcode: str
    details: Details = ()

    @classmethod
    def of(cls, code: str, subcode: str, /, **mentions: Mention) -> Assumption:
        """An assumption with what it mentions by name."""
        return cls(code, subcode, in_text(mentions))


@dataclass(frozen=True, slots=True)
class Question:
    """What only a run can tell of a loop that nothing known speaks against.

    ``code`` is what is asked: ``array-like``, ``one-shape``, ``one-structure``, ``traceable-callee`` or ``path-taken``.
    ``name`` is what it is asked of, ``reason`` why the loop would have to stay if the answer were the wrong one.
    """

    code: str
    name: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One loop that looked like a candidate, judged.

    ``verdict`` is ``rewrite``, ``open`` or ``blocked``; a blocked finding has reasons and no edits, an open one has
    ``questions`` and neither. ``changes`` says what
    an ``unsafe`` rewrite changes besides values. ``site`` is what the verifier needs to run both versions.
    The third verdict, ``comment``, judges no loop: ``loop`` is then the span of a faulty suppression comment
    (codes VM9xx), the one reason says what is wrong with it, and ``edits``, if any, remove it. ``cell`` counts all
    cells of a notebook from 0.
    """

    code: str
    name: str
    path: str
    function: str | None
    loop: Span
    sink: Span | None
    verdict: Literal["rewrite", "open", "blocked", "comment"]
    cell: int | None = None
    applicability: Applicability | None = None
    reasons: tuple[Reason, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    changes: tuple[Assumption, ...] = ()
    replacement: str | None = None
    edits: tuple[Edit, ...] = ()
    site: Site | None = None
    verification: Verification | None = None
    suppressed: bool = False
    questions: tuple[Question, ...] = ()

    @property
    def asks_for_nothing(self) -> bool:
        """Whether it only informs: the loop must stay, or only a run can tell whether it must."""
        return self.verdict in {"blocked", "open"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input: one line that names the file and the cure. ``line`` is 1-based, None for the whole file.

    In a notebook it counts within ``cell``, which counts all cells from 0. ``is_note``: the rest of the file was analysed, or
    nothing in it is for this tool, so that it is told and is no error.
    """

    path: str
    line: int | None
    message: str
    cell: int | None = None
    is_note: bool = False
