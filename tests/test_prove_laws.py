"""Laws of the prover's rooms: no import cycles, small modules, and nothing of Python that is silently not modelled."""

from __future__ import annotations

import ast
import builtins
import types
from pathlib import Path
from statistics import median

import pytest

import vmapify
from vmapify.interpret import expressions, special_methods, statements
from vmapify.prove import prove
from vmapify.syntax import parse

SRC = Path(vmapify.__path__[0])
ROOMS = ("domain", "heap", "library", "interpret", "prove")
MODULES = sorted(path for room in ROOMS for path in (SRC / room).rglob("*.py"))


def _name(path: Path) -> str:
    parts = ["vmapify", *path.relative_to(SRC).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, known: set[str]) -> set[str]:
    """The modules of the rooms that a module imports, imports for types and in functions counted."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    packages = {f"vmapify.{room}" for room in ROOMS}  # `from vmapify.library import operands` is of the module
    return (found & known) - packages


def test_no_module_of_the_prover_imports_itself_on_any_way() -> None:
    known = {_name(path) for path in MODULES}
    graph = {_name(path): _imported(path, known) for path in MODULES}
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {name for name, needs in graph.items() if name not in done and needs - {name} <= done}
        assert ready, f"cycle among {sorted(graph.keys() - done)}"
        done |= ready


def test_modules_of_the_prover_are_small() -> None:
    lengths = [len(path.read_text().splitlines()) for path in MODULES if path.stem != "__init__"]
    assert median(lengths) < 150
    assert max(lengths) <= 400


@pytest.mark.parametrize(
    ("base", "modelled", "opaque"),
    [
        (ast.expr, expressions.KINDS, expressions.NOT_MODELLED),
        (ast.stmt, statements.KINDS, statements.NOT_MODELLED),
    ],
    ids=["expressions", "statements"],
)
def test_every_kind_of_syntax_is_modelled_or_listed_as_not_modelled(
    base: type[ast.AST], modelled: dict[type[ast.AST], object], opaque: set[str]
) -> None:
    """A new version of Python brings new nodes: until somebody has thought about them, this fails."""
    kinds = {one.__name__ for one in base.__subclasses__()} - {"Num", "Str", "Bytes", "NameConstant", "Ellipsis"}
    known = {one.__name__ for one in modelled}
    assert not known & opaque
    assert kinds - known - opaque == set(), "neither modelled nor listed as not modelled"


def _special_names() -> set[str]:
    """The special names of all builtin classes, and of functions, methods, modules and coroutines."""
    classes = [one for one in (*vars(builtins).values(), *vars(types).values()) if isinstance(one, type)]
    return {name for one in (*classes, type) for name in dir(one) if name.startswith("__") and name.endswith("__")}


def test_every_special_method_is_modelled_or_listed_as_not_modelled() -> None:
    """A new version of Python brings new ones: until somebody has thought about them, this fails."""
    lists = (
        special_methods.REFUSED,
        special_methods.FOLLOWED,
        special_methods.OPAQUE,
        special_methods.ATTRIBUTES,
        special_methods.DESCRIBING,
    )
    known = frozenset().union(*lists)
    assert len(known) == sum(map(len, lists)), "one name in two lists"
    assert _special_names() - known == set(), "neither modelled nor listed as not modelled"


USES = {
    "__add__": "box + x",
    "__radd__": "x + box",
    "__matmul__": "box @ x",
    "__neg__": "-box",
    "__abs__": "abs(box)",
    "__divmod__": "divmod(box, 2.0)[0]",
    "__eq__": "x * (box == 1.0)",
    "__lt__": "x * (box < 1.0)",
    "__contains__": "x * (1.0 in box)",
    "__getitem__": "x * box[0]",
    "__len__": "x * len(box)",
    "__iter__": "x * sum(box)",
    "__reversed__": "x * sum(reversed(box))",
    "__next__": "x * next(box)",
    "__bool__": "x if box else -x",
    "__float__": "x * float(box)",
    "__int__": "x * int(box)",
    "__index__": "jnp.roll(x, box)",
    "__round__": "x * round(box)",
    "__hash__": "x * hash(box)",
    "__format__": "x * len(f'{box}')",
    "__str__": "x * len(str(box))",
    "__repr__": "x * len(repr(box))",
    "__enter__": "entered(box, x)",
    "__iadd__": "added(box, x)",
    "__copy__": "x * copied(box)",
    "__jax_array__": "x * box",
    "__array__": "x * np.asarray(box)",
    "__getattr__": "x * box.missing",
    "__getattribute__": "x * box.weight",
    "__set__": "x * box.weight",
}


class NoSources:
    """No other module is at hand."""

    def imported(self, module: object, name: str, level: int) -> None:
        return None


def _program(method: str, use: str) -> str:
    return f"""\
import copy

import jax
import jax.numpy as jnp
import numpy as np

calls = []


class Box:
    weight = 2.0

    def {method}(self, *others):
        calls.append(1)
        return 1.0 * len(calls)

    def __exit__(self, *others):
        pass


def entered(box, x):
    with box as weight:
        return x * weight


def added(box, x):
    box += x
    return box


def copied(box):
    return copy.copy(box)


def rows(xs: jax.Array):
    box = Box()
    return jnp.stack([{use} for x in xs])
"""


def _is_proven(method: str, use: str) -> bool:
    program = _program(method, use)
    after = program.replace(f"jnp.stack([{use} for x in xs])", f"jax.vmap(lambda x: {use})(xs)")
    assert after != program
    return prove(parse("m.py", program.encode()), after.encode(), NoSources()).doubt is None


@pytest.mark.parametrize("name", sorted(USES))
def test_no_special_method_is_passed_over(name: str) -> None:
    """Each one counts its calls: a rewrite calls it once where the loop calls it for every row."""
    assert not _is_proven(name, USES[name])


def test_what_calls_no_special_method_is_proven() -> None:
    assert _is_proven("other", "x * box.weight")
