"""What to do about a value that goes from one iteration to the next, with the names of the loop that carries it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop import ArraySource, IndexSource
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.diagnostic.details import Mentions
    from vmapify.loop import LoopModel


@dataclass(frozen=True, slots=True)
class Cure:
    """The word for an advice in ``report.wording``, and what it mentions besides the name of the variable."""

    word: str
    mentions: Mentions = ()


def carry_cure(name: str, carried: Sequence[str], model: LoopModel) -> Cure:
    """What helps with the carried variable ``name``; ``carried`` are all of them."""
    assert isinstance(model.loop, ast.For)
    if _is_key(name, model.loop):
        return Cure("draw-keys", (("count", _count(model)),))
    counted = count_cure(name, model)
    if counted is not None:
        return counted
    if _grows(name, model.loop):
        return Cure("join-once")
    test = _compared(name, model.loop)
    if test is not None:
        return Cure("extremum", (("test", test),))
    return _scan(name, carried, model)


def is_drawn_from(name: str, model: LoopModel) -> bool:
    """Whether ``name`` is a key that the loop splits, or only counts: easier to be rid of than a state."""
    loop = model.loop
    return isinstance(loop, ast.For) and (_is_key(name, loop) or _counted_by(name, loop) is not None)


def count_cure(name: str, model: LoopModel) -> Cure | None:
    """For ``name += 1`` and nothing else."""
    step = _counted_by(name, model.loop) if isinstance(model.loop, ast.For) else None
    if step is None:
        return None
    return Cure("count") if step.value == 1 else Cure("count-by", (("step", step),))


def _scan(name: str, carried: Sequence[str], model: LoopModel) -> Cure:
    assert isinstance(model.loop, ast.For)
    state = name if len(carried) < 2 else f"({', '.join(carried)})"
    collected = [r.name for r in model.results if r.sinks[0].reduction is None]
    lists = [one for one in collected if one and one not in carried]
    rows = lists[0] if len(lists) == 1 else "rows" if lists else "_"
    target = model.loop.target.id if isinstance(model.loop.target, ast.Name) else "row" if "x" in carried else "x"
    return Cure(
        "scan-reversed" if _is_reversed(model.loop.iter) else "scan",
        (
            ("carry", state if len(carried) < 2 else "carry"),
            ("target", target),
            ("state", state),
            ("row", "row" if lists else "None"),
            ("rows", rows),
            ("over", _rows(model)),
        ),
    )


def _is_reversed(source: ast.expr) -> bool:
    return isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id == "reversed"


def _rows(model: LoopModel) -> str:
    """What a scan runs over: the rows, or the index."""
    sources = model.spaces[0].sources if model.spaces else ()
    match sources:
        case [ArraySource(expr=rows)] if isinstance(rows, ast.Name | ast.Attribute):
            return ast.unparse(rows)
        case [IndexSource(start=None, stop=ast.expr() as stop, step=None)]:
            return f"jnp.arange({ast.unparse(stop)})"
    return "xs"


def _count(model: LoopModel) -> str:
    sources = model.spaces[0].sources if model.spaces else ()
    match sources:
        case [IndexSource(start=None, stop=ast.expr() as stop, step=None), *_]:
            return ast.unparse(stop)
        case [ArraySource(expr=rows), *_] if isinstance(rows, ast.Name | ast.Attribute):
            return f"len({ast.unparse(rows)})"
    return "n"


def _is_key(name: str, loop: ast.For) -> bool:
    """``key, sub = jax.random.split(key)``."""
    return any(
        isinstance(node, ast.Call)
        and _last_name(node.func) in {"split", "fold_in"}
        and any(isinstance(part, ast.Name) and part.id == name for part in node.args)
        for value in _stored(name, loop)
        for node in walk(value)
    )


def _stored(name: str, loop: ast.For) -> Iterator[ast.expr]:
    """The values of the assignments to ``name``."""
    for node in walk(loop):
        if isinstance(node, ast.Assign) and any(
            isinstance(part, ast.Name) and part.id == name for target in node.targets for part in walk(target)
        ):
            yield node.value


def _last_name(function: ast.expr) -> str | None:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def _counted_by(name: str, loop: ast.For) -> ast.Constant | None:
    """``1`` if ``name += 1`` is all that the loop does to ``name``."""
    steps = [
        node.value
        for node in loop.body
        if isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and isinstance(node.target, ast.Name)
        and node.target.id == name
    ]
    stores = [part for part in walk(loop) if isinstance(part, ast.Name) and part.id == name]
    stores = [part for part in stores if isinstance(part.ctx, ast.Store)]
    match steps:
        case [ast.Constant() as step] if len(stores) == 1:
            return step
    return None


def _grows(name: str, loop: ast.For) -> bool:
    """``out = jnp.append(out, …)``."""
    return any(
        isinstance(value, ast.Call)
        and _last_name(value.func) in {"append", "concatenate", "hstack", "vstack", "concat"}
        and any(isinstance(part, ast.Name) and part.id == name for part in walk(value))
        for value in _stored(name, loop)
    )


def _compared(name: str, loop: ast.For) -> ast.expr | None:
    """``loss < best`` of ``if loss < best: best = loss``, if ``best`` is set nowhere else."""
    for node in loop.body:
        if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
            continue
        inside = {id(part) for part in walk(node)}
        stores = [part for part in walk(loop) if isinstance(part, ast.Name) and part.id == name]
        stores = [part for part in stores if isinstance(part.ctx, ast.Store)]
        if any(part.id == name for part in walk(node.test) if isinstance(part, ast.Name)):
            return node.test if all(id(part) in inside for part in stores) else None
    return None
