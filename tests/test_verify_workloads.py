"""How the verifier reaches a loop: recorded from a command, in packages, tests, jit, by a function call."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from verify_regions import region

from vmapify.diagnostic import Problem, Verification
from vmapify.verify import VerifyOptions, judge_functions, judge_sites

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import jax
import jax.numpy as jnp


def f(w, x):
    return jnp.tanh(x @ w).sum()


def stack(w, xs):
    # region stack
    return jnp.stack([f(w, x) for x in xs])
    # end


def traced(w, xs):
    # region traced
    return jnp.stack([f(w, x) for x in xs])
    # end


def closed(w, xs):
    g = lambda x: f(w, x)

    def inner():
        # region closed
        return jnp.stack([g(x) for x in xs])
        # end

    return inner()


def unreached(xs: dict):
    # region unreached
    return jnp.stack([x for x in xs])
    # end
"""

TESTS = """
import jax
import jax.numpy as jnp

from pkg.model import closed, f, stack, traced

w = jnp.arange(12.0).reshape(3, 4) / 10
xs = jnp.sin(jnp.arange(15.0)).reshape(5, 3)


def test_stack():
    assert stack(w, xs).shape == (5,)
    assert stack(w, xs[:2]).shape == (2,)


def test_traced():
    assert jax.jit(traced)(w, xs).shape == (5,)
    assert jax.grad(lambda w: closed(w, xs).sum())(w).shape == w.shape


def test_in_the_test_file():
    # region in_test
    out = []
    for x in xs:
        out.append(f(w, x))
    out = jnp.stack(out)
    # end
    assert out.shape == (5,)


def test_that_fails():
    value = 3
    assert value == 4
"""

INPUTS = """
import jax.numpy as jnp

w = jnp.arange(12.0).reshape(3, 4) / 10
xs = jnp.sin(jnp.arange(15.0)).reshape(5, 3)


def inputs():
    yield w, xs
    yield (w,), {"xs": xs[:3]}

"""

AFTER = "return jax.vmap(lambda x: f(w, x))(xs)"
WRONG = "return jax.vmap(lambda x: f(w, x))(jnp.roll(xs, 1, 0))"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pkg").mkdir()
    for name, text in {
        "pkg/__init__.py": "",
        "pkg/model.py": MODEL,
        "test_model.py": TESTS,
        "given.py": INPUTS,
        "run.py": "from test_model import *\nif __name__ == '__main__':\n    test_stack()\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")


@pytest.fixture(scope="module")
def recorded(project: Path) -> list[Verification]:
    model, tests = project / "pkg" / "model.py", project / "test_model.py"
    sites = [
        region(model, "stack", AFTER),
        region(model, "stack", WRONG),
        region(model, "traced", AFTER),
        region(model, "traced", WRONG),
        region(model, "closed", "return jax.vmap(g)(xs)"),
        region(tests, "in_test", "out = vmap(f, in_axes=(None, 0))(w, xs)", out={"out": 0},
               imports=("from jax import vmap",)),
        region(tests, "in_test", "out = jax.vmap(f, in_axes=(None, 0))(w, xs)[::-1]", out={"out": 0}),
        region(model, "unreached", "return xs"),
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("JAX_PLATFORMS", "cpu")
        options = VerifyOptions(python=sys.executable, run="pytest -q -p no:cacheprovider test_model.py")
        found = judge_sites(sites, options)
    return [found[index] for index in range(len(sites))]


def test_a_pytest_run_records_inputs(recorded: list[Verification]) -> None:
    assert recorded[0].verdict == "identical"
    assert recorded[0].inputs == "recorded"
    assert recorded[0].batch_sizes == (1, 2, 5, 6)
    assert recorded[1].verdict == "different"


def test_inside_jit_values_are_made_up(recorded: list[Verification]) -> None:
    assert recorded[2].verdict in {"identical", "equivalent"}
    assert recorded[2].inputs == "synthesized"
    assert "abstract values" in recorded[2].reason
    assert recorded[3].verdict == "different"


def test_inside_grad_closures_over_tracers_are_rebuilt(recorded: list[Verification]) -> None:
    assert recorded[4].verdict in {"identical", "equivalent"}
    assert recorded[4].inputs == "recorded"
    assert "recorded inside differentiation" in recorded[4].reason


def test_loops_in_test_files_are_reached(recorded: list[Verification]) -> None:
    assert recorded[5].verdict in {"identical", "equivalent"}
    assert recorded[6].verdict == "different"


def test_an_unreached_loop_says_what_was_run_and_how_it_ended(recorded: list[Verification]) -> None:
    assert recorded[7].verdict == "inconclusive"
    assert "never reached by running pytest" in recorded[7].reason
    assert "exited with status 1" in recorded[7].reason


def test_no_bytecode_of_instrumented_modules_is_left(recorded: list[Verification], project: Path) -> None:
    assert recorded
    cached = [path.name for path in project.rglob("*.pyc")]
    assert not [name for name in cached if name.startswith(("model.", "test_model."))], cached


def test_a_script_as_workload(project: Path) -> None:
    site = region(project / "pkg" / "model.py", "stack", AFTER)
    found = judge_sites([site], VerifyOptions(python=sys.executable, run="python run.py"))
    assert found[0].verdict == "identical"


def test_given_inputs_reach_the_loop_of_a_package_module(project: Path) -> None:
    options = VerifyOptions(python=sys.executable, inputs=("given.py", "inputs"), function="stack")
    model = project / "pkg" / "model.py"
    found = judge_sites([region(model, "stack", AFTER), region(model, "unreached", "return xs")], options)
    assert (found[0].verdict, found[0].inputs, found[0].batch_sizes) == ("identical", "given", (1, 3, 5, 6))
    assert "never reached by running stack on the inputs of given.py" in found[1].reason


def test_a_package_module_without_workload_is_imported_and_called(project: Path) -> None:
    found = judge_sites([region(project / "pkg" / "model.py", "stack", AFTER)], VerifyOptions(python=sys.executable))
    assert (found[0].verdict, found[0].inputs) == ("identical", "synthesized")


BEFORE = """
import jax.numpy as jnp
from neighbour import f
class Model:
    def apply(self, w, xs):
        return jnp.stack([f(w, x) for x in xs])
def stack(w, xs):
    return jnp.stack([f(w, x) for x in xs])
"""
CHANGED = """
import jax, jax.numpy as jnp
from neighbour import f
class Model:
    def apply(self, w, xs):
        return jax.vmap(lambda x: f(w, x))(xs)
def stack(w, xs):
    return jax.vmap(lambda x: f(w, x) * 1.001)(xs)
"""
METHODS = """
from given import w, xs
from before import Model
def inputs():
    yield Model(), w, xs
"""


def test_two_versions_of_a_file(project: Path) -> None:
    for name, text in {"old": BEFORE, "new": CHANGED}.items():
        (project / name).mkdir()
        (project / name / "before.py").write_text(text, encoding="utf-8")
        neighbour = "import jax.numpy as jnp\ndef f(w, x): return jnp.tanh(x @ w).sum()\n"
        (project / name / "neighbour.py").write_text(neighbour, encoding="utf-8")
    (project / "methods.py").write_text(METHODS, encoding="utf-8")
    pair = project / "old" / "before.py", project / "new" / "before.py"
    options = VerifyOptions(python=sys.executable, inputs=("given.py", "inputs"))
    (wrong,) = judge_functions(*pair, "stack", options)
    assert isinstance(wrong, Verification)
    assert wrong.verdict == "different"
    methods = VerifyOptions(python=sys.executable, inputs=("methods.py", "inputs"))
    (right,) = judge_functions(*pair, "Model.apply", methods)
    assert isinstance(right, Verification)
    assert right.verdict in {"identical", "equivalent"}


@pytest.mark.parametrize(
    ("function", "name", "message"),
    [
        ("missing", "inputs", "has no missing"),
        ("stack", "absent", "has no absent"),
        ("stack", "nothing", "yields no"),
    ],
)
def test_wrong_names_are_problems(project: Path, function: str, name: str, message: str) -> None:
    (project / "same.py").write_text("def stack(w, xs): pass\n", encoding="utf-8")
    (project / "plain.py").write_text("def inputs(): yield 1, 2\ndef nothing(): return []\n", encoding="utf-8")
    options = VerifyOptions(python=sys.executable, inputs=("plain.py", name))
    (problem,) = judge_functions(project / "same.py", project / "same.py", function, options)
    assert isinstance(problem, Problem)
    assert message in problem.message


def test_missing_file_and_missing_inputs_are_problems(project: Path) -> None:
    (absent,) = judge_functions(project / "no.py", project / "run.py", "f", VerifyOptions())
    assert isinstance(absent, Problem)
    assert absent.message == "no such file"
    (without,) = judge_functions(project / "run.py", project / "run.py", "f", VerifyOptions())
    assert isinstance(without, Problem)
    assert "--inputs" in without.message
