"""Bundles: written by ``fix`` and ``verify``, judged again, and refused when they are not what they should be."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmapify.diagnostic import Problem
from vmapify.verify import Entry, read_bundle, write_bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

SCRIPT = """\
from __future__ import annotations

import dataclasses
import functools
from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np

Pair = namedtuple("Pair", "scale shift")


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Model:
    weights: jax.Array
    bias: jax.Array
    name: str = dataclasses.field(default="m", metadata={"static": True})

    def __call__(self, x):
        return jnp.tanh(x @ self.weights) + self.bias

    def outputs(self, xs):
        out = []
        for x in xs:
            out.append(self(x))
        return jnp.stack(out)


def noisy(keys: jax.Array, xs: jax.Array) -> jax.Array:
    out = []
    for key, x in zip(keys, xs, strict=True):
        out.append(x + jax.random.normal(key, x.shape))
    return jnp.stack(out)


def scaled(xs: jax.Array, pair: Pair, power: int) -> jax.Array:
    def one(x):
        return pair.scale * x**power + pair.shift

    return jnp.stack([one(x) for x in xs])


def partly(xs: jax.Array, options: dict) -> jax.Array:
    act = functools.partial(jnp.clip, min=options["low"])
    return jnp.stack([act(x).astype(jnp.bfloat16) for x in xs])


xs = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
Model(jnp.ones((3, 2)) / 3, jnp.zeros(2)).outputs(xs)
noisy(jax.random.split(jax.random.key(0), 5), xs)
scaled(xs, Pair(2.0, jnp.ones(3)), 2)
partly(xs, {"low": -0.5, "unused": [None, "text", 1j]})
"""
BEFORE = """\
import jax
import jax.numpy as jnp


def sines(xs):
    return jnp.stack([jnp.sin(x) for x in xs])
"""
WRONG = BEFORE.replace("jnp.stack([jnp.sin(x) for x in xs])", "jax.vmap(jnp.sin)(xs)[::-1]")
INPUTS = "import jax.numpy as jnp\n\n\ndef inputs():\n    return [(jnp.arange(7.0) / 3,)]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"script": SCRIPT, "before": BEFORE, "after": WRONG, "values": INPUTS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    return tmp_path


def _again(run: Run, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = run("verify", "bundle.json", "--output-format", "json", *arguments)
    return result.exit_code, json.loads(result.stdout)["results"]


def test_what_fix_judged_is_judged_again_where_the_file_is_not(run: Run, project: Path) -> None:
    run("fix", "script.py", "--bundle", "bundle.json", "--exit-zero")
    (project / "script.py").unlink()
    code, results = _again(run)
    assert code == 0
    assert [result["function"] for result in results] == ["Model.outputs", "noisy", "scaled", "partly"]
    for result in results:
        assert result["verdict"] in {"identical", "equivalent"}, result
        assert result["change"] == "same"
        assert result["recorded"]["same_bits"] is True


def test_a_wrong_rewrite_stays_wrong_and_a_changed_bundle_is_noticed(run: Run, project: Path) -> None:
    made = run("verify", "before.py", "after.py", "--inputs", "values.py", "--bundle", "bundle.json")
    assert made.exit_code == 1
    code, (result,) = _again(run)
    assert (code, result["verdict"], result["change"]) == (1, "different", "same")
    bundle = json.loads((project / "bundle.json").read_text())
    (array,) = [node for node in bundle["entries"][0]["arrivals"][0]["inputs"]["objects"] if node["kind"] == "jax"]
    data = bytearray(base64.b64decode(array["data"]))
    data[2] ^= 1
    array["data"] = base64.b64encode(data).decode()
    (project / "bundle.json").write_text(json.dumps(bundle))
    changed = run("verify", "bundle.json")
    assert changed.exit_code == 2
    assert "changed or damaged" in changed.output
    _sign(project / "bundle.json", bundle)
    _, (result,) = _again(run)
    assert result["recorded"]["same_bits"] is False


def test_a_module_runs_within_its_package(run: Run, project: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("from pkg.model import Model, total\n")
    (project / "pkg" / "model.py").write_text(
        "import pkg\nimport jax\nimport jax.numpy as jnp\n\n\nclass Model:\n    scale = 2.0\n\n\n"
        "def total(model: 'pkg.Model', xs: jax.Array) -> jax.Array:\n    assert isinstance(model, pkg.Model)\n"
        "    return jnp.stack([model.scale * x for x in xs])\n"
    )
    (project / "given.py").write_text(
        "import pkg\nimport jax.numpy as jnp\n\n\ndef inputs():\n    return [(pkg.Model(), jnp.arange(5.0))]\n"
    )
    options = ("--inputs", "given.py", "--function", "total", "--bundle", "bundle.json", "--exit-zero")
    assert run("fix", "pkg/model.py", *options).exit_code == 0
    code, (result,) = _again(run)
    assert (code, result["verdict"], result["change"]) == (0, "identical", "same"), result["reason"]


def _sign(path: Path, bundle: dict[str, Any]) -> None:
    """Write a bundle with the right checksum: what a hostile hand would do."""
    content = {name: value for name, value in bundle.items() if name != "checksum"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps({**content, "checksum": hashlib.sha256(text.encode()).hexdigest()}))


def _node(**fields: Any) -> dict[str, Any]:
    return {"roots": {"args": {"ref": 0}, "kwargs": {"ref": 0}}, "owner": None, "objects": [fields]}


HOSTILE = [
    (_node(kind="name", module="os", name="system"), "makes no sense"),
    (_node(kind="object", **{"class": {"module": "subprocess", "name": "Popen.__init__"}, "fields": {}}), "has no"),
    (_node(kind="module", name="evil"), "needs? the module evil"),
    (_node(kind="jax", dtype="<f4", shape=[10**12], weak=False, data=""), "has 0 bytes"),
    (_node(kind="tuple", items=[{"ref": 0}]), "cannot contain itself"),
    (_node(kind="pickle", data="gASVHwAAAA=="), "unknown kind"),
    (_node(kind="numpy", dtype="|O", shape=[1], fortran=False, writeable=True, data="AAAAAAAAAAA="), "object"),
]


def test_hostile_inputs_execute_nothing(run: Run, project: Path) -> None:
    run("verify", "before.py", "after.py", "--inputs", "values.py", "--bundle", "bundle.json")
    good = json.loads((project / "bundle.json").read_text())
    (project / "evil.py").write_text("open('executed', 'w')\n")
    entry = good["entries"][0]
    for inputs, words in HOSTILE:
        arrival = {**entry["arrivals"][0], "inputs": inputs}
        _sign(project / "bundle.json", {**good, "entries": [{**entry, "arrivals": [arrival]}]})
        result = run("verify", "bundle.json")
        assert result.exit_code in {2, 3}, result.output
        told = [line for line in result.output.splitlines() if "ran code with" not in line]
        assert len(told) == 1, result.output
        assert re.search(words, told[0]), result.output
        assert not (project / "executed").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a bundle"),
        ("[1, 2", "is not a bundle"),
        ("[" * 100_000, "is not a bundle"),
        ('{"vmapify-bundle": 2}', "newer"),
        ('{"vmapify-bundle": 1, "entries": []}', "changed or damaged"),
        ('{"something": "else"}', "is not a bundle"),
        ("\udcff", "is not a bundle"),
    ],
)
def test_files_that_are_no_bundles_are_one_line(run: Run, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bundle.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run("verify", "bundle.json")
    assert result.exit_code == 2
    assert words in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_what_cannot_be_kept_and_what_is_lacking_are_said(run: Run, project: Path) -> None:
    helper = "import jax.numpy as jnp\n\nscale = 2.0\n"
    (project / "helper.py").write_text(helper)
    text = BEFORE.replace("import jax\n", "import helper\nimport jax\n").replace("jnp.sin(x)", "helper.scale * x")
    text += "\n\ndef read(xs, lock):\n    lock.locked()\n    return jnp.stack([x + 1 for x in xs])\n"
    text += "\n\nsines(jnp.arange(3.0))\nread(jnp.arange(3.0), __import__('threading').Lock())\n"
    (project / "before.py").write_text(text)
    after = text.replace("jnp.stack([helper.scale * x for x in xs])", "jax.vmap(lambda x: helper.scale * x)(xs)")
    (project / "after.py").write_text(after.replace("lock.locked()", "lock.locked() + 0"))
    run("verify", "before.py", "after.py", "--bundle", "bundle.json")
    (project / "helper.py").unlink()
    code, results = _again(run)
    reasons = {result["function"]: result["reason"] for result in results}
    assert code == 3
    assert "imports helper, which this machine lacks" in reasons["sines"]
    assert "inputs are not in the bundle: args[1] is of type _thread.lock" in reasons["read"]


def test_only_what_stands_in_the_sources_is_run(run: Run, project: Path) -> None:
    (project / "script.py").write_text(BEFORE + "\n\nsines(jnp.arange(7.0) / 3)\n")
    run("fix", "script.py", "--bundle", "bundle.json", "--exit-zero")
    bundle = json.loads((project / "bundle.json").read_text())
    bundle["entries"][0]["region"]["after"] = "open('executed', 'w'); " + bundle["entries"][0]["region"]["after"]
    _sign(project / "bundle.json", bundle)
    result = run("verify", "bundle.json", "--allow-io")
    assert result.exit_code == 2
    assert "runs what does not stand in its sources" in result.output
    assert not (project / "executed").exists()


@given(st.data())
def test_a_damaged_file_is_never_taken_for_sound(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    entry = Entry("function", "a.py", "f", None, BEFORE, WRONG, "a", None, (), (), {"verdict": "different"}, "why")
    write_bundle(str(path), "0", [entry])
    assert read_bundle(str(path)) == (entry,)
    sound = path.read_bytes()
    at = data.draw(st.integers(0, len(sound) - 2))
    way = data.draw(st.sampled_from(("cut", "drop", "change")))
    rest = {"cut": b"", "drop": sound[at + 1 :], "change": bytes([sound[at] ^ 1]) + sound[at + 1 :]}[way]
    path.write_bytes(sound[:at] + rest)
    found = read_bundle(str(path))
    assert isinstance(found, Problem) or found == (entry,)


def test_schema_and_sources_are_plain(run: Run, project: Path) -> None:
    run("verify", "before.py", "after.py", "--inputs", "values.py", "--bundle", "bundle.json")
    bundle = json.loads((project / "bundle.json").read_text())
    entry = bundle["entries"][0]
    assert bundle["vmapify-bundle"] == 1
    assert (entry["before"], entry["after"]) == (BEFORE, WRONG)
    assert entry["recorded"]["verdict"] == "different"
    assert entry["arrivals"][0]["settings"]["jax_enable_x64"] is False
