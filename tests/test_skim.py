"""Modules that are only followed: their functions are parsed when somebody asks for what is in them."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from weakref import ref

import pytest

import vmapify
from vmapify.rewrite import analyze
from vmapify.source import SourceFile
from vmapify.syntax import Scope, parse, skim
from vmapify.syntax.tree import walk
from vmapify.syntax.unread import Unread

OWN = sorted(Path(vmapify.__file__).parent.rglob("*.py"))
OTHERS = [Path(json.__file__), Path(pytest.__file__), *Path(json.__file__).parent.parent.glob("a*.py")]
TEXT = b"""import functools

SEED = 3

class Model:
    size: int = 4

    @functools.cache
    def norm(self, x: float, *, scale=2.0) -> float:
        \"\"\"The norm.\"\"\"

        return x * scale

    async def wait(self):
        await self.other()
        return 1

def outer(x):
    def inner(y):
        return x + y
    return inner(x)

"""


def starts(node: ast.AST) -> tuple[object, ...]:
    return type(node), getattr(node, "lineno", None), getattr(node, "col_offset", None)


def unread(tree: ast.AST) -> list[str]:
    """The functions that nobody has read so far."""
    found, pending = [], [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Unread):
            found.append(node.name)
        else:
            pending += ast.iter_child_nodes(node)
    return sorted(found)


@pytest.mark.parametrize("path", [*OWN[::7], *OTHERS], ids=lambda path: path.name)
def test_read_to_its_end_a_module_is_the_one_that_is_parsed_at_once(path: Path) -> None:
    data = path.read_bytes()
    module, whole = skim(str(path), data), parse(str(path), data)
    assert len(module.nodes) == len(whole.nodes)
    assert ast.dump(module.tree) == ast.dump(whole.tree)
    assert [starts(node) for node in module.nodes] == [starts(node) for node in whole.nodes]
    assert {type(node) for node in module.parents} == {type(node) for node in whole.parents}
    assert len(module.parents) == len(whole.parents)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_functions_are_read_one_by_one(end: bytes) -> None:
    module = skim("a.py", TEXT.replace(b"\n", end))
    assert unread(module.tree) == ["norm", "outer"]
    assert set(Scope.of(module.tree).bindings) == {"functools", "SEED", "Model", "outer"}
    assert len(module.parents) < 40
    assert unread(module.tree) == ["norm", "outer"]
    model = module.tree.body[2]
    assert isinstance(model, ast.ClassDef)
    norm = model.body[1]
    assert isinstance(norm, ast.FunctionDef)
    assert [argument.arg for argument in norm.args.args] == ["self", "x"]
    assert unread(module.tree) == ["outer"]
    assert type(norm) is ast.FunctionDef
    assert module.text(norm).endswith("scale")
    assert module.function_of(norm.body[-1]) is norm
    assert module.parents[norm] is model
    assert {node.id for node in walk(norm.decorator_list[0]) if isinstance(node, ast.Name)} == {"functools"}


def test_what_a_function_declares_global_is_known_of_the_module() -> None:
    module = skim("a.py", TEXT + b"def change(x):\n    global SEED\n    y = x\n    SEED = y\n")
    assert module.declared == {"SEED"}
    assert "outer" in unread(module.tree)


@pytest.mark.parametrize(
    "text",
    [
        b'"""Text.\n\ndef shown(x):\n    y = x\n    return y\n\n"""\n',
        b"i = 0\nwhile i < 3:\n    i += 1\n",
        b"x = 1\ry = 2\r",
    ],
)
def test_what_needs_the_whole_file_is_parsed_whole(text: bytes) -> None:
    assert ast.dump(skim("a.py", TEXT + text).tree) == ast.dump(ast.parse(TEXT + text))
    assert unread(skim("a.py", TEXT + text).tree) == []


def test_a_function_with_an_error_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "def broken(x):\n    y = x\n    return y +\n\n\ndef right(x):\n    y = x\n    return y * 2\n"
    )
    start = "import jax\nimport jax.numpy as jnp\nfrom helper import broken, right\n\n\n"
    caller = start + "def f(xs: jax.Array):\n    return jnp.stack([{}(x) for x in xs])\n"
    path = str(tmp_path / "a.py")
    found = {name: analyze(SourceFile(path, caller.format(name).encode()), (tmp_path,)) for name in ("broken", "right")}
    assert [finding.verdict for finding in found["right"]] == ["rewrite"]
    assert [one.reason.code for one in found["broken"][0].questions] == ["opaque-callee"]


def test_a_module_goes_when_nobody_holds_it() -> None:
    module = skim("m.py", b"import jax\n\n\n" + b"def f(x):\n    y = x + 1\n    return y\n\n\n" * 9)
    assert module.unread
    held = ref(module)
    del module
    assert held() is None
