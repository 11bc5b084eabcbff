"""The magics, in a real kernel, and with a shell that notes what it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import vmapify

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import jax\nimport jax.numpy as jnp\nxs = jnp.arange(6.0).reshape(3, 2)\n"
LOOP = "out = []\nfor x in xs:\n    out.append(jnp.sin(x))\nout = jnp.stack(out)\nprint(out.shape)\n"
CARRY = "total = 0.0\nout = []\nfor x in xs:\n    total = total + x[0]\n    out.append(jnp.sin(total))\nout = jnp.stack(out)\n"


class _Shell:
    """As much of IPython's shell as the magics use."""

    def __init__(self, *cells: str) -> None:
        self.history_manager = self
        self.input_hist_raw = ["", *cells, "%%vmapify"]
        self.user_ns: dict[str, Any] = {"jax": None}
        self.magics: dict[str, Any] = {}
        self.ran: list[str] = []
        self.next: tuple[str, bool] | None = None

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        self.magics[name] = function

    def run_cell(self, cell: str) -> None:
        self.ran.append(cell)

    def set_next_input(self, text: str, *, replace: bool) -> None:
        self.next = text, replace


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Shell:
    monkeypatch.chdir(tmp_path)
    found = _Shell(HEAD)
    vmapify.load_ipython_extension(found)
    return found


def test_a_cell_is_run_and_replaced(shell: _Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell.magics["vmapify"]("--apply", LOOP)
    said = capsys.readouterr().out
    assert shell.ran == [LOOP]
    assert "identical" in said
    assert "+out = jax.vmap(jnp.sin)(xs)" in said
    assert shell.next is not None
    assert shell.next[1]
    assert "jax.vmap" in shell.next[0]
    assert not list(tmp_path.glob("*.ipynb"))


def test_what_must_stay_is_told_and_kept(shell: _Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.magics["vmapify"]("--apply", CARRY)
    assert "loop-carried-dependency" in capsys.readouterr().out
    assert shell.next is None


def test_the_magics_work_in_a_kernel(tmp_path: Path) -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = ["%load_ext vmapify", HEAD, f"%%vmapify\n{LOOP}", "%vmapify_profile --no-judge"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown, ranked = ("".join(one.get("text", "") for one in cell.outputs) for cell in book.cells[2:])
    assert "(3, 2)" in shown
    assert "identical" in shown
    assert "+out = jax.vmap(jnp.sin)(xs)" in shown
    assert "1 call of 3 rows" in ranked
