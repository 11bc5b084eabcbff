"""What judging a site costs, beyond running the two versions.

    python benchmarks/verifier_cost.py                 # 50 sites in 25 generated files
    python benchmarks/verifier_cost.py --sites 100
    python benchmarks/verifier_cost.py --tree ../package/src --python ../package/venv/bin/python
    python benchmarks/verifier_cost.py --src ../other-checkout/src    # another version of vmapify, in the same run

One ``vmapify fix`` judges all of them; the worker reports what it spends on each. Of a site, *the two versions* is one
run of the loop and one of the rewrite, with what they compile; everything else is overhead, the search for
arguments included. Start-up is all that no site is charged with: the interpreter, ``import jax``, the user's modules.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
VERSIONS = "the two versions"
HEADER = "import jax\nimport jax.numpy as jnp\nfrom jax import lax\n"
BODIES = (
    # parameters with shapes, what is looped over, the row's expression (or statements before it)
    ("xs: (n, {d}), w: ({d},)", "x", "xs", "jnp.sum(w * jnp.tanh(x))"),
    ("xs: (n, {d}), w: ({e}, {d}), b: ({e},)", "x", "xs", "jnp.tanh(w @ x + b)"),
    ("qs: (n, {d}), ks: ({e}, {d})", "q", "qs", "jax.nn.softmax(ks @ q / {d}.0)"),
    ("xs: (n, {d}), ys: (n, {d})", "x, y", "zip(xs, ys)", "jnp.dot(x, y) / (jnp.linalg.norm(x) * jnp.linalg.norm(y))"),
    ("xs: (n, {d})", "x", "xs", "(x - jnp.mean(x)) / jnp.sqrt(jnp.var(x) + 1e-5)"),
    ("ms: (n, {d}, {d}), b: ({d},)", "m", "ms", "jnp.linalg.solve(m @ m.T + jnp.eye({d}), b)"),
    ("ms: (n, {d}, {d})", "m", "ms", "jnp.linalg.slogdet(m @ m.T + jnp.eye({d}))[1]"),
    ("xs: (n, {d})", "x", "xs", "lax.scan(lambda c, v: (0.9 * c + v, c), 0.0, x)[1]"),
    ("xs: (n, {d}), w: ({d},)", "x", "xs", "jax.grad(lambda v: jnp.sum(jnp.sin(v * w)))(x)"),
    ("images: (n, {e}, {d}), kernel: (3,)", "im", "images", "jnp.convolve(jnp.mean(im, axis=0), kernel, mode='same')"),
    ("xs: (n, {d})", "x", "xs", "jax.nn.logsumexp(x) - jnp.max(x)"),
    ("xs: (n, {d}), w: ({e}, {d})", "x", "xs", "jnp.argmax(w @ x)"),
    ("xs: (n, {d})", "x", "xs", "jnp.sort(x)[::-1]"),
    ("xs: (n, {d}), lo: (), hi: ()", "x", "xs", "jnp.clip(jnp.exp(-x * x), lo, hi)"),
    ("xs: (n, {d})", "x", "xs", "lax.fori_loop(0, 5, lambda i, s: 0.5 * (s + x / s), jnp.ones_like(x))"),
)
SINKS = ("append", "comprehension", "buffer", "sum")


def function(number: int) -> str:
    """One function with one loop; the bodies, sizes and ways of collecting results vary."""
    given, names, source, row = BODIES[number % len(BODIES)]
    sink = SINKS[number // 2 % len(SINKS)]
    d, e = 3 + number % 7, 11 + number % 5
    shapes = [part.strip() for part in given.format(d=d, e=e).split("), ")]
    parameters = [part.partition(":")[0] for part in shapes]
    lines = [f"def work_{number}({', '.join(f'{p}: jax.Array' for p in parameters)}):", '    """A loop.', ""]
    sizes = [part.partition(":")[2].strip().rstrip(")") for part in shapes]
    lines += [f"    {name}: array, shape {size})" for name, size in zip(parameters, sizes, strict=True)]
    lines += ['    """']
    row = row.format(d=d, e=e)
    if sink == "comprehension":
        lines += [f"    return jnp.stack([{row} for {names} in {source}])"]
    elif sink == "sum" and "sum" in row:
        lines += ["    total = 0.0", f"    for {names} in {source}:", f"        total += {row}", "    return total"]
    elif sink == "buffer" and "," not in names:
        lines += [f"    out = jnp.zeros_like({source})" if "tanh(x)" in row or "mean(x)" in row else "    rows = []"]
        lines.pop()
        lines += ["    rows = []", f"    for i in range({source}.shape[0]):", f"        {names} = {source}[i]"]
        lines += [f"        rows.append({row})", "    return jnp.array(rows)"]
    else:
        lines += ["    rows = []", f"    for {names} in {source}:", f"        y = {row}", "        rows.append(y)"]
        lines += ["    return jnp.stack(rows)"]
    return "\n".join(lines) + "\n"


def generate(folder: Path, sites: int, each: int) -> None:
    """A package of modules with so many loops each."""
    package = folder / "generated"
    package.mkdir()
    (package / "__init__.py").touch()
    for first in range(0, sites, each):
        text = "\n\n".join([HEADER, *(function(k) for k in range(first, min(first + each, sites)))])
        (package / f"module_{first // each}.py").write_text(text, encoding="utf-8")


@dataclass
class Run:
    """Seconds of one ``fix``, in all, by program and by stage and site."""

    wall: float = 0.0
    processor: float = 0.0
    static: float = 0.0
    programs: list[float] = field(default_factory=list)
    sites: dict[str, dict[str, tuple[float, float]]] = field(default_factory=lambda: collections.defaultdict(dict))
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)
    unreached: list[str] = field(default_factory=list)

    def overhead(self, clock: int) -> list[float]:
        """Of every site what is not one run of each version, by the clock (0) or by the processor (1)."""
        return [sum(s[clock] for name, s in stages.items() if name != VERSIONS) for stages in self.sites.values()]

    def versions(self, clock: int) -> list[float]:
        """Of every site one run of each version."""
        return [stages.get(VERSIONS, (0.0, 0.0))[clock] for stages in self.sites.values()]

    @property
    def startup(self) -> float:
        """What no site is charged with."""
        return sum(self.programs) - sum(self.overhead(0)) - sum(self.versions(0))


def measured(source: Path, tree: Path, arguments: list[str]) -> Run:
    """One cold ``fix`` of the tree by the vmapify in ``source``."""
    run = Run()
    with tempfile.TemporaryDirectory() as folder:
        stages, report = Path(folder) / "stages.jsonl", Path(folder) / "report.json"
        environment = os.environ | {"PYTHONPATH": str(source), "VMAPIFY_VERIFY_STAGES": str(stages)}
        environment.setdefault("JAX_PLATFORMS", "cpu")
        command = [sys.executable, "-m", "vmapify"]
        start = time.perf_counter()
        checked = [*command, "check", "-q", "--exit-zero", str(tree)]
        subprocess.run(checked, env=environment, stdout=subprocess.DEVNULL, check=False)
        run.static = time.perf_counter() - start
        start, before = time.perf_counter(), processor_seconds()
        output = ["--output-format", "json", "-o", str(report), "--exit-zero", "-q"]
        subprocess.run([*command, "fix", *output, *arguments, str(tree)], env=environment, check=False)
        run.wall, run.processor = time.perf_counter() - start, processor_seconds() - before
        for finding in json.loads(report.read_text("utf-8"))["findings"]:
            verification = finding.get("verification")
            if verification is not None:
                run.verdicts[verification["verdict"]] += 1
                if verification["verdict"] not in {"identical", "equivalent"}:
                    run.unreached.append(f"{finding['path']}: {verification['reason']}")
        for line in map(json.loads, stages.read_text("utf-8").splitlines() if stages.exists() else ()):
            if line["event"] == "program":
                run.programs.append(line["seconds"])
                continue
            # the search for arguments is told with the site that it leads to
            stages = run.sites[f"{len(run.programs)}:{line['site']}"] if "site" in line else {}
            for name, (clock, processor) in line["seconds"].items():
                before = stages.get(name, (0.0, 0.0))
                stages[name] = before[0] + clock, before[1] + processor
    return run


def processor_seconds() -> float:
    """Processor time of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(run: Run) -> list[str]:
    count, judged = max(len(run.sites), 1), max(run.verdicts.total(), 1)
    whole = (
        f"{judged} sites: fix took {run.wall:.1f} s by the clock, {run.processor:.1f} s by the processor; "
        f"{run.wall / judged:.2f} s and {run.processor / judged:.2f} s a site, start-up and all"
    )
    if not run.sites:
        return [whole, "", f"verdicts: {dict(run.verdicts)}", *run.unreached]
    over, both = [run.overhead(clock) for clock in (0, 1)], [run.versions(clock) for clock in (0, 1)]
    headline = (
        f"{len(run.programs)} programs, start-up {run.startup:.1f} s, judging {sum(over[0]) + sum(both[0]):.1f} s; "
        f"check alone took {run.static:.1f} s"
    )
    lines = [
        whole,
        "",
        headline,
        "",
        "| a site | seconds by the clock | by the processor |",
        "|---|---|---|",
        f"| the two versions, mean | {sum(both[0]) / count:.2f} | {sum(both[1]) / count:.2f} |",
        f"| overhead, mean | {sum(over[0]) / count:.2f} | {sum(over[1]) / count:.2f} |",
        f"| overhead, median | {statistics.median(over[0]):.2f} | {statistics.median(over[1]):.2f} |",
        f"| overhead, largest | {max(over[0]):.2f} | {max(over[1]):.2f} |",
    ]
    names = {name for stages in run.sites.values() for name in stages}
    means = {
        name: [sum(stages.get(name, (0.0, 0.0))[clock] for stages in run.sites.values()) / count for clock in (0, 1)]
        for name in names - {VERSIONS}
    }
    lines += [
        f"| of that: {name} | {m[0]:.3f} | {m[1]:.3f} |"
        for name, m in sorted(means.items(), key=lambda one: -one[1][1])
    ]
    return [*lines, "", f"verdicts: {dict(run.verdicts)}", *run.unreached]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--each", type=int, default=2, help="sites in a generated file")
    parser.add_argument("--tree", type=Path, help="judge this tree instead of a generated one")
    parser.add_argument(
        "--src", type=Path, action="append", help="the vmapify to measure; several run after each other"
    )
    parser.add_argument("--keep", type=Path, help="generate into this folder and leave it there")
    parser.add_argument("arguments", nargs="*", help="further arguments of fix, after --")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = options.tree or options.keep or Path(folder)
        if options.tree is None:
            tree.mkdir(exist_ok=True)
            generate(tree, options.sites, options.each)
        for source in options.src or [SOURCE]:
            print(f"## {source}", *table(measured(source.resolve(), tree, options.arguments)), "", sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
