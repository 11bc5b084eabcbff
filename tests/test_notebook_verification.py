"""Notebooks as programs: cells run in order, commands left out, and what a cell shows compared."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest
from notebook_cases import ROOT, notebook, read_case

from vmapify.rewrite import analyze
from vmapify.source import SourceFile, read
from vmapify.verify import VerifyOptions, judge_sites
from vmapify.verify.notebook import steps

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Site, Verification

PROGRAM = """\
# %% [markdown]
A notebook that needs all of IPython that is stood in for.
# %%
%env JAX_ENABLE_X64=1
%matplotlib inline
import asyncio
import inspect
import os
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import neighbour

files = !ls
assert os.path.exists("book.ipynb")
get_ipython().run_line_magic("load_ext", "autoreload")
xs = jnp.arange(6.0).reshape(3, 2)
assert xs.dtype == "float64"
display(xs)
# %%
from __future__ import annotations
await asyncio.sleep(0)


def f(x: Unknown):
    return jnp.sin(x) * neighbour.FACTOR


@dataclass
class Point:
    x: Unknown


assert "jnp.sin" in inspect.getsource(f)
f?
# %%
%%bash
exit 3
# %%
%%timeit
raise SystemExit
# %% [tagged]
raise ValueError("expected")
# %%
def stacked(rows):
    out = []
    for row in rows:
        out.append(f(row))
    return jnp.stack(out)
# %%
%%time
jnp.stack([f(x) for x in xs])
# %%
%time ys = stacked(xs)
# %%
raise ValueError("never reached, for every loop is judged by now")
"""


def _sites(path: Path) -> list[Site]:
    source = read(str(path))
    assert isinstance(source, SourceFile)
    return [finding.site for finding in analyze(source, ()) if finding.site is not None]


def _written(folder: Path, text: str) -> Path:
    path = folder / "book.ipynb"
    tagged = '"cell_type": "tagged",\n   "id": "a1",\n   "metadata": {}'
    raw = notebook(text).replace(tagged, '"cell_type": "code",\n   "metadata": {"tags": ["raises-exception"]}')
    path.write_text(raw, encoding="utf-8")
    (folder / "neighbour.py").write_text("FACTOR = 2.0\n")
    return path


def _judged(sites: list[Site], options: VerifyOptions | None = None) -> list[Verification]:
    found = judge_sites(sites, options or VerifyOptions(timeout=60))
    return [found[key] for key in range(len(sites))]


def test_a_notebook_runs_as_in_its_kernel(tmp_path: Path) -> None:
    path = _written(tmp_path, PROGRAM)
    function, shown = _sites(path)
    assert (function.cell, function.line) == (6, 2)
    assert shown.returns
    wrong = dataclasses.replace(shown, after=shown.after + "[::-1]")
    verdicts = _judged([function, shown, wrong], VerifyOptions(timeout=60, run="python nothing.py"))
    assert [one.verdict for one in verdicts] == ["identical", "identical", "different"]
    assert {one.inputs for one in verdicts} == {"module"}
    assert verdicts[0].enable_x64


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("raise ValueError('first line\\nsecond')", "book.ipynb: cell 2 fails: ValueError: first line"),
        ("import not_there", "ModuleNotFoundError: not_there; install it into"),
        ("x = 1\nreturn x", "cell 2 fails: SyntaxError: 'return' outside function"),
    ],
)
def test_a_failing_cell_is_named_in_one_line(tmp_path: Path, cell: str, reason: str) -> None:
    head = "import jax\nimport jax.numpy as jnp\nxs = jnp.ones((3, 2))"
    loop = "scale = missing_without_it\nys = jnp.stack([jnp.sin(x) for x in xs])"
    (verdict,) = _judged(_sites(_written(tmp_path, f"# %%\n{head}\n# %%\n{cell}\n# %%\n{loop}\n")))
    assert verdict.verdict == "inconclusive"
    assert reason in verdict.reason
    assert "\n" not in verdict.reason


FAILING = (
    "raise ValueError('by design')",
    "import not_there",
    "x = input('how many? ')",
    "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/weights')",
    "raise SystemExit(1)",
)


@pytest.mark.parametrize("cell", FAILING)
def test_a_cell_that_fails_keeps_no_cell_that_does_without(tmp_path: Path, cell: str) -> None:
    head = "import jax\nimport jax.numpy as jnp\nxs = jnp.arange(6.0).reshape(3, 2)"
    loop = "ys = jnp.stack([jnp.sin(x) for x in xs])"
    (verdict,) = _judged(_sites(_written(tmp_path, f"# %%\n{head}\n# %%\n{cell}\n# %%\n{loop}\n")))
    assert verdict.verdict == "identical"


def test_nothing_goes_on_with_what_a_failing_cell_would_have_replaced(tmp_path: Path) -> None:
    head = "import jax\nimport jax.numpy as jnp\nxs = jnp.ones((3, 2))\nzs = xs"
    cell = "zs = jnp.arange(6.0).reshape(3, 2)\nimport not_there_either\nxs = zs + not_there_either.x"
    loops = "ys = jnp.stack([jnp.sin(x) for x in xs])\n# %%\nvs = jnp.stack([jnp.sin(z) for z in zs])"
    stale, fresh = _judged(_sites(_written(tmp_path, f"# %%\n{head}\n# %%\n{cell}\n# %%\n{loops}\n")))
    assert stale.verdict == "inconclusive"
    assert "not_there_either" in stale.reason
    assert fresh.verdict == "identical"


def test_given_inputs_reach_a_function_of_a_notebook(tmp_path: Path) -> None:
    head = "import jax\nimport jax.numpy as jnp"
    loop = "def f(xs: jax.Array):\n    return jnp.stack([jnp.sin(x) for x in xs])"
    path = _written(tmp_path, f"# %%\n{head}\n# %%\n{loop}\n# %%\nraise ValueError\n")
    inputs = tmp_path / "values.py"
    inputs.write_text("import jax.numpy as jnp\n\ndef inputs():\n    yield (jnp.arange(6.0).reshape(3, 2),)\n")
    (verdict,) = _judged(_sites(path), VerifyOptions(timeout=60, inputs=(str(inputs), "inputs"), function="f"))
    assert (verdict.verdict, verdict.inputs) == ("identical", "given")


def test_what_is_printed_or_plotted_is_judged_before_it_is(tmp_path: Path) -> None:
    text = (
        "import jax\nimport jax.numpy as jnp\n\nxs = jnp.arange(6.0).reshape(3, 2)\n"
        "print('a',\n    jnp.stack([jnp.sin(x) for x in xs]), 'b')\n"
        "out = []\nfor x in xs:\n    out.append(jnp.cos(x))\n[].append(jnp.stack(out))\n"
        "print([jnp.stack([jnp.sin(x) * k for x in xs]) for k in range(1)])\n"
    )
    (tmp_path / "script.py").write_text(text)
    printed, handed, repeated = _sites(tmp_path / "script.py")
    assert printed.returns
    assert handed.returns
    assert not repeated.returns
    wrong = [dataclasses.replace(one, after=f"{one.after}[::-1]") for one in (printed, handed)]
    verdicts = _judged([printed, handed, *wrong])
    assert [one.verdict for one in verdicts] == ["identical", "identical", "different", "different"]


def test_lists_that_nothing_stacks_are_judged_as_lists(tmp_path: Path) -> None:
    """Where an array stands for the list, too; a rewrite with other rows is refused wherever the list goes."""
    text = (
        "import jax\nimport jax.numpy as jnp\nimport numpy as np\n\nxs = jnp.arange(6.0).reshape(3, 2)\n"
        "print([jnp.sum(x) for x in xs])\nprint(np.max([jnp.sum(x) for x in xs]))\n"
        "totals = [float(jnp.sum(x)) for x in xs]\nprint(totals)\n"
        "def a_sum_with_a_name_of_many_words(row, weight):\n    return jnp.sum(row) * weight\n"
        "weight_of_all = 2.0\n"
        "print(jnp.arange(4), np.max([a_sum_with_a_name_of_many_words(row, weight_of_all) for row in xs]), 'largest')\n"
    )
    (tmp_path / "script.py").write_text(text)
    sites = _sites(tmp_path / "script.py")
    assert ["".join(one.after.split()) for one in sites] == [
        "(list(jax.vmap(jnp.sum)(xs)))",
        "(np.array(np.asarray(jax.vmap(jnp.sum)(xs))))",
        "totals=jax.vmap(jnp.sum)(xs).tolist()",
        # the whole line was laid out anew, and the list alone is compared
        "(np.array(np.asarray(jax.vmap(lambdarow:a_sum_with_a_name_of_many_words(row,weight_of_all))(xs))))",
    ]
    wrong = [dataclasses.replace(one, after=re.sub(r"\(\s*xs\b", "(xs[::-1]", one.after)) for one in sites]
    verdicts = [one.verdict for one in _judged([*sites, *wrong])]
    assert verdicts == ["identical"] * 4 + ["different"] * 4


def test_what_stands_between_loop_and_stack_call_does_not_matter(tmp_path: Path) -> None:
    loop = "out = []\nfor x in xs:\n    out.append(jnp.cos(x))\nfigure = object()\nprint(figure, jnp.stack(out))"
    head = "import jax\nimport jax.numpy as jnp\n\nxs = jnp.arange(6.0).reshape(3, 2)"
    (site,) = _sites(_written(tmp_path, f"# %%\n{head}\n# %%\n{loop}\n"))
    wrong = dataclasses.replace(site, after=f"{site.after}[::-1]")
    assert [one.verdict for one in _judged([site, wrong])] == ["identical", "different"]


@pytest.mark.parametrize("name", ["collect", "shown", "side_by_side"])
def test_fixtures_hold_when_run(tmp_path: Path, name: str) -> None:
    verdicts = _judged(_sites(_written(tmp_path, read_case(ROOT / f"{name}.cells").before)))
    assert {one.verdict for one in verdicts} <= {"identical", "equivalent"}, verdicts


def test_a_notebook_that_changed_is_told(tmp_path: Path) -> None:
    head = "# %%\nimport jax\nimport jax.numpy as jnp\nxs = jnp.ones((3, 2))\n"
    sites = _sites(_written(tmp_path, f"{head}# %%\nys = jnp.stack([jnp.sin(x) for x in xs])\n"))
    _written(tmp_path, f"{head}# %%\n# jax for\nys = jnp.stack([jnp.sin(x) for x in xs])\n")
    (verdict,) = _judged(sites)
    assert "the file has changed" in verdict.reason


def test_commands_become_python_of_as_many_lines(tmp_path: Path) -> None:
    text = "# %%\nimport jax  # for\n!ls \\\n  x\na = !ls\nb = %magic\n%cd sub\n%set_env A 'b'\n%time c = 1\nd?\n"
    source = read(str(_written(tmp_path, text)))
    assert isinstance(source, SourceFile)
    assert [step["code"].split("\n") for step in steps(source)] == [
        [
            "import jax  # for",
            "[]",
            "",
            "a = []",
            "b = None",
            "__import__('os').chdir(\"sub\")",
            "__import__('os').environ[\"A\"] = \"'b'\"",
            "True; c = 1",
            "None",
        ]
    ]
