"""No name may lose its value by a rewrite."""

from __future__ import annotations

import ast

import pytest

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite.undefined import undefined
from vmapify.syntax import parse

SOURCE = """\
import numpy as np

def outer(scale):
    def inner(xs):
        out = []
        for x in xs:
            out.append(x)
        return np.stack(out), {k: scale for k in "ab"}
    return inner
total = 0
for row in outer(2)([1]): total += row
"""


@pytest.mark.parametrize(
    ("old", "new", "missing", "lost"),
    [
        ("        out = []\n", "", None, "out"),
        ("np.stack(out)", "np.stack(k)", None, "k"),
        ("np.stack(out)", "jax.vmap(scale)(xs)", None, "jax"),
        ("np.stack(out)", "jax.vmap(scale)(xs)", "import jax", None),
        ("np.stack(out)", "sum(map(inner, outer))", None, None),
        ("total = 0\n", "", None, "total"),
        ("for row in", "for other in", None, "row"),
    ],
)
def test_name_without_a_value_is_told(old: str, new: str, missing: str | None, lost: str | None) -> None:
    module = parse("a.py", SOURCE.encode())
    at = SOURCE.index(old)
    inside = at < SOURCE.index("    return inner")
    anchor = next(node for node in module.nodes if isinstance(node, ast.For) and (node.col_offset > 0) == inside)
    edits = [Edit(Span(at, at + len(old)), new)]
    assert undefined(module, anchor, edits, missing) == lost
