"""What programs loop over, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from programs.draft import Draft, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT = 4
"""Rows of everything that is looped over."""


@dataclass(frozen=True, slots=True)
class Rows:
    """An expression for ``xs``; what each row is (``kind`` of its numbers, ``rank``); whether it can be indexed at once."""

    name: str
    text: str
    kind: str = "float"
    rank: str = "vector"
    array: bool = True
    weight: int = 2
    hostile: bool = False

    @property
    def numbers(self) -> bool:
        """Whether rows can be added up, all at once."""
        return self.text.startswith(("jnp.", "np.", "(jnp.arange"))


ROWS = (
    Rows("float32", "jnp.arange(12.0).reshape(4, 3) + 0.5", weight=10),
    Rows("float32", "jnp.linspace(-1.0, 1.0, 12).reshape(4, 3)", weight=6),
    Rows("float32", "jnp.sin(jnp.arange(12.0)).reshape((4, 3))", weight=4),
    Rows("float32 scalars", "jnp.linspace(0.5, 2.0, 4)", rank="scalar", weight=6),
    Rows("float32 matrices", "jnp.arange(36.0).reshape(4, 3, 3) / 10", rank="matrix", weight=4),
    Rows("weak floats", "jnp.broadcast_to(jnp.asarray(2.0), (4,))", rank="scalar"),
    Rows("weak vectors", "jnp.full((4, 3), 1.5) * 1.0"),
    Rows("bfloat16", "(jnp.arange(12.0).reshape(4, 3) / 8).astype(jnp.bfloat16)", kind="low"),
    Rows("float16", "jnp.arange(12, dtype=jnp.float16).reshape(4, 3)", kind="low"),
    Rows("int32", "jnp.arange(12).reshape(4, 3)", kind="int", weight=4),
    Rows("int32 scalars", "jnp.arange(4) * 3 - 2", kind="int", rank="scalar"),
    Rows("int8", "jnp.arange(12, dtype=jnp.int8).reshape(4, 3) * 9", kind="int"),
    Rows("uint8", "jnp.arange(12, dtype=jnp.uint8).reshape(4, 3) * 20", kind="int"),
    Rows("bool", "jnp.arange(12).reshape(4, 3) % 3 == 0", kind="bool"),
    Rows("complex64", "jnp.arange(12.0).reshape(4, 3) * (1 + 2j)", kind="complex", weight=1),
    Rows("NumPy float32", "np.arange(12.0, dtype=np.float32).reshape(4, 3)", kind="float", weight=3),
    Rows("NumPy float64", "np.arange(12.0).reshape(4, 3) / 3", kind="float"),
    Rows("NumPy int64", "np.arange(12).reshape(4, 3)", kind="int"),
    Rows("NumPy uint8", "np.arange(12, dtype=np.uint8).reshape(4, 3) * 20", kind="int"),
    Rows("NumPy bool", "np.arange(12).reshape(4, 3) % 3 == 0", kind="bool", weight=1),
    Rows("keys", "jax.random.split(jax.random.key(7), 4)", kind="key", rank="key", weight=4),
    Rows("raw keys", "jax.random.split(jax.random.PRNGKey(7), 4)", kind="key", rank="key", weight=2),
    Rows("list", "[jnp.ones(3), jnp.arange(3.0), jnp.zeros(3), jnp.full(3, 2.0)]", weight=1),
    Rows("tuple", "(jnp.ones(3), jnp.arange(3.0), jnp.zeros(3), jnp.ones(3) * 2)", weight=1),
    Rows("list of rows", "list(jnp.arange(12.0).reshape(4, 3))", weight=1),
    Rows("list of floats", "[0.5, 1.0, 1.5, 2.0]", rank="scalar", weight=1),
    Rows("list of scalars", "[jnp.float32(k) for k in range(4)]", rank="scalar", weight=1),
    Rows(
        "values of a dict", "{name: jnp.ones(3) * k for k, name in enumerate('abcd')}.values()", array=False, weight=2
    ),
    Rows("list of NumPy arrays", "[np.ones(3, np.float32) * k for k in range(4)]", weight=1),
    Rows("mixed dtypes", "[jnp.ones(3), jnp.arange(3), jnp.ones(3, jnp.bfloat16), jnp.ones(3)]", hostile=True),
    Rows("mixed widths", "[jnp.ones(3) / 3, jnp.ones(3, jnp.float16) / 3, jnp.ones(3), jnp.ones(3)]", hostile=True),
    Rows("int8 beside uint8", "[jnp.arange(3, dtype=t) * 40 for t in (jnp.int8, jnp.uint8)] * 2", "int", hostile=True),
    Rows(
        "bool beside int", "[jnp.ones(3, bool), jnp.arange(3), jnp.arange(3), jnp.zeros(3, bool)]", "int", hostile=True
    ),
    Rows("mixed shapes", "[jnp.ones(3), jnp.ones(2), jnp.ones(3), jnp.ones(3)]", hostile=True),
    Rows("mixed ranks", "[jnp.ones(3), jnp.float32(2.0), jnp.ones(3), jnp.ones(3)]", hostile=True),
    Rows("weak beside strong", "[jnp.asarray(2.0), jnp.ones(()), 3.0, jnp.float32(1)]", rank="scalar", hostile=True),
    Rows("bfloat16 beside weak", "[jnp.bfloat16(1.5), 2.0, jnp.bfloat16(3), 1.0]", "low", "scalar", hostile=True),
    Rows("NumPy beside JAX", "[np.ones(3), jnp.ones(3), np.arange(3), jnp.arange(3.0)]", hostile=True),
    Rows("True beside 1", "[True, 1, 2.5, False]", rank="scalar", hostile=True),
    Rows("object array", "np.array([jnp.ones(3), jnp.ones(2), 1.0, 2.0], dtype=object)", hostile=True),
    Rows("generator", "(jnp.ones(3) * k for k in range(4))", array=False, hostile=True),
    Rows("map object", "map(jnp.sin, jnp.arange(12.0).reshape(4, 3))", array=False, hostile=True),
)


@dataclass(frozen=True, slots=True)
class Walk:
    """How rows are come by: the loop's target, what it runs over, the row, and the name that counts."""

    name: str
    target: str
    iterable: str
    row: str
    index: str = ""
    array: bool = False
    numbers: bool = False
    weight: int = 2
    setup: str = ""
    hostile: bool = False


WALKS = (
    Walk("row by row", "x", "xs", "x", weight=12),
    Walk("enumerate", "i, x", "enumerate(xs)", "x", "i", weight=5),
    Walk("range of a number", "i", "range(4)", "xs[i]", "i", array=True, weight=5),
    Walk("range(len)", "i", "range(len(xs))", "xs[i]", "i", array=True, weight=6),
    Walk("range of a name", "i", "range(n)", "xs[i]", "i", array=True, setup="n = len(xs)", weight=4),
    Walk("zip with itself", "x, y", "zip(xs, xs)", "x", weight=2),
    Walk("zip with an index", "i, x", "zip(range(4), xs)", "x", "i", weight=2),
    Walk("part of the rows", "x", "xs[1:]", "x", array=True),
    Walk("range with a start", "i", "range(1, 4)", "xs[i]", "i", array=True),
    Walk("range with a step", "i", "range(0, 4, 2)", "xs[i]", "i", array=True, weight=1),
    Walk("backwards", "x", "xs[::-1]", "x", array=True, weight=1),
    Walk("backwards by index", "i", "range(3, -1, -1)", "xs[i]", "i", array=True, weight=1),
    Walk("reversed", "x", "reversed(xs)", "x", array=True, weight=1),
    Walk("chosen rows", "i", "(0, 2, 3)", "xs[i]", "i", array=True, weight=1),
    Walk("rows chosen by an array", "i", "np.array([0, 2, 1])", "xs[i]", "i", array=True, weight=1),
    Walk("tqdm-like wrapper", "x", "watched(xs)", "x", setup="def watched(rows):\n    return rows", weight=1),
    Walk("too many rows", "i", "range(5)", "xs[i]", "i", array=True, hostile=True),
    Walk("neighbouring rows", "i", "range(3)", "(xs[i] + xs[i + 1])", "i", numbers=True),
    Walk("negative index", "i", "range(4)", "xs[-i]", "i", array=True, hostile=True),
    Walk("one row many times", "i", "range(4)", "xs[i // 2]", "i", array=True, hostile=True),
    Walk("no rows", "x", "xs[:0]", "x", array=True, hostile=True),
    Walk("strict zip", "x, y", "zip(xs, range(3), strict=False)", "x", hostile=True),
    Walk("an iterator", "x", "it", "x", setup="it = iter(xs)", hostile=True),
    Walk("an iterator already moved", "x", "it", "x", setup="it = iter(xs)\nnext(it)", hostile=True),
    Walk("enumerate outside", "i, x", "pairs", "x", "i", setup="pairs = enumerate(xs, 1)", hostile=True),
    Walk("itertools.chain", "x", "itertools.chain(xs, xs)", "x", hostile=True),
    Walk("a set of indices", "i", "{0, 1, 3}", "xs[i]", "i", array=True, hostile=True),
)
PLACES = ("local", "local", "local", "module", "parameter", "result of a helper", "attribute")


def pick(draft: Draft, group: str, things: Sequence[Any], hostile: bool) -> Any:
    """One of the things by weight, noted as an ingredient."""
    fitting = [thing for thing in things if thing.hostile == hostile]
    one = draft.rng.choices(fitting, [thing.weight for thing in fitting])[0]
    draft.take(group, one.name)
    draft.hostile |= hostile
    return one


def add_rows(draft: Draft, hostile_rows: bool, hostile_walk: bool) -> None:
    """Something to loop over, where it comes from, and the loop's header."""
    rows = pick(draft, "rows", ROWS, hostile_rows)
    walks = [w for w in WALKS if (rows.array or not w.array) and (rows.numbers or not w.numbers)]
    walk = pick(draft, "loop", walks, hostile_walk)
    draft.kind, draft.rank = rows.kind, rows.rank
    draft.target, draft.iterable, draft.row, draft.index = walk.target, walk.iterable, walk.row, walk.index
    _place(draft, rows)
    if walk.setup:
        draft.setup.append(walk.setup)


def _place(draft: Draft, rows: Rows) -> None:
    place = draft.rng.choice(PLACES)
    if place == "parameter" and rows.name == "float32":
        draft.parameters.append("xs: jax.Array")
    elif place == "module":
        draft.module.append(f"ROWS = {rows.text}")
        draft.setup.append("xs = ROWS")
    elif place == "result of a helper":
        draft.module.append(filled("def rows():\n    return $text", text=rows.text))
        draft.setup.append("xs = rows()")
    elif place == "attribute":
        draft.module.append("class Data:\n    def __init__(self, rows):\n        self.rows = rows")
        draft.setup += [f"data = Data({rows.text})", "xs = data.rows"]
    elif draft.frame == "method":
        place = "self"
        draft.attributes.append(f"self.rows = {rows.text}")
        draft.setup.append("xs = self.rows")
        if draft.rng.random() < 0.5:
            draft.iterable, draft.row = (re.sub(r"\bxs\b", "self.rows", text) for text in (draft.iterable, draft.row))
    else:
        place = "local"
        draft.setup.append(f"xs = {rows.text}")
    draft.take("rows from", place)
