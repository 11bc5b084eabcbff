"""What is kept from run to run changes how long a run takes, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vmapify.config import Settings
from vmapify.pipeline import check
from vmapify.pipeline.analysis import Analyser
from vmapify.pipeline.cache import freshness
from vmapify.pipeline.cache.findings import Cache
from vmapify.pipeline.cache.store import Kept
from vmapify.report import View
from vmapify.rewrite import file_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

MAIN = """\
import jax
import jax.numpy as jnp

from pkg.physics import energy
from pkg.missing import measured


def energies(xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(energy(x))
    return jnp.stack(out)


def measurements(xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(measured(x))
    return jnp.stack(out)
"""
PHYSICS = """\
import jax.numpy as jnp


def energy(x):
    return jnp.sum(x**2)
"""
BRANCHING = PHYSICS.replace("    return", "    if x[0] > 0:\n        return 1.0\n    return")
CLEAN = "import numpy as np\n"
COMMENT = "x = 1  # vmapify: ignore[VM101] nothing is here\n"


class Tree:
    """A project, what is said about it with and without a cache, and which files were analysed for it."""

    def __init__(self, root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.cache = root, cache
        self.analysed: list[str] = []
        own = Analyser.file

        def counted(analyser: Analyser, path: str) -> object:
            self.analysed.append(Path(path).name)
            return own(analyser, path)

        monkeypatch.setattr(Analyser, "file", counted)
        monkeypatch.setattr(check, "FEW", 1)

    def write(self, name: str, text: str) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def said(self, *, cached: bool, only: str = ".", blocked: bool = True, form: str = "json") -> str:
        told = check.check(
            (str(self.root / only),),
            Settings(root=str(self.root)),
            View(form, show_blocked=blocked),
            jobs=1,
            cache=str(self.cache) if cached else None,
        )
        return f"{told.code} {told.text}"

    def agrees(self, only: str = ".") -> set[str]:
        """The files that a run with the cache analysed; it says what one without says."""
        expected = self.said(cached=False, only=only)
        self.analysed.clear()
        assert self.said(cached=True, only=only) == expected
        return set(self.analysed)


@pytest.fixture(params=["settled", "just now"])
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A project whose files are old enough for their stamps to be trusted, or too young."""
    if request.param == "settled":
        monkeypatch.setattr(freshness, "GRAIN", -(10**15))
    made = Tree(tmp_path / "project", tmp_path / "cache", monkeypatch)
    texts = {"main": MAIN, "physics": PHYSICS, "clean": CLEAN, "comment": COMMENT, "__init__": ""}
    for name, text in texts.items():
        made.write(f"pkg/{name}.py", text)
    made.write("book.ipynb", '{"cells": []}')
    return made


@pytest.fixture
def settled(tree: Tree, request: pytest.FixtureRequest) -> Tree:
    if "just now" in request.node.name:
        pytest.skip("nothing is trusted that is younger than a run")
    return tree


EVERY = {"main.py", "physics.py", "clean.py", "comment.py", "__init__.py", "book.ipynb"}


def test_an_unchanged_tree_is_not_analysed_again(settled: Tree) -> None:
    assert settled.agrees() == EVERY
    assert settled.agrees() == set()
    assert settled.agrees("pkg/main.py") == set()
    assert '"verdict": "rewrite"' in settled.said(cached=True)


def test_a_new_time_without_a_new_text_costs_a_look(settled: Tree) -> None:
    settled.agrees()
    for path in settled.root.rglob("*.py"):
        os.utime(path)
    assert settled.agrees() <= {"clean.py", "__init__.py", "physics.py"}
    assert settled.agrees() == set()


def _edit_main(tree: Tree) -> None:
    tree.write("pkg/main.py", MAIN.replace("energies", "energies_of_all"))


def _edit_callee(tree: Tree) -> None:
    tree.write("pkg/physics.py", BRANCHING)


def _edit_callee_keeping_its_size(tree: Tree) -> None:
    tree.write("pkg/physics.py", PHYSICS.replace("jnp.sum", "jnp.var"))


def _delete_callee(tree: Tree) -> None:
    (tree.root / "pkg" / "physics.py").unlink()


def _add_missing_module(tree: Tree) -> None:
    tree.write("pkg/missing.py", BRANCHING.replace("energy", "measured"))


def _add_missing_package(tree: Tree) -> None:
    tree.write("pkg/missing/__init__.py", BRANCHING.replace("energy", "measured"))


def _hide_the_package(tree: Tree) -> None:
    tree.write("pkg/pkg/__init__.py", "")
    tree.write("pkg/pkg/physics.py", BRANCHING)


def _no_package_any_more(tree: Tree) -> None:
    (tree.root / "pkg" / "__init__.py").unlink()


def _set_the_line_length(tree: Tree) -> None:
    tree.write("ruff.toml", "line-length = 40\n")


def _hide_a_file(tree: Tree) -> None:
    tree.write(".gitignore", "main.py\n")


def _make_two_a_link(tree: Tree) -> None:
    tree.write("pkg/other.py", MAIN)
    (tree.root / "pkg" / "physics.py").unlink()
    (tree.root / "pkg" / "physics.py").symlink_to("other.py")


def _swap_two_files(tree: Tree) -> None:
    main, clean = tree.root / "pkg" / "main.py", tree.root / "pkg" / "clean.py"
    main.rename(tree.root / "aside")
    clean.rename(main)
    (tree.root / "aside").rename(clean)


def _rename_a_file(tree: Tree) -> None:
    (tree.root / "pkg" / "main.py").rename(tree.root / "pkg" / "principal.py")


CHANGES = [
    value
    for name, value in sorted(globals().items())
    if callable(value) and getattr(value, "__name__", "")[:1] == "_" and "tree" in getattr(value, "__annotations__", {})
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_changes_are_seen(tree: Tree, change: Callable[[Tree], None]) -> None:
    tree.agrees()
    before = tree.said(cached=True)
    change(tree)
    tree.agrees()
    tree.agrees()
    changed = tree.said(cached=True) != before
    assert changed or change in (_edit_callee_keeping_its_size, _set_the_line_length, _no_package_any_more)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_changes_are_seen_after_a_run_over_another_file(tree: Tree, change: Callable[[Tree], None]) -> None:
    tree.agrees()
    change(tree)
    tree.write("pkg/other.py", MAIN)
    tree.agrees("pkg/other.py")
    tree.agrees()


TABLE = (
    MAIN.split("\n\n\n")[0]
    + """
xs = jnp.arange(12.0).reshape(4, 3)
rows = []
for x in xs:
    rows.append(energy(x))
table = jnp.stack(rows)
"""
)


@pytest.mark.parametrize("place", ["pkg/clean.py", "pkg/new.py", "tests/deep/down/new.py", "later.py"])
def test_an_importer_of_a_name_is_noticed_wherever_it_stands(tree: Tree, place: str) -> None:
    tree.write("pkg/table.py", TABLE)
    tree.agrees()
    assert '"module-names"' in tree.said(cached=True)
    tree.write(place, "from pkg.table import rows\n")
    tree.agrees()
    assert '"module-names"' not in tree.said(cached=True)
    tree.write(place, "from pkg.table import table\n")
    tree.agrees()
    assert '"module-names"' in tree.said(cached=True)


def test_blocked_loops_are_kept_apart(settled: Tree) -> None:
    _edit_callee(settled)
    few = settled.said(cached=True, blocked=False)
    assert few == settled.said(cached=False, blocked=False)
    settled.agrees()
    assert settled.said(cached=True, blocked=False) == few


def _damaged(text: bytes) -> Iterator[bytes]:
    yield b""
    yield text[:-1]
    yield text[: len(text) // 2]
    yield text.replace(b"VM101", b"VM102", 1)
    yield b"\0" * 100
    yield text.split(b"\n")[0] + b"\n[]"
    yield text.replace(b"vmapify ", b"vmapify 0", 1)


def test_a_damaged_cache_is_passed_over(settled: Tree) -> None:
    settled.agrees()
    (file,), (said,) = settled.cache.glob("*.json"), settled.cache.glob("*.said")
    whole = file.read_bytes()
    for text in _damaged(whole):
        file.write_bytes(text)
        said.unlink()
        assert settled.agrees() == EVERY
        assert settled.agrees() == set()


def test_what_was_said_is_passed_over_where_it_is_damaged(settled: Tree) -> None:
    settled.agrees()
    (file,) = settled.cache.glob("*.said")
    whole = file.read_bytes()
    for text in _damaged(whole):
        file.write_bytes(text)
        assert settled.agrees() == set()


def test_what_was_said_is_what_was_asked_for(settled: Tree) -> None:
    asked = [{}, {"form": "text"}, {"blocked": False}, {"form": "text", "blocked": False}, {"only": "pkg"}]
    for options in asked * 2:
        assert settled.said(cached=True, **options) == settled.said(cached=False, **options)


def test_where_nothing_changed_nothing_is_read(settled: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = settled.said(cached=True)
    with monkeypatch.context() as patch:
        patch.setattr("vmapify.pipeline.cache.findings.Cache._load", None)
        assert settled.said(cached=True) == before
    settled.write("pkg/other.py", CLEAN)
    with monkeypatch.context() as patch, pytest.raises(TypeError):
        patch.setattr("vmapify.pipeline.cache.findings.Cache._load", None)
        settled.said(cached=True)


def test_a_small_run_leaves_what_was_said_of_the_tree(settled: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.agrees()
    (file,) = settled.cache.glob("*.said")
    before = file.read_bytes()
    monkeypatch.setattr(check, "FEW", 2)
    settled.agrees("pkg/main.py")
    assert file.read_bytes() == before


def test_settings_that_findings_rest_on_are_looked_at(settled: Tree) -> None:
    settled.write("pkg/main.py", MAIN.replace("energy(x)", "energy(x) + energy(2 * x) + energy(3 * x)"))
    said = []
    for length in (40, 100):
        settled.write("ruff.toml", f"line-length = {length}\n")
        file_style._configured.cache_clear()
        settled.agrees()
        said.append(settled.said(cached=True))
    assert said[0] != said[1]


def test_who_comes_and_goes_beside_the_tree_is_of_no_interest(settled: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = settled.said(cached=True)
    (settled.root.parent / "somebody").touch()
    (settled.root / "else").touch()
    with monkeypatch.context() as patch:
        patch.setattr("vmapify.pipeline.cache.findings.Cache._load", None)
        assert settled.said(cached=True) == before
    (settled.root.parent / "pkg").mkdir()
    with monkeypatch.context() as patch, pytest.raises(TypeError):
        patch.setattr("vmapify.pipeline.cache.findings.Cache._load", None)
        settled.said(cached=True)


def test_a_cache_that_cannot_be_written_is_none(settled: Tree) -> None:
    settled.cache.write_text("in the way")
    assert settled.agrees() == EVERY
    assert settled.cache.read_text() == "in the way"


def test_the_directory_is_nobodys_business(settled: Tree) -> None:
    settled.agrees()
    assert {path.name for path in settled.cache.iterdir()} >= {".gitignore", "CACHEDIR.TAG"}
    assert len(list(settled.cache.iterdir())) == 4, "nothing is left over from writing"


def test_options(run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VMAPIFY_CACHE_DIR", raising=False)
    (tmp_path / "a.py").write_text("import jax\n")
    run("check", "--no-cache")
    assert not (tmp_path / ".vmapify_cache").exists()
    run("check", "--cache-dir", "here")
    assert (tmp_path / "here" / "CACHEDIR.TAG").exists()
    (tmp_path / "vmapify.toml").write_text('cache-dir = "there"\n')
    run("check")
    assert (tmp_path / "there" / "CACHEDIR.TAG").exists()
    monkeypatch.setenv("VMAPIFY_CACHE_DIR", "elsewhere")
    run("check")
    assert (tmp_path / "elsewhere" / "CACHEDIR.TAG").exists()
    monkeypatch.delenv("VMAPIFY_CACHE_DIR")
    (tmp_path / "vmapify.toml").unlink()
    run("check")
    assert (tmp_path / ".vmapify_cache" / "CACHEDIR.TAG").exists()


def test_files_that_cannot_be_parsed_are_told_about_again(settled: Tree) -> None:
    settled.write("pkg/broken.py", "import jax\nfor (\n")
    settled.write("pkg/latin.py", "# coding: latin-1\n# \xe9\n")
    assert settled.agrees() >= {"broken.py", "latin.py"}
    assert settled.agrees() == set()
    assert "broken.py" in settled.said(cached=True)


def test_what_went_wrong_is_tried_again(settled: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("vmapify.rewrite.analyze", None)
        assert "internal error" in settled.said(cached=True)
    assert "main.py" in settled.agrees()


def test_runs_at_the_same_time_leave_a_whole_cache(settled: Tree) -> None:
    caches = [Cache(str(settled.cache), str(settled.root), blocked=True) for _ in range(3)]
    analyser = Analyser(settled.root)
    for cache in caches:
        _, unknown = cache.sift(sorted(str(path) for path in settled.root.rglob("*.py")))
        results = [analyser.file(path) for path in unknown]
        cache.note(analyser.news())
        cache.save(results)
    assert settled.agrees() <= {"book.ipynb"}


def test_names_that_are_no_text_are_kept(settled: Tree) -> None:
    settled.write("pkg/\udcff.py", "import jax\nfor (\n")
    settled.agrees()
    assert settled.agrees() == set()


def test_a_directory_that_holds_something_else_gets_no_gitignore(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "thesis.tex").write_text("text")
    Kept(str(tmp_path / "kept"), str(tmp_path), blocked=False, suffix="json").write(b"{}")
    assert not (tmp_path / "kept" / ".gitignore").exists()
    Kept(str(tmp_path / "new"), str(tmp_path), blocked=False, suffix="json").write(b"{}")
    assert (tmp_path / "new" / ".gitignore").exists()
