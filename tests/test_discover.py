"""Which files a run looks at."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from vmapify.config import Settings
from vmapify.source import find_files
from vmapify.source.ignore import GitIgnore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = [
        "a.py", "b.txt", "book.ipynb", "pkg/c.py", "pkg/gen/d.py", "pkg/gen/keep.py", ".venv/e.py",
        "build/f.py", "pkg/__pycache__/g.py", "docs/h.py",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _found(tree: Path, *paths: str, **changes: object) -> list[str]:
    settings = dataclasses.replace(Settings(root=str(tree)), **changes)  # type: ignore[arg-type]
    return list(find_files(paths, settings).files)


def test_directories_are_walked_in_order(tree: Path) -> None:
    assert _found(tree, ".") == ["a.py", "book.ipynb", "docs/h.py", "pkg/c.py", "pkg/gen/d.py", "pkg/gen/keep.py"]


def test_files_are_taken_once_and_named_ones_whatever_is_excluded(tree: Path) -> None:
    assert _found(tree, "build/f.py", "a.py", ".", "a.py")[:2] == ["build/f.py", "a.py"]
    assert _found(tree, "build/f.py", "a.py", force_exclude=True) == ["a.py"]


def test_exclude_by_name_and_by_path(tree: Path) -> None:
    assert _found(tree, ".", extend_exclude=("docs", "pkg/gen")) == ["a.py", "book.ipynb", "pkg/c.py"]
    assert "build/f.py" in _found(tree, ".", exclude=())


def test_gitignore_files_nest_and_negate(tree: Path) -> None:
    (tree / ".gitignore").write_text("d.py\n/docs/\nkeep.py\n")
    (tree / "pkg" / "gen" / ".gitignore").write_text("!keep.py\n")
    assert _found(tree, ".") == ["a.py", "book.ipynb", "pkg/c.py", "pkg/gen/keep.py"]
    assert "pkg/gen/d.py" in _found(tree, ".", respect_gitignore=False)


def test_gitignore_above_the_named_directory_counts_inside_a_work_tree(tree: Path) -> None:
    (tree / ".gitignore").write_text("gen/\n")
    assert _found(tree, "pkg") == ["pkg/c.py", "pkg/gen/d.py", "pkg/gen/keep.py"]
    (tree / ".git").mkdir()
    assert _found(tree, "pkg") == ["pkg/c.py"]


def test_links_to_files_are_followed_once_and_links_to_directories_never(tree: Path) -> None:
    (tree / "again").symlink_to(tree / "pkg")
    (tree / "z.py").symlink_to(tree / "a.py")
    assert _found(tree, ".").count("z.py") == 0
    assert not any(name.startswith("again") for name in _found(tree, "."))


def test_missing_paths_are_problems_and_the_others_are_found(tree: Path) -> None:
    discovery = find_files(("nowhere.py", "a.py"), Settings(root=str(tree)))
    assert discovery.files == ("a.py",)
    assert [problem.path for problem in discovery.problems] == ["nowhere.py"]


def test_standard_input_is_kept_as_it_is(tree: Path) -> None:
    assert _found(tree, "-") == ["-"]


LINES = st.lists(
    st.sampled_from(
        [
            "a",
            "b/",
            "*.x",
            "*.x/",
            "/a",
            "a/b",
            "**/c",
            "*.[xy]",
            "# a",
            "",
            "b  ",
            "!a",
            "!c.x",
            "a.x",
            "*",
            "?.x",
            "a.[xy]/",
            "/a/b/",
            "c/",
            "/c.x",
            "*a.[xy]",
            "b/a.x ",
            "./a",
            "a/./b",
            "c/**",
        ]
    ),
    max_size=6,
)
PARTS = st.lists(st.sampled_from(["a", "b", "c", "a.x", "c.x", "d.y", "b.x"]), min_size=1, max_size=3)


@given(lines=LINES, parts=PARTS, directory=st.booleans())
def test_gitignore_lines_mean_what_pathspec_says(lines: list[str], parts: list[str], directory: bool) -> None:
    spec, ours = GitIgnoreSpec.from_lines(lines), GitIgnore(lines)
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        ignored = spec.check_file(above + "/").include
        assert bool(ours.verdict(above, directory=True)) == bool(ignored)
        if ignored:
            return
    path = "/".join(parts)
    assert bool(ours.verdict(path, directory=directory)) == bool(spec.check_file(path + "/" * directory).include)
