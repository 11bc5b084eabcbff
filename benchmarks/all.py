"""Every figure of this folder, by one command.

    python benchmarks/all.py --cases cases.jsonl            # hours: all of it, packages and tools fetched from PyPI
    python benchmarks/all.py --cases cases.jsonl --quick    # minutes: a little of each, to see that all of them run
    python benchmarks/all.py --only linter_speed,linter_speed_larger

Tables and what the scripts say go to a folder, ``benchmark_tables`` unless ``--out`` names another. Without a catalogue
of before/after pairs (``--cases``, see cases_verdicts.py) what needs one is left out, and said so. Exit 1 if a script fails.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of a script: its name here, the script, its words for the whole and for a little of it.

    ``{out}`` stands for the folder of the tables, ``{cases}`` for the catalogue.
    """

    name: str
    script: str
    words: str
    quick: str

    def command(self, options: argparse.Namespace) -> list[str] | None:
        """What to run; None where it needs a catalogue and there is none."""
        words = self.quick if options.quick else self.words
        if "{cases}" in words and options.cases is None:
            return None
        places = {"out": options.out, "cases": options.cases, "here": HERE}
        return [sys.executable, str(HERE / self.script), *(word.format(**places) for word in shlex.split(words))]


_PACKAGES = "--packages {here}/packages.txt --folder {out}/packages --table {out}/linter_speed.md"
_LARGER = (
    "--packages {here}/packages.txt {here}/more_packages.txt --folder {out}/more_packages "
    "--table {out}/linter_speed_larger.md"
)
ALL = (
    Figures("linter_speed", "linter_speed.py", f"{_PACKAGES} --fixit 8", f"{_PACKAGES} --first 2 --rounds 1 --files 5"),
    Figures(
        "linter_speed_larger",
        "linter_speed.py",
        _LARGER,
        f"{_LARGER} --first 3 --rounds 1 --files 5 --sample 2 --fixit 1",
    ),
    Figures("verifier_cost", "verifier_cost.py", "--sites 50", "--sites 4"),
    Figures("profile_overhead", "profile_overhead.py", "--repeat 200", "--repeat 5"),
    Figures(
        "safe_programs",
        "safe_programs.py",
        "--keep {out}/safe_and_wrong --table {out}/safe_programs.md",
        "--count 60 --table {out}/safe_programs.md",
    ),
    Figures("cases_verdicts", "cases_verdicts.py", "{cases}", "{cases} P001 N001"),
    Figures(
        "written_code",
        "written_code.py",
        "{cases} --table {out}/written_code.md",
        "{cases} --only P001 --table {out}/written_code.md",
    ),
    Figures(
        "right_rewrites",
        "right_rewrites.py",
        "--cases {cases} --table {out}/right_rewrites.md",
        "--only lorenz --part 1/8 --table {out}/right_rewrites.md",
    ),
    Figures(
        "mutation_score",
        "mutation_score.py",
        "--cases {cases} --table {out}/mutation_score.md",
        "--only affine --every 20 --table {out}/mutation_score.md",
    ),
)


def measured(figures: Figures, options: argparse.Namespace) -> bool:
    """Run it, keep what it says, and tell how it went; whether it went well."""
    command = figures.command(options)
    if command is None:
        sys.stdout.write(f"{figures.name}: left out, it needs --cases\n")
        return True
    start = time.monotonic()
    place = options.out / f"{figures.name}.log"
    with place.open("w") as log:
        code = subprocess.run(command, check=False, stdout=log, stderr=subprocess.STDOUT).returncode
    how = "done" if code == 0 else f"exit {code}"
    sys.stdout.write(f"{figures.name}: {how} in {time.monotonic() - start:.0f} s, see {place}\n")
    sys.stdout.flush()
    return code == 0


def main() -> None:
    """Measure all of it, or what the options say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="a catalogue of before/after pairs, as for cases_verdicts.py")
    parser.add_argument("--out", type=Path, default=Path("benchmark_tables"), help="where the tables go")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"some of {', '.join(one.name for one in ALL)}")
    parser.add_argument("--quick", action="store_true", help="a little of each")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in options.only.split(",") if name]
    if unknown := set(wanted) - {one.name for one in ALL}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    results = [measured(one, options) for one in ALL if not wanted or one.name in wanted]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
