"""What the prover proves, and what it must not: aliases, carries, names, branches, and what happens besides."""

from __future__ import annotations

import pytest

from vmapify.prove import prove
from vmapify.syntax import parse

HEAD = """\
import jax
import jax.numpy as jnp

W = jnp.arange(3.0)
log = []


"""
STACKED = "jax.vmap(lambda x: jnp.sin(x) * 2)(xs)"

# a function, and what its lines from `# old` to `# end` become; proven, or the code of the doubt
PROGRAMS: dict[str, tuple[str, str, str | None]] = {
    "rows": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([jnp.sin(x) * 2 for x in xs])
    # end
""",
        f"    return {STACKED}\n",
        None,
    ),
    "other numbers": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([jnp.sin(x) * 3 for x in xs])
    # end
""",
        f"    return {STACKED}\n",
        "differs",
    ),
    "append": (
        """
def f(xs: jax.Array):
    # old
    rows = []
    for x in xs:
        y = jnp.sin(x)
        rows.append(y * 2)
    out = jnp.stack(rows)
    # end
    return out
""",
        f"    out = {STACKED}\n",
        None,
    ),
    "the list is read behind the loop": (
        """
def f(xs: jax.Array):
    # old
    rows = []
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out, len(rows)
""",
        f"    out = {STACKED}\n",
        "differs",
    ),
    "the list has another name": (
        """
def f(xs: jax.Array):
    rows = []
    same = rows
    # old
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out, same
""",
        f"    out = {STACKED}\n",
        "differs",
    ),
    "the list hangs in a dict": (
        """
def f(xs: jax.Array):
    rows = []
    kept = {"rows": rows}
    # old
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out, kept
""",
        f"    out = {STACKED}\n",
        "differs",
    ),
    "a closure sees the list": (
        """
def f(xs: jax.Array):
    rows = []
    seen = lambda: rows
    # old
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out, seen()
""",
        f"    out = {STACKED}\n",
        "differs",
    ),
    "the list is not empty": (
        """
def f(xs: jax.Array):
    rows = [W]
    # old
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out
""",
        f"    out = {STACKED}\n",
        "unmodelled",
    ),
    "the list is filled by what is not modelled": (
        """
def f(xs: jax.Array, fill):
    rows = []
    fill(rows)
    # old
    for x in xs:
        rows.append(jnp.sin(x) * 2)
    out = jnp.stack(rows)
    # end
    return out
""",
        f"    out = {STACKED}\n",
        "unmodelled",
    ),
    "an iteration reads the list": (
        """
def f(xs: jax.Array):
    # old
    rows = []
    for x in xs:
        rows.append(jnp.sin(x) * len(rows))
    out = jnp.stack(rows)
    # end
    return out
""",
        "    out = jax.vmap(lambda x: jnp.sin(x) * 0)(xs)\n",
        "carried",
    ),
    "a name is carried": (
        """
def f(xs: jax.Array):
    last = W
    # old
    rows = []
    for x in xs:
        rows.append(x * last)
        last = x
    out = jnp.stack(rows)
    # end
    return out
""",
        "    out = jax.vmap(lambda x: x * last)(xs)\n",
        "carried",
    ),
    "a name is carried over two others": (
        """
def f(xs: jax.Array):
    a = b = c = W
    # old
    rows = []
    for x in xs:
        rows.append(x * a)
        a = b
        b = c
        c = x
    out = jnp.stack(rows)
    # end
    return out
""",
        "    out = jax.vmap(lambda x: x * a)(xs)\n",
        "carried",
    ),
    "a counter of a function around": (
        """
def f(xs: jax.Array):
    n = 0

    def count():
        nonlocal n
        n += 1
        return n

    # old
    return jnp.stack([x * count() for x in xs])
    # end
""",
        "    return jax.vmap(lambda x: x * count())(xs)\n",
        "carried",
    ),
    "a list of the module": (
        """
def f(xs: jax.Array):
    def noted(x):
        log.append(1)
        return x * 2

    # old
    return jnp.stack([noted(x) for x in xs])
    # end
""",
        "    return jax.vmap(noted)(xs)\n",
        "unmodelled",
    ),
    "a default argument is a list": (
        """
def f(xs: jax.Array):
    def noted(x, seen=[]):
        seen.append(1)
        return x * len(seen)

    # old
    return jnp.stack([noted(x) for x in xs])
    # end
""",
        "    return jax.vmap(noted)(xs)\n",
        "carried",
    ),
    "a branch on what is the same in all rows": (
        """
def f(xs: jax.Array, wide: bool):
    def g(x):
        if wide:
            return x * 2
        return x

    # old
    return jnp.stack([g(x) for x in xs])
    # end
""",
        "    return jax.vmap(g)(xs)\n",
        None,
    ),
    "a branch on a row": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([x * 2 if x > 0 else x for x in xs])
    # end
""",
        "    return jax.vmap(lambda x: x * 2 if x > 0 else x)(xs)\n",
        "branch-on-row",
    ),
    "the index": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([xs[i] * 2 for i in range(len(xs))])
    # end
""",
        "    return jax.vmap(lambda x: x * 2)(xs)\n",
        None,
    ),
    "one index too few": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([xs[i] * 2 for i in range(len(xs) - 1)])
    # end
""",
        "    return jax.vmap(lambda x: x * 2)(xs)\n",
        "differs",
    ),
    "as many as nobody knows": (
        """
def f(xs: jax.Array, n: int):
    # old
    return jnp.stack([xs[i] * 2 for i in range(n)])
    # end
""",
        "    return jax.vmap(lambda x: x * 2)(xs[:n])\n",
        "differs",
    ),
    "an error for arrays of one axis that becomes another": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([xs[:, i] * 2 for i in range(xs.shape[1])])
    # end
""",
        "    return jax.vmap(lambda x: x * 2, in_axes=1)(xs)\n",
        "raises",
    ),
    "columns": (
        """
def f(xs: jax.Array):
    n, d = xs.shape
    # old
    return jnp.stack([xs[:, i] * 2 for i in range(d)])
    # end
""",
        "    return jax.vmap(lambda x: x * 2, in_axes=1)(xs)\n",
        None,
    ),
    "the other axis": (
        """
def f(xs: jax.Array):
    n, d = xs.shape
    # old
    return jnp.stack([xs[:, i] * 2 for i in range(d)])
    # end
""",
        "    return jax.vmap(lambda x: x * 2)(xs)\n",
        "differs",
    ),
    "two arrays of the same length": (
        """
def f(xs: jax.Array):
    ys = jnp.sin(xs)
    # old
    return jnp.stack([x * y for x, y in zip(xs, ys)])
    # end
""",
        "    return jax.vmap(lambda x, y: x * y)(xs, ys)\n",
        None,
    ),
    "a shadowed builtin": (
        """
def f(xs: jax.Array, range):
    # old
    return jnp.stack([xs[i] * 2 for i in range(len(xs))])
    # end
""",
        "    return jax.vmap(lambda x: x * 2)(xs)\n",
        "not-a-sequence",
    ),
    "a name that the function binds again": (
        """
def f(xs: jax.Array):
    scale = 2
    g = lambda x: x * scale
    # old
    out = jnp.stack([g(x) for x in xs])
    # end
    scale = 3
    return out, g(xs)
""",
        "    out = jax.vmap(g)(xs)\n",
        None,
    ),
    "lists of lists of rows": (
        """
def f(xs: jax.Array, ys: jax.Array):
    inner = [jnp.stack([x * y for y in ys]) for x in xs]
    # old
    out = jnp.stack([jnp.stack([z + l for l in inner]) for z in xs])
    # end
    return out
""",
        "    out = jax.vmap(lambda z: jnp.stack([z + l for l in inner]))(xs)\n",
        None,
    ),
    "in a loop around": (
        """
def f(xs: jax.Array):
    found = []
    for k in range(3):
        # old
        rows = []
        for x in xs:
            rows.append(jnp.sin(x) * 2)
        out = jnp.stack(rows)
        # end
        found.append(out)
    return found
""",
        f"        out = {STACKED}\n",
        None,
    ),
    "in a loop around that changes what is mapped": (
        """
def f(xs: jax.Array):
    for k in range(3):
        # old
        out = jnp.stack([xs[i] * 2 for i in range(len(xs))])
        # end
        xs = out[1:]
    return xs
""",
        "        out = jax.vmap(lambda x: x * 2)(xs)\n",
        "not-a-sequence",
    ),
    "the module cannot be seen through": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([jnp.sin(x) * 2 for x in xs])
    # end


exec("jnp.sin = jnp.cos")
""",
        f"    return {STACKED}\n",
        "open-world",
    ),
    "a function of the library is replaced": (
        """
def f(xs: jax.Array):
    # old
    return jnp.stack([jnp.sin(x) * 2 for x in xs])
    # end


jnp.sin = print
""",
        f"    return {STACKED}\n",
        "replaced",
    ),
}


class NoSources:
    """No other module is at hand."""

    def imported(self, module: object, name: str, level: int) -> None:
        return None


def _versions(program: str, new: str) -> tuple[bytes, bytes]:
    before, _, rest = program.partition("# old\n")
    old, _, behind = rest.partition("# end\n")
    lines = before.rstrip(" ")
    return (HEAD + lines + old.rstrip(" ") + behind).encode(), (HEAD + lines + new + behind).encode()


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_proven(name: str) -> None:
    program, new, expected = PROGRAMS[name]
    before, after = _versions(program, new)
    doubt = prove(parse("program.py", before), after, NoSources()).doubt
    assert (doubt.code if doubt is not None else None) == expected, doubt
