"""What ``vmapify profile`` adds to the loops that it times.

    python benchmarks/profile_overhead.py
    python benchmarks/profile_overhead.py --repeat 400 --out figures.md

The same loops stand in two modules, of which ``profile`` looks at one. Within one run they take turns, each waited for, so that
both see the same machine. The figures are medians, and what the clock itself says it cost.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

LOOPS = """\
import jax
import jax.numpy as jnp

f = jax.jit(lambda x: jnp.sum(jnp.tanh(x)))


def appended(xs):
    out = []
    for x in xs:
        out.append(f(x))
    return jnp.stack(out)


def comprehension(xs):
    return jnp.stack([f(x) for x in xs])


def host(xs):
    out = []
    for x in xs:
        out.append(jnp.float32(len(x)))
    return jnp.stack(out)
"""
PROGRAM = """\
import json, statistics, sys, time
import jax, jax.numpy as jnp
sys.path += ["seen", "unseen"]
import seen_loops, unseen_loops

def took(function, xs):
    start = time.perf_counter()
    jax.block_until_ready(function(xs))
    return time.perf_counter() - start

found = {}
for name in ("appended", "comprehension", "host"):
    for rows in (8, 64, 512):
        xs = list(jnp.ones((rows, 16)))
        versions = [getattr(module, name) for module in (unseen_loops, seen_loops)]
        [took(version, xs) for version in versions for _ in range(3)]
        pairs = [[took(version, xs) for version in versions] for _ in range(REPEAT)]
        plain, timed = (statistics.median(side) for side in zip(*pairs))
        found[f"{name} {rows}"] = (plain, statistics.median(b - a for a, b in pairs) / plain)
json.dump(found, open("figures.json", "w"))
"""


def measured(folder: Path, repeat: int) -> tuple[dict[str, tuple[float, float]], float]:
    """Seconds and added share by loop; what the clock says of itself. Raises CalledProcessError if it does not run."""
    for name in ("seen", "unseen"):
        (folder / name).mkdir()
        (folder / name / f"{name}_loops.py").write_text(LOOPS)
    (folder / "train.py").write_text(PROGRAM.replace("REPEAT", str(repeat)))
    options = ["--no-judge", "--path", "seen", "--output-format", "json", "--python", sys.executable]
    command = [sys.executable, "-m", "vmapify", "profile", *options, "--", "python", "train.py"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    loops = json.loads(done.stdout)["loops"]
    own = max(loop["overhead"] for loop in loops)
    return json.loads((folder / "figures.json").read_text()), own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=200)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, own = measured(Path(folder), options.repeat)
    lines = ["| loop, rows | without | added by the clock |", "|---|---|---|"]
    lines += [f"| {name} | {1e3 * plain:.2f} ms | {100 * added:+.1f} % |" for name, (plain, added) in found.items()]
    lines.append(f"\nBy its own account the clock cost at most {100 * own:.2f} % of a loop.")
    print("\n".join(lines))
    if options.out is not None:
        options.out.write_text("# What timing loops adds\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
