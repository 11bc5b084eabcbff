"""Programs by number: the same seed and number give the same program."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from programs.callees import add_value
from programs.collectors import add_loop
from programs.draft import Draft, Program, indented, text_of
from programs.places import add_change
from programs.rows import add_rows
from programs.state import add_extent, add_state, read_it
from programs.twists import add_twist

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = 0.4
"""Share of programs that hold an ingredient that is meant to go wrong; experts would rewrite the rest."""
RECIPES = ("rows", "loop", "collector", "change", "change", "change", "twist", "twist", "twist", "twist")
"""What makes a program hostile; one of them, or two."""
BLOCKS = ("if True:", "with contextlib.nullcontext():", "for _ in range(1):", "try:")


def program(seed: int, number: int) -> Program:
    """One program."""
    rng = random.Random(f"{seed}/{number}")
    draft = Draft(rng)
    hostile = rng.random() < HOSTILE
    recipe = {rng.choice(RECIPES) for _ in range(rng.choice((1, 1, 2)))} if hostile else set()
    _add_frame(draft)
    add_rows(draft, "rows" in recipe, "loop" in recipe)
    add_value(draft)
    _add_extent(draft)
    _add_state(draft, "change" in recipe)
    if "twist" in recipe:
        add_twist(draft)
    add_loop(draft, "collector" in recipe)
    _add_block(draft)
    return Program(f"p{number:06d}", text_of(draft), tuple(dict.fromkeys(draft.used)), draft.hostile)


def programs(seed: int, count: int, which: tuple[int, int] = (1, 1)) -> Iterator[Program]:
    """The K-th of N parts of ``count`` programs; every N-th is in a part."""
    k, n = which
    for number in range(k - 1, count, n):
        yield program(seed, number)


def _add_extent(draft: Draft) -> None:
    if draft.row.endswith("s[i]") and draft.iterable.startswith("range(") and draft.rng.random() < 0.3:
        add_extent(draft)


def _add_state(draft: Draft, changed: bool) -> None:
    """An object that the loop rests on: read only, changed before or behind the loop, or changed in it."""
    rng = draft.rng
    if not changed and rng.random() > 0.3:
        return
    state = add_state(draft)
    if changed:
        add_change(draft, state.change)
    else:
        when = rng.choice(("never", "before", "before", "behind", *(["in the module"] * 3 if state.late else [])))
        draft.take("object changed", when)
        if when == "before":
            draft.setup.append(state.change)
        elif when == "behind":
            draft.after.append(state.change)
        elif when == "in the module":
            draft.tail.append(state.late)
    if not changed or rng.random() < 0.8:
        read_it(draft, state)
    else:
        draft.take("read", "after the loop only")
        draft.returns.append(state.read)


def _add_block(draft: Draft) -> None:
    """Put the loop into a block, now and then."""
    if draft.rng.random() > 0.08:
        return
    block = draft.rng.choice(BLOCKS)
    draft.take("block", block)
    end = "\nfinally:\n    pass" if block == "try:" else ""
    draft.loop = [f"{block}\n{indented(draft.loop)}{end}"]


def _add_frame(draft: Draft) -> None:
    """Where the loop stands: in ``main`` itself, or in what it calls."""
    draft.frame = draft.rng.choices(("main", "function", "method", "nested function"), (6, 1, 2, 1))[0]
    draft.take("frame", draft.frame)
