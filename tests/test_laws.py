"""The laws of the house. Each is a fact about the source tree or about a fresh process."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import vmapify
from vmapify.diagnostic import Assumption, Reason
from vmapify.infer import Event
from vmapify.legality.questions import PATH, UNKNOWN
from vmapify.loop import Obstacle
from vmapify.report import wording
from vmapify.report.wording.cures import CURES, USUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = Path(vmapify.__path__[0])

ORDER = (
    "diagnostic",
    "config",
    "source",
    "rule",
    "syntax",
    "domain",
    "heap",
    "library",
    "interpret",
    "prove",
    "infer",
    "loop",
    "patterns|legality",
    "rewrite",
    "verify",
    "report",
    "pipeline",
    "api|codemod|jupyter|server",
    "cli",
)
"""Rooms from left to right; a room imports only from rooms to its left. ``a|b`` do not import each other."""

RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms.split("|")}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "types"}
BROAD_EXCEPTS = {"pipeline/analysis.py", "verify/worker"}
"""One boundary a file, one a request: a module in the first case, a room in the second."""

MODULES = sorted(SRC.rglob("*.py"))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def _room(path: Path) -> str:
    return path.relative_to(SRC).parts[0]


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything imported anywhere in the module, type checking included."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(("vmapify", *path.relative_to(SRC).parts[: -node.level])) if node.level else ""
            base = ".".join(part for part in (package, node.module) if part)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_rooms_import_only_from_rooms_to_their_left(path: Path) -> None:
    here = _room(path)
    if here not in RANK:
        assert here in {"__init__.py", "__main__.py"}, f"{here} is a room without a place in ORDER"
        return
    for line, name in _imports(path):
        parts = name.split(".")
        if parts[0] != "vmapify" or len(parts) < 2 or parts[1] not in RANK or parts[1] == here:
            continue
        assert RANK[parts[1]] < RANK[here], f"{_name(path)}:{line}: {here} may not import {parts[1]}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_jax_and_numpy_are_imported_by_workers_only(path: Path) -> None:
    if _name(path).startswith("verify/worker/"):
        return
    heavy = {name for _, name in _imports(path) if name.split(".")[0] in {"jax", "jaxlib", "numpy"}}
    assert not heavy


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_named_after_what_they_hold(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert ast.get_docstring(_tree(path)), "a module says what it holds"


def _decorators(node: ast.ClassDef) -> Iterator[tuple[str, dict[str, object]]]:
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        function = call.func if call else decorator
        keywords = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)} if call else {}
        yield ast.unparse(function), {key: value for key, value in keywords.items() if key}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_dataclasses_are_frozen_and_slotted(path: Path) -> None:
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.ClassDef):
            continue
        for name, keywords in _decorators(node):
            if name in {"dataclass", "dataclasses.dataclass"}:
                assert keywords.get("frozen") is True, f"{node.name} is not frozen"
                assert keywords.get("slots") is True, f"{node.name} has no slots"


def _broad_handlers(path: Path) -> list[ast.ExceptHandler]:
    broad = {"Exception", "BaseException"}
    handlers = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.ExceptHandler)]
    return [
        handler
        for handler in handlers
        if handler.type is None or broad & {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
    ]


def _gives_blocked(path: Path) -> bool:
    """Whether a call is handed the verdict ``blocked``."""
    calls = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    given = [value for call in calls for value in (*call.args, *(keyword.value for keyword in call.keywords))]
    return any(isinstance(value, ast.Constant) and value.value == "blocked" for value in given)


def test_findings_become_blocked_in_one_place() -> None:
    giving = [path.relative_to(SRC).as_posix() for path in MODULES if _gives_blocked(path)]
    judging = [name for name in giving if name.partition("/")[0] in {"loop", "patterns", "legality", "rewrite"}]
    assert judging == ["legality/verdicts.py"]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_broad_excepts_stand_at_the_two_boundaries_only(path: Path) -> None:
    allowed = _name(path) in BROAD_EXCEPTS or "/".join(Path(_name(path)).parts[:2]) in BROAD_EXCEPTS
    assert allowed or not _broad_handlers(path)


def test_one_boundary_a_file() -> None:
    assert len(_broad_handlers(SRC / "pipeline" / "analysis.py")) == 1


READERS = {"infer/modules.py", "rewrite/file_style.py"}
"""Where the analysis looks at other files. The cache knows of what these two read, and of nothing else."""
READING = {
    "open",
    "read_text",
    "read_bytes",
    "scandir",
    "listdir",
    "iterdir",
    "glob",
    "rglob",
    "stat",
    "exists",
    "is_file",
    "is_dir",
}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_the_analysis_looks_at_other_files_where_the_cache_knows(path: Path) -> None:
    if _room(path) not in {"syntax", "infer", "loop", "patterns", "legality", "rewrite"} or _name(path) in READERS:
        return
    called = [node.func for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    assert not names & READING


def test_only_the_report_has_sentences() -> None:
    """What finds and decides has codes and nodes; the sentences stand in ``report``, and nobody decides by their text."""
    for told in (Event, Obstacle, Reason, Assumption):
        assert not {"message", "advice", "text"} & set(told.__slots__)
    for path in MODULES:
        if _room(path) in {"infer", "loop", "patterns", "legality", "rewrite"}:
            read = {node.attr for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)}
            assert "details" not in read, f"{_name(path)} looks at what is told, instead of at what it is about"


TELLING = {"event": 1, "Obstacle.of": 0, "Obstacle": 0, "Reason.of": 0, "Assumption.of": 0}
"""What says something with two codes, and where the first of them stands."""


def _told(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls that say something, with all pairs of codes they may say it with, where these are written out."""
    for call in ast.walk(_tree(path)):
        if not isinstance(call, ast.Call):
            continue
        name = "event" if isinstance(call.func, ast.Attribute) and call.func.attr == "event" else ast.unparse(call.func)
        if name in TELLING and len(call.args) > TELLING[name] + 1:
            code, subcode = call.args[TELLING[name] : TELLING[name] + 2]
            yield from ((call, one, other) for one in _words(code) for other in _words(subcode))


def _words(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_words(node.body), *_words(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _mentioned(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_what_is_told_has_a_sentence_and_mentions_all_that_it_needs(path: Path) -> None:
    for call, code, subcode in _told(path):
        assert subcode in wording.ROWS.get(code, {}), f"{_name(path)}:{call.lineno}: no sentence for {code}, {subcode}"
        row = wording.ROWS[code][subcode]
        given = {keyword.arg for keyword in call.keywords}
        given |= {"where"} if code == "side-effect" else set()  # of a change, which is told with its line
        if ast.unparse(call.func) == "Obstacle":
            continue  # made of what another one mentions
        missing = (_mentioned(row.message) | _mentioned(row.advice or USUAL.get(code, ""))) - given
        assert not missing, f"{_name(path)}:{call.lineno}: {code}, {subcode} mentions {missing}"


def test_every_sentence_can_be_told() -> None:
    """A row nobody has the codes for is left over from something that went."""
    written = {
        node.value
        for path in MODULES
        if _room(path) != "report"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant)
    }
    for code, rows in wording.ROWS.items():
        assert code in written or code in {"malformed-suppression", "unused-suppression"}
        assert not set(rows) - written
    assert not set(CURES) - written


def test_what_is_unknown_has_sentences() -> None:
    assert all(subcode in wording.ROWS[code] for code, subcodes in UNKNOWN.items() for subcode in subcodes)
    assert {asked for subcodes in UNKNOWN.values() for asked in subcodes.values()} | {PATH} == set(wording.QUESTIONS)


LOADED = """
import sys
from click.testing import CliRunner
from vmapify.cli.main import vmapify
result = CliRunner().invoke(vmapify, {arguments!r})
assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
print(result.exit_code, *sorted({{name.split(".")[0] for name in sys.modules}} & {{{names}}}))
"""
HEAVY = "'jax', 'jaxlib', 'numpy', 'libcst', 'rich', 'psutil', 'pathspec', 'multiprocessing'"


def _loaded(arguments: list[str], extra: str = "") -> list[str]:
    """Exit code of a command in a fresh process, and which of the heavy packages it loaded."""
    script = extra + LOADED.format(arguments=arguments, names=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split()


def test_check_without_candidates_loads_click_only(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import numpy as np\nfor x in []:\n    print(np.sum(x))\n")
    (tmp_path / "b.py").write_text("import jax\nprint(jax.devices())\n")
    (tmp_path / "c.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "import jax"}]}')
    assert _loaded(["check", str(tmp_path)]) == ["0"]


def test_check_never_loads_jax_or_numpy(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import jax\nimport jax.numpy as jnp\n\n\ndef f(xs: jax.Array) -> jax.Array:\n"
        "    out = []\n    for x in xs:\n        out.append(jnp.sin(x))\n    return jnp.stack(out)\n"
    )
    _, *loaded = _loaded(["check", "--show-blocked", str(tmp_path)])
    assert not {"jax", "jaxlib", "numpy"} & set(loaded)


def test_the_two_tests_above_can_fail(tmp_path: Path) -> None:
    assert "numpy" in _loaded(["check", str(tmp_path)], extra="import numpy\n")


def test_check_never_executes_what_it_reads(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"import jax\nopen({str(tmp_path / 'trace')!r}, 'w').close()\nfor x in range(3): jax.numpy.sin(x)\n"
    )
    _loaded(["check", str(tmp_path)])
    assert not (tmp_path / "trace").exists()


TEXTS = {"unparse", "dump", "get_source_segment"}  # of `ast`
SEARCHING = {"startswith", "endswith", "partition", "rpartition", "find", "rfind", "index", "count", "isidentifier"}
LOOKING_UP = {"get", "pop", "add", "discard", "remove", "setdefault", "index", "count", "startswith", "endswith"}
KEPT_TEXTS = {"strip", "lstrip", "rstrip", "lower", "removeprefix", "removesuffix", "replace", "split", "splitlines"}


class _Texts:
    """Where a module compares, looks up or searches the text of code, instead of asking what the code is made of.

    ``ast.unparse(node)``, ``ast.dump(node)``, ``ast.get_source_segment(…)`` and ``module.text(node)`` give such text, and
    so do names and functions of the module that hold or return it.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.functions: set[str] = set()
        self.names: dict[ast.AST, set[str]] = {}
        self.nodes = [(scope, node) for scope in _scopes(tree) for node in _own_nodes(scope)]
        known = -1
        while known != (known := len(self.functions) + sum(map(len, self.names.values()))):
            for scope, node in self.nodes:
                self._learn(scope, node)

    def _learn(self, scope: ast.AST, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                pass
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                pass
            case ast.Return(value=ast.expr() as value) if isinstance(scope, ast.FunctionDef):
                if self.is_text(value, scope):
                    self.functions.add(scope.name)
                return
            case _:
                return
        if self.is_text(value, scope):
            self.names.setdefault(scope, set()).add(name)

    def is_text(self, node: ast.AST, scope: ast.AST) -> bool:
        """Whether ``node`` is the text of code, or holds several."""
        match node:
            case ast.Name(id=name):
                return name in self.names.get(scope, ())
            case ast.Call(func=ast.Attribute(value=ast.Name(id="ast"), attr=attr)):
                return attr in TEXTS
            case ast.Call(func=ast.Attribute(value=inner, attr=attr)):
                return (attr == "text" and bool(node.args)) or (attr in KEPT_TEXTS and self.is_text(inner, scope))
            case ast.Call(func=ast.Name(id=name), args=args):
                passed = name in {"list", "set", "tuple", "sorted", "zip"} and any(self.is_text(a, scope) for a in args)
                return name in self.functions or passed
            case ast.ListComp(elt=one) | ast.SetComp(elt=one) | ast.GeneratorExp(elt=one) | ast.Subscript(value=one):
                return self.is_text(one, scope)
            case (
                ast.List()
                | ast.Tuple()
                | ast.Set()
                | ast.IfExp()
                | ast.BoolOp()
                | ast.JoinedStr()
                | ast.FormattedValue()
            ):
                parts = (part for part in ast.iter_child_nodes(node) if part is not getattr(node, "test", None))
                return any(self.is_text(part, scope) for part in parts)
        return False

    def compared(self) -> list[int]:
        """The lines where text stands in for structure."""
        return sorted({p.lineno for s, node in self.nodes for p in _asked(node) if self.is_text(p, s)})  # type: ignore[attr-defined]


def _asked(node: ast.AST) -> list[ast.expr]:
    """The parts of ``node`` whose equality it asks for: operands, members, keys, what is matched or searched."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=right):
            parts = [left, *right]
            numbers = any(isinstance(part, ast.Constant) and isinstance(part.value, int) for part in parts)
            return [] if numbers or all(isinstance(op, ast.Is | ast.IsNot) for op in ops) else parts
        case ast.Set(elts=parts):
            return parts
        case ast.SetComp(elt=part) | ast.DictComp(key=part) | ast.Match(subject=part):
            return [part]
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.Subscript(slice=part):
            return [part]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=args):
            return args
        case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=args):
            return [*([owner] if attr in SEARCHING else []), *(args[:1] if attr in LOOKING_UP else [])]
    return []


def _scopes(tree: ast.Module) -> list[ast.AST]:
    return [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of ``scope`` without those of functions in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own_nodes(child)


TEXTS_COMPARED = {
    "infer/dtypes.py",
    "infer/indexing.py",
    "infer/shapes.py",
    "legality/loop_carried.py",
    "legality/carry_advice.py",
    "legality/chunks.py",
    "legality/list_or_array.py",
    "legality/trace_evidence.py",
    "legality/seen_names.py",
    "legality/result_types.py",
    "legality/intentional_loops.py",
    "legality/row_uses.py",
    "rewrite/normalise/windows_and_branches.py",
}
"""Modules that still compare texts of code. None is to be added."""


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_code_is_compared_by_structure(path: Path) -> None:
    assert _name(path) in TEXTS_COMPARED or not _Texts(_tree(path)).compared()


@pytest.mark.parametrize(
    "text",
    [
        "ast.unparse(a) == ast.unparse(b)",
        "ast.dump(a) in known",
        "{module.text(a), 1}",
        "{ast.unparse(a): a}",
        "{ast.dump(a): a for a in nodes}",
        "known.get(reader.text(a))",
        "ast.unparse(a).startswith('jnp.')",
        "re.search('vmap', ast.unparse(a))",
        "table[(ast.unparse(a), 0)]",
        "def f(a):\n    text = ast.unparse(a).strip()\n    return text == 'x'",
        "def f(parts):\n    texts = [ast.unparse(a) for a in parts]\n    return all(text == ':' for text in texts)",
        "def text_of(a):\n    return f'{ast.unparse(a)}.T'\ndef f(a):\n    return text_of(a) in {'x.T'}",
    ],
)
def test_a_comparison_of_texts_is_seen(text: str) -> None:
    assert _Texts(ast.parse(text)).compared()


def test_text_that_is_shown_or_written_is_no_comparison() -> None:
    text = "def f(a, b):\n    text = ast.unparse(a)\n    return [Edit(span, f'{text}[0]')] if same_code(a, b) else text"
    assert not _Texts(ast.parse(text)).compared()
