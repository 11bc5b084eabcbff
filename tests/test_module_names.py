"""Names of a module: who sees them besides the code that reads them as variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vmapify.pipeline.analysis import Analyser
from vmapify.report import wording
from vmapify.rewrite import analyze
from vmapify.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from vmapify.diagnostic import Finding

HEAD = "import jax.numpy as jnp\n\nxs = jnp.arange(12.0).reshape(4, 3)\n"
LOOP = "rows = []\nfor x in xs:\n    rows.append(jnp.sin(x))\ntable = jnp.stack(rows)\n"
EXAMPLE = '''def shape(x):
    """Say how x looks.

    >>> {}
    (3,)
    """
'''


def only(text: str) -> Finding:
    (finding,) = analyze(SourceFile("nowhere/mod.py", text.encode()), ())
    return finding


@pytest.mark.parametrize(
    "use",
    [
        '__all__ = ["rows"]',
        '__all__ = ["table"] + ["x"]',
        '__all__: tuple[str, ...] = ("rows",)',
        '__all__ = []; __all__ += ["rows"]',
        '__all__ = []; __all__.append("rows")',
        '__all__ = []; __all__.insert(0, "rows")',
        '__all__ = []; __all__.extend(["table", "rows"])',
        '__all__ = ["table"]; __all__ = __all__ + ["rows"]',
        "__all__ = [name for name in names]",
        "from other import __all__",
        "__all__ = []; register(__all__)",
        'found = globals()["rows"]',
        'found = globals().get("x")',
        'found = "rows" in globals()',
        "found = globals()",
        "def find(name): return globals()[name]",
        "find = globals",
        "import builtins as b; found = b.globals()",
        "found = vars()",
        'found = locals()["rows"]',
        "found = dir()",
        "import sys; found = sys.modules[__name__].rows",
        'import sys; found = getattr(sys.modules[__name__], "rows")',
        "import sys; found = getattr(sys.modules[__name__], name)",
        "import sys as s; me = s.modules[__name__]; found = me.rows",
        'from sys import modules; found = modules[__name__].__dict__["rows"]',
        'import sys; found = sys.modules["package.mod"].rows',
        "import sys; found = sys.modules.get(__name__).rows",
        "import sys; found = {name: vars(one) for name, one in sys.modules.items()}",
        "import importlib; found = importlib.import_module(__name__).rows",
        'from importlib import import_module as load; found = load("mod").rows',
        "found = __import__(__name__).rows",
        "import __main__; found = __main__.rows",
        "from __main__ import rows as again",
        "from __main__ import *",
        'found = eval("len(rows)")',
        "exec(code)",
        'def find(): return eval("rows")',
        'import inspect; found = inspect.currentframe().f_globals["rows"]',
        "import sys; found = sys._getframe().f_locals",
        'def find(): pass\nfound = find.__globals__["rows"]',
        "import inspect; found = inspect.getmodule(jnp).rows",
        'import timeit; timeit.timeit("len(rows)", setup="from __main__ import rows")',
        'import numexpr; numexpr.evaluate("x + 1")',
        'frame.query("column > @rows")',
        "import runpy; runpy.run_path(__file__)",
        EXAMPLE.format("len(rows)"),
    ],
)
def test_what_sees_a_name_of_the_module_keeps_the_loop(use: str) -> None:
    finding = only(f"{HEAD}{LOOP}{use}\n")
    assert [reason.code for reason in finding.reasons] == ["results-used-elsewhere"]
    assert finding.reasons[0].line >= 8


@pytest.mark.parametrize(
    "use",
    [
        '__all__ = ["table", "xs"]',
        '__all__ = ["table"]; __all__ += ["xs"]; print(len(__all__), "rows" in __all__)',
        'found = globals()["table"]',
        'globals()["other"] = 1',
        "import sys; found = sys.modules[__name__].table",
        'import sys; found = sys.modules["jax"].rows',
        'import sys; found = "jax" in sys.modules',
        'import importlib; found = importlib.import_module("json").rows',
        'found = eval("len(xs)")',
        "def find(): return locals()",
        "def find(it): return vars(it), dir(it)",
        "model.eval()",
        'frame.query("x > @y")',
        EXAMPLE.format("x = 3"),
        'rows = list(table)\n__all__ = ["rows"]',
        '__all__ = ["rows"]\nrows, x = 1, 2',
    ],
)
def test_what_sees_none_of_the_names_that_change_does_not(use: str) -> None:
    finding = only(f"{HEAD}{LOOP}{use}\n")
    assert finding.verdict == "rewrite", finding.reasons


@pytest.mark.parametrize(
    ("loop", "changed", "kept"),
    [
        ("table = jnp.stack([jnp.sin(x) for x in xs])", [], ["table", "x"]),
        ("rows = [jnp.sin(x) for x in xs]\ntable = jnp.stack(rows)", ["rows"], ["table", "x"]),
        ("rows = []\nfor x in xs:\n    rows.append(jnp.sin(x))\nrows = jnp.stack(rows)", ["x"], ["rows"]),
        ("rows = []\nfor x in xs:\n    rows.append(jnp.sin(x))\nprint(jnp.stack(rows).sum())", ["x", "rows"], ["xs"]),
        ("out = jnp.zeros((4, 3))\nfor i in range(4):\n    out = out.at[i].set(jnp.sin(xs[i]))", ["i"], ["out"]),
        ("total = jnp.zeros(3)\nfor x in xs:\n    y = x + 1\n    total = total + jnp.sin(y)", ["x", "y"], ["total"]),
        ("x = 3\nrows = []\nfor x in xs:\n    rows.append(jnp.sin(x))\nrows = jnp.stack(rows)", ["x"], ["rows"]),
        ("rows = []\nfor x in xs:\n    rows.append(jnp.sin(x))\nrows = jnp.stack(rows)\nx = 4", [], ["rows", "x"]),
    ],
)
def test_a_name_is_kept_where_its_value_is(loop: str, changed: list[str], kept: list[str]) -> None:
    for name in (*changed, *kept):
        finding = only(f"{HEAD}{loop}\n__all__ = [{name!r}]\n")
        assert (finding.verdict == "blocked") == (name in changed), name


def test_inside_of_a_function_the_names_of_the_module_do_not_matter() -> None:
    body = "".join(f"    {line}\n" for line in LOOP.splitlines())
    finding = only(
        f'{HEAD}__all__ = ["rows", "x"]\n\n\ndef tables(xs):\n{body}    return table, globals()["rows"], xs.T\n'
    )
    assert finding.verdict == "rewrite"


@pytest.mark.parametrize(
    ("before", "loop", "behind", "assumed"),
    [
        ("", LOOP, "", "no other module imports `rows` or `x`, which"),
        ("", LOOP.replace("rows", "table"), "", "no other module imports `x`, which"),
        ("", LOOP.replace("rows", "_rows"), "", "no other module imports `x`, which"),
        ("", LOOP, "rows = list(table)\n", "no other module imports `x`, which"),
        ("", LOOP, "x, rows = 1, 2\n", None),
        ("", LOOP, "if xs.shape:\n    x, rows = 1, 2\n", "no other module imports `rows` or `x`, which"),
        (
            "",
            LOOP,
            "try:\n    x, rows = 1, 2\nexcept ValueError:\n    pass\n",
            "no other module imports `rows` or `x`, which",
        ),
        ("", LOOP.replace("rows", "_rows").replace("x in", "_ in").replace("(x)", "(_)"), "", None),
        ("", "table = jnp.stack([jnp.sin(x) for x in xs])\n", "", None),
        ('if __name__ == "__main__":\n', LOOP, "", None),
        ('if __name__ != "__main__":\n', LOOP, "", "no other module imports `rows` or `x`, which"),
        ("def tables(xs: jnp.ndarray):\n    xs.T\n", LOOP, "", None),
    ],
)
def test_what_others_may_import_is_assumed_away_by_name(
    before: str, loop: str, behind: str, assumed: str | None
) -> None:
    inner = "".join(f"    {line}\n" for line in loop.splitlines()) if before else loop
    finding = only(f"{HEAD}{before}{inner}{behind}")
    told = [wording.message(one) for one in finding.assumptions if one.code == "module-names"]
    assert len(told) == (assumed is not None)
    assert all(one.startswith(assumed or "") for one in told)
    assert finding.applicability == ("safe" if assumed is None else "unverified")


def judged(root: Path, own: str, other: str, text: str, loop: str = LOOP) -> Finding:
    """The finding in ``own`` with ``text`` in ``other``; directories called ``pkg`` and those below are packages."""
    (root / "pyproject.toml").write_text("")
    for name, content in ((own, f"{HEAD}{loop}"), (other, text)):
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a") as stream:
            stream.write(f"{content}\n")
    for folder in (one for one in root.rglob("*") if one.is_dir() and "pkg" in one.relative_to(root).parts):
        (folder / "__init__.py").touch()
    result = Analyser(root).file(str(root / own))
    assert not result.problems
    (finding,) = result.findings
    return finding


PLACES = [
    ("mod.py", "use.py", "mod"),
    ("mod.py", "mod.py", "mod"),
    ("scripts/mod.py", "tests/use.py", "mod"),
    ("src/pkg/mod.py", "src/pkg/use.py", "pkg.mod"),
    ("src/pkg/mod.py", "tests/use.py", "pkg.mod"),
    ("src/pkg/mod.py", "src/pkg/sub/use.py", "pkg.mod"),
    ("src/pkg/__init__.py", "src/pkg/use.py", "pkg"),
]


@pytest.mark.parametrize(("own", "other", "name"), PLACES)
@pytest.mark.parametrize(
    "use",
    [
        "from {} import rows",
        "def f():\n    from {} import (\n        table,\n        x as row,\n    )",
        "from {} import *",
        "from {} \\\n    import table, \\\n    rows",
        "import {}\nprint({}.rows)",
        "import {} as m\nprint(m.rows)",
        'import {} as m\nprint(getattr(m, "rows"))',
        'import importlib\nm = importlib.import_module("{}")\nprint(m.x)',
        'import sys\nprint(sys.modules["{}"].rows)',
        'def test(monkeypatch):\n    monkeypatch.setattr("{}.rows", 3)',
        'from unittest.mock import patch\nimport {} as m\npatch.object(m, "rows")',
        'import runpy\nprint(runpy.run_module("{}")["rows"])',
        'import timeit\ntimeit.timeit("len(rows)", setup="from {} import rows")',
    ],
)
def test_another_file_that_imports_a_name_keeps_the_loop(
    tmp_path: Path, own: str, other: str, name: str, use: str
) -> None:
    finding = judged(tmp_path, own, other, use.replace("{}", name))
    assert [reason.code for reason in finding.reasons] == ["results-used-elsewhere"]
    assert finding.reasons[0].path.endswith(other)


@pytest.mark.parametrize(("own", "other", "name"), PLACES)
@pytest.mark.parametrize(
    "use",
    [
        "from {} import table",
        "import {}\nshown = 1\nprint({}.table, shown)",
        "from other.{} import rows",
        "import os\nprint(os.rows)",
        "from {}s import rows",
    ],
)
def test_a_file_that_imports_something_else_does_not(tmp_path: Path, own: str, other: str, name: str, use: str) -> None:
    if own != other:
        assert judged(tmp_path, own, other, use.replace("{}", name)).applicability == "unverified"


@pytest.mark.parametrize(
    ("own", "other", "use", "blocked"),
    [
        ("src/pkg/mod.py", "src/pkg/use.py", "from .mod import rows", True),
        ("src/pkg/mod.py", "src/pkg/use.py", "from . import (\n    mod as m,\n)\nprint(m.x)", True),
        ("src/pkg/mod.py", "src/pkg/sub/use.py", "from ..mod import rows", True),
        ("src/pkg/mod.py", "src/pkg/sub/use.py", "from .mod import rows", False),
        ("src/pkg/mod.py", "src/pkg/sub/mod.py", "rows = 1", False),
        ("src/pkg/__init__.py", "src/pkg/use.py", "from . import rows", True),
        ("src/pkg/mod.py", "tests/use.py", "import pkg\nprint(pkg.mod.rows)", True),
        ("src/pkg/mod.py", "tests/use.py", "from mod import rows", True),  # with `src/pkg` on the path
        ("mod.py", "use.py", "import runpy\nprint(runpy.run_path('mod.py')['rows'])", True),
    ],
)
def test_imports_are_resolved(tmp_path: Path, own: str, other: str, use: str, *, blocked: bool) -> None:
    assert (judged(tmp_path, own, other, use).verdict == "blocked") == blocked


def test_names_with_an_underscore_are_imported_by_name_only(tmp_path: Path) -> None:
    loop = LOOP.replace("rows", "_rows").replace("x in", "_x in").replace("(x)", "(_x)")
    assert judged(tmp_path, "mod.py", "use.py", "from mod import *", loop).applicability == "safe"
    (tmp_path / "mod.py").unlink()
    assert judged(tmp_path, "mod.py", "use.py", "from mod import _rows", loop).verdict == "blocked"


def test_what_a_star_brings_is_what_the_module_lists(tmp_path: Path) -> None:
    loop = LOOP + '__all__ = ["table"]\n'
    assert judged(tmp_path, "mod.py", "use.py", "from mod import *", loop).verdict == "rewrite"


def test_without_a_run_only_names_that_nobody_imports_go(run: Callable[..., Result], tmp_path: Path) -> None:
    public, private = HEAD + LOOP, HEAD + LOOP.replace("rows", "_rows") + "x = None\n"
    (tmp_path / "public.py").write_text(public)
    (tmp_path / "private.py").write_text(private)
    run("fix", "--write", "--unverified")
    assert (tmp_path / "public.py").read_text() == public
    assert "table = jax.vmap(jnp.sin)(xs)" in (tmp_path / "private.py").read_text()
