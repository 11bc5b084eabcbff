"""Notebooks: found, shown and rewritten cell by cell, every other byte left as it is."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook_cases import ROOT, Case, cells_of, find_cases, notebook, read_case

from vmapify.diagnostic import Edit, Problem, Span
from vmapify.pipeline.rewriting import Rewritten, rewrite_file
from vmapify.rewrite import analyze
from vmapify.source import SourceFile, apply_edits, decode, edited, find_files, moved, read, within_cell
from vmapify.source.document import Pieces, parse_document
from vmapify.source.magics import masked
from vmapify.source.notebook import read_notebook
from vmapify.source.respell import document_index, respelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from vmapify.diagnostic import Finding

each_case = pytest.mark.parametrize("case", find_cases(), ids=lambda case: case.name)


def source_of(raw: str, path: str = "book.ipynb") -> SourceFile:
    found = decode(path, raw.encode("utf-8"))
    assert isinstance(found, SourceFile)
    return found


# -- fixtures ---------------------------------------------------------------------------------------------------
@each_case
def test_findings_are_as_marked(case: Case) -> None:
    source = source_of(notebook(case.before))
    found = [(f.cell, source.place(f.loop.start).line, _mark(f)) for f in analyze(source, ())]
    assert sorted(found) == sorted(case.marks)  # type: ignore[type-var]


def _mark(finding: Finding) -> str:
    if finding.verdict == "rewrite":
        return finding.code
    return "blocked: " + ", ".join(dict.fromkeys(reason.code for reason in finding.reasons))


@each_case
def test_rewriting_gives_the_output(case: Case, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    source = source_of(notebook(case.before))
    result = rewrite_file(source, [f for f in analyze(source, ()) if f.verdict == "rewrite"], tmp_path)
    assert isinstance(result, Rewritten), result
    after = cells_of(result.new.decode())
    if request.config.getoption("--update-fixtures"):
        path = ROOT / f"{case.name}.cells"
        head, _, _ = path.read_text(encoding="utf-8").partition("\n# output\n")
        path.write_text(f"{head.rstrip()}\n\n# output\n{after}", encoding="utf-8")
        case = read_case(path)
    assert after == case.after
    assert result.new.decode() == notebook(case.after)  # the rest of the file, byte for byte


@each_case
def test_a_second_run_changes_nothing(case: Case) -> None:
    assert not [f for f in analyze(source_of(notebook(case.after)), ()) if f.verdict == "rewrite"]


# -- what is read -----------------------------------------------------------------------------------------------
JAX = "import jax.numpy as jnp\nfor x in xs: pass"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('{"cells": [ jax for', "is not a notebook: notebooks are JSON, and this is none"),
        ("", "is not a notebook: notebooks are JSON"),
        ('{"cells": [],} jax for}', "is not a notebook: notebooks are JSON"),
        ('{"cells": []} {"jax": "for"}', "Extra data"),
        ('{"nbformat": 3, "worksheets": [{"cells": ["jax for"]}]}', "format 3; convert it with `jupyter nbconvert"),
        ('{"jax": "for"}', "no list of cells"),
        ('{"cells": "jax for"}', "no list of cells"),
        ('{"x": "jax for ' + "[" * 3 + '\\ud800", "cells": [{"cell_type": "code", "source": "\\ud800"}]}', "surrogate"),
        ('{"cells": [{"cell_type": "code", "source": "jax for \\u0000"}]}', "NUL"),
        ('{"jax for": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    ],
)
def test_what_is_no_notebook_is_one_line(raw: str, words: str) -> None:
    problem = decode("book.ipynb", raw.encode())
    assert isinstance(problem, Problem)
    assert words in problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    "metadata",
    [{"language_info": {"name": "R"}}, {"kernelspec": {"language": "julia"}}],
)
def test_other_languages_are_skipped_in_silence(metadata: dict[str, object]) -> None:
    cell = {"cell_type": "code", "metadata": {}, "source": JAX}
    assert source_of(json.dumps({"cells": [cell], "metadata": metadata})).data == b""


@pytest.mark.parametrize("metadata", [{}, {"language_info": {"name": "ipython"}}, {"kernelspec": {"name": "x"}}])
def test_notebooks_without_a_language_are_python(metadata: dict[str, object]) -> None:
    cell = {"cell_type": "code", "metadata": {"vscode": {"languageId": "python"}}, "source": JAX}
    other = {"cell_type": "code", "metadata": {"vscode": {"languageId": "sql"}}, "source": "select"}
    assert source_of(json.dumps({"cells": [other, cell], "metadata": metadata})).data == JAX.encode() + b"\n"


def test_cells_without_code_are_skipped() -> None:
    cells: list[object] = [
        {"cell_type": "raw", "source": "jax for"},
        {"cell_type": "code"},
        {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": ["x", 3]},
        "jax",
    ]
    assert source_of(json.dumps({"cells": cells})).data == b""
    assert source_of('{"cells": [], "jax": "for"}').data == b""


def test_what_cannot_hold_a_loop_is_not_parsed() -> None:
    assert source_of('{"cells": [ this is not JSON ]}').notebook is None


def test_directories_are_searched_for_notebooks(tmp_path: Path) -> None:
    from vmapify.config import Settings

    for name in ("a.ipynb", ".ipynb_checkpoints/a-checkpoint.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert find_files((str(tmp_path),), Settings(root=str(tmp_path))).files == (str(tmp_path / "a.ipynb"),)


def test_an_unfinished_statement_does_not_run_into_the_next_cell() -> None:
    source = source_of(notebook("# %%\nimport jax\nfor x in y: pass\n# %%\nz = (1,\n# %%\n2)\n"))
    assert [cell.unread for cell in source.cells] == [False, True, True]
    assert b"z = (1" not in source.data
    assert analyze(source, ()) == ()


def test_a_cell_that_is_indented_is_read_as_ipython_does() -> None:
    text = (
        "# %%\nimport jax.numpy as jnp\nif 1:\n    x = 1\n# %%\n    y = jnp.stack([jnp.sin(x) for x in jnp.ones(3)])\n"
    )
    (finding,) = analyze(source_of(notebook(text)), ())
    assert (finding.cell, finding.verdict) == (1, "blocked")


# -- magics -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%timeit f(x)", "_(f,x)      "),
        ("!ls", "_()"),
        ("!$a", "+a "),
        ("x = !ls $d", "x = _(d)  "),
        ("x = !$d", "x = d()"[:7]),
        ("x = %env", "x = _() "),
        ("f?", "+f"),
        ("?f", "+f"),
        ("a.b??", "_(a,b)"[:0] + "+a+b "),
        ("if x:\n    %pwd\n    y", "if x:\n    _()\n    y".replace("_()", "_() ")),
        ("!a \\\n  b", "_(b \n)  ".replace(" \n)", "\n)") + ""),
        ("%time y = f(x)", "True; y = f(x)"),
        ("%time for i in x: f(i)", "_(i,x,f)              "),
        ("%%time\ny = 1", "_()   \ny = 1"),
        ("%%bash\nls", "_(ls) \n  "),
        ("pip install jax", "_(pip,install,jax)"[:15]),
    ],
)
def test_stand_ins(cell: str, expected: str) -> None:
    found = masked(cell.encode())
    assert len(found.data) == len(cell.encode())
    assert found.magics
    ast.parse(found.data)


PYTHON = [
    "x = 1",
    "y = f(x)  # %time",
    "if x:\n    y = 2",
    's = """\n%time x\n!ls\n"""',
    "z = (1\n  % 2)",
    "a = b != c",
]
LINES = ["%time f(x)", "!ls {x}", "f?", "?f", "y = !ls", "y = %env A", "%%time", "!a \\\n  b c", "%matplotlib inline"]


@given(st.lists(st.sampled_from([*PYTHON, *LINES]), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_masking_keeps_every_line_where_it_is(lines: list[str], newline: str) -> None:
    cell = "\n".join(lines).replace("\n", newline).encode()
    found = masked(cell)
    assert len(found.data) == len(cell)
    assert found.data.count(b"\n") == cell.count(b"\n")
    ast.parse(found.data.decode())
    for line in lines:
        if line in PYTHON:
            assert line.replace("\n", newline).encode() in found.data or cell.startswith(b"%%")


@given(st.text(alphabet="%!?=x \n\\'\"()#é\u2028\f", max_size=30))
def test_masking_never_changes_a_length(text: str) -> None:
    assert len(masked(text.encode()).data) == len(text.encode())


def test_names_in_magics_are_read() -> None:
    names = {
        n.id for n in ast.walk(ast.parse(masked(b"%timeit g(rows, [k for k in keys])").data)) if isinstance(n, ast.Name)
    }
    assert {"g", "rows", "keys"} <= names


# -- every other byte -------------------------------------------------------------------------------------------
TEXT = st.text(alphabet='ab=1 \n\t"\\/<é\u2028\f\N{SNAKE}', max_size=40)


@st.composite
def _documents(draw: st.DrawFn) -> str:
    cells: list[dict[str, object]] = []
    for text in draw(st.lists(TEXT, max_size=4)):
        cut = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
        parts = [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)]
        form = draw(st.sampled_from([text, text.splitlines(keepends=True), parts]))
        kind = draw(st.sampled_from(["code", "code", "markdown"]))
        cells.append({"cell_type": kind, "outputs": [{"text": '"source": ["x"]'}], "source": form, "metadata": {}})
    whole = {"nbformat": 4, "cells": cells, "metadata": {"jax": "for"}}
    raw = json.dumps(
        whole,
        indent=draw(st.sampled_from([None, 0, 1, "\t"])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([None, (",", ":")])),
    )
    raw = raw.replace("<", draw(st.sampled_from(["<", "\\u003c", "\\u003C"])))
    raw = raw.replace("/", draw(st.sampled_from(["/", "\\/"])))
    return raw.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(_documents())
def test_documents_are_read_as_json_reads_them(raw: str) -> None:
    document = parse_document(raw)
    plain = json.loads(raw)
    for found, cell in zip(document["cells"], plain["cells"], strict=True):
        assert isinstance(found["source"], Pieces)
        assert found["source"].text == "".join(cell["source"])
        for piece in found["source"].pieces:
            assert json.loads(raw[piece.start : piece.end]) == piece.text
    found = read_notebook("a.ipynb", raw)
    assert not isinstance(found, Problem)
    assert respelled(found[1], []) == raw


@given(_documents(), st.data())
def test_edits_change_their_cells_and_nothing_else(raw: str, data: st.DataObject) -> None:
    found = read_notebook("a.ipynb", raw)
    assert not isinstance(found, Problem)
    book = found[1]
    edits: list[Edit] = []
    expected = json.loads(raw)
    for cell in book.cells:
        text = book.shown[cell.span.start : cell.span.end].decode()
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
        spans = list(zip(cuts[::2], cuts[1::2], strict=False)) if text else []
        for a, b in reversed(spans):
            content = data.draw(st.text(alphabet='x="\n<é', max_size=6))
            at = [cell.span.start + len(text[:k].encode()) for k in (a, b)]
            edits.append(Edit(Span(*at), content))
        for a, b in reversed(spans):
            edit = next(e for e in edits if e.span.start == cell.span.start + len(text[:a].encode()))
            before = "".join(expected["cells"][cell.number]["source"])
            expected["cells"][cell.number]["source"] = before[:a] + edit.content + before[b:]
    new = respelled(book, edits)
    after = json.loads(new)
    for one, other in zip(after["cells"], expected["cells"], strict=True):
        assert "".join(one.pop("source")) == "".join(other.pop("source"))
    assert after == expected
    changed = {cell.number for cell in book.cells for edit in edits if cell.span.covers(edit.span)}
    assert _outside(raw, changed) == _outside(new, changed)


def _outside(raw: str, changed: set[int]) -> list[str]:
    """The text of a notebook without the sources of some cells, in pieces."""
    kept, at = [], 0
    for number, cell in enumerate(parse_document(raw)["cells"]):
        pieces = cell["source"].pieces
        if number in changed and pieces:
            kept.append(raw[at : pieces[0].start])
            at = pieces[-1].end
    return [*kept, raw[at:]]


def test_only_the_strings_that_change_are_written_anew() -> None:
    raw = '{"cells": [{"cell_type": "code", "source": ["# jax \\u00e9 for\\n", "a = b\\/1\\n", "c = \\"\\u003c\\""]}]}'
    source = source_of(raw)
    at = source.data.index(b"1\n")
    new = edited(source, [Edit(Span(at, at + 2), "'é<'\nz = 2\n")])
    assert isinstance(new, SourceFile)
    assert new.content.decode() == raw.replace('1\\n"', '\'\\u00e9\\u003c\'\\n", "z = 2\\n"')


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_last_line_of_a_cell_goes_with_the_line_end_before_it(newline: str) -> None:
    text = f"# jax for{newline}a = 1{newline}b = 2"
    source = source_of(json.dumps({"cells": [{"cell_type": "code", "source": [text]}] * 2}))
    at = source.data.index(b"b = 2")
    edit = within_cell(source.cells, source.data, Edit(Span(at, at + 6), ""))
    new = edited(source, [edit])
    assert isinstance(new, SourceFile)
    first, second = json.loads(new.content)["cells"]
    assert "".join(first["source"]) == f"# jax for{newline}a = 1"
    assert second["source"] == [text]
    assert moved(source.cells, [edit])[1].span == new.cells[1].span


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    path = tmp_path / "book.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + notebook("# %%\njax = 1\nfor x in y: pass\n").encode())
    source = read(str(path))
    assert isinstance(source, SourceFile)
    assert source.bom
    new = edited(source, [Edit(Span(6, 7), "2")])
    assert isinstance(new, SourceFile)
    assert new.bom


def test_places_in_the_document() -> None:
    source = source_of(notebook("# %%\na = 'é'\n# %%\nimport jax\nfor x in y: pass\n"))
    assert source.notebook is not None
    for word in (b"a =", b"jax", b"y:"):
        at = document_index(source.notebook, source.data.index(word))
        assert source.notebook.text[at:].startswith(word.decode())


# -- the command line -------------------------------------------------------------------------------------------
BOOK = """\
# %% [markdown]
Title
# %%
import jax.numpy as jnp
from flax import nnx
xs = jnp.ones((4, 3))
# %%
out = []
for x in xs:
    out.append(jnp.sin(x))
ys = jnp.stack(out)
# %%
zs = jnp.stack([jnp.cos(x) for x in xs])  # vmapify: ignore[VM102] kept
print(1)  # vmapify: ignore
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.ipynb"
    path.write_text(notebook(BOOK), encoding="utf-8")
    return path


@pytest.mark.usefixtures("book")
def test_text_names_cells_as_ruff_does(run: Callable[..., Result]) -> None:
    lines = run("check", "--output-format", "concise").stdout.splitlines()
    assert [line.split(" VM")[0] for line in lines[:2]] == ["book.ipynb:cell 3:2:1:", "book.ipynb:cell 4:2:11:"]


@pytest.mark.usefixtures("book")
def test_json_counts_within_the_cell(run: Callable[..., Result]) -> None:
    loop, comment = json.loads(run("check", "--output-format", "json").stdout)["findings"]
    assert (loop["cell"], loop["loop"]["start"]) == (2, {"line": 2, "column": 1})
    assert [edit["cell"] for edit in loop["edits"]] == [1, 2, 2, 2][: len(loop["edits"])]
    assert (comment["code"], comment["cell"], comment["reasons"][0]["line"]) == ("VM901", 3, 2)


@pytest.mark.parametrize("output_format", ["github", "gitlab", "sarif", "junit"])
def test_other_formats_point_into_the_file(run: Callable[..., Result], book: Path, output_format: str) -> None:
    text = run("check", "--output-format", output_format).stdout
    line = book.read_text().split("\n").index('    "for x in xs:\\n",') + 1
    place = {
        "github": f"line={line},col=6",
        "gitlab": f'"begin": {line},',
        "sarif": f'"startLine": {line},',
        "junit": 'name="VM101 book.ipynb:cell 3:2:1"',  # Jenkins' schema has no place for lines
    }
    assert place[output_format] in text
    assert "cell 3, line 2: " in text or "cell 3:2:1" in text


def test_sarif_fixes_are_edits_of_the_file(run: Callable[..., Result], book: Path) -> None:
    fixes = json.loads(run("check", "--output-format", "sarif").stdout)["runs"][0]["results"][0]["fixes"]
    text = book.read_text(encoding="utf-8")
    starts = [0, *(at + 1 for at, c in enumerate(text) if c == "\n")]
    for one in reversed(fixes[0]["artifactChanges"][0]["replacements"]):
        place = one["deletedRegion"]
        start = starts[place["startLine"] - 1] + place["startColumn"] - 1
        end = starts[place["endLine"] - 1] + place["endColumn"] - 1
        text = text[:start] + one["insertedContent"]["text"] + text[end:]
    assert "ys = jax.vmap(jnp.sin)(xs)" in cells_of(text)


def test_cells_that_are_no_python_are_left_out_and_named(run: Callable[..., Result], tmp_path: Path) -> None:
    """An exercise with an empty body costs its own cell, and what that cell would have made is unknown."""
    cells = ["import jax\nimport jax.numpy as jnp", "def f(x):", SINES, "x = 1\ny = ("]
    (tmp_path / "bad.ipynb").write_text(notebook("".join(f"# %%\n{cell}\n" for cell in cells)))
    result = run("check", "--output-format", "concise", "--exit-zero")
    assert result.exit_code == 0
    found, first, second, _ = result.stdout.splitlines()
    assert found.startswith("bad.ipynb:cell 3:3:5: VM101")
    assert first.startswith(
        "bad.ipynb:cell 2:1: note: this cell is left out, since it cannot be parsed (expected an indented block"
    )
    assert second.startswith(
        "bad.ipynb:cell 4:2: note: this cell is left out, since it cannot be parsed ('(' was never closed)"
    )
    document = json.loads(run("check", "--output-format", "json", "--exit-zero").stdout)
    assert [note["cell"] for note in document["notes"]] == [1, 3]
    assert document["errors"] == []


def test_a_statement_over_two_cells_costs_only_its_cells(run: Callable[..., Result], tmp_path: Path) -> None:
    """Together they would be Python, but no kernel runs them together."""
    cells = ["import jax\nimport jax.numpy as jnp", "y = (1", "+ 2)", SINES]
    (tmp_path / "book.ipynb").write_text(notebook("".join(f"# %%\n{cell}\n" for cell in cells)))
    result = run("check", "--output-format", "concise", "--exit-zero")
    assert result.exit_code == 0
    assert "book.ipynb:cell 4:3:5: VM101" in result.stdout
    assert result.stdout.count(" note: this cell is left out") == 2


def test_a_cell_too_deep_to_be_parsed_is_one_line(run: Callable[..., Result], tmp_path: Path) -> None:
    deep = "x = " + "-" * 100_000 + "1"
    (tmp_path / "deep.ipynb").write_text(notebook(f"# %%\nimport jax\nfor y in z: pass\n# %%\n{deep}\n"))
    (tmp_path / "good.ipynb").write_text(notebook(f"# %%\nimport jax\nimport jax.numpy as jnp\n# %%\n{SINES}\n"))
    result = run("check", "--output-format", "concise")
    assert result.exit_code == 2
    assert "deep.ipynb: error: an expression here is too deeply nested" in result.stdout
    assert "good.ipynb:cell 2:3:5: VM101" in result.stdout


@pytest.mark.parametrize("language", ["python3", "Python 3 (ipykernel)", "xpython", "sage"])
def test_kernels_of_python_call_their_language_what_they_like(
    run: Callable[..., Result], tmp_path: Path, language: str
) -> None:
    book = json.loads(notebook(f"# %%\nimport jax\nimport jax.numpy as jnp\n# %%\n{SINES}\n"))
    book["metadata"] = {"kernelspec": {"name": "k", "display_name": "K", "language": language}}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    assert "cell 2:3:5: VM101" in run("check", "--output-format", "concise").stdout


def test_standard_input_is_a_notebook_if_its_name_says_so(run: Callable[..., Result]) -> None:
    result = run("check", "-", "--stdin-filename", "x.ipynb", "--output-format", "concise", input=notebook(BOOK))
    assert result.stdout.startswith("x.ipynb:cell 3:2:1: VM101")


def test_add_ignore_writes_into_the_cell(run: Callable[..., Result], book: Path) -> None:
    run("check", "--add-ignore=shown", "--select", "VM101", "book.ipynb")
    expected = BOOK.replace("for x in xs:\n", "for x in xs:  # vmapify: ignore[VM101] shown\n")
    assert book.read_text(encoding="utf-8") == notebook(expected)


LOOP = "out = []\nfor x in xs:\n    out.append(jnp.sin(x))\nys = jnp.stack(out)"
# cells may run in any order, so that nothing is proven of what stands at their top
SINES = "def sines(xs: jnp.ndarray):\n    out = []\n    for x in xs:\n        out.append(jnp.sin(x))\n    return jnp.stack(out)"


def test_unverified_rewrites_and_comments_are_written_and_shown_as_ruff_does(
    run: Callable[..., Result], book: Path
) -> None:
    text = BOOK.replace(LOOP, SINES)
    book.write_text(notebook(text), encoding="utf-8")
    result = run("fix", "--write", "--unverified", "book.ipynb")
    assert "--- book.ipynb:cell 2\n+++ book.ipynb:cell 2\n@@ -1,3 +1,4 @@\n+import jax\n" in result.stdout
    assert "VM101 book.ipynb:cell 3:3 sines: not run (--unverified)" in result.stdout
    expected = (
        text.replace("import jax.numpy", "import jax\nimport jax.numpy")
        .replace(SINES, "def sines(xs: jnp.ndarray):\n    return jax.vmap(jnp.sin)(xs)")
        .replace("  # vmapify: ignore\n", "\n")
    )
    assert book.read_text(encoding="utf-8") == notebook(expected)


def test_loops_between_cells_are_not_proven(run: Callable[..., Result], book: Path) -> None:
    run("fix", "--write", "--unverified", "book.ipynb")
    assert LOOP.splitlines()[0] in book.read_text(encoding="utf-8")


def test_moved_cells_are_those_of_the_changed_text() -> None:
    source = source_of(notebook(BOOK))
    (finding,) = [f for f in analyze(source, ()) if f.verdict == "rewrite" and f.code == "VM101"]
    new = edited(source, finding.edits)
    assert isinstance(new, SourceFile)
    assert apply_edits(source.data, finding.edits) == new.data
    assert [cell.span for cell in moved(source.cells, finding.edits)] == [cell.span for cell in new.cells]


# -- percent scripts --------------------------------------------------------------------------------------------
def test_percent_scripts_are_plain_python() -> None:
    text = (
        "# %%\nimport jax\nimport jax.numpy as jnp\n# %%\nxs = jnp.ones((3, 2))\njnp.stack([jnp.sin(x) for x in xs])\n"
    )
    source = decode("book.py", text.encode())
    assert isinstance(source, SourceFile)
    (finding,) = analyze(source, ())
    assert (finding.cell, finding.verdict) == (None, "rewrite")
    assert finding.site is not None
