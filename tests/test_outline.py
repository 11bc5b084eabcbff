"""Outlines: what is left of a file without the functions that hold no candidate."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from vmapify.rewrite import analyze
from vmapify.source import SourceFile
from vmapify.source.contents import may_hold_loop, outline

if TYPE_CHECKING:
    from vmapify.diagnostic import Finding

HEAD = b"import jax\nimport jax.numpy as jnp\n\nLIMIT = 3\n\n\n"
PLAIN = b'@jax.jit\ndef plain(\n    x,\n    y=LIMIT,\n):\n    """Adds."""\n    return x + y\n\n\n'
LOOP = b"def norms(xs: jax.Array):\n    return jnp.stack([jnp.linalg.norm(x) for x in xs])\n"


def rewrites(data: bytes) -> tuple[Finding, ...]:
    return analyze(SourceFile("a.py", data), (), blocked=False)


def test_functions_without_a_candidate_become_a_line() -> None:
    text = outline(HEAD + PLAIN + LOOP)
    assert text == HEAD + b"@jax.jit\ndef plain(*_): ...\n" + LOOP
    ast.parse(text)


def test_methods_are_looked_at_one_by_one() -> None:
    text = (
        b"class Model:\n    a: int\n\n    def f(self):\n        return 1\n\n    async def g(self):\n"
        b"        for x in y: z += x\n"
    )
    assert outline(text) == text.replace(b"def f(self):\n        return 1\n\n", b"def f(*_): ...\n")


def test_nothing_is_left_of_a_file_without_candidates() -> None:
    assert outline(HEAD + PLAIN) == b""
    assert rewrites(HEAD + PLAIN) == ()


def test_new_names_for_what_collects_are_not_followed() -> None:
    assert outline(b"from jax.numpy import stack as pile\n" + LOOP.replace(b"jnp.stack", b"pile")) is None


def test_text_in_strings_that_looks_like_code_hides_nothing() -> None:
    docs = b'def plain():\n    """Text.\n\ndef shown(x):\n  return x\n\nmore text\n    """\n    return 1\n\n\n'
    (finding,) = rewrites(HEAD + docs + LOOP + docs.replace(b"plain", b"other"))
    assert finding.function == "norms"


@pytest.mark.parametrize(
    "body",
    [
        "out.append(f(x))\n    return jnp.stack(out)",
        "out = out.at[i].set(f(x))",
        "out[i] = f(x)",
        "out += f(x)",
        "out = out + f(x)",
        "out = jnp.maximum(\n            out, f(x))",
        "out = (\n            out + f(x))",
        "out = (f(x)\n            + out)",
        "out = jnp.maximum(f(x),  # the row\n            out)",
        "out = \\\n            out + f(x)",
        "out |= f(x)",
    ],
)
def test_every_way_to_collect_is_seen(body: str) -> None:
    assert may_hold_loop(f"\ndef g(xs):\n    for i, x in enumerate(xs):\n        {body}\n".encode())


@pytest.mark.parametrize(
    "call",
    [
        "jnp.stack ([f(x) for x in xs])",
        "a, b = zip(*[f(x) for x in xs])",
        "np.array(list(map(f, xs)))",
        "sum(map(f, xs))",
    ],
)
def test_every_call_that_collects_is_seen(call: str) -> None:
    assert may_hold_loop(f"\ndef g(xs):\n    return {call}\n".encode())


@pytest.mark.parametrize(
    "lines",
    [
        "if not all(f(x)\n               for x in xs):\n        return 0",
        "rows = [f(x)\n            for x in xs]  # all of them:\n    return jnp.stack(rows)",
        "for y in [f(x) for x in xs]:\n        print(y)\n    return max(xs)",
        "while len(rows) < n:\n        rows.append(f(x))\n    return jnp.stack(rows)",
        "for x in xs:\n        if x:\n            # a remark\n            rows.extend((x, y))\n    return jnp.stack(rows)",
    ],
)
def test_loops_are_seen_however_their_lines_are_broken(lines: str) -> None:
    assert may_hold_loop(f"\ndef g(xs):\n    {lines}\n".encode())


@pytest.mark.parametrize(
    "lines",
    [
        '"""An array for those who sum(it)."""\n    return jnp.array(xs)',
        "# for each of them\n    return jnp.stack(xs)",
        "for x in xs:\n        print(x)\n    total += 1\n    xs[0] = 1",
        "for x in xs:\n        print(x)\n    return jnp.stack(xs)",
    ],
)
def test_words_of_a_loop_are_not_yet_one(lines: str) -> None:
    assert not may_hold_loop(f"\ndef g(xs):\n    {lines}\n".encode())


def test_a_quotation_mark_that_stands_for_itself_opens_no_text() -> None:
    loop = "jnp.stack([f(x) for x in xs])"
    assert may_hold_loop(f'\ndef g(xs):\n    q = \'"""\'\n    return {loop}, \'"""\'\n'.encode())
