"""What programs compute from a row, what they read besides, and the forms of function that compute it."""

from __future__ import annotations

from dataclasses import dataclass

from programs.draft import Draft, filled
from programs.twists import TABLES, load

NUMBERS = ("float", "low", "int", "bool", "complex")
REAL = ("float", "low", "int", "bool")
FLOATS = ("float", "low")


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression of a row ``$v``; ``$w`` is an array of three, ``$k`` a number. ``gives`` as in ``Draft``, or ``same``."""

    text: str
    ranks: tuple[str, ...] = ("vector",)
    kinds: tuple[str, ...] = NUMBERS
    gives: str = "same"


ANY = ("vector", "scalar", "matrix")
FORMULAS = (
    Formula("jnp.sin($v) * 2", ANY),
    Formula("$v * $k + 1", ANY),
    Formula("$v + $v", ANY),
    Formula("jnp.tanh($v)", ANY, FLOATS),
    Formula("jnp.exp(-$v) / $k", ANY, FLOATS),
    Formula("jnp.where($v > 1, $v, 0.0)", ANY, REAL),
    Formula("jnp.maximum($v, 1)", ANY, REAL),
    Formula("jnp.clip($v, 0, $k)", ANY, FLOATS),
    Formula("jnp.square($v) - $k", ANY),
    Formula("jax.nn.relu($v) + $k", ANY, FLOATS),
    Formula("jnp.asarray($v).astype(jnp.float32) / 3", ANY, REAL),
    Formula("$v * $w"),
    Formula("jnp.dot($w, $v)", gives="scalar"),
    Formula("jnp.sum($v * $w)", gives="scalar"),
    Formula("$w @ ($v + 1.0)", kinds=REAL, gives="scalar"),
    Formula("jnp.sum($v)", ("vector", "matrix"), gives="scalar"),
    Formula("$v.sum()", ("vector", "matrix"), gives="scalar"),
    Formula("jnp.max($v) - $k", ("vector", "matrix"), REAL, gives="scalar"),
    Formula("jnp.argmax($v)", ("vector",), REAL, gives="scalar"),
    Formula("jnp.any($v > 2)", ("vector", "matrix"), REAL, gives="scalar"),
    Formula("jnp.mean($v ** 2)", ("vector", "matrix"), gives="scalar"),
    Formula("jnp.linalg.norm($v)", ("vector",), FLOATS, gives="scalar"),
    Formula("jax.nn.softmax($v)", kinds=FLOATS),
    Formula("jnp.cumsum($v)"),
    Formula("$v[::-1] * $k"),
    Formula("$v[0] + $v[1]", gives="scalar"),
    Formula("jnp.outer($v, $w)", gives="matrix"),
    Formula("jnp.stack([$v, $v * 2, $v])", gives="matrix"),
    Formula("jnp.roll($v, 1) - $v", kinds=("float", "low", "int", "complex")),
    Formula("jnp.sort($v)", kinds=REAL),
    Formula("$v @ $w", ("matrix",), gives="vector"),
    Formula("$v.sum(axis=0)", ("matrix",), gives="vector"),
    Formula("$v @ $v.T", ("matrix",)),
    Formula("jnp.trace($v)", ("matrix",), gives="scalar"),
    Formula("jnp.array([$v, 2 * $v, $k])", ("scalar",), ("float", "int"), gives="vector"),
    Formula("$v * $w", ("scalar",), gives="vector"),
    Formula("$v / (1 + abs($v))", ("scalar",), FLOATS),
    Formula("jnp.full(3, $v)", ("scalar",), gives="vector"),
    Formula("jax.random.normal($v, (3,))", ("key",), ("key",), gives="vector"),
    Formula("jax.random.uniform($v)", ("key",), ("key",), gives="scalar"),
    Formula("jax.random.normal($v, (3,)) * $w", ("key",), ("key",), gives="vector"),
    Formula("jax.random.randint(jax.random.fold_in($v, 3), (3,), 0, 9)", ("key",), ("key",), gives="vector"),
    Formula("jnp.sum(jax.random.normal(jax.random.split($v)[0], (3,)))", ("key",), ("key",), gives="scalar"),
)

ARRAY = "jnp.array([0.5, 1.0, 2.0])"
SHARED = load(TABLES / "shared")["shared"]
"""Where what all rows share is kept; ``array`` and ``number`` say how ``$w`` and ``$k`` are read."""
FORMS = load(TABLES / "callees")
"""Forms of function that compute ``$body`` of a ``v``: of any row, and of rows that are vectors of floats."""


def add_value(draft: Draft) -> None:
    """What is computed from each row."""
    rng = draft.rng
    formula = rng.choice([f for f in FORMULAS if draft.rank in f.ranks and draft.kind in f.kinds])
    draft.gives = draft.rank if formula.gives == "same" else formula.gives
    forms = [form for form in FORMS["callees"] if draft.rank != "key" or form.needs != "numbers"]
    if draft.rank == draft.gives == "vector" and draft.kind == "float":
        forms += FORMS["callees_of_floats"]
    form = rng.choices(forms, [8 if form.name == "written out" else 1 for form in forms])[0]
    draft.take("callee", form.name)
    own_number = "k=" in form.value + form.module or "step(k" in form.module
    words = _shared(draft, formula.text, outside=bool(form.module))
    if own_number:
        words["k"] = "k"
    body = filled(formula.text, v="v", **words)
    inline = filled(formula.text, v=draft.row, **words)
    if form.module:
        draft.module.append(filled(form.module, body=body))
    if form.setup:
        draft.setup.append(filled(form.setup, body=body))
    draft.value = filled(form.value, body=body, x=draft.row, inline=inline)


def _shared(draft: Draft, text: str, outside: bool) -> dict[str, str]:
    """How ``$w`` and ``$k`` of a formula are read; ``outside`` if that is done outside of ``main``."""
    if "$w" not in text and "$k" not in text:
        return {"w": "w", "k": "k"}
    shared = draft.rng.choice([one for one in SHARED if not (outside and (one.setup or one.parameter))])
    draft.take("shared", shared.name)
    words = {"w": ARRAY, "k": draft.rng.choice(["2.0", "0.5", "3"])}
    if shared.module:
        draft.module.append(filled(shared.module, **words))
    if shared.setup:
        draft.setup.append(filled(shared.setup, **words))
    if shared.parameter:
        draft.parameters.append(shared.parameter)
    return {"w": shared.array, "k": shared.number}
