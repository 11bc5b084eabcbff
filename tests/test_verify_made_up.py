"""Sites that nobody gave inputs for: test files are run, functions are called on made-up arguments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from verify_regions import region

from vmapify.verify import VerifyOptions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Verification

MODEL = '''
import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp


class Shaped:
    """Stands in for jaxtyping's annotations, which are recognised by what they hold."""

    array_type = jax.Array

    def __init__(self, dim_str, *dtypes):
        self.dim_str, self.dtypes = dim_str, dtypes


def f(w, x):
    return jnp.tanh(x @ w).sum()


def bare(w, xs):
    # region bare
    return jnp.stack([f(w, x) for x in xs])
    # end


def counted(xs: jax.Array, n: int, scale: float = 2.0, flag=None):
    # region counted
    return jnp.stack([jnp.sum(xs[i]) * scale for i in range(n)])
    # end


def shaped(table: Shaped("classes width", "float32"), labels: Shaped("batch", "int32"), classes: int):
    # region shaped
    return jnp.stack([(table[c] * jnp.sum(labels == c)).sum() for c in range(classes)])
    # end


def stated(points, centre):
    """Distances.

    Args:
        points: an array of shape (n, 2)
        centre: an array of shape (2,)
    """
    assert points.shape[1] == 2
    # region stated
    return jnp.stack([jnp.linalg.norm(p - centre) for p in points])
    # end


@dataclasses.dataclass
class Model:
    weights: jax.Array
    width: int

    @staticmethod
    def create(width: int) -> "Model":
        return Model(jnp.ones((width, 3)) / width, width)

    def energies(self, xs: jax.Array):
        """xs: array of shape (n, width)"""
        assert xs.shape[1] == self.width
        # region energies
        return jnp.stack([f(self.weights, x) for x in xs])
        # end


    @property
    def norms(self):
        # region norms
        return jnp.stack([jnp.linalg.norm(row) for row in self.weights])
        # end


def turned(point, angles: jax.Array):
    # region turned
    return jnp.stack([point.x * jnp.cos(a) + point.y * jnp.sin(a) for a in angles])
    # end


def make(w):
    def returned(xs: jax.Array):
        # region returned
        return jnp.stack([f(w, x) for x in xs])
        # end

    return returned


@jax.jit
def jitted(w, xs: jax.Array):
    # region jitted
    return jnp.stack([f(w, x) for x in xs])
    # end


def drawn(key, n):
    keys = jax.random.split(key, n)
    # region drawn
    return jnp.stack([jax.random.normal(k, (3,)) for k in keys])
    # end


def applied(fn, xs):
    # region applied
    return jnp.stack([fn(x) for x in xs])
    # end


def careless(xs: jax.Array):
    Path("left_behind.txt").write_text("made up")
    # region careless
    return jnp.stack([jnp.sum(x) for x in xs])
    # end


def impossible(xs: jax.Array, config: dict):
    scale = config["scale"]
    # region impossible
    return jnp.stack([jnp.sum(x) * scale for x in xs])
    # end


def summed(xs: jax.Array):
    # region summed
    total = jnp.zeros(xs.shape[1:])
    for x in xs:
        total = total + jnp.abs(x)
    return total
    # end


def skipped(xs: jax.Array):
    if xs.ndim < 9:
        return xs
    # region skipped
    return jnp.stack([jnp.sum(x) for x in xs])
    # end
'''

TESTS = """
import jax
import jax.numpy as jnp
import pytest


@pytest.fixture
def xs():
    return jnp.sin(jnp.arange(15.0)).reshape(5, 3)


def test_of_a_fixture(xs):
    # region test_of_a_fixture
    out = jnp.stack([jnp.sum(x) for x in xs])
    # end
    assert out.shape == (5,)


def test_elsewhere():
    raise SystemExit("only the tests that hold a site are run")
"""

AFTER = {
    "bare": "return jax.vmap(f, in_axes=(None, 0))(w, xs)",
    "counted": "return jax.vmap(lambda x: jnp.sum(x) * scale)(xs[:n])",
    "shaped": "return jax.vmap(lambda c, row: (row * jnp.sum(labels == c)).sum())(jnp.arange(classes), table)",
    "stated": "return jax.vmap(lambda p: jnp.linalg.norm(p - centre))(points)",
    "energies": "return jax.vmap(f, in_axes=(None, 0))(self.weights, xs)",
    "norms": "return jax.vmap(jnp.linalg.norm)(self.weights)",
    "turned": "return jax.vmap(lambda a: point.x * jnp.cos(a) + point.y * jnp.sin(a))(angles)",
    "returned": "return jax.vmap(f, in_axes=(None, 0))(w, xs)",
    "jitted": "return jax.vmap(f, in_axes=(None, 0))(w, xs)",
    "drawn": "return jax.vmap(lambda k: jax.random.normal(k, (3,)))(keys)",
    "applied": "return jax.vmap(fn)(xs)",
}
WRONG = {
    "counted": "return jax.vmap(lambda x: jnp.sum(x) * scale)(xs[::-1][:n])",
    "jitted": "return jax.vmap(f, in_axes=(None, 0))(w, jnp.roll(xs, 1, 0))",
    "drawn": "return jax.vmap(lambda k: jax.random.normal(k, (3,)))(keys[::-1])",
}
UNREACHED = {"careless": "stopped: open(", "impossible": "`config`", "skipped": "does not come to this loop"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    (folder / "pkg" / "model.py").write_text(MODEL, encoding="utf-8")
    (folder / "test_fixture.py").write_text(TESTS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(project: Path) -> dict[str, Verification]:
    model = project / "pkg" / "model.py"
    sites = {name: region(model, name, after) for name, after in AFTER.items()}
    sites |= {f"wrong {name}": region(model, name, after) for name, after in WRONG.items()}
    sites |= {name: region(model, name, "return jax.vmap(jnp.sum)(xs)") for name in UNREACHED}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("JAX_PLATFORMS", "cpu")
        verdicts = judge_sites(list(sites.values()), VerifyOptions(python=sys.executable))
    return dict(zip(sites, (verdicts[k] for k in range(len(sites))), strict=True))


@pytest.mark.parametrize("name", AFTER)
def test_right_rewrites_are_accepted_on_made_up_arguments(found: dict[str, Verification], name: str) -> None:
    assert found[name].verdict in {"identical", "equivalent"}, found[name].reason
    assert found[name].inputs == "synthesized"


def test_two_batch_sizes_are_tried(found: dict[str, Verification]) -> None:
    assert {4, 5} & set(found["counted"].batch_sizes)
    assert len(found["counted"].batch_sizes) >= 2


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rewrites_are_refused_on_made_up_arguments(found: dict[str, Verification], name: str) -> None:
    assert found[f"wrong {name}"].verdict == "different"


@pytest.mark.parametrize("name", UNREACHED)
def test_a_loop_that_is_not_reached_says_why_and_what_to_give(found: dict[str, Verification], name: str) -> None:
    assert found[name].verdict == "inconclusive"
    assert UNREACHED[name] in found[name].reason
    assert "--run" in found[name].reason


def test_an_assumed_dtype_is_put_to_the_test(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    path, lane = project / "pkg" / "model.py", {"return": None}
    rewrites = (
        "return jnp.sum(jax.vmap(jnp.abs)(xs), axis=0)",
        "return jnp.zeros(xs.shape[1:]) + jnp.sum(jax.vmap(jnp.abs)(xs), axis=0)",
    )
    sites = [region(path, "summed", after, out=lane, assumed=("output-dtype",)) for after in rewrites]
    found = judge_sites(sites, VerifyOptions(python=sys.executable))
    assert found[0].verdict == "different"
    assert "int32" in found[0].reason
    assert found[1].verdict in {"identical", "equivalent"}


def test_a_made_up_call_leaves_nothing_behind(found: dict[str, Verification], project: Path) -> None:
    assert found
    assert sorted(path.name for path in project.iterdir() if path.name != "pkg") == ["test_fixture.py"]


def test_the_tests_that_hold_a_loop_are_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    after = "out = jax.vmap(jnp.sum)(xs)"
    site = region(project / "test_fixture.py", "test_of_a_fixture", after, out={"out": 0})
    verification = judge_sites([site], VerifyOptions(python=sys.executable))[0]
    assert (verification.verdict, verification.inputs) == ("identical", "recorded")
    assert 5 in verification.batch_sizes
