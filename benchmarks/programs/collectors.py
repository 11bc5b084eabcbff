"""How programs gather what the rows give."""

from __future__ import annotations

from dataclasses import dataclass

from programs.draft import Draft, filled

EVERY = ("scalar", "vector", "matrix")
SHAPES = {"scalar": "(4,)", "vector": "(4, 3)", "matrix": "(4, 3, 3)"}
"""Of a buffer that takes all rows."""


@dataclass(frozen=True, slots=True)
class Collector:
    """``before`` the loop, in ``each`` round, what comes of it. With ``before`` None, ``result`` holds a comprehension.

    ``$value`` is what a row gives, ``$i`` the name that counts, ``$shape`` the shape of all results.
    """

    name: str
    before: str | None
    each: str
    result: str
    gives: tuple[str, ...] = EVERY
    weight: int = 2
    hostile: bool = False


def _buffer(name: str, made: str, each: str = "out[$i] = $value", **more: object) -> Collector:
    return Collector(name, f"out = {made}", each, "out", **more)  # type: ignore[arg-type]


COLLECTORS = (
    Collector("append, stack", "out = []", "out.append($value)", "jnp.stack(out)", weight=16),
    Collector("append, array", "out = []", "out.append($value)", "jnp.array(out)", weight=6),
    Collector("append, asarray", "out = []", "out.append($value)", "jnp.asarray(out)"),
    Collector("append, np.array", "out = []", "out.append($value)", "np.array(out)"),
    Collector("append, np.stack", "out = []", "out.append($value)", "np.stack(out)"),
    Collector("append, concatenate", "out = []", "out.append($value)", "jnp.concatenate(out)", ("vector", "matrix")),
    Collector("append, vstack", "out = []", "out.append($value)", "jnp.vstack(out)", ("vector",), 1),
    Collector("append, stack on axis 1", "out = []", "out.append($value)", "jnp.stack(out, axis=1)", ("vector",)),
    Collector("append, stack, transposed", "out = []", "out.append($value)", "jnp.stack(out).T"),
    Collector("grown by +=", "out = []", "out += [$value]", "jnp.stack(out)"),
    Collector("append through a name", "out = []\nput = out.append", "put($value)", "jnp.stack(out)", weight=1),
    Collector("two lists", "out, sums = [], []", "row = $value\nout.append(row)\nsums.append(jnp.sum(row))",
              "(jnp.stack(out), jnp.stack(sums))"),
    Collector("list in a dict", 'stats = {"a": []}', 'stats["a"].append($value)', 'jnp.stack(stats["a"])'),
    Collector("floats", "out = []", "out.append(float(jnp.sum($value)))", "np.array(out)"),
    Collector("floats in a list", "out = []", "out.append(float(jnp.sum($value)))", "out", weight=1),
    Collector("list of rows", "out = []", "out.append($value)", "out", weight=1),
    Collector("dict of rows", "out = {}", "out[$i] = $value", "jnp.stack(list(out.values()))"),
    Collector("pairs", "out = []", "row = $value\nout.append((row, jnp.max(row)))",
              "tuple(jnp.stack(part) for part in zip(*out))"),
    Collector("comprehension, stack", None, "", "jnp.stack([$value for $target in $iterable])", weight=14),
    Collector("comprehension, array", None, "", "jnp.array([$value for $target in $iterable])", weight=5),
    Collector("comprehension, np.array", None, "", "np.array([$value for $target in $iterable])"),
    Collector("comprehension, np.stack", None, "", "np.stack([$value for $target in $iterable])"),
    Collector("comprehension of floats", None, "", "np.array([float(jnp.sum($value)) for $target in $iterable])"),
    Collector("comprehension, concatenate", None, "", "jnp.concatenate([$value for $target in $iterable])", ("vector",)),
    Collector("comprehension, mean", None, "", "jnp.mean(jnp.stack([$value for $target in $iterable]), axis=0)"),
    Collector("tuple of a generator", None, "", "jnp.stack(tuple($value for $target in $iterable))"),
    Collector("sum of a generator", None, "", "sum($value for $target in $iterable)"),
    Collector("sum of a comprehension", None, "", "sum([$value for $target in $iterable])"),
    Collector("trees", None, "", 'jax.tree.map(lambda *a: jnp.stack(a), *[{"a": $value} for $target in $iterable])'),
    _buffer("at set", "jnp.zeros($shape)", "out = out.at[$i].set($value)", weight=8),
    _buffer("at add", "jnp.zeros($shape)", "out = out.at[$i].add($value)"),
    _buffer("NumPy buffer, float32", "np.zeros($shape, np.float32)", weight=5),
    _buffer("NumPy buffer", "np.zeros($shape)", weight=5),
    _buffer("NumPy buffer, empty", "np.empty($shape, dtype=np.float32)"),
    _buffer("NumPy buffer, whole row", "np.zeros($shape, np.float32)", "out[$i, :] = $value", gives=("vector",)),
    _buffer("sum", "0.0", "out = out + $value", weight=3),
    _buffer("sum from 0", "0", "out += $value"),
    _buffer("sum of sums", "jnp.zeros(())", "out = out + jnp.sum($value)"),
    _buffer("product", "1.0", "out = out * $value", weight=1),
    _buffer("largest", "-jnp.inf", "out = jnp.maximum(out, $value)"),
    _buffer("int buffer", "np.zeros($shape, int)", hostile=True),
    _buffer("uint8 buffer", "np.zeros($shape, np.uint8)", hostile=True),
    _buffer("bool buffer", "np.zeros($shape, bool)", hostile=True),
    _buffer("float16 buffer", "np.zeros($shape, np.float16)", hostile=True),
    _buffer("object buffer", "np.empty(4, object)", hostile=True),
    _buffer("text buffer", "np.full($shape, 'aaa')", hostile=True),
    _buffer("complex buffer", "np.zeros($shape, complex)", hostile=True),
    _buffer("order F", "np.zeros($shape, order='F')", gives=("vector", "matrix"), hostile=True),
    _buffer("longer buffer", "np.full((6, 3), 7.0)", gives=("scalar", "vector"), hostile=True),
    _buffer("shorter buffer", "np.zeros((3, 3))", gives=("scalar", "vector"), hostile=True),
    _buffer("wider buffer", "np.zeros((4, 5))", gives=("scalar", "vector"), hostile=True),
    _buffer("scalars over rows", "np.zeros((4, 3))", gives=("scalar",), hostile=True),
    _buffer("scalars over rows of one", "np.zeros((4, 1), np.float32)", gives=("scalar",), hostile=True),
    _buffer("vectors over matrices", "np.zeros((4, 3, 3))", gives=("vector",), hostile=True),
    _buffer("JAX scalars over rows", "jnp.zeros((4, 3))", "out = out.at[$i].set($value)", gives=("scalar",), hostile=True),
    _buffer("JAX int buffer", "jnp.zeros($shape, int)", "out = out.at[$i].set($value)", hostile=True),
    _buffer("JAX bfloat16 buffer", "jnp.zeros($shape, jnp.bfloat16)", "out = out.at[$i].set($value)", hostile=True),
    _buffer("JAX buffer too short", "jnp.ones((3, 3))", "out = out.at[$i].set($value)", gives=("vector",), hostile=True),
    _buffer("same place twice", "np.zeros($shape)", "out[$i // 2] = $value", hostile=True),
    _buffer("places from behind", "np.ones($shape)", "out[-$i] = $value", hostile=True),
    _buffer("added in place", "np.ones($shape)", "out[$i] += $value", hostile=True),
    _buffer("view of the buffer", "np.zeros($shape)\nrest = out[1:]", "out[$i] = $value\nrest[:] += 1", hostile=True),
    _buffer("buffer under two names", "np.zeros($shape)\nsame = out", "out[$i] = $value + same.sum()", hostile=True),
    _buffer("rows as views", "np.zeros((4, 3))", "out[$i][:] = $value", gives=("scalar", "vector"), hostile=True),
    _buffer("columns", "np.zeros((3, 4))", "out[:, $i] = $value", gives=("scalar", "vector"), hostile=True),
    _buffer("buffer like the rows", "np.zeros_like(np.asarray(xs))", hostile=True),
    _buffer("buffer of ones, filled in part", "np.ones((4, 3))", "out[$i, :2] = $value", gives=("scalar",), hostile=True),
    _buffer("buffer resized", "np.zeros((2, 3))\nout.resize((4, 3), refcheck=False)", gives=("vector",), hostile=True),
    _buffer("buffer of a subclass", "np.ma.zeros($shape)", hostile=True),
    _buffer("sum of ints", "0", "out += int(jnp.sum($value))", hostile=True),
    _buffer("large ints", "0", "out += int(jnp.sum($value)) * 100000000", hostile=True),
    _buffer("largest int", "-1", "out = max(out, int(jnp.sum($value)))", hostile=True),
    _buffer("bool at the end", "False", "out = out or bool(jnp.any($value > 1))", hostile=True),
    _buffer("int8 sum", "jnp.int8(0)", "out = out + jnp.sum($value).astype(jnp.int8)", hostile=True),
    _buffer("minus", "0.0", "out = out - $value", hostile=True),
    _buffer("running value", "0.0", "out = out * 0.5 + $value", hostile=True),
    Collector("prefilled list", "out = [jnp.zeros(3)]", "out.append($value)", "jnp.stack(out)", ("vector",), hostile=True),
    Collector("list read", "out = []", "out.append($value * len(out))", "jnp.stack(out)", hostile=True),
    Collector("last row read", "out = [jnp.zeros(3)]", "out.append($value + out[-1])", "jnp.stack(out)", ("vector",),
              hostile=True),
    Collector("list kept", "out = []", "out.append($value)", "(jnp.stack(out), out)", hostile=True),
    Collector("list under two names", "out = []\nsame = out", "out.append($value)\nsame.append($value)", "jnp.stack(out)",
              hostile=True),
    Collector("list grown afterwards", "out = []", "out.append($value)", "jnp.stack(out + out[:1])", hostile=True),
    Collector("front insertion", "out = []", "out.insert(0, $value)", "jnp.stack(out)", hostile=True),
    Collector("dict overwritten", "out = {}", "out[$i // 2] = $value", "jnp.stack(list(out.values()))", hostile=True),
    Collector("deque", "out = collections.deque(maxlen=3)", "out.append($value)", "jnp.stack(list(out))", hostile=True),
    Collector("list with another", "out = []\nlog = []", "out.append($value)\nlog.append($i)", "(jnp.stack(out), log)",
              hostile=True),
    Collector("own list", "class Rows(list):\n    def append(self, v):\n        super().append(v * 2)\nout = Rows()",
              "out.append($value)", "jnp.stack(out)", hostile=True),
    Collector("filter", None, "", "jnp.stack([$value for $target in $iterable if jnp.sum($value) > 1])", hostile=True),
    Collector("sum of ints, generated", None, "", "sum(int(jnp.sum($value)) for $target in $iterable)", hostile=True),
    Collector("set of results", None, "", "sorted({float(jnp.sum($value)) for $target in $iterable})", hostile=True),
    Collector("any", None, "", "any(bool(jnp.any($value > 1)) for $target in $iterable)", hostile=True),
    Collector("max of a generator", None, "", "max(jnp.sum($value) for $target in $iterable)", hostile=True),
)  # fmt: skip


def add_loop(draft: Draft, hostile: bool) -> None:
    """The loop with its collector, and what it gives among the results."""
    fitting = [c for c in COLLECTORS if c.hostile == hostile and draft.gives in c.gives]
    if draft.in_statements:
        fitting = [c for c in fitting if c.before is not None]
    collector = draft.rng.choices(fitting, [c.weight for c in fitting])[0]
    draft.take("collector", collector.name)
    draft.hostile |= hostile
    if not draft.index and "$i" in collector.each:
        draft.target, draft.iterable, draft.index = f"i, {_grouped(draft.target)}", f"enumerate({draft.iterable})", "i"
    shape = SHAPES[draft.gives]
    if collector.before is None:
        _comprehension(draft, collector)
        return
    each = filled(collector.each, value=draft.value, i=draft.index)
    body = filled("for $target in $iterable:\n    $body", target=draft.target, iterable=draft.iterable, body="$body")
    statements = "\n".join([*draft.body, each])
    draft.loop += [filled(collector.before, shape=shape), body.replace("$body", statements.replace("\n", "\n    "))]
    draft.returns.insert(0, collector.result)


def _grouped(target: str) -> str:
    return f"({target})" if "," in target else target


def _comprehension(draft: Draft, collector: Collector) -> None:
    value = draft.value
    if draft.body:
        names = draft.names()
        statements = "\n    ".join("\n".join([*draft.body, f"return {value}"]).split("\n"))
        draft.prelude.append(f"def one({names}):\n    {statements}")
        value = f"one({names})"
    result = filled(collector.result, value=value, target=draft.target, iterable=draft.iterable)
    draft.loop.append(f"result = {result}")
    draft.returns.insert(0, "result")
