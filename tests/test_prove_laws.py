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
    )
    known = frozenset().union(*lists)
    assert len(known) == sum(map(len, lists)), "one name in two lists"
    assert _special_names() - known == set(), "neither modelled nor listed as not modelled"
