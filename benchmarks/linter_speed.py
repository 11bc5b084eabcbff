"""How long `vmapify check` takes, beside ruff, Fixit and `python -c pass`, in one run.

    python benchmarks/linter_speed.py TREE                       # a tree of packages: cold, warm, one clean file
    python benchmarks/linter_speed.py --packages benchmarks/packages.txt    # the same, over packages fetched from PyPI
    python benchmarks/linter_speed.py --packages benchmarks/*packages.txt   # a larger tree: those of both lists
    python benchmarks/linter_speed.py TREE --sample 5            # every fifth folder of the tree only
    python benchmarks/linter_speed.py TREE --fixit 8             # and Fixit with one rule, on every eighth folder
    python benchmarks/linter_speed.py TREE --table benchmarks/linter_speed.md

Without a tree only made-up ones are measured: n, 2n and 4n files with a loop each, and without any. Every command runs
once for each round, in turn, so that whatever else the machine does meets all of them; the table gives medians. Wall and
CPU seconds are those of the command and its children, memory is the most that they held together, in a run of its own.
ruff runs the family of rules that is nearest, `--select PERF`. Fixit is installed from PyPI into an environment of its own, and
runs once, on folders drawn from the tree, because a tree takes it so long; vmapify runs on the same folders.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from packages import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOP = """\
import jax
import jax.numpy as jnp


def energies_{number}(weights: jax.Array, xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(jnp.sum(weights * jnp.sin(x)) + {number})
    return jnp.stack(out)
"""
CLEAN = """\
import numpy as np


def total_{number}(xs: np.ndarray) -> float:
    return float(np.sum(xs)) + {number}
"""
FILLING = "\n\ndef filling_{line}(value: float) -> float:\n    return value * {line}\n"
RULE = "fixit.rules.no_redundant_lambda"


@dataclass(slots=True)
class Command:
    """One row of the table; what is done ``once`` takes too long for more."""

    label: str
    words: list[str]
    once: bool = False
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def row(self) -> str:
        """A line of the table."""
        spread = f"{min(self.wall):.3f} to {max(self.wall):.3f}" if len(self.wall) > 1 else "one run"
        cpu, memory = statistics.median(self.cpu), max(self.memory)
        return f"| {self.label} | {statistics.median(self.wall):.3f} | {spread} | {cpu:.3f} | {memory:.0f} |"


def measure(command: Command, *, timed: bool = True, watched: bool = False) -> None:
    """Run it once and note seconds, or the most megabytes it holds: to look at those takes time itself."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command.words, stdout=subprocess.DEVNULL, stderr=errors)
        if watched:
            command.memory.append(_peak(process) / 1e6)
        process.wait()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1, 2, 3):  # Fixit adds up 1 for findings and 2 for errors
        raise SystemExit(f"{' '.join(command.words)} ended with {process.returncode}: {said[-500:]}")
    if timed:
        command.wall.append(wall)
        command.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _peak(process: subprocess.Popen[bytes]) -> float:
    """The largest sum of resident memory of a process and its children, looked at 50 times a second."""
    peak = 0.0
    with contextlib.suppress(psutil.Error):
        about = psutil.Process(process.pid)
        while process.poll() is None:
            total = about.memory_info().rss
            for child in about.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += child.memory_info().rss
            peak = max(peak, float(total))
            time.sleep(0.02)
    return peak


def in_turn(commands: list[Command], rounds: int) -> None:
    """Look at the memory of each command, then measure each in every round; what is done ``once`` both at once."""
    for command in commands:
        measure(command, watched=True, timed=command.once)
    for _ in range(rounds):
        for command in commands:
            if not command.once:
                measure(command)


HEAD = "| command | wall s | wall s, least to most | CPU s | peak MB |\n|---|---|---|---|---|"


def table(commands: list[Command]) -> str:
    """All rows."""
    return "\n".join([HEAD, *(command.row() for command in commands)])


def on_tree(tree: Path, scratch: Path, options: argparse.Namespace) -> Iterator[str]:
    """The tree, cold and warm, beside the others."""
    clean = scratch / "clean" / "clean.py"
    clean.parent.mkdir()
    clean.write_text(CLEAN.format(number=0))
    python, cache, its = sys.executable, scratch / "cache", scratch / "ruff_cache"
    ours = [python, "-m", "vmapify", "check", "--isolated"]
    ruff = [_ruff(), "check", "--isolated", "--select", "PERF", "-q"]
    measure(Command("", [*ours, "--cache-dir", str(cache), str(tree)]), timed=False)
    measure(Command("", [*ruff, "--cache-dir", str(its), str(tree)]), timed=False)
    commands = [
        Command("`vmapify check --no-cache`", [*ours, "--no-cache", str(tree)]),
        Command("`vmapify check`, cache filled", [*ours, "--cache-dir", str(cache), str(tree)]),
        Command("`ruff check --select PERF --no-cache`", [*ruff, "--no-cache", str(tree)]),
        Command("`ruff check --select PERF`, cache filled", [*ruff, "--cache-dir", str(its), str(tree)]),
        Command("`vmapify check` of one clean file", [*ours, "--no-cache", str(clean)]),
        Command("`python -c pass`", [python, "-c", "pass"]),
    ]
    in_turn(commands, options.rounds)
    yield f"## Packages: {_size(tree)}\n\n{table(commands)}\n"
    walls, work = _medians(commands)
    yield (
        f"- cold: {walls[0] / walls[2]:.2f} times ruff's wall time, {work[0] / work[2]:.2f} times its CPU time\n"
        f"- cache filled: {walls[1] / walls[3]:.2f} times ruff's, {work[1] / work[3]:.2f} times its CPU time\n"
        f"- one clean file: {walls[4] / walls[5]:.1f} times `python -c pass`\n"
    )


def against_fixit(tree: Path, scratch: Path, options: argparse.Namespace) -> Iterator[str]:
    """Some folders of the tree, beside Fixit with one rule."""
    part = _sampled(tree, options.fixit, scratch / "for_fixit")
    cache = scratch / "cache_beside_fixit"
    ours = [sys.executable, "-m", "vmapify", "check", "--isolated"]
    measure(Command("", [*ours, "--cache-dir", str(cache), str(part)]), timed=False)
    fixit = _fixit(scratch, options)
    measure(Command("", [*fixit, str(scratch / "clean")]), timed=False)  # so that it is compiled
    commands = [
        Command("`vmapify check --no-cache`", [*ours, "--no-cache", str(part)]),
        Command("`vmapify check`, cache filled", [*ours, "--cache-dir", str(cache), str(part)]),
        Command(f"`fixit --rules {RULE} lint`", [*fixit, str(part)], once=True),
    ]
    in_turn(commands, options.rounds)
    yield f"## Fixit with one rule, on every folder in {options.fixit}: {_size(part)}\n\n{table(commands)}\n"
    walls, work = _medians(commands)
    yield (
        f"- cold: Fixit takes {walls[2] / walls[0]:.1f} times as long, and {work[2] / work[0]:.1f} times the CPU time\n"
        f"- cache filled: {walls[2] / walls[1]:.0f} times as long, {work[2] / work[1]:.0f} times the CPU time\n"
    )


def _size(tree: Path) -> str:
    files = [path for path in tree.rglob("*.py") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    folders = len(_folders(tree))
    notebooks = sum(1 for _ in tree.rglob("*.ipynb"))
    return f"{folders} folders, {len(files):,} files of Python, {size:.1f} MB (and {notebooks} notebooks)"


def _medians(commands: list[Command]) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of each."""
    walls = [statistics.median(command.wall) for command in commands]
    return walls, [statistics.median(command.cpu) for command in commands]


def made_up(scratch: Path, options: argparse.Namespace) -> Iterator[str]:
    """How time grows with the number of files."""
    yield "## Made-up trees\n"
    commands = []
    for kind, text in (("with a loop each", LOOP), ("without candidates", CLEAN)):
        for factor in (1, 2, 4):
            count = options.files * factor
            tree = scratch / f"{text is LOOP}_{factor}"
            _fill(tree, text, count)
            words = [sys.executable, "-m", "vmapify", "check", "--isolated", "--no-cache", str(tree)]
            commands.append(Command(f"{count} files {kind}", words))
    in_turn(commands, options.rounds)
    yield table(commands) + "\n"


def _fill(tree: Path, text: str, count: int) -> None:
    for number in range(count):
        folder = tree / f"part_{number // 50}"
        folder.mkdir(parents=True, exist_ok=True)
        filling = "".join(FILLING.format(line=line) for line in range(40))
        (folder / f"module_{number}.py").write_text(text.format(number=number) + filling)


def _ruff() -> str:
    beside = Path(sys.executable).parent / "ruff"
    found = str(beside) if beside.exists() else shutil.which("ruff")
    if found is None:
        raise SystemExit("ruff is not installed; pip install ruff")
    return found


def _fixit(scratch: Path, options: argparse.Namespace) -> list[str]:
    """The command that lints with Fixit, in an environment of its own, by one rule."""
    home = Path(options.fixit_venv or scratch / "fixit")
    if not (home / "bin" / "fixit").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        words = [str(home / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "fixit"]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    settings = scratch / "fixit.toml"  # what the packages say of Fixit, if anything, is not asked
    settings.write_text("[tool.fixit]\nroot = true\n")
    return [str(home / "bin" / "fixit"), "--quiet", "--config-file", str(settings), "--rules", RULE, "lint"]


def _sampled(tree: Path, every: int, scratch: Path) -> Path:
    """A tree of links to the files of every so many folders."""
    made = scratch / "sample"
    made.mkdir(parents=True)
    for folder in _folders(tree)[::every]:
        shutil.copytree(folder, made / folder.name, copy_function=_linked, symlinks=True)
    time.sleep(0.2)  # a cache does not trust what was made just now
    return made


def _folders(tree: Path) -> list[Path]:
    """The folders of a tree, by name; a cache is none."""
    return sorted(path for path in tree.iterdir() if path.is_dir() and not path.name.startswith("."))


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def main() -> None:
    """Measure what the options say and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument(
        "--packages", type=Path, nargs="+", metavar="LIST", help="the packages of these lists as a tree"
    )
    parser.add_argument("--first", type=int, metavar="N", help="only the first N packages of the lists")
    parser.add_argument("--folder", type=Path, help="where packages are unpacked; default: thrown away afterwards")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every N-th folder of the tree only")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=200, help="files of the smallest made-up tree")
    parser.add_argument("--fixit", type=int, metavar="N", help="also Fixit, once, on every N-th folder of the tree")
    parser.add_argument("--fixit-venv", help="where Fixit is installed, or to be; default: thrown away afterwards")
    parser.add_argument("--table", type=Path, help="write the tables to this file as well")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed tool is compiled
    with tempfile.TemporaryDirectory(prefix="linter_speed_") as name:
        scratch = Path(name)
        os.environ["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
        own = str(Path(__file__).parents[1] / "src")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
        compileall.compile_dir(own, quiet=2)
        parts = [
            f"# Speed of the linter\n\n`python benchmarks/linter_speed.py`, medians of {options.rounds} rounds; {_machine()}.\n"
        ]
        tree = _tree(scratch, options)
        if tree is not None:
            parts += on_tree(tree, scratch, options)
        if tree is not None and options.fixit:
            parts += against_fixit(tree, scratch, options)
        parts += made_up(scratch, options)
    text = "\n".join(parts)
    sys.stdout.write(text)
    if options.table:
        options.table.write_text(text)


def _tree(scratch: Path, options: argparse.Namespace) -> Path | None:
    """The tree to measure on: packages that are fetched, the one that is named, or none."""
    tree = options.tree
    if options.packages:
        tree = options.folder or scratch / "packages"
        fetch(options.packages, tree, options.first)
    if tree is not None and options.sample > 1:
        tree = _sampled(tree, options.sample, scratch)
    return tree.resolve() if tree is not None else None


def _machine() -> str:
    ruff = subprocess.run([_ruff(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{ruff}, Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}"


if __name__ == "__main__":
    main()
