"""What the prover takes for certain in a file, and what code that only runs on the way does: nothing of it may be missed."""

from __future__ import annotations

import pytest

from vmapify.prove import prove
from vmapify.syntax import parse

HEAD = """\
import builtins
import dataclasses
import functools
import jax
import jax.numpy as jnp

W = jnp.arange(3.0)
N = [0]


def counted(x, *rest):
    N[0] += 1
    return x * N[0]


class M:
    w: float = 2.0

    def step(self, x):
        return x * 2


def f(x):
    return jnp.sin(x) * 2


"""

# the rest of a file, of which the line with `stack` becomes its second; proven, or the code of the doubt
ROWS = "    return jnp.stack([{0} for x in xs])", "    return jax.vmap(lambda x: {0})(xs)"


def program(body: str, call: str = "f(x)", parameter: str = "xs: jax.Array") -> tuple[str, str]:
    """Both versions of a file with ``body`` in place of ``ROWS``."""
    if "ROWS" not in body:
        body += f"\n\ndef main({parameter}):\nROWS\n"
    before, after = (body.replace("ROWS", one.format(call)) for one in ROWS)
    return HEAD + before, HEAD + after


OPEN: dict[str, tuple[str, str]] = {
    "globals of builtins": ("builtins.globals()['f'] = counted", "f(x)"),
    "eval of builtins": ("builtins.eval('N.append(1)')", "f(x)"),
    "builtins handed on": ("b = builtins\nb.exec('f = counted')", "f(x)"),
    "an alias of setattr": ("from builtins import setattr as put\nput(M, 'step', counted)", "M().step(x)"),
    "the dictionary of a module by getattr": ("getattr(jnp, '__dict__')['sin'] = counted", "f(x)"),
    "eval by getattr": ("getattr(builtins, 'eval')('N.append(1)')", "f(x)"),
    "frames": ("import sys\ngetattr(sys._getframe(0), 'f_lo' + 'cals')['f'] = counted", "f(x)"),
    "an operator of arrays": ("type(W).__mul__ = counted", "x * 2.0"),
}
REPLACED: dict[str, tuple[str, str]] = {
    "an import of what is replaced": ("jnp.sin = counted\nfrom jax.numpy import sin", "sin(x)"),
    "a method of arrays": ("type(W).mean = counted", "x.mean()"),
    "a builtin": ("builtins.len = lambda r: 6", "x * len(W)"),
    "a name of the module itself": ("def arm():\n    import program\n    program.f = counted", "f(x)"),
    "a class by the name of self": ("def arm():\n    self = M\n    self.step = counted", "M().step(x)"),
    "a class for the parameter self": ("def arm(self):\n    self.step = counted\n\n\narm(M)", "M().step(x)"),
    "a class made a dataclass": ("dataclasses.dataclass(M)", "x * M().w"),
    "a class for a function with a known name": ("def cast(c):\n    c.step = counted\n\n\ncast(M)", "M().step(x)"),
    "a class for self of such a function": ("def cast(self):\n    self.w = 3.0\n\n\ncast(M)", "x * M().w"),
    "a class under another name": ("K = M\nK.step = counted", "M().step(x)"),
    "the class for self of a method": (
        "class P:\n    def arm(self):\n        self.go = counted\n\n    def go(self, x):\n        return x\n\n\nP.arm(P)",
        "P().go(x)",
    ),
    "the class for self of a method, by type": (
        (
            "class P:\n    def arm(self):\n        self.go = counted\n\n    def go(self, x):\n        return x\n\n\n"
            "p = P()\nP.arm(type(p))"
        ),
        "P().go(x)",
    ),
}
EVALUATED: dict[str, tuple[str, str]] = {
    "a format spec": ('def g(x):\n    f"{1:{(N.append(1), 3)[1]}}"\n    return x * 2', "g(x)"),
    "an annotation of a parameter": (
        "def g(x):\n    def h(v: N.append(1)):\n        return v\n\n    return h(x)",
        "g(x)",
    ),
    "an annotation of a result": ("def g(x):\n    def h(v) -> print(1):\n        return v\n\n    return h(x)", "g(x)"),
    "an annotation in a class": ("def g(x):\n    class P:\n        w: N.append(1) = 2\n\n    return x * 2", "g(x)"),
    "a default of a method": (
        "def g(x):\n    class P:\n        def go(self, k=N.append(1)):\n            return 2\n\n    return x * 2",
        "g(x)",
    ),
    "a decorator of a method": (
        "def g(x):\n    class P:\n        @N.append\n        def go(self):\n            return 2\n\n    return x * 2",
        "g(x)",
    ),
    "a comparator that is not reached": (
        "def g(x):\n    n = 0\n    3 < 2 < (n := 6)\n    return x * n",
        "g(x)",
    ),
    "a default of a method, bound again": (
        (
            "def g(x):\n    n = 6\n\n    class P:\n        def go(self, k=n):\n            return k\n\n"
            "    n = 4\n    return x * P().go()"
        ),
        "g(x)",
    ),
    "a base, bound again": (
        (
            "class Q(M):\n    def step(self, x):\n        return x\n\n\n"
            "def g(x):\n    Base = M\n\n    class P(Base):\n        pass\n\n    Base = Q\n    return P().step(x)"
        ),
        "g(x)",
    ),
    "a closure that the module made": (
        (
            "def make(g):\n    def h(x):\n        return x * g()\n\n    return h\n\n\nh = make(iter(N).__next__)\n\n\n"
            "def main(xs: jax.Array):\n    g = lambda: 2.0\nROWS"
        ),
        "h(x)",
    ),
    "a class that a function of the module made": (
        (
            "def make(g):\n    class P:\n        def step(self, x):\n            return x * g()\n\n    return P\n\n\n"
            "P = make(iter(N).__next__)\n\n\ndef main(xs: jax.Array):\n    g = lambda: 2.0\nROWS"
        ),
        "P().step(x)",
    ),
}
PROVEN: dict[str, tuple[str, str]] = {
    "types of a nested function": (
        "def g(x):\n    def h(v: jax.Array | None) -> jax.Array:\n        return v * 2\n\n    return h(x)",
        "g(x)",
    ),
    "a format spec of constants": ('def g(x):\n    f"{1.5:.3f}"\n    return x * 2', "g(x)"),
    "an attribute of the same name as a method elsewhere": (
        "class P:\n    def __init__(self):\n        self.step = 3\n\n\np = P()",
        "f(x)",
    ),
    "a class that is only used": (
        "def g(x):\n    m = M()\n    return m.step(x) if isinstance(m, M) else x",
        "M().step(x)",
    ),
}


def _doubt(body: str, call: str) -> str | None:
    before, after = program(body, call)
    found = prove(parse("program.py", before.encode()), after.encode(), NoSources()).doubt
    return found.code if found is not None else None


class NoSources:
    """No other module is at hand."""

    def imported(self, module: object, name: str, level: int) -> None:
        return None


@pytest.mark.parametrize("name", OPEN)
def test_a_file_that_reaches_around_names(name: str) -> None:
    assert _doubt(*OPEN[name]) == "open-world"


@pytest.mark.parametrize("name", REPLACED)
def test_what_a_file_may_replace(name: str) -> None:
    assert _doubt(*REPLACED[name]) is not None


@pytest.mark.parametrize("name", EVALUATED)
def test_code_that_runs_on_the_way(name: str) -> None:
    assert _doubt(*EVALUATED[name]) is not None


@pytest.mark.parametrize("name", PROVEN)
def test_what_stays_proven(name: str) -> None:
    assert _doubt(*PROVEN[name]) is None


@pytest.mark.parametrize("call", ["f(x)", "M().step(x)", "x * M().w", "x.mean()", "x * len(W)", "jnp.sin(x)"])
def test_the_same_calls_without_it(call: str) -> None:
    assert _doubt("", call) is None


JITTED = """\
def main():
    scale = {scale}

    @jax.jit
    def h(i):
        return W[i] * {read}

    h(0)
    {change}
"""
JITTED_ROWS = "    return jnp.stack([h(i) for i in range(3)])\n", "    return jax.vmap(lambda i: h(i))(jnp.arange(3))\n"


@pytest.mark.parametrize(
    ("scale", "read", "change", "proven"),
    [
        ("2.0", "scale", "pass", True),
        ("2.0", "scale", "scale = 3.0", False),
        ("[2.0]", "scale[0]", "scale[0] = 3.0", False),
        ("W", "jnp.sum(scale)", "pass", True),
    ],
)
def test_a_jitted_function_keeps_its_first_trace(scale: str, read: str, change: str, *, proven: bool) -> None:
    start = HEAD + JITTED.format(scale=scale, read=read, change=change)
    before, after = (start + rows for rows in JITTED_ROWS)
    found = prove(parse("program.py", before.encode()), after.encode(), NoSources())
    assert (found.doubt is None) == proven, found.doubt
