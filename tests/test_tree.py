"""Trees: the quick walk finds what ``ast.walk`` finds, and a slice keeps what a value depends on."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

from vmapify.infer import Kind, Machine, Modules, Project, slices
from vmapify.syntax import parse
from vmapify.syntax.tree import children, walk

SOURCES = [Path(inspect.getsourcefile(module) or "") for module in (ast, inspect, sys.modules["typing"])]
ODD = """
match point:
    case {"a": 1, **rest}: pass
    case [x, *others] | Point(x=0, y=others) as x: pass
    case None | -1: pass
async def f(a, /, b: int = 1, *c, d, e=2, **g) -> None:
    global h, i
    async with x as y, z: await (yield)
    try: pass
    except* (A, B) as error: raise C from error
    del x[1:2:3], y.z
    print(f"{a!r:>{b}}")
    return {**a, 1: 2}, {j for j in k if l async for m in n}
"""


@pytest.mark.parametrize("text", [ODD, *(path.read_text() for path in SOURCES)])
def test_the_walk_leaves_out_contexts_only(text: str) -> None:
    tree = ast.parse(text)
    expected = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    assert walk(tree) == expected
    for node in expected:
        assert children(node) == [c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.expr_context)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement is new in Python 3.12")
def test_the_name_of_a_type_statement_is_a_node() -> None:
    assert "Pair" in {node.id for node in walk(ast.parse("type Pair[T] = tuple[T, T]")) if isinstance(node, ast.Name)}


def _kept(text: str, wanted: str, stop: int | None = None) -> list[int]:
    module = parse("a.py", text.encode())
    machine = Machine(module, Project(Path("a.py"), (), Modules()))
    end = next(node for node in module.of(ast.For) if node.lineno == stop) if stop else None
    gone = slices.beside(machine, module.tree.body, [ast.parse(wanted)], end)
    return sorted(node.lineno for node in module.nodes if isinstance(node, ast.stmt) and node not in gone)


def test_a_slice_follows_what_is_read_and_changed() -> None:
    text = "a = 1\nb = a\nc = 2\nrows = []\nrows.append(b)\nd[c] = 3\nfor e, f in d: g = e\n"
    assert _kept(text, "b") == [1, 2]
    assert _kept(text, "rows") == [1, 2, 4, 5]
    assert _kept(text, "d") == [3, 6]
    assert _kept(text, "e") == [3, 6, 7]


def test_a_slice_knows_definitions_and_what_they_close_over() -> None:
    text = "scale = 2\ndef f(x):\n    return x * scale\nother = f(1)\nscale = 3\n"
    assert _kept(text, "f") == [1, 2, 3, 5]


def test_a_slice_keeps_what_ends_its_block() -> None:
    text = "if x:\n    a = 1\n    raise E\nif y:\n    b = 2\nelse:\n    raise E\nreturn c\n"
    assert _kept(text, "a") == [1, 2, 3, 8]
    assert _kept(text, "b") == [4, 5, 7, 8]


def test_a_slice_ends_at_the_statement_asked_about() -> None:
    text = "a = 1\nwhile a:\n    for x in a:\n        pass\n    a = b\n    c = 1\nb = 2\n"
    assert _kept(text, "a", stop=3) == [1, 2, 3, 5, 7]  # the last one never runs


def _known(text: str, line: int, name: str) -> Kind:
    module = parse("a.py", text.encode())
    machine = Machine(module, Project(Path("a.py").resolve(), (), Modules()))
    statement = next(node for node in module.nodes if isinstance(node, ast.stmt) and node.lineno == line)
    return machine.lookup(name, machine.frame_at(statement)).kind


def test_attributes_asked_for_on_the_way_do_not_end_it() -> None:
    text = """\
class A:
    def __init__(self):
        self.a = 1
        if self.a:
            n = 2
        k = [3]
        use(k, n)
"""
    assert _known(text, 7, "k") is Kind.LIST


def test_what_an_iteration_puts_into_a_container_is_there_in_the_next() -> None:
    text = """\
import jax.numpy as jnp
def f():
    rows = []
    for i in range(3):
        last = rows[-1]
        rows.append(jnp.ones(2))
    use(last)
"""
    assert _known(text, 7, "last") is Kind.ARRAY


def test_a_local_that_a_loop_makes_hides_the_global_from_its_next_iteration() -> None:
    text = """\
import jax.numpy as jnp
row = 1.0
def f():
    for k in range(3):
        if k > 0:
            out = row
        row = jnp.zeros(3)
    use(out)
"""
    assert _known(text, 8, "out") is not Kind.NUMBER
