"""How a written line is broken, and what a file's own lines say about its line length."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from vmapify.pipeline.merge_edits import merged_edits
from vmapify.rewrite import analyze
from vmapify.rewrite.file_style import style_of
from vmapify.rewrite.layout import Style, lay_out
from vmapify.source import SourceFile, apply_edits
from vmapify.syntax import parse

if TYPE_CHECKING:
    from pathlib import Path

# each as ruff formats it at a line length of 40
LAID_OUT = """
x = jax.vmap(f)(xs)

x = jax.vmap(energy, in_axes=(None, 0))(
    params, positions
)

return jax.vmap(
    lambda x: jnp.sum(w * jnp.tanh(x))
)(xs)

values = (
    jax.vmap(f)(xs),
    jax.vmap(g)(ys_a),
)

x = jax.vmap(energy)(
    positions_of_all,
    momenta_of_all,
    charges_of_all,
)

x = jax.vmap(f, in_axes=1)(
    xs[:, a : a + n]
).sum(axis=0)

return np.array(
    jax.vmap(distance_between)(xs, ys)
)

return (
    jax.vmap(energy)(positions).sum()
    / positions.shape[0]
)

total = total + jax.vmap(energy_of)(
    positions, momenta
).sum(axis=0)
"""


@pytest.mark.parametrize("text", LAID_OUT.strip().split("\n\n"))
def test_a_line_is_broken_as_ruff_breaks_it(text: str) -> None:
    flat = " ".join(line.strip() for line in text.split("\n"))
    for closing in ")]":
        flat = flat.replace(f", {closing}", closing).replace(f",{closing}", closing).replace(f" {closing}", closing)
    flat = flat.replace("( ", "(").replace("return (jax", "return jax")
    flat = flat.removesuffix(")") if flat.endswith("shape[0])") else flat
    assert lay_out(flat, "", Style(40, 4)) == text


def test_broken_lines_are_joined_where_they_fit() -> None:
    assert lay_out("x = f(\n        a,\n        (b,),\n    )", "", Style(40, 4)) == "x = f(a, (b,))"


def test_comments_keep_a_text_as_it_is() -> None:
    text = "x = f(\n    a,  # the first\n)"
    assert lay_out(text, "", Style(40, 4)) == text


def test_strings_are_not_read_as_code() -> None:
    text = 'x = f("a, (b # c", jnp.sum(values_of_rows))'
    assert lay_out(text, "", Style(40, 4)) == 'x = f(\n    "a, (b # c", jnp.sum(values_of_rows)\n)'


def _style(folder: Path, text: str) -> Style:
    return style_of(parse(str(folder / "case.py"), text.encode()))


@pytest.mark.parametrize(
    ("name", "text", "width"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n", 100),
        ("pyproject.toml", "[tool.black]\nline-length = 72\n", 72),
        ("pyproject.toml", "[tool.ruff]\nselect = []\n", 88),
        ("ruff.toml", "line-length = 90\n", 90),
        ("setup.cfg", "[flake8]\nmax-line-length = 99  # long\n", 99),
        ("pyproject.toml", "[tool.ruff\n", 88),
    ],
)
def test_settings_give_the_line_length(tmp_path: Path, name: str, text: str, width: int) -> None:
    (tmp_path / name).write_text(text)
    assert _style(tmp_path, "x = 1\n").width == width


def test_without_settings_the_lines_give_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    long = "\n".join(f"a{k} = {'b' * 90}" for k in range(6))
    assert _style(tmp_path, long).width == 100
    narrow = "\n".join(f"a{k} = {'b' * 70}" for k in range(6))
    assert _style(tmp_path, narrow).width == 79
    assert _style(tmp_path, f'"""\n{long}\n"""\nx = 1\n').width == 88


def test_brackets_are_indented_as_in_the_file(tmp_path: Path) -> None:
    text = textwrap.dedent("""
        def f(x):
          return g(
            x,
          )
    """)
    assert _style(tmp_path, text).step == 2


def test_several_comprehensions_in_a_wide_line_are_all_rewritten_in_place() -> None:
    before = textwrap.dedent("""
        import jax
        import jax.numpy as jnp


        def f(x, y, z):
            return jnp.sum(x) * y + z


        def g(v: jax.Array, z):
            return jnp.stack([f(x, 1, z) for x in v]), jnp.stack([f(x, 3, z) for x in v]), jnp.stack([f(x, 5, z) for x in v])
    """)
    findings = analyze(SourceFile("a.py", before.encode()), ())
    after = apply_edits(before.encode(), merged_edits(findings))
    assert isinstance(after, bytes)
    rows = [f"jax.vmap(lambda x: f(x, {y}, z))(v)" for y in (1, 3, 5)]
    assert f"    return {', '.join(rows)}\n" in after.decode()


def test_regions_of_files_with_carriage_returns_start_at_the_margin() -> None:
    head = "import jax\nimport jax.numpy as jnp\n\ndef f(xs: jax.Array):\n"
    body = "    out = []\n    for x in xs:\n\n        y = x * 2\n        out.append(y)\n    return jnp.stack(out)\n"
    (finding,) = analyze(SourceFile("a.py", (head + body).replace("\n", "\r\n").encode()), ())
    assert finding.site is not None
    assert finding.site.before.startswith("out = []\nfor x in xs:\n\n    y = x * 2\n")


def test_a_printed_value_is_compared_with_the_function_that_it_calls() -> None:
    long = " + ".join(f"jnp.tanh(x @ w{k})" for k in range(6))
    text = (
        "import jax\nimport jax.numpy as jnp\n\n\ndef shown(xs, w0, w1, w2, w3, w4, w5):\n    k = 1\n"
        f"    # all of them\n    print(jnp.stack([{long}  # layers\n        for x in xs]))\n"
    )
    (finding,) = analyze(SourceFile("a.py", text.encode()), ())
    assert finding.site is not None
    assert finding.site.after.startswith("def ")
    assert "# layers\n(jax.vmap(" in finding.site.after
    compile(finding.site.after, "region", "exec")
