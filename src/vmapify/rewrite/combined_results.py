"""Where several batched results become one value: dicts of stacked lists, lists that get several entries an iteration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.rewrite.collector_text import Collected
from vmapify.rewrite.pytree_results import fresh_name, label

if TYPE_CHECKING:
    import ast

    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.pytree_results import Pair, Shaping

Joined = tuple[tuple["ast.expr | ast.stmt", str], ...]


def keyed(shaping: Shaping, position: int, result: Result) -> list[Pair] | None:
    """One list of a dict: a result with a name of its own."""
    assert result.key is not None
    value = shaping.legality.values[position]
    ways = {shaping.way(result, sink, value) for sink in result.sinks}
    way = ways.pop() if ways else Collected(0)
    if ways or not isinstance(way, Collected) or any(sink.part or sink.collector == "zip" for sink in result.sinks):
        return None
    tables = {id(table.node) for table in shaping.model.tables}
    own = tuple(sink for sink in result.sinks if sink.node is not None and id(sink.node) not in tables)
    name = label(shaping.model, own) or fresh_name(shaping, result.key, result.element, f"{result.name}_{result.key}")
    return [(replace(result, name=name, list_name=result.name, sinks=own), way)]


def tables(model: LoopModel, pairs: list[Pair]) -> Joined:
    """``{"a": a, "b": b}`` for ``{k: jnp.stack(v) for k, v in rows.items()}``."""
    found: list[tuple[ast.expr | ast.stmt, str]] = []
    for table in model.tables:
        mine = {
            r.key: way.restore.of(r.name or "") for r, way in pairs if r.list_name == table.name and r.key is not None
        }
        text = f"{{{', '.join(f'{_quoted(key, model)}: {mine[key]}' for key in table.keys)}}}"
        found.append((table.node, f"{table.name} = {text}" if table.rebinds else text))
    return tuple(found)


def _quoted(key: str, model: LoopModel) -> str:
    """The literal for ``key``, in the quotes that the file prefers."""
    single = b"'" in model.module.data and b'"' not in model.module.data
    text = repr(key)
    return text if single or '"' in text or "\\" in text else f'"{key}"'


def interleaved(shaping: Shaping, positions: list[int]) -> tuple[list[Pair], Joined] | None:
    """``rows.extend([a, b])``: a batched result each for a and b, whose rows alternate in what is stacked."""
    results = [shaping.model.results[k] for k in positions]
    sinks = results[0].sinks
    plain = all(s.collector in {"stack", "array"} and not s.axis and s.library == "jax" and not s.part for s in sinks)
    if not plain or results[0].apart:
        return None
    pairs: list[Pair] = []
    for result in results:
        name = fresh_name(shaping, None, result.element, f"{result.name}_{result.slot}")
        pairs.append((replace(result, name=name, list_name=result.name, sinks=()), Collected(0)))
    rows = f"{shaping.words.jnp}.stack([{', '.join(result.name or '' for result, _ in pairs)}], axis=1)"
    scalars = all(shaping.legality.values[k].shape == () for k in positions)
    flat = f"{rows}.reshape(-1)" if scalars else f"{shaping.words.jnp}.concatenate({rows})"
    ways = [shaping.way(results[0], sink, shaping.legality.values[positions[0]]) for sink in sinks]
    others = [
        [shaping.way(r, s, shaping.legality.values[k]) for s in sinks] for r, k in zip(results, positions, strict=True)
    ]
    if any(other != ways for other in others):
        return None
    texts = [(sink.node, way.restore.of(flat)) for sink, way in zip(sinks, ways, strict=True) if way is not None]
    joined = tuple((node, text) for node, text in texts if node is not None)
    return (pairs, joined) if len(joined) == len(sinks) else None
