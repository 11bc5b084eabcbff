"""How a fixture file is read.

    # inputs: w=f32[3] xs=f32[8,3] key=key n=4
    # call: losses(w, xs)
    # applicability: unverified          (optional; safe, unverified or unsafe)
    # verdict: identical equivalent      (optional; what running both halves may give)

    ...source, with `# VM101`, `# blocked: early-exit` or `# open: array-like` at the end of the first line of a loop...
    # output
    ...the same source with every rewrite applied, without the marks...

Without `# output` the source must stay as it is; without `# call` nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1] / "fixtures"
_HEADER = re.compile(r"# (?P<key>inputs|call|applicability|verdict): (?P<value>.+)")
_MARK = re.compile(r"  # (?P<mark>VM\d{3}|(?:blocked|open): [a-z-]+(?:, [a-z-]+)*)$", re.MULTILINE)
_OUTPUT = "# output\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture. ``marks`` are the 1-based lines of ``source`` and what is expected there."""

    path: Path
    source: str
    output: str | None
    marks: tuple[tuple[int, str], ...]
    inputs: str
    call: str | None
    applicability: str | None
    verdicts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path below ``fixtures/``, without suffix."""
        return self.path.relative_to(ROOT).with_suffix("").as_posix()

    @property
    def after(self) -> str:
        """What the source must become."""
        return self.source if self.output is None else self.output

    @property
    def values(self) -> dict[str, str]:
        """Name to expression of the inputs."""
        return dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", self.inputs))

    @property
    def called(self) -> tuple[str, str]:
        """The function that ``call`` calls, and the text of its arguments."""
        assert self.call is not None
        function, _, arguments = self.call.partition("(")
        return function, arguments.removesuffix(")")


def read_case(path: Path) -> Case:
    """Read one fixture file."""
    head, text = _split_header(path.read_text(encoding="utf-8"))
    marked, separator, output = text.partition("\n" + _OUTPUT)
    marked = marked.rstrip("\n") + "\n"
    marks = [(marked.count("\n", 0, m.start()) + 1, m["mark"]) for m in _MARK.finditer(marked)]
    return Case(
        path,
        _MARK.sub("", marked),
        output if separator else None,
        tuple(marks),
        " ".join(head.get("inputs", [])),
        " ".join(head.get("call", [])) or None,
        " ".join(head.get("applicability", [])) or None,
        tuple(" ".join(head.get("verdict", ["identical equivalent"])).split()),
    )


def _split_header(text: str) -> tuple[dict[str, list[str]], str]:
    head: dict[str, list[str]] = {}
    lines = text.splitlines(keepends=True)
    while lines and (match := _HEADER.fullmatch(lines[0].rstrip())):
        head.setdefault(match["key"], []).append(match["value"])
        lines.pop(0)
    return head, "".join(lines).lstrip("\n")


def with_output(path: Path, output: str | None) -> str:
    """The file's text with its output half replaced; None removes it."""
    source, _, _ = path.read_text(encoding="utf-8").partition("\n" + _OUTPUT)
    source = source.rstrip("\n") + "\n"
    return source if output is None else f"{source}\n{_OUTPUT}{output}"


def find_cases(*, refuted: bool = False) -> list[Case]:
    """All fixtures, or those below ``fixtures/refuted``: wrong rewrites that the verifier must refute."""
    files = sorted(ROOT.rglob("*.py"))
    return [read_case(path) for path in files if (ROOT / "refuted" in path.parents) is refuted]
