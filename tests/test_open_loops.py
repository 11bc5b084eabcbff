"""Loops that only a run can judge: what it shows is planned with, and what is not right is not written."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic.facts import Fact, Seen, agreed, described
from vmapify.verify.observe_sites import facts_of

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import jax\nimport jax.numpy as jnp\n"
STACK = "jax.tree.map(lambda *leaves: jnp.stack(leaves), *items)"
SHOWN = {
    "function and rows": (
        "def case(fn, xs):\n    out = []\n    for x in xs:\n        out.append(fn(x))\n    return jnp.stack(out)\n",
        "case(jnp.sin, jnp.arange(6.0)), case(lambda x: 2 * x, jnp.arange(4.0))",
        "    return jax.vmap(fn)(xs)\n",
    ),
    "list of arrays on self": (
        (
            "class Model:\n    def __init__(self, fn, data):\n        self.fn, self.data = fn, data\n\n"
            "    def case(self):\n        return jnp.stack([self.fn(x) for x in self.data])\n"
        ),
        "Model(jnp.tanh, [jnp.ones(3) * k for k in range(5)]).case()",
        "        return jax.vmap(self.fn)(jnp.stack(self.data))\n",
    ),
    "list of dicts": (
        'def case(items, w):\n    return jnp.stack([jnp.dot(d["x"], w) + d["y"] for d in items])\n',
        'case([{"x": jnp.arange(3.0) + k, "y": 0.5 * k} for k in range(4)], jnp.ones(3))',
        f'jax.vmap(lambda d: jnp.dot(d["x"], w) + d["y"])(\n        {STACK}\n    )\n',
    ),
    "list of named tuples": (
        (
            "from typing import NamedTuple\n\nclass Pair(NamedTuple):\n    a: jax.Array\n    b: jax.Array\n\n\n"
            "def case(items):\n    return jnp.stack([jnp.dot(p.a, p.b) for p in items])\n"
        ),
        "case([Pair(jnp.arange(3.0) + k, jnp.ones(3)) for k in range(4)])",
        f"jax.vmap(lambda p: jnp.dot(p.a, p.b))({STACK})\n",
    ),
    "list of registered dataclasses": (
        (
            "from dataclasses import dataclass\n\n@jax.tree_util.register_dataclass\n@dataclass\nclass Chain:\n"
            "    mean: jax.Array\n    scale: jax.Array\n\n\n"
            "def case(items, f):\n    return jnp.stack([f(one, 1.0) for one in items])\n"
        ),
        "case([Chain(jnp.arange(3.0) + k, jnp.ones(())) for k in range(4)], lambda c, t: jnp.sum(c.mean) * c.scale + t)",
        f"jax.vmap(lambda one: f(one, 1.0))({STACK})\n",
    ),
    "pairs of a list": (
        "def case(items):\n    return jnp.stack([jnp.dot(p[0], p[1]) for p in items])\n",
        "case([(jnp.arange(3.0) + k, jnp.ones(3)) for k in range(4)])",
        f"jax.vmap(lambda p: jnp.dot(p[0], p[1]))({STACK})\n",
    ),
    "a list made before the loop": (
        "def case(make, n):\n    items = [make(k) for k in range(n)]\n    return jnp.stack([jnp.sum(p) ** 2 for p in items])\n",
        "case(lambda k: jnp.ones(3) * k, 5)",
        "jax.vmap(lambda p: jnp.sum(p) ** 2)(jnp.stack(items))\n",
    ),
}
RAGGED = {
    "shapes": ("f", "[jnp.ones(3), jnp.ones(4)]"),
    "keys": ("lambda d: sum(map(jnp.sum, d.values()))", '[{"a": jnp.ones(3)}, {"a": jnp.ones(3), "b": jnp.ones(3)}]'),
    "strings": ('lambda d: jnp.sum(d["x"])', '[{"x": jnp.ones(3), "name": "a"}, {"x": jnp.ones(3), "name": "b"}]'),
    "kinds": ("lambda x: jnp.sum(jnp.asarray(x))", "[jnp.ones(3), 2.0]"),
    "none": ("lambda x: jnp.zeros(()) if x is None else jnp.sum(x)", "[jnp.ones(3), None]"),
}
HOSTILE = {
    "counter": "class C:\n    n = 0\n    def __call__(self, x):\n        self.n += 1\n        return x * 2\nfn = C()",
    "filled_cache": (
        "cache = {}\ndef fn(x):\n    if 'scale' not in cache:\n        cache['scale'] = jnp.sum(x) + 1\n"
        "    return x * cache['scale']"
    ),
    "random": "import random\ndef fn(x):\n    return x + 0 * random.random()",
    "keys": (
        "class K:\n    key = jax.random.PRNGKey(0)\n    def __call__(self, x):\n"
        "        self.key, sub = jax.random.split(self.key)\n"
        "        return x + 0 * jax.random.normal(sub)\nfn = K()"
    ),
    "two_faces": "def fn(x):\n    return x * 3 if isinstance(x, jax.core.Tracer) else x * 2",
    "numpy": "import numpy as np\ndef fn(x):\n    return np.sin(np.asarray(x))",
    "prints": "def fn(x):\n    print('x', x.shape)\n    return x",
    "keeps": "seen = []\ndef fn(x):\n    seen.append(x)\n    return x + 1",
    "generator": (
        "def numbers():\n    n = 0.0\n    while True:\n        n += 1\n        yield n\n"
        "g = numbers()\ndef fn(x):\n    return x + next(g)"
    ),
}


def _fix(folder: Path, *options: str) -> list[dict[str, Any]]:
    command = [
        "fix",
        "--no-cache",
        "--write",
        "--min-speedup",
        "0",
        "--show-open",
        "--show-blocked",
        "--output-format",
        "json",
    ]
    run = ("--run", "python run.py", "--python", sys.executable, "--device", "cpu", *options)
    words = [sys.executable, "-m", "vmapify", *command, "lib", *run]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def _project(folder: Path, modules: dict[str, str], calls: dict[str, str]) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "__init__.py").write_text("")
    for name, text in modules.items():
        (folder / "lib" / f"{name}.py").write_text(text)
    lines = [f"{HEAD}import importlib, traceback"]
    for name, call in calls.items():
        lines.append(f"space = dict(vars(importlib.import_module('lib.{name}')), jnp=jnp, jax=jax)")
        lines.append(f"try:\n    exec({call!r}, space)\nexcept Exception:\n    traceback.print_exc()")
    (folder / "run.py").write_text("\n".join(lines))


def _named(title: str) -> str:
    return title.replace(" ", "_")


def test_what_a_run_shows_is_written(tmp_path: Path) -> None:
    modules = {_named(title): HEAD + "\n\n" + text for title, (text, _, _) in SHOWN.items()}
    _project(tmp_path, modules, {_named(title): call for title, (_, call, _) in SHOWN.items()})
    findings = {one["path"]: one for one in _fix(tmp_path)}
    for title, (_, _, written) in SHOWN.items():
        path = f"lib/{_named(title)}.py"
        finding = findings[path]
        assert finding["outcome"]["state"] == "written", (title, finding)
        assert finding["verification"]["inputs"] == "recorded"
        assert any(one["code"] == "shown-by-run" for one in finding["assumptions"])
        assert "".join(written.split()) in "".join((tmp_path / path).read_text().split()), title


def test_what_is_not_alike_is_left(tmp_path: Path) -> None:
    text = f"{HEAD}\n\ndef case(f, items):\n    return jnp.stack([f(x) for x in items])\n"
    calls = {
        title: f"case({'jnp.sum' if function == 'f' else function}, {items})"
        for title, (function, items) in RAGGED.items()
    }
    _project(tmp_path, dict.fromkeys(RAGGED, text), calls)
    findings = _fix(tmp_path)
    assert {one["path"] for one in findings} == {f"lib/{title}.py" for title in RAGGED}
    for finding in findings:
        assert finding.get("outcome", {}).get("state") != "written", finding
        assert (tmp_path / finding["path"]).read_text() == text


def test_no_hostile_callee_is_written(tmp_path: Path) -> None:
    text = f"{HEAD}\n\ndef case(fn, xs):\n    return jnp.stack([fn(x) for x in xs])\n"
    calls = {name: f"{source}\nprint(case(fn, jnp.arange(6.0)))" for name, source in HOSTILE.items()}
    _project(tmp_path, dict.fromkeys(HOSTILE, text), calls)
    findings = _fix(tmp_path)
    assert {one["path"] for one in findings} == {f"lib/{name}.py" for name in HOSTILE}
    for finding in findings:
        assert finding["verdict"] == "rewrite", "a run has come to it"
        assert finding["outcome"]["state"] == "left", finding
        assert (tmp_path / finding["path"]).read_text() == text


def test_a_loop_that_no_run_comes_to_stays_open(tmp_path: Path) -> None:
    text = f"{HEAD}\n\ndef case(fn, xs):\n    return jnp.stack([fn(x) for x in xs])\n"
    _project(tmp_path, {"idle": text}, {"idle": "pass"})
    (finding,) = _fix(tmp_path)
    assert finding["verdict"] == "open"
    assert [one["code"] for one in finding["questions"]] == ["array-like", "traceable-callee"]


def test_a_workload_that_fails_is_told(tmp_path: Path) -> None:
    text = f"{HEAD}\n\ndef case(fn, xs):\n    return jnp.stack([fn(x) for x in xs])\n"
    _project(tmp_path, {"idle": text}, {})
    (tmp_path / "run.py").write_text("import lib.idle\nraise SystemExit(3)\n")
    words = [
        sys.executable,
        "-m",
        "vmapify",
        "fix",
        "--no-cache",
        "lib",
        "--run",
        "python run.py",
        "--python",
        sys.executable,
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 2
    assert "exited with status 3 before it reached a loop to judge" in done.stderr


ARRAY = {"kind": "array", "dtype": "float32", "shape": [3]}


def test_arrivals_agree_on_what_they_have_in_common() -> None:
    longer = {"kind": "list", "count": 5, "each": ARRAY}
    shorter = {"kind": "list", "count": 2, "each": ARRAY | {"shape": [7]}}
    (fact,) = facts_of([{"xs": longer}, {"xs": shorter}])
    each = Seen("array", "float32", (None,))
    assert fact == Fact("xs", Seen("list", each=each), 2)
    assert described(fact.seen) == "list x array float32[*]"
    assert facts_of([{"xs": longer}, {"xs": ARRAY}]) == ()
    assert facts_of([{"xs": longer}, {}]) == ()
    assert facts_of([{"xs": {"kind": "sorcery"}}]) == ()
    assert agreed(Seen("number", "int"), Seen("number", "float")) is None
