"""The functions for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import pytest

import vmapify
from vmapify import NotEquivalentError, assert_equivalent

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """\
import jax
import jax.numpy as jnp


def energies(xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(jnp.sin(x))
    return jnp.stack(out)


def total(xs: jax.Array) -> jax.Array:
    state = jnp.zeros(3)
    out = []
    for x in xs:
        state = state + x
        out.append(state)
    return jnp.stack(out)
"""
XS = jnp.arange(12.0).reshape(4, 3) / 7


def loop(w: jax.Array, xs: jax.Array) -> jax.Array:
    return jnp.stack([jnp.tanh(w @ x) for x in xs])


def vmapped(w: jax.Array, xs: jax.Array) -> jax.Array:
    return jax.vmap(lambda x: jnp.tanh(w @ x))(xs)


def reversed_rows(w: jax.Array, xs: jax.Array) -> jax.Array:
    return vmapped(w, xs[::-1])


W = jnp.arange(6.0).reshape(2, 3) / 5


def test_a_text_is_checked() -> None:
    (found,) = vmapify.check(TEXT)
    assert isinstance(found, vmapify.Finding)
    assert (found.code, found.function, found.verdict) == ("VM101", "energies", "rewrite")
    assert [one.verdict for one in vmapify.check(TEXT, blocked=True)] == ["rewrite", "blocked"]
    assert vmapify.check("x = 1\n") == []


def test_a_file_is_checked_by_its_own_settings(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    assert [one.path for one in vmapify.check(path)] == [str(path)]
    assert len(vmapify.check(str(path))) == 1
    (tmp_path / "vmapify.toml").write_text('ignore = ["VM101"]\n')
    assert vmapify.check(path) == []
    assert len(vmapify.check(path, isolated=True)) == 1
    (tmp_path / "vmapify.toml").write_text("ignroe = []\n")
    with pytest.raises(vmapify.ConfigError, match="did you mean `ignore`"):
        vmapify.check(path)


def test_what_cannot_be_checked_is_an_exception(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError) as caught:
        vmapify.check("import jax\nfor (\n")
    assert caught.value.lineno == 2
    with pytest.raises(FileNotFoundError):
        vmapify.check(tmp_path / "none.py")
    (tmp_path / "latin.py").write_bytes("x = 'é'\n".encode("latin-1"))
    with pytest.raises(SyntaxError, match="utf-8"):
        vmapify.check(tmp_path / "latin.py")
    (tmp_path / "book.ipynb").write_text("{")
    with pytest.raises(ValueError, match="is not a notebook"):
        vmapify.check(tmp_path / "book.ipynb")


def test_versions_that_agree() -> None:
    found = assert_equivalent(loop, vmapped, W, XS)
    assert isinstance(found, vmapify.Verification)
    assert found.verdict in {"identical", "equivalent"}
    assert (found.inputs, found.jax) == ("given", jax.__version__)
    assert assert_equivalent(loop, vmapped, w=W, xs=XS).verdict == found.verdict
    assert assert_equivalent(lambda xs: loop(W, xs), lambda xs: vmapped(W, xs), XS).verdict == found.verdict


WRONG: dict[str, Callable[..., object]] = {
    "rows": reversed_rows,
    "dtype": lambda w, xs: vmapped(w, xs).astype(jnp.bfloat16),
    "shape": lambda w, xs: vmapped(w, xs).T,
    "structure": lambda w, xs: [vmapped(w, xs)],
    "one element": lambda w, xs: vmapped(w, xs).at[1, 1].multiply(1.01),
    "no value": lambda w, xs: vmapped(w, xs).at[2, 0].set(jnp.nan),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_versions_that_do_not(wrong: Callable[..., object]) -> None:
    with pytest.raises(NotEquivalentError, match="different") as caught:
        assert_equivalent(loop, wrong, W, XS)
    assert isinstance(caught.value, AssertionError)
    assert caught.value.verification.verdict == "different"


def test_inputs_that_show_nothing_are_no_pass() -> None:
    with pytest.raises(NotEquivalentError, match="inconclusive"):
        assert_equivalent(lambda xs: jnp.stack([0 * x for x in xs]), lambda xs: 0 * xs[::-1], jnp.ones((1, 3)))


def test_several_inputs_have_to_agree_all() -> None:
    assert vmapify.verify(loop, vmapped, [(W, XS), ((W,), {"xs": XS + 1})]).verdict in {"identical", "equivalent"}
    few = [(W, XS), (W, jnp.concatenate([XS, XS + 2]))]

    def wrong_beyond_four(w: jax.Array, xs: jax.Array) -> jax.Array:
        return vmapped(w, xs) if len(xs) <= 4 else vmapped(w, xs[::-1])

    assert vmapify.verify(loop, wrong_beyond_four, few).verdict == "different"
    with pytest.raises(ValueError, match="no inputs"):
        vmapify.verify(loop, vmapped, [])


def test_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    before, after, values = (tmp_path / name for name in ("before.py", "after.py", "values.py"))
    before.write_text(TEXT)
    old = TEXT[TEXT.index("    out = []") : TEXT.index("def total")]
    after.write_text(TEXT.replace(old, "    return jax.vmap(jnp.sin)(xs)\n\n\n"))
    values.write_text("import jax.numpy as jnp\n\n\ndef inputs():\n    yield jnp.arange(12.0).reshape(4, 3)\n")
    assert vmapify.verify(before, after, values, python=sys.executable).verdict == "identical"
    assert vmapify.verify(before, after, values, function="total", python=sys.executable).verdict == "identical"
    with pytest.raises(ValueError, match="no function differs"):
        vmapify.verify(before, before, values)
    with pytest.raises(TypeError):
        vmapify.verify(before, vmapped, values)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        vmapify.verify(before, after, [(W, XS)])


def test_the_package_of_that_name_is_the_function_whoever_came_first() -> None:
    script = (
        "import vmapify\nfirst = vmapify.verify\nimport vmapify.verify\nfrom vmapify import verify\n"
        "from vmapify.verify import VerifyOptions\nassert first is verify is vmapify.verify\n"
        "assert callable(verify) and VerifyOptions is verify.VerifyOptions\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_importing_the_package_loads_nothing() -> None:
    script = "import sys, json, vmapify; print(json.dumps(sorted(name for name in sys.modules if 'vmapify' in name)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["vmapify"]


def test_what_is_offered_is_there() -> None:
    assert all(getattr(vmapify, name) is not None for name in vmapify.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        vmapify.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_types_are_seen(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(
        "import vmapify\nfrom vmapify import assert_equivalent, check, verify\n\n"
        "reveal_type(check('a.py'))\nreveal_type(vmapify.verify(abs, abs, [1]))\nreveal_type(assert_equivalent(abs, abs, 1))\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "use.py"]
    pytest.importorskip("mypy")
    source = str(Path(vmapify.__path__[0]).parent)
    done = subprocess.run(
        mypy, cwd=tmp_path, capture_output=True, text=True, check=False, env={"MYPYPATH": source, "PATH": ""}
    )
    revealed = [line.partition("note: ")[2] for line in done.stdout.splitlines() if "Revealed" in line]
    assert [line.split(".")[-1].rstrip('"').rstrip("]") for line in revealed] == [
        "Finding",
        "Verification",
        "Verification",
    ]
    assert "error" not in done.stdout
