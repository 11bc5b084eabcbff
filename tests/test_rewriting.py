"""Which findings go together, and the self-check of new text."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import vmapify.rewrite.codemod  # noqa: F401 - before the stand-in hides it
from vmapify.diagnostic import Edit, Finding, Problem, Span
from vmapify.pipeline.diffs import unified_diff
from vmapify.pipeline.merge_edits import compatible, merged_edits
from vmapify.pipeline.rewriting import Rewritten, rewrite_file
from vmapify.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = b"import jax.numpy as jnp\n\nfor x in xs: pass\nfor y in ys: pass\n"
FIRST, SECOND = Span(25, 42), Span(43, 60)
TOP = Span(0, 0)


def _finding(loop: Span, *edits: Edit) -> Finding:
    return Finding("VM101", "append-then-stack", "a.py", None, loop, None, "rewrite", edits=edits)


@pytest.fixture
def analyze(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[Finding, ...]], None]:
    """Make the analyser find what it is told."""

    def tell(findings: tuple[Finding, ...]) -> None:
        module = ModuleType("vmapify.rewrite")
        module.analyze = lambda *_, **__: findings  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "vmapify.rewrite", module)

    return tell


def test_outermost_wins() -> None:
    inner = _finding(Span(30, 40), Edit(Span(30, 40), "i"))
    outer = _finding(Span(25, 60), Edit(Span(25, 60), "o"))
    assert compatible([inner, outer]) == ([outer], [inner])


def test_imports_wanted_by_several_are_inserted_once() -> None:
    first = _finding(FIRST, Edit(TOP, "import jax\n"), Edit(FIRST, "a"))
    second = _finding(SECOND, Edit(TOP, "import jax\nimport numpy as np\n"), Edit(SECOND, "b"))
    assert compatible([first, second]) == ([first, second], [])
    assert Edit(TOP, "import jax\nimport numpy as np\n") in merged_edits([first, second])


def test_parts_of_one_line_cannot_be_inserted_together() -> None:
    first = _finding(FIRST, Edit(TOP, "\nimport jax"), Edit(FIRST, "a"))
    second = _finding(SECOND, Edit(TOP, "\nimport numpy"), Edit(SECOND, "b"))
    same = _finding(SECOND, first.edits[0], Edit(SECOND, "b"))
    assert compatible([first, second]) == ([first], [second])
    assert compatible([first, same]) == ([first, same], [])
    assert first.edits[0] in merged_edits([first, same])


def test_different_edits_of_one_import_line_cannot_go_together() -> None:
    line = Span(0, 23)
    first = _finding(FIRST, Edit(line, "from jax import vmap, numpy as jnp"), Edit(FIRST, "a"))
    second = _finding(SECOND, Edit(line, "import jax, jax.numpy as jnp"), Edit(SECOND, "b"))
    same = _finding(SECOND, first.edits[0], Edit(SECOND, "b"))
    assert compatible([first, second]) == ([first], [second])
    assert compatible([first, same]) == ([first, same], [])
    assert len(merged_edits([first, same])) == 3


def test_sound_text_is_accepted(analyze: Callable[[tuple[Finding, ...]], None]) -> None:
    analyze(())
    result = rewrite_file(SourceFile("a.py", DATA), [_finding(FIRST, Edit(FIRST, "z = 1"))], Path())
    assert isinstance(result, Rewritten)
    assert result.new == DATA.replace(b"for x in xs: pass", b"z = 1")


def test_an_import_that_takes_the_place_of_an_unused_one_keeps_the_blank_lines(
    analyze: Callable[[tuple[Finding, ...]], None],
) -> None:
    analyze(())
    data = b"import jax.numpy as jnp\n\n\nz = jnp.stack(y)\n"
    loop = Span(data.index(b"jnp.stack"), len(data) - 1)
    edits = Edit(TOP, "import jax\n"), Edit(loop, "jax.vmap(f)(y)")
    result = rewrite_file(SourceFile("a.py", data), [_finding(loop, *edits)], Path())
    assert isinstance(result, Rewritten)
    assert result.new == b"import jax\n\n\nz = jax.vmap(f)(y)\n"


def test_text_that_does_not_parse_is_refused(analyze: Callable[[tuple[Finding, ...]], None]) -> None:
    analyze(())
    result = rewrite_file(SourceFile("a.py", DATA), [_finding(FIRST, Edit(FIRST, "z = ("))], Path())
    assert isinstance(result, Problem)
    assert "does not parse" in result.message


def test_text_that_a_second_run_would_change_is_refused(
    analyze: Callable[[tuple[Finding, ...]], None],
) -> None:
    analyze((_finding(Span(27, 29)),))
    data = DATA.replace(b"jnp", b"jax")
    result = rewrite_file(SourceFile("a.py", data), [_finding(FIRST, Edit(FIRST, "z = 1"))], Path())
    assert isinstance(result, Problem)
    assert "a second run would rewrite" in result.message


def test_what_a_second_run_finds_elsewhere_is_no_matter(
    analyze: Callable[[tuple[Finding, ...]], None],
) -> None:
    analyze((_finding(Span(32, 40)),))
    result = rewrite_file(SourceFile("a.py", DATA), [_finding(FIRST, Edit(FIRST, "z = 1"))], Path())
    assert isinstance(result, Rewritten)


def test_diff_marks_a_missing_line_end() -> None:
    assert unified_diff("/x/a.py", b"a\nb", b"a\nc\n") == (
        "--- a/x/a.py\n+++ b/x/a.py\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
