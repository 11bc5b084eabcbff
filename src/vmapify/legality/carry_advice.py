"""What to do about a value that goes from one iteration to the next, in the words of the loop that carries it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import ArraySource, IndexSource
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.loop import LoopModel


def carry_advice(name: str, carried: Sequence[str], model: LoopModel) -> str:
    """One line for the carried variable ``name``; ``carried`` are all of them."""
    assert isinstance(model.loop, ast.For)
    if _is_key(name, model.loop):
        return key_advice(name, model)
    counted = count_advice(name, model)
    if counted is not None:
        return counted
    if _grows(name, model.loop):
        return f"`{name}` only grows: compute the rows with one `jax.vmap`, then join once, `jnp.concatenate([{name}, rows])`"
    test = _compared(name, model.loop)
    if test is not None:
        return f"compute all values that `{test}` compares with one `jax.vmap`, then take `jnp.min`, `jnp.argmin` or the like"
    return _scan(name, carried, model)


def is_drawn_from(name: str, model: LoopModel) -> bool:
    """Whether ``name`` is a key that the loop splits, or only counts: easier to be rid of than a state."""
    loop = model.loop
    return isinstance(loop, ast.For) and (_is_key(name, loop) or _counted_by(name, loop) is not None)


def count_advice(name: str, model: LoopModel) -> str | None:
    """For ``name += 1`` and nothing else."""
    step = _counted_by(name, model.loop) if isinstance(model.loop, ast.For) else None
    if step is None:
        return None
    times = "" if step == "1" else f" times {step}"
    return f"`{name}` only counts: take the index from `enumerate`, {name} is its start plus the index{times}"


def key_advice(name: str, model: LoopModel) -> str:
    """Keys drawn all at once; the numbers become others."""
    count = _count(model)
    return (
        f"draw all keys at once, `keys = jax.random.split({name}, {count})`, and map over `keys`; "
        "the random numbers become others, so it is yours to decide"
    )


def _scan(name: str, carried: Sequence[str], model: LoopModel) -> str:
    assert isinstance(model.loop, ast.For)
    state = name if len(carried) < 2 else f"({', '.join(carried)})"
    collected = [r.name for r in model.results if r.sinks[0].reduction is None and not model.running]
    lists = [one for one in collected if one and one not in carried]
    rows = lists[0] if len(lists) == 1 else "rows" if lists else "_"
    end = ", reverse=True" if ast.unparse(model.loop.iter).startswith("reversed(") else ""
    target = ast.unparse(model.loop.target)
    target = target if target.isidentifier() else "row" if "x" in carried else "x"
    step = (
        f"def step({state if len(carried) < 2 else 'carry'}, {target}): …; return {state}, {'row' if lists else 'None'}"
    )
    return f"`{step}` and `{state}, {rows} = jax.lax.scan(step, {state}, {_rows(model)}{end})`"


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
        and ast.unparse(node.func).rpartition(".")[2] in {"split", "fold_in"}
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


def _counted_by(name: str, loop: ast.For) -> str | None:
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
    alone = len(steps) == 1 and len(stores) == 1 and isinstance(steps[0], ast.Constant)
    return ast.unparse(steps[0]) if alone else None


def _grows(name: str, loop: ast.For) -> bool:
    """``out = jnp.append(out, …)``."""
    return any(
        isinstance(value, ast.Call)
        and ast.unparse(value.func).rpartition(".")[2] in {"append", "concatenate", "hstack", "vstack", "concat"}
        and any(isinstance(part, ast.Name) and part.id == name for part in walk(value))
        for value in _stored(name, loop)
    )


def _compared(name: str, loop: ast.For) -> str | None:
    """``loss < best`` of ``if loss < best: best = loss``, if ``best`` is set nowhere else."""
    for node in loop.body:
        if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
            continue
        inside = {id(part) for part in walk(node)}
        stores = [part for part in walk(loop) if isinstance(part, ast.Name) and part.id == name]
        stores = [part for part in stores if isinstance(part.ctx, ast.Store)]
        if any(part.id == name for part in walk(node.test) if isinstance(part, ast.Name)):
            return ast.unparse(node.test) if all(id(part) in inside for part in stores) else None
    return None
