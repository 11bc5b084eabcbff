"""Reasons: where they are proven, and that they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.report import wording
from vmapify.rewrite import analyze
from vmapify.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from vmapify.diagnostic import Finding

HEAD = "import jax\nimport jax.numpy as jnp\n"


def finding_in(text: str, path: Path) -> Finding:
    path.write_text(text)
    (finding,) = analyze(SourceFile(str(path), text.encode()), ())
    return finding


def test_names_of_a_star_import_are_followed(tmp_path: Path) -> None:
    callee = tmp_path / "checks.py"
    callee.write_text("from main import *\n\n\ndef checked(x):\n    return x if x > 0 else -x\n")
    loop = "def f(xs: jax.Array):\n    return jnp.stack([checked(x) for x in xs])\n"
    finding = finding_in(f"{HEAD}from checks import *\n\n\n{loop}", tmp_path / "main.py")
    (reason,) = finding.reasons
    assert (reason.code, reason.path, reason.line) == ("python-branch-on-value", str(callee), 5)


CARRY = "def f(xs: jax.Array, key: jax.Array, n: int):\n    rows = []\n    {start}\n    for {loop}:\n{body}\n    return {end}\n"


def advice_on(path: Path, start: str, loop: str, *body: str, end: str = "jnp.stack(rows)") -> str:
    block = "\n".join(f"        {line}" for line in body)
    text = CARRY.format(start=start, loop=loop, body=block, end=end)
    return wording.advice(finding_in(f"{HEAD}\n\n{text}", path).reasons[0])


def test_a_carry_is_sketched_in_the_words_of_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    state = advice_on(path, "h = 0.0", "x in xs", "h = jnp.tanh(h + x)", "rows.append(h * 2)")
    assert state == "`def step(h, x): …; return h, row` and `h, rows = jax.lax.scan(step, h, xs)`"
    last = advice_on(path, "h = 0.0", "i in range(n)", "h = jnp.tanh(h + xs[i])", end="h")
    assert last == "`def step(h, i): …; return h, None` and `h, _ = jax.lax.scan(step, h, jnp.arange(n))`"
    keys = advice_on(
        path,
        "",
        "i in range(n)",
        "key, sub = jax.random.split(key)",
        "rows.append(jax.random.normal(sub, (3,)) * xs[i])",
    )
    assert "keys = jax.random.split(key, n)" in keys
    assert "the random numbers become others" in keys
    count = advice_on(path, "k = 0", "x in xs", "rows.append(x * k)", "k += 2")
    assert count == "`k` only counts: take the index from `enumerate`, k is its start plus the index times 2"
    best = advice_on(
        path, "best = jnp.inf", "x in xs", "loss = jnp.sum(x)", "if loss < best:", "    best = loss", end="best"
    )
    assert best.startswith("compute all values that `loss < best` compares with one `jax.vmap`")


def test_few_reasons_of_a_kind_and_the_decisive_ones_first(tmp_path: Path) -> None:
    lines = [f"y{k} = unknown{k}(x)" for k in range(9)]
    body = "\n".join(f"        {line}" for line in [*lines, "if jnp.sum(x) > 0:", "    break", "rows.append(y1)"])
    text = f"{HEAD}\n\ndef f(xs: jax.Array):\n    rows = []\n    for x in xs:\n{body}\n    return jnp.stack(rows)\n"
    codes = [reason.code for reason in finding_in(text, tmp_path / "main.py").reasons]
    assert codes[0] == "early-exit"
    assert codes[-3:] == ["opaque-callee"] * 3
    assert codes.count("opaque-callee") == 3
