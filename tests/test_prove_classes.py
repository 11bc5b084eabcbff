"""What the prover proves of code with classes of its own, and what it must not."""

from __future__ import annotations

import pytest

from vmapify.prove import prove
from vmapify.syntax import parse

HEAD = """\
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple, final

import jax
import jax.numpy as jnp

log = []


"""

# a program with its loop, what the loop becomes; proven, the method that is assumed not to be overridden, or the code of the
# doubt
CASES: dict[str, tuple[str, str, str, str | None]] = {}
OLD = "jnp.stack([{} for x in xs])"


def case(name: str, program: str, old: str, new: str, expected: str | None) -> None:
    """Add a program in which ``old`` is computed for every row, and by ``new`` in the other version."""
    CASES[name] = (program, OLD.format(old), new, expected)


def method(name: str, body: str, old: str, new: str, expected: str | None) -> None:
    """Add a class with a method ``rows``."""
    case(name, f"{body}\n    def rows(self, xs: jax.Array):\n        return OLD\n", old, new, expected)


LAYER = """
class Layer:
    def __init__(self, w: jax.Array):
        self.w = w

    def __call__(self, x):
        return self.w * x

    def step(self, x):
        return jnp.sin(x) * self.w
"""
method("a method of self", LAYER, "self.step(x)", "jax.vmap(self.step)(xs)", "assumes Layer.step")
method("self itself", LAYER, "self(x)", "jax.vmap(self)(xs)", "assumes Layer.__call__")
method("a private class", LAYER.replace("Layer", "_Layer"), "self.step(x)", "jax.vmap(self.step)(xs)", None)
method("a final class", "\n@final" + LAYER, "self.step(x)", "jax.vmap(self.step)(xs)", None)
method(
    "a final method",
    LAYER.replace("    def step", "    @final\n    def step"),
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    None,
)
method("a private method", LAYER.replace("step", "_step"), "self._step(x)", "jax.vmap(self._step)(xs)", None)
case(
    "a subclass of the file overrides it",
    LAYER
    + """
    def rows(self, xs: jax.Array):
        return OLD


class Loud(Layer):
    def step(self, x):
        print(x)
        return x
""",
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "unmodelled",
)
case(
    "an alias of the method is stored over it",
    LAYER.replace("self.w = w\n", "self.w = w\n        self.step = w\n")
    + "\n    def rows(self, xs: jax.Array):\n        return OLD\n",
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "unmodelled",
)
case(
    "the method is stored to from outside",
    LAYER + "\n    def rows(self, xs: jax.Array):\n        return OLD\n\n\nLayer.step = print\n",
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "replaced",
)
method(
    "a counter of self",
    LAYER.replace("return jnp.sin(x) * self.w", "self.n = self.n + 1\n        return x"),
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "unmodelled",
)
method(
    "an attribute that nothing declares",
    LAYER.replace("w: jax.Array", "w"),
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "unmodelled",
)
method(
    "a property",
    LAYER + "\n    @property\n    def twice(self):\n        return self.w * 2\n",
    "x * self.twice",
    "jax.vmap(lambda x: x * self.twice)(xs)",
    "assumes Layer.twice",
)
method(
    "a property with an effect",
    LAYER + "\n    @property\n    def twice(self):\n        log.append(1)\n        return self.w * 2\n",
    "x * self.twice",
    "jax.vmap(lambda x: x * self.twice)(xs)",
    "unmodelled",
)
method(
    "a class that hears of every attribute",
    LAYER + "\n    def __getattr__(self, name):\n        log.append(name)\n        return 1\n",
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "unmodelled",
)
method(
    "a class that hears of every attribute it has",
    LAYER
    + "\n    def __getattribute__(self, name):\n        log.append(name)\n        return object.__getattribute__(self, name)\n",
    "self.step(x)",
    "jax.vmap(self.step)(xs)",
    "open-world",
)
method(
    "a name of its own for every class",
    LAYER.replace("step", "__step"),
    "self.__step(x)",
    "jax.vmap(self.__step)(xs)",
    "unmodelled",
)
case(
    "a metaclass",
    "class Meta(type):\n    def __call__(cls, w):\n        return print\n\n\n"
    + LAYER.replace("class Layer", "class Layer(metaclass=Meta)")
    + "\n\ndef rows(xs: jax.Array, w: jax.Array):\n    layer = Layer(w)\n    return OLD\n",
    "layer(x)",
    "jax.vmap(layer)(xs)",
    "unmodelled",
)

ROWS = "\n\ndef rows(xs: jax.Array, w: jax.Array):\n    layer = Layer(w)\n    return OLD\n"
case("an object made here", LAYER + ROWS, "layer(x)", "jax.vmap(layer)(xs)", None)
case(
    "an object made here, that other code gets",
    LAYER + ROWS.replace("    return", "    print(layer)\n    return"),
    "layer(x)",
    "jax.vmap(layer)(xs)",
    "unmodelled",
)
case(
    "a parameter of that class",
    LAYER + "\n\ndef rows(xs: jax.Array, layer: Layer):\n    return OLD\n",
    "layer.step(x)",
    "jax.vmap(layer.step)(xs)",
    "assumes Layer.step",
)
case(
    "a counter in an object made here",
    LAYER.replace("return self.w * x", "self.n = self.w\n        return x") + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    "carried",
)
case(
    "an object of a base",
    "class Base:\n    def __call__(self, x):\n        return self.scaled(x)\n\n"
    "    def scaled(self, x):\n        return x\n\n\n"
    "class Layer(Base):\n    def __init__(self, w):\n        super().__init__()\n        self.w = w\n\n"
    "    def scaled(self, x):\n        return super().scaled(x) * self.w\n" + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    None,
)
case(
    "a base that counts",
    "class Base:\n    def scaled(self, x):\n        log.append(x)\n        return x\n\n\n"
    "class Layer(Base):\n    def __init__(self, w):\n        self.w = w\n\n"
    "    def __call__(self, x):\n        return super().scaled(x) * self.w\n" + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    "unmodelled",
)
case(
    "the next class in the order, not the base",
    "class Root:\n    def go(self, x):\n        return x\n\n\n"
    "class Left(Root):\n    def go(self, x):\n        return super().go(x)\n\n\n"
    "class Right(Root):\n    def go(self, x):\n        log.append(1)\n        return x\n\n\n"
    "class Layer(Left, Right):\n    def __init__(self, w):\n        self.w = w\n" + ROWS,
    "layer.go(x)",
    "jax.vmap(layer.go)(xs)",
    "unmodelled",
)
case(
    "class methods, static methods and constants",
    "class Layer:\n    SCALE = 2.0\n\n    def __init__(self, w):\n        self.w = w\n\n"
    "    @staticmethod\n    def twice(x):\n        return x * 2\n\n"
    "    @classmethod\n    def scaled(cls, x):\n        return cls.twice(x) * cls.SCALE\n\n"
    "    @property\n    def wide(self):\n        return self.w * 3\n\n"
    "    def __call__(self, x):\n        return self.scaled(x) + self.twice(self.wide)\n" + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    None,
)
case(
    "a dataclass of a dataclass",
    "@dataclass\nclass Base:\n    w: jax.Array\n    n: int = 2\n\n\n"
    "@dataclass(frozen=True)\nclass Layer(Base):\n    parts: list = field(default_factory=list, kw_only=True)\n\n"
    "    def __call__(self, x):\n        return self.w * x * self.n * len(self.parts)\n" + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    None,
)
case(
    "a dataclass that counts what is made",
    "@dataclass\nclass Layer:\n    w: jax.Array\n\n    def __post_init__(self):\n        log.append(self)\n" + ROWS,
    "Layer(x).w",
    "jax.vmap(lambda x: Layer(x).w)(xs)",
    "unmodelled",
)
case(
    "a named tuple",
    "class Layer(NamedTuple):\n    w: jax.Array\n    b: float = 1.0\n\n"
    "    def __call__(self, x):\n        return self.w * x + self.b\n" + ROWS,
    "layer(x)",
    "jax.vmap(layer)(xs)",
    None,
)
case(
    "a value that a descriptor of the library binds",
    "class Layer:\n    act = jnp.sin\n\n    def __init__(self, w):\n        self.w = w\n" + ROWS,
    "layer.act(x)",
    "jax.vmap(layer.act)(xs)",
    "unmodelled",
)
case(
    "a function kept on the object",
    "class Layer:\n    def __init__(self, w):\n        self.act = lambda x: x * w\n" + ROWS,
    "layer.act(x)",
    "jax.vmap(layer.act)(xs)",
    None,
)

REGISTERED = (
    "\n@register\n@dataclass\nclass Layer:\n    w: jax.Array\n    n: int = field(metadata=dict(static=True), default=2)\n"
    + ROWS
)
FIELDS = "    kept = [f.name for f in dataclasses.fields(cls) if not f.metadata.get('static', False)]\n"
for what, register, expected in (
    ("as it is", "def register(cls):\n    return jax.tree_util.register_dataclass(cls)\n", None),
    (
        "by its fields",
        "import dataclasses\n\ndef register(cls):\n"
        + FIELDS
        + "    return jax.tree_util.register_dataclass(cls, kept, [])\n",
        None,
    ),
    (
        "in one of two ways",
        (
            "import dataclasses\n\ntry:\n    def register(cls):\n        return jax.tree_util.register_dataclass(cls)\n"
            "except TypeError:\n    def register(cls):\n        return jax.tree_util.register_dataclass(cls, ['w'], ['n'])\n"
        ),
        None,
    ),
    (
        "and changed",
        "def register(cls):\n    cls.w = property(noisy)\n    return jax.tree_util.register_dataclass(cls)\n",
        "unmodelled",
    ),
    (
        "and handed on",
        "def register(cls):\n    wrapped = patched(cls)\n    return jax.tree_util.register_dataclass(cls)\n",
        "unmodelled",
    ),
    (
        "as something else in one of two ways",
        (
            "try:\n    def register(cls):\n        return jax.tree_util.register_dataclass(cls)\n"
            "except TypeError:\n    def register(cls):\n        return patched(cls)\n"
        ),
        "unmodelled",
    ),
    (
        "by a name of its own",
        "def register(cls):\n    jax = patched\n    return jax.tree_util.register_dataclass(cls)\n",
        "unmodelled",
    ),
):
    case(
        f"a dataclass that a function tells JAX about, {what}",
        register + REGISTERED,
        "Layer(x).w * 2",
        "jax.vmap(lambda x: Layer(x).w * 2)(xs)",
        expected,
    )


class NoSources:
    """No other module is at hand."""

    def imported(self, module: object, name: str, level: int) -> None:
        return None


@pytest.mark.parametrize("name", CASES)
def test_classes(name: str) -> None:
    program, old, new, expected = CASES[name]
    before = HEAD + program.replace("OLD", old)
    proof = prove(parse("program.py", before.encode()), before.replace(old, new).encode(), NoSources())
    found = proof.doubt.code if proof.doubt is not None else None
    if found is None and proof.assumed:
        found = f"assumes {', '.join(proof.assumed)}"
    assert found == expected, proof


def test_a_class_among_the_statements_that_change() -> None:
    program = """
import dataclasses
import jax
import jax.numpy as jnp

rows = jnp.ones((4, 3))
kept = [1.0, 2.0]


def run():
    xs = rows
    n = len(xs)
    get = lambda: kept
    @dataclasses.dataclass
    class Kept:
        weight: int = 1
        def __post_init__(self):
            get().append(1.0)
    out = []
    for i in range(n):
        Kept()
        out.append(jnp.sin(xs[i]))
    return jnp.asarray(out)
"""
    start = program.index("    out = []")
    new = "    def one(x):\n        Kept()\n        return jnp.sin(x)\n\n    return jax.vmap(one)(xs)\n"
    after = program[:start].replace("    n = len(xs)\n", "") + new
    proof = prove(parse("program.py", program.encode()), after.encode(), NoSources())
    assert proof.doubt is not None
