"""Run with the interpreter of an environment that holds vmapify without extras: what works there, and what is said.

Usage: ``python tests/bare_install.py FILE``, with a file that has a loop to rewrite. Exit status 1 names what does not hold.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXPECTED = {
    ("check", "model.py"): (1, ""),
    ("rule", "VM101"): (0, ""),
    ("fix", "model.py"): (2, "no interpreter with JAX was found"),
    ("bench", "model.py"): (2, "no interpreter with JAX was found"),
    ("verify", "model.py", "other.py"): (2, "no interpreter with JAX was found"),
}


def main(file: Path) -> None:
    """Try the commands on a copy of ``file``, outside of any project."""
    for name in ("jax", "jaxlib", "numpy"):
        if importlib.util.find_spec(name) is not None:
            sys.exit(f"{name} came along")
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(file, Path(folder) / "model.py")
        Path(folder, "other.py").write_text(file.read_text(encoding="utf-8").replace("0.05", "0.06"), encoding="utf-8")
        for words, (code, said) in EXPECTED.items():
            command = [sys.executable, "-m", "vmapify", *words]
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
            )
            if done.returncode != code or said not in done.stderr or "Traceback" in done.stderr:
                sys.exit(f"{' '.join(words)}: exit code {done.returncode}, not {code}\n{done.stderr}")
            if said and len(done.stderr.splitlines()) != 1:
                sys.exit(f"{' '.join(words)}: more than one line\n{done.stderr}")
    print("without JAX: check and rule work; fix, verify and bench say how to get it")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
