"""The codemod: LibCST's own tool writes what ``fix --write --unverified`` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cases import Case, find_cases
from libcst import ParserSyntaxError, parse_module
from libcst.codemod import CodemodContext

import vmapify
from vmapify.codemod import LoopToVmap
from vmapify.config import Settings
from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.codemod import agrees, written
from vmapify.source import apply_edits
from vmapify.source.discover import find_files, is_left_out

SAFE = """import jax
import jax.numpy as jnp


def norms(xs: jax.Array) -> jax.Array:
    out = []
    # the rows one by one
    for x in jnp.zeros((4, 3)):
        out.append(jnp.sum(jnp.sin(x)))
    return jnp.stack(out)
"""
ASSUMING = "import jax.numpy as jnp\n\n\ndef rows(xs, f):\n    return jnp.stack([jnp.sin(x) * 2 for x in xs])\n"
QUIET = SAFE.replace("zeros((4, 3)):", "zeros((4, 3)):  # vmapify: ignore[VM101]")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(vmapify.__path__[0]).parent)}


def _tool(folder: Path, *more: str, module: str = "libcst.tool") -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        module,
        "codemod",
        "--external",
        "vmapify.codemod.LoopToVmap",
        "--no-format",
        *more,
    ]
    return subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )


def _fix(folder: Path) -> None:
    command = [sys.executable, "-m", "vmapify", "fix", "--write", "--unverified", "--no-cache", "--exit-zero", "."]
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a file of every kind."""
    folder = tmp_path / "loop"
    texts = {
        "safe.py": SAFE,
        "windows.py": SAFE.replace("\n", "\r\n"),
        "marked.py": "\ufeff" + SAFE,
        "assuming.py": ASSUMING,
        "quiet.py": QUIET,
        "left/out.py": SAFE,
        "ignored.py": SAFE,
        "ruled.py": SAFE,
        ".gitignore": "ignored.py\n",
        "vmapify.toml": 'extend-exclude = ["left"]\n[per-file-ignores]\n"ruled.py" = ["VM101"]\n',
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def test_the_tool_of_libcst_writes_what_fix_writes(project: Path, tmp_path: Path) -> None:
    before = _contents(project)
    other = tmp_path / "fixed"
    shutil.copytree(project, other)
    done = _tool(project, ".")
    assert done.returncode == 0, done.stderr
    _fix(other)
    after = _contents(project)
    assert after == _contents(other)
    assert {name for name in after if after[name] != before[name]} == {"safe.py", "windows.py", "marked.py"}
    assert b"# the rows one by one" in after["safe.py"]
    assert _tool(project, ".").returncode == 0
    assert _contents(project) == after, "a second run changes something"


def test_unverified_adds_the_rest_with_a_warning(project: Path) -> None:
    done = _tool(project, "--unverified", "assuming.py")
    assert done.returncode == 0, done.stderr
    assert "vmap" in (project / "assuming.py").read_text()
    assert "assuming.py:5: VM102 was rewritten unverified: " in done.stderr


def test_what_is_safe_is_written_without_a_warning(project: Path) -> None:
    done = _tool(project, "--unverified", "safe.py")
    assert "unverified:" not in done.stderr
    assert "vmap" in (project / "safe.py").read_text()


def test_a_text_without_a_name_is_rewritten() -> None:
    assert "vmap" in LoopToVmap(CodemodContext()).transform_module(parse_module(SAFE)).code


@pytest.mark.parametrize("name", ["left/out.py", "ignored.py", "safe.py", "quiet.py"])
def test_what_is_left_out_is_what_a_walk_leaves_out(project: Path, name: str) -> None:
    settings = Settings(root=str(project), extend_exclude=("left",))
    walked = find_files((str(project),), settings).files
    assert is_left_out(str(project / name), settings) is (str(project / name) not in walked)


def test_gitignore_counts_from_the_top_of_the_work_tree(project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("deep/\n")
    (project / "deep" / "er").mkdir(parents=True)
    (project / "deep" / "er" / "a.py").write_text(SAFE)
    inside = Settings(root=str(project / "deep" / "er"))
    assert is_left_out(str(project / "deep" / "er" / "a.py"), inside)
    assert not is_left_out(str(project / "deep" / "er" / "a.py"), Settings(root=inside.root, respect_gitignore=False))


REWRITTEN = [
    case
    for case in find_cases()
    if case.output is not None
    and "unsafe" not in (case.applicability or "")
    and not any(mark.startswith("open") for _, mark in case.marks)  # nothing is run here
]


def _without_imports(text: str) -> list[str]:
    """The lines that are no plain imports: those that nothing uses any more are for files, and a fixture keeps them."""
    return [line for line in text.splitlines() if line and not line.startswith("import ")]


@pytest.mark.parametrize("case", REWRITTEN, ids=lambda case: case.name)
def test_a_fixture_is_rewritten_by_the_codemod(case: Case) -> None:
    context = CodemodContext(filename=str(case.path))
    new = LoopToVmap(context, unverified=True).transform_module(parse_module(case.source)).code
    assert _without_imports(new) == _without_imports(case.after)


def test_what_no_rewrite_touches_are_the_same_nodes() -> None:
    text = SAFE + "\n\ndef other(x):\n    return x\n"
    tree = parse_module(text)
    new = written(tree, _edits(text, ("    return jnp.stack(out)", "    return jnp.array(out)")))
    assert "jnp.array(out)" in new.code
    assert [new.body[k] is tree.body[k] for k in range(len(tree.body))] == [True, True, False, True]


def _edits(text: str, *changes: tuple[str, str]) -> list[Edit]:
    found = [(text.index(old), old, new) for old, new in changes]
    return [Edit(Span(at, at + len(old)), new) for at, old, new in found]


TEXT = "# top\nimport a\n\n\ndef f(x):\n    if x:\n        y = 1\n        # of z\n        z = 2\n    # behind\n\n    return y\n"


@pytest.mark.parametrize(
    "changes",
    [
        (("        y = 1\n", ""),),
        (("        z = 2\n", ""),),
        (("        y = 1\n        # of z\n        z = 2\n", "        # none\n        g()\n"),),
        (("    # behind\n\n    return y", "    # behind\n    return 1  # one"),),
        (("# top\nimport a\n", "# else\n"),),
        (("import a", "import a\nimport b"), ("if x", "if not x"), ("z = 2", "z = 3; w = (\n    4)")),
        (("        # of z\n", "        def g():\n            pass\n\n        # of z\n"), ("return y", "return [\ny]")),
    ],
)
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_statements_are_replaced_with_their_comments(
    changes: tuple[tuple[str, str], ...], newline: str, end: str
) -> None:
    text = (TEXT.removesuffix("\n") + end).replace("\n", newline)
    edits = _edits(text, *((old.replace("\n", newline), new.replace("\n", newline)) for old, new in changes))
    assert written(parse_module(text), edits).code.encode() == apply_edits(text.encode(), edits)
    new = apply_edits(text.encode(), edits)
    assert isinstance(new, bytes)
    assert agrees(text.encode(), edits, new)
    assert not agrees(text.encode(), edits, new + b"#")


def test_edits_that_only_parse_together_are_written_together() -> None:
    text = "a = 1\n\n\ndef f(xs):\n    for x in xs:\n        y = g(x)\n        h(y)\n    return xs\n"
    header, behind = "    for x in xs:\n", Span(text.index("    return"), text.index("    return"))
    edits = [
        *_edits(text, (header, "    def one(x):\n"), ("        h(y)\n", "        return y\n\n")),
        Edit(behind, "    ys = vmap(one)(xs)\n"),
    ]
    tree = parse_module(text)
    new = written(tree, edits)
    assert new.code.encode() == apply_edits(text.encode(), edits)
    assert new.body[0] is tree.body[0]
    deeper = [*edits[:1], Edit(behind, "        return y\n\n    ys = vmap(one)(xs)\n")]
    assert written(tree, deeper).code.encode() == apply_edits(text.encode(), deeper)


def test_new_statements_that_do_not_parse_are_refused() -> None:
    with pytest.raises(ParserSyntaxError):
        written(parse_module(TEXT), _edits(TEXT, ("return y", "return (")))
    with pytest.raises(ValueError, match="contradict"):
        written(parse_module(TEXT), _edits(TEXT, ("return y", "return 1"), ("return", "yield")))
    assert not agrees(TEXT.encode(), _edits(TEXT, ("return y", "return (")), b"")
    assert agrees(b"x = (", [], b"")
