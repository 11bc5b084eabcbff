"""Iteration spaces from ``for target in iterable``."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.loop import ArraySource, IndexSource, IterationSpace, Obstacle, Source

if TYPE_CHECKING:
    from vmapify.loop.model import Clause
    from vmapify.patterns.names import Names

# wrappers that only show progress
PROGRESS = {
    "tqdm.tqdm",
    "tqdm.auto.tqdm",
    "tqdm.notebook.tqdm",
    "tqdm.rich.tqdm",
    "tqdm.std.tqdm",
    "rich.progress.track",
} | {
    "tqdm.trange",
    "tqdm.auto.trange",
    "tqdm.notebook.trange",
    "fastprogress.progress_bar",
    "progressbar.progressbar",
}


class _Reading:
    """What is gathered while one ``in`` clause is read."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.obstacles: list[Obstacle] = []
        self.progress: list[ast.Call] = []
        self.strict = False


@dataclass(frozen=True, slots=True)
class Spaces:
    """The spaces of one clause: usually one, two for ``itertools.product``."""

    spaces: tuple[IterationSpace, ...]
    obstacles: tuple[Obstacle, ...]
    progress: tuple[ast.Call, ...]


def read(clause: Clause, names: Names) -> Spaces:
    """The iteration space of a ``for`` statement or a comprehension clause."""
    reading = _Reading(names)
    levels = _levels(reading, clause)
    spaces = tuple(
        IterationSpace(clause, tuple(_sources(reading, target, source)), strict=reading.strict)
        for target, source in levels
    )
    return Spaces(spaces, tuple(reading.obstacles), tuple(reading.progress))


def _levels(reading: _Reading, clause: Clause) -> list[tuple[ast.expr, ast.expr]]:
    """``for a, b in itertools.product(A, B)`` is two nested levels."""
    source = _unwrapped(reading, clause.iter)
    if isinstance(source, ast.Call) and reading.names.qualified(source.func) == "itertools.product":
        targets = clause.target.elts if isinstance(clause.target, ast.Tuple) else []
        if len(targets) == len(source.args) and not source.keywords:
            return list(zip(targets, source.args, strict=True))
    return [(clause.target, source)]


def _unwrapped(reading: _Reading, source: ast.expr) -> ast.expr:
    """``tqdm(xs)``, ``list(xs)`` and ``iter(xs)`` iterate over ``xs``."""
    while isinstance(source, ast.Call) and source.args and not isinstance(source.args[0], ast.Starred):
        name = reading.names.qualified(source.func)
        if name in PROGRESS:
            reading.progress.append(source)
            if name.endswith("trange"):
                return ast.copy_location(ast.Call(ast.Name("range", ast.Load()), source.args, []), source)
        elif name not in {"builtins.list", "builtins.tuple", "builtins.iter"} or len(source.args) != 1:
            break
        source = source.args[0]
    return source


def _sources(reading: _Reading, target: ast.expr, source: ast.expr) -> list[Source]:
    source = _unwrapped(reading, source)
    source = _range_named(reading.names, source) or source
    called = reading.names.qualified(source.func) if isinstance(source, ast.Call) else None
    if isinstance(source, ast.Call) and not any(isinstance(part, ast.Starred) for part in source.args):
        match called:
            case "builtins.range":
                return _range(reading, target, source)
            case "builtins.enumerate":
                return _enumerate(reading, target, source)
            case "builtins.zip":
                return _zip(reading, target, source)
            case "builtins.reversed":
                return _reversed(reading, target, source)
    if _is_view(source):
        reading.obstacles.append(Obstacle.of("not-arrays", "iterates-dict", source, source=source))
    return [ArraySource(target, source)]


def _range_named(names: Names, source: ast.expr) -> ast.Call | None:
    """The range of numbers that ``source`` names, ``counts = range(10)``, if nothing else is ever called so."""
    if not isinstance(source, ast.Name):
        return None
    module = names.module
    stored = [one for one in module.named(source.id) if isinstance(one.ctx, ast.Store | ast.Del)]
    made = module.parents[stored[0]] if len(stored) == 1 else None
    if not isinstance(made, ast.Assign) or made.targets != stored or not isinstance(made.value, ast.Call):
        return None
    here = module.function_of(made) in {None, module.function_of(source)}
    numbers = all(isinstance(one, ast.Constant) for one in made.value.args) and not made.value.keywords
    other = any(isinstance(node, ast.arg) and node.arg == source.id for node in module.of(ast.arg))
    is_range = here and numbers and not other and names.qualified(made.value.func) == "builtins.range"
    return made.value if is_range else None


def _is_view(source: ast.expr) -> bool:
    """``d.items()``, ``d.keys()``, ``d.values()``."""
    match source:
        case ast.Call(func=ast.Attribute(attr="items" | "keys" | "values"), args=[], keywords=[]):
            return True
    return isinstance(source, ast.Dict | ast.DictComp | ast.Set | ast.SetComp)


def _range(reading: _Reading, target: ast.expr, source: ast.Call) -> list[Source]:
    start: ast.expr | None = None
    stop: ast.expr | None = source.args[0] if len(source.args) == 1 else None
    step: ast.expr | None = None
    if len(source.args) in {2, 3}:
        start, stop = source.args[:2]
        step = source.args[2] if len(source.args) == 3 else None
    if not isinstance(target, ast.Name) or stop is None:
        reading.obstacles.append(Obstacle.of("unsupported-shape", "target-of-range", target))
        return []
    return [IndexSource(target, start, stop, step)]


def _enumerate(reading: _Reading, target: ast.expr, source: ast.Call) -> list[Source]:
    start = (
        source.args[1] if len(source.args) > 1 else next((k.value for k in source.keywords if k.arg == "start"), None)
    )
    match target:
        case ast.Tuple(elts=[ast.Name() as index, inner]):
            return [IndexSource(index, start, None, None), *_sources(reading, inner, source.args[0])]
    reading.obstacles.append(Obstacle.of("unsupported-shape", "pairs-of-enumerate", target))
    return []


def _zip(reading: _Reading, target: ast.expr, source: ast.Call) -> list[Source]:
    reading.strict = any(
        k.arg == "strict" and isinstance(k.value, ast.Constant) and k.value.value for k in source.keywords
    )
    if isinstance(target, ast.Tuple) and len(target.elts) == len(source.args):
        parts = [_sources(reading, one, other) for one, other in zip(target.elts, source.args, strict=True)]
        return [entry for part in parts for entry in part]
    reading.obstacles.append(Obstacle.of("unsupported-shape", "tuples-of-zip", target))
    return []


def _reversed(reading: _Reading, target: ast.expr, source: ast.Call) -> list[Source]:
    found = _sources(reading, target, source.args[0])
    match found:
        case [ArraySource() as rows]:
            return [replace(rows, reverse=not rows.reverse)]
    reading.obstacles.append(Obstacle.of("unsupported-shape", "reversed-range", source))
    return found
