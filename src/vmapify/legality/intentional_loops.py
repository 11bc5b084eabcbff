"""Loops that are sequential on purpose: a test's reference, a benchmark's baseline, one that saves memory."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from vmapify.infer import External, Kind, Method
from vmapify.loop import IndexSource, Obstacle
from vmapify.syntax import last_name
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel
    from vmapify.syntax import Module

COMPARING = re.compile(r"assert_\w+|assert[A-Z]\w*|allclose|array_equal|approx|isclose|check_close")
REFERENCE = re.compile(
    r"expect|(^|_)ref(erence)?(_|$|\d)|loop|manual|naive|truth|oracle|sequential|individual|unbatched|one_by_one|"
    r"(^|_)want|desired|golden|serial|correct|baseline|separate"
)
BATCHED = re.compile(r"vmap|batch|vectori[sz]ed|lax\.map")
BENCHMARK = re.compile(r"benchmark|timeit|(^|_)time_|(^|_)bench")
SAVING = re.compile(
    r"(sav(e|es|ing)|reduc\w*|limit\w*|less|lower\w*|avoid\w*|keep\w*|bound\w*|fit\w*|exceed\w*|blow\w*|too much)\W(\w+\W){0,3}?"
    r"(memory|vram|ram|oom)\b|memory[- ](saving|efficient|friendly|bound|cost|limit)|out[- ]of[- ]memory|\boom\b"
)


def obstacles(machine: Machine, model: LoopModel, frame: Frame) -> Iterator[Obstacle]:
    """Signs that the loop must stay because something compares with it, or because it saves memory."""
    yield from _saving(model)
    yield from _sections(model)
    yield from _confronted(model)
    function = model.module.function_of(model.anchor)
    if function is None or isinstance(function, ast.Lambda):
        return
    if BENCHMARK.search(function.name.lower()):
        yield Obstacle.of("benchmark-baseline", "measures", function, function=function.name)
    elif _is_test(function, model.module) and _calls_project(machine, model, frame):
        yield from _oracle(function, model)
    else:
        yield from _twice(function, model)


def _confronted(model: LoopModel) -> Iterator[Obstacle]:
    """``assert_allclose(batched(xs), [f(x) for x in xs])`` where ``batched`` comes from ``vmap``."""
    call = model.module.parents.get(model.loop)
    if not isinstance(call, ast.Call) or COMPARING.fullmatch(last_name(call.func) or "") is None:
        return
    function = model.module.function_of(model.anchor) or model.module.tree
    others = [argument for argument in call.args if argument is not model.loop]
    names = {name for other in others for name in names_in(other)}
    if any(_is_vmap(node) for other in others for node in walk(other)) or "vmap(" in _history(names, function):
        where = model.module.line_in_words(call.lineno)
        yield Obstacle.of("reference-oracle", "compared-with-vmap", call, where=where)


def _twice(function: ast.AST, model: LoopModel) -> Iterator[Obstacle]:
    """The results of the loop meet, in a difference or comparison, what ``vmap`` of the same callee gives."""
    if b"vmap" not in model.module.data:
        return
    if not any(_is_vmap(node) for node in walk(function)):
        return
    called = {ast.unparse(node.func) for node in walk(model.loop) if isinstance(node, ast.Call)}
    mapped = [f"vmap({callee}{end}" for callee in called for end in ",)"]
    whole = ast.unparse(function)
    if not any(text in whole for text in mapped):
        return
    holders = _holders(function, model)
    for node in walk(function):
        if not isinstance(node, ast.BinOp | ast.Call | ast.Compare) or not _confronts(node):
            continue
        mine = holders & names_in(node)
        if mine and any(text in _history(names_in(node) - mine, function) for text in mapped):
            where = model.module.line_in_words(node.lineno)
            yield Obstacle.of("reference-oracle", "compared-with-vmap", node, where=where)
            return


def _is_vmap(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name.endswith("vmap")
    return False


def _confronts(node: ast.BinOp | ast.Call | ast.Compare) -> bool:
    """A difference, a comparison, a call such as ``allclose``."""
    match node:
        case ast.BinOp(op=op):
            return isinstance(op, ast.Sub)
        case ast.Call(func=function):
            return COMPARING.search(ast.unparse(function)) is not None
    return True


def _history(names: set[str], function: ast.AST) -> str:
    """The text of the assignments that ``names`` come from, some steps back."""
    texts: dict[str, str] = {}
    for _ in range(3):
        texts |= {name: made_by(name, function) for name in names - texts.keys()}
        names = {n for text in texts.values() for n in re.findall(r"\w+", text)}
    return " ".join(texts.values())


def _saving(model: LoopModel) -> Iterator[Obstacle]:
    """A comment above or in the loop, or a docstring that speaks of loops, says that it spares memory."""
    for line, comment in _remarks(model):
        if SAVING.search(comment.lower()):
            yield Obstacle.of("memory-bound", "says-so", model.loop, line=line)
            return


def _sections(model: LoopModel) -> Iterator[Obstacle]:
    """``for lo in range(0, n, size)`` over ``x[lo : lo + size]``, joined again: sections bound the memory."""
    joined = any(sink.collector == "concatenate" for result in model.results for sink in result.sinks)
    sources = [source for space in model.spaces for source in space.sources if isinstance(source, IndexSource)]
    for source in sources if joined else []:
        if source.step is None or isinstance(source.step, ast.Constant):
            continue
        size, index = ast.unparse(source.step), source.target.id
        ends = {f"{index} + {size}", f"{size} + {index}"}
        for node in (node for part in (*model.body, *(r.element for r in model.results)) for node in walk(part)):
            if isinstance(node, ast.Slice) and node.upper is not None and _ends(node.upper) & ends:
                yield Obstacle.of("memory-bound", "sections", node, size=size)
                return


def _ends(node: ast.expr) -> set[str]:
    """``lo + size`` of ``lo + size`` and ``min(lo + size, n)``."""
    parts = [node, *(node.args if isinstance(node, ast.Call) else [])]
    return {ast.unparse(part) for part in parts}


def _remarks(model: LoopModel) -> Iterator[tuple[int, str]]:
    lines = model.module.lines
    first = model.anchor.lineno - 1
    while first and lines[first - 1].strip().startswith("#"):
        first -= 1
    for number in range(first, min(model.loop.end_lineno or model.loop.lineno, len(lines))):
        yield number + 1, lines[number].partition("#")[2]
    function = model.module.function_of(model.anchor)
    if function is not None and not isinstance(function, ast.Lambda):
        told = " ".join((ast.get_docstring(function) or "").split())
        yield function.lineno, told if re.search(r"\bloops?\b", told.lower()) else ""


def _calls_project(machine: Machine, model: LoopModel, frame: Frame) -> bool:
    """Whether an iteration calls code under test: a loop over functions of jax alone only makes data."""
    for node in walk(model.loop):
        if isinstance(node, ast.Call):
            match machine.value(node.func, frame).target:
                case External(name) if name.partition(".")[0] in {"jax", "numpy", "builtins"}:
                    continue
                case Method(receiver=receiver) if receiver.kind is not Kind.UNKNOWN:
                    continue
            return True
    return False


def _is_test(function: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> bool:
    """A test function, or a helper of one in a test file or with a checking name."""
    name = PurePath(module.path).name
    in_tests = name.startswith("test_") or name.endswith("_test.py") or "_testing" in name
    owner = module.class_of(function)
    in_case = owner is not None and any("TestCase" in ast.unparse(base) for base in owner.bases)
    return in_tests or in_case or function.name.startswith(("test", "check_", "assert_"))


def _oracle(function: ast.AST, model: LoopModel) -> Iterator[Obstacle]:
    """The results of the loop, or a value made of them, meet a batched value in a comparison."""
    holders = _holders(function, model)
    named = sorted(name for name in holders if REFERENCE.search(name.lower()))
    kept = next((name for name in named if name.startswith("self.")), None)
    if kept is not None:
        yield Obstacle.of("reference-oracle", "kept-for-tests", model.loop, name=kept)
        return
    for comparison in comparisons(function):
        text = ast.unparse(comparison)
        mine = holders & {n.id for n in walk(comparison) if isinstance(n, ast.Name)}
        if not mine:
            continue
        others = " ".join(made_by(name, function) for name in names_in(comparison) - mine)
        if named or BATCHED.search(f"{text} {others}".lower()):
            where = model.module.line_in_words(comparison.lineno)
            yield Obstacle.of("reference-oracle", "compared", comparison, where=where)
            return


def _holders(function: ast.AST, model: LoopModel) -> set[str]:
    """Names that hold the results, the stacked array, or something computed from it."""
    found = set(model.named)
    anchors = {id(node) for node in walk(model.loop) if isinstance(node, ast.expr | ast.stmt)}  # contexts are shared
    for node in sorted((n for n in walk(function) if isinstance(n, ast.Assign)), key=lambda n: n.lineno):
        inside = any(id(part) in anchors for part in walk(node.value))
        if inside or (found & names_in(node.value) and node.lineno >= model.loop.lineno):
            found |= {name for target in node.targets for name in _stored(target)}
    return found


def _stored(target: ast.expr) -> Iterator[str]:
    """What an assignment fills: ``x``, the ``x`` of ``x[k]``, and ``self.x``."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            yield f"self.{name}"
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _stored(part)
        case ast.Subscript(value=inner) | ast.Starred(value=inner):
            yield from _stored(inner)


def names_in(node: ast.AST) -> set[str]:
    """The names that occur below ``node``."""
    return {child.id for child in walk(node) if isinstance(child, ast.Name)}


def comparisons(function: ast.AST) -> Iterator[ast.Call | ast.Assert]:
    """Assertions, and calls such as ``allclose``."""
    for node in walk(function):
        if (isinstance(node, ast.Assert) and any(isinstance(n, ast.Compare | ast.Call) for n in walk(node.test))) or (
            isinstance(node, ast.Call) and COMPARING.search(ast.unparse(node.func))
        ):
            yield node


def made_by(name: str, function: ast.AST) -> str:
    """The text of the assignments of ``name``."""
    return " ".join(
        ast.unparse(node.value)
        for node in walk(function)
        if isinstance(node, ast.Assign) and any(name in names_in(target) for target in node.targets)
    )
