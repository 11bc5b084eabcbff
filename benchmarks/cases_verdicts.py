"""Judge a catalogue of before/after pairs with the verifier and compare with what really happens.

    python benchmarks/cases_verdicts.py cases.jsonl            # a table, then every surprising case
    python benchmarks/cases_verdicts.py cases.jsonl -v P001    # one line a case, only those named

Each line of the file holds `id`, `kind` (positive, negative, caveat), `before`, `after`, `entry`, `args`
(Python expressions, each a tuple of arguments) and `observed` (codes of the differences seen). Exit 1 if a
positive pair is not accepted, or a pair that was seen to differ is.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import sys
import types
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np

from vmapify.verify.worker.attempt import attempt
from vmapify.verify.worker.functions import RESULT, function_pair
from vmapify.verify.worker.inputs import judge_values
from vmapify.verify.worker.pair import Budget

ACCEPTED = {"identical", "equivalent"}
HARMLESS = {"diff:rounding"}


def normal(*shape: int, seed: int = 0, dtype: Any = jnp.float32) -> Any:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), dtype)


def uniform(*shape: int, seed: int = 0, lo: float = 0.1, hi: float = 2.0, dtype: Any = jnp.float32) -> Any:
    return jnp.asarray(np.random.default_rng(seed).uniform(lo, hi, size=shape), dtype)


def integers(*shape: int, seed: int = 0, lo: int = 0, hi: int = 10) -> Any:
    return jnp.asarray(np.random.default_rng(seed).integers(lo, hi, size=shape), jnp.int32)


def host(*shape: int, seed: int = 0, dtype: Any = np.float64) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


HELPERS = {
    "jax": jax, "jnp": jnp, "np": np, "N": normal, "U": uniform, "I": integers, "NP": host,
    "key": lambda seed=0: jax.random.key(seed),
}  # fmt: skip


def load(name: str, source: str) -> types.ModuleType:
    module = types.ModuleType(name)
    sys.modules[name] = module
    module.__dict__.update(HELPERS)
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def _ignore(report: dict[str, Any]) -> None:
    """Nobody waits for the provisional report."""


def judge(case: dict[str, Any], expression: str) -> dict[str, Any]:
    before = load(f"{case['id']}_before", case["before"])
    after = load(f"{case['id']}_after", case["after"])
    inputs = {"args": eval(expression, before.__dict__), "kwargs": {}}
    functions = getattr(before, case["entry"]), getattr(after, case["entry"])
    pair = function_pair(*functions)
    return judge_values(pair, inputs, "given", Budget(60.0), _ignore) | {"lanes": pair.lanes.get(RESULT)}


def boundary(case: dict[str, Any], expression: str) -> dict[str, Any]:
    report, error = attempt(lambda: judge(case, expression))
    return report if error is None else {"verdict": "failed", "reason": f"{type(error).__name__}: {error}"}


def verdicts(case: dict[str, Any]) -> list[dict[str, Any]]:
    jax.config.update("jax_enable_x64", bool(case.get("x64")))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [boundary(case, expression) for expression in case["args"]]
    finally:
        jax.config.update("jax_enable_x64", False)


def surprising(case: dict[str, Any], reports: list[dict[str, Any]]) -> bool:
    label = "jax " + ".".join(jax.__version__.split(".")[:2])
    observed = {**case["observed"], **{k: v for k, v in case["observed"].items() if k.startswith(label)}}
    codes = next((v for k, v in observed.items() if k.startswith(label)), next(iter(observed.values())))
    for report, seen in zip(reports, codes, strict=True):
        accepted = report["verdict"] in ACCEPTED
        differs = bool(set(seen) - HARMLESS) and not any(code.startswith("both:") for code in seen)
        if (case["kind"] == "positive" and not accepted) or (accepted and differs):
            return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("cases", type=Path)
    parser.add_argument("only", nargs="*")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    table: collections.Counter[tuple[str, str]] = collections.Counter()
    wrong = []
    for line in options.cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case.get("after") is None or (options.only and case["id"] not in options.only):
            continue
        reports = verdicts(case)
        table.update((case["kind"], report["verdict"]) for report in reports)
        odd = surprising(case, reports)
        if odd:
            wrong.append(case["id"])
        if odd or options.verbose:
            for report in reports:
                print("!!" if odd else "  ", case["id"], case["title"][:50], case["observed"], sep=" | ")
                print("     ", report["verdict"], report["reason"], report.get("lanes"), sep=" | ")
    for (kind, verdict), count in sorted(table.items()):
        print(f"{kind:10} {verdict:20} {count}")
    print(f"jax {jax.__version__}: {len(wrong)} surprising {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
