"""The texts of an editor: places, changes and edits in them, and what stays known of a text that has changed."""

from __future__ import annotations

import ast
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from cases import find_cases
from hypothesis import given
from hypothesis import strategies as st

from vmapify.server import analyst as looking
from vmapify.server.analyst import Analysis, Analyst, Superseded
from vmapify.server.documents import Document, HeldCell, Replaced, Snapshot
from vmapify.server.positions import index, lines_with_ends, place, width
from vmapify.server.text_edits import line_edits
from vmapify.server.unchanged import changed, kept

if TYPE_CHECKING:
    from pathlib import Path

    from cases import Case

ENCODINGS = ("utf-8", "utf-16", "utf-32")
TEXTS = st.lists(st.sampled_from(["a", "é", "\U0001f600", " ", "\n", "\r\n", "\r", "\x0c", "\u2028"]), max_size=12).map(
    "".join
)


@given(TEXTS, st.sampled_from(ENCODINGS))
def test_a_place_leads_back_to_where_it_is(text: str, encoding: str) -> None:
    for at in range(len(text) + 1):
        if text[at - 1 : at + 1] == "\r\n":
            continue  # no place of the protocol
        line, column = place(text[:at].encode(), len(text[:at].encode()), encoding)
        assert index(text, line, column, encoding) == at


def test_places_outside_of_the_text_are_the_nearest_inside() -> None:
    assert index("ab\ncd", 0, 99, "utf-16") == 2
    assert index("ab\ncd", 9, 0, "utf-16") == 5
    assert index("", 3, 3, "utf-8") == 0


def test_units() -> None:
    assert [width("é\U0001f600", encoding) for encoding in ENCODINGS] == [6, 3, 2]


@given(TEXTS)
def test_lines_are_those_of_the_protocol_and_all_of_the_text(text: str) -> None:
    lines = lines_with_ends(text)
    assert "".join(lines) == text
    assert all(line.rstrip("\r\n") == line.replace("\n", "").replace("\r", "") for line in lines)


@given(TEXTS, TEXTS, st.sampled_from(ENCODINGS))
def test_edits_make_one_text_of_the_other(old: str, new: str, encoding: str) -> None:
    result = old
    edits = line_edits(old, new, encoding)
    for edit in reversed(edits):
        start, end = (index(old, *at, encoding) for at in (edit.start, edit.end))
        result = result[:start] + edit.text + result[end:]
    assert result == new
    assert all(one.end <= other.start for one, other in pairwise(edits))


def test_only_the_lines_that_differ_are_edited() -> None:
    (edit,) = line_edits("a\nb\nc\nd\n", "a\nb\nx\nd\n", "utf-16")
    assert (edit.start, edit.end, edit.text) == ((2, 0), (3, 0), "x\n")


@given(TEXTS, TEXTS)
def test_what_differs_stands_in_the_changed_lines(old: str, new: str) -> None:
    one, other = old.encode(), new.encode()
    change = changed(one, other)
    assert one[: change.old.start] == other[: change.new.start]
    assert one[change.old.end :] == other[change.new.end :]


def _snapshot(path: str, text: str) -> Snapshot:
    document = Document("file:///x", path, 1, encoding="utf-16")
    document.put("file:///x", text)
    return document.snapshot()


def _told(analysis: Analysis) -> list[object]:
    return [
        (one.code, one.verdict, one.loop, one.applicability, [(r.code, r.line) for r in one.reasons])
        for one in analysis.findings
    ]


def _yes() -> bool:
    return True


@pytest.mark.parametrize("case", find_cases()[::7], ids=lambda case: case.name)
def test_the_first_look_shows_what_the_second_does(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "QUICK", -1.0)
    analyst = Analyst()
    last = analyst.look(_snapshot("case.py", case.source), _yes, blocked=True)
    lines = case.source.split("\n")
    for at in range(0, len(lines), 5):
        new = "\n".join([*lines[:at], "# typed", f"{lines[at]}  # typed", *lines[at + 1 :]])
        if not _parses(new):
            continue
        snapshot = _snapshot("case.py", new)
        seen = analyst.glance(snapshot, last, _yes, blocked=True)
        if seen is not None:
            assert not seen.exact
            assert _told(seen) == _told(analyst.look(snapshot, _yes, blocked=True))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


TWO = """\
import jax.numpy as jnp


def first(xs):
    return jnp.stack([jnp.sin(x) for x in xs])


class Model:
    def second(self, xs):
        out = []
        for x in xs:
            out.append(jnp.sin(x))
        return jnp.stack(out)
"""


def _both(monkeypatch: pytest.MonkeyPatch, new: str) -> tuple[Analyst, Analysis, Analysis | None]:
    monkeypatch.setattr(looking, "QUICK", -1.0)
    analyst = Analyst()
    last = analyst.look(_snapshot("two.py", TWO), _yes, blocked=True)
    assert [one.code for one in last.findings] == ["VM102", "VM101"]
    return analyst, last, analyst.glance(_snapshot("two.py", new), last, _yes, blocked=True)


def test_only_what_changed_is_looked_at_and_the_rest_moves_along(monkeypatch: pytest.MonkeyPatch) -> None:
    new = TWO.replace("[jnp.sin(x) for x in xs]", "xs\n        + 1")
    _, last, seen = _both(monkeypatch, new)
    assert seen is not None
    (found,) = seen.findings
    assert new.encode()[found.loop.start :].startswith(b"for x in xs")
    assert not found.edits, "nothing may be written because of what was not looked at again"
    assert last.findings[1].edits


def test_a_loop_that_is_typed_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    new = TWO.replace(
        "        return jnp.stack(out)", "        return jnp.stack(out), jnp.stack([jnp.cos(x) for x in xs])"
    )
    *_, seen = _both(monkeypatch, new)
    assert seen is not None
    assert [one.code for one in seen.findings] == ["VM102", "VM101", "VM102"]


def test_of_a_broken_text_the_lines_that_are_as_they_were_stay_known(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = TWO.replace("for x in xs])", "for x in xs")
    analyst, last, seen = _both(monkeypatch, broken)
    assert seen is None
    whole = analyst.look(_snapshot("two.py", broken), _yes, blocked=True)
    assert not whole.findings
    remembered = analyst.remembered(whole, last, blocked=True)
    assert [one.code for one in remembered.findings] == ["VM101"]
    assert remembered.problems == whole.problems


def test_what_nobody_wants_any_more_ends_at_the_next_loop() -> None:
    asked: list[bool] = []

    def twice() -> bool:
        asked.append(True)
        return len(asked) < 2

    with pytest.raises(Superseded):
        Analyst().look(_snapshot("two.py", TWO), twice, blocked=True)
    assert len(asked) == 2
    assert len(Analyst().look(_snapshot("two.py", TWO), _yes, blocked=True).findings) == 2


def test_a_file_without_settings_belongs_to_the_open_folder_that_holds_it(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    analyst = Analyst([str(tmp_path), str(inner)])
    assert analyst.settings(str(inner / "a.py")).root == str(inner)
    assert analyst.settings(str(tmp_path / "other" / "a.py")).root == str(tmp_path)
    assert Analyst().settings(str(inner / "a.py")).root == str(inner)


def test_findings_move_with_their_lines() -> None:
    last = Analyst().look(_snapshot("two.py", TWO), _yes, blocked=True)
    change = changed(TWO.encode(), b"# more\n" + TWO.encode())
    assert [one.loop.start for one in kept(last.findings, change)] == [one.loop.start + 7 for one in last.findings]


def test_cells_are_put_together_as_a_notebook() -> None:
    document = Document("file:///n", "n.ipynb", 1, encoding="utf-16")
    document.arrange(0, 0, [HeldCell("a", is_code=True), HeldCell("b", is_code=False), HeldCell("c", is_code=True)])
    document.put("a", "xs = 1\n")
    document.put("c", "for")
    document.change("c", [Replaced(" x", (0, 3), (0, 3)), Replaced("F", (0, 0), (0, 1))])
    document.change("nowhere", [Replaced("x")])
    document.arrange(0, 1, [])
    snapshot = document.snapshot()
    assert snapshot.cells == ("b", "c")
    assert [cell["source"] for cell in json.loads(snapshot.raw)["cells"]] == ["", "For x"]
    assert snapshot.uri_of(1) == "c"
    assert document.holds("c")
    assert not document.holds("b")
