"""Find the interpreter whose packages the user's code needs."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.verify.runner import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.verify.options import VerifyOptions

PROBE = "import importlib.util as u; print('found' if u.find_spec('jax') and u.find_spec('numpy') else 'missing')"
NO_JAX = "has no JAX"
GET_JAX = "pip install 'vmapify[run]' brings it; or name the interpreter that your code runs with: --python PATH"
NO_POSIX = (
    "running code needs process groups, as Linux, macOS and WSL have them; "
    "on this system `check`, `rule` and `fix --unverified` work"
)
LAYOUTS = ("bin/python", "Scripts/python.exe", "python.exe")
"""Where environments keep their interpreter: POSIX, Windows, conda on Windows."""
HOOK_CACHES = {"pre-commit", "prek"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """An interpreter, why it was taken, and those of a higher rank that have no JAX, each with what is wrong with it."""

    python: str
    why: str
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join([f"{self.python} ({self.why})", *(f"not {one}" for one in self.skipped)])


def chosen_python(options: VerifyOptions) -> str:
    """The interpreter that judges."""
    return choice(options).python


def usable_python(options: VerifyOptions) -> Chosen:
    """The interpreter that judges, and why it is this one.

    Raises ConfigError where none was named and none has JAX, or where this system cannot run children as they have to be.
    """
    if os.name != "posix":
        raise ConfigError(NO_POSIX)
    chosen = choice(options)
    if options.python is None and options.runner is None and fault(chosen.python) is not None:
        tried = ", ".join([*chosen.skipped, f"{chosen.python} ({chosen.why})"])
        raise ConfigError(f"no interpreter with JAX was found (looked at {tried}); {GET_JAX}")
    return chosen


def choice(options: VerifyOptions) -> Chosen:
    """What the options name, else the first that has JAX: of the active environment, the project, conda, our own."""
    if options.python is not None:
        return Chosen(options.python, options.named("python"))
    if options.runner is not None:
        return Chosen("python3", f"behind {options.named('runner')}")
    skipped: list[str] = []
    for python, why in _found(options):
        problem = fault(python)
        if problem is None:
            return Chosen(python, why, tuple(skipped))
        skipped.append(f"{python} ({why}: it {problem})")
    return Chosen(sys.executable, "vmapify's own", tuple(skipped))


def _found(options: VerifyOptions) -> Iterator[tuple[str, str]]:
    active, conda = os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX")
    places = [(Path(active), "the active environment")] if active and not _of_a_hook(Path(active)) else []
    if options.start is not None:
        start, root = Path(options.start).resolve(), Path(options.root or options.start).resolve()
        places += [(folder / ".venv", "the project's environment") for folder in _up_to_project(start, root)]
    places += [(Path(conda), "CONDA_PREFIX")] if conda else []
    for place, why in places:
        python = python_in(place)
        if python is not None:
            yield python, why


def python_in(environment: Path) -> str | None:
    """The interpreter of an environment; None if there is none."""
    return next((str(environment / layout) for layout in LAYOUTS if (environment / layout).is_file()), None)


def _of_a_hook(environment: Path) -> bool:
    """Whether it is an environment that a runner of git hooks made for this tool alone."""
    ours = environment.resolve() == Path(sys.prefix).resolve()
    return ours and (environment.name.startswith("py_env-") or not HOOK_CACHES.isdisjoint(environment.parts))


def _up_to_project(start: Path, root: Path) -> tuple[Path, ...]:
    """The folders from ``start`` up to that of the repository, else of the settings, else of a pyproject.toml."""
    folders = (start, *start.parents)
    ends = [next((folder for folder in folders if (folder / ".git").exists()), None)]
    ends += [root if root in folders else None]
    ends += [next((folder for folder in folders if (folder / "pyproject.toml").is_file()), None)]
    last = next((end for end in ends if end is not None), start)
    return folders[: folders.index(last) + 1]


@functools.cache
def fault(python: str, runner: str | None = None) -> str | None:
    """What is wrong with the interpreter (behind the runner), as the end of a sentence; None if it can judge."""
    try:
        printed, code, said = answer(runner or "", python, PROBE, 60)
    except OSError as error:
        return f"cannot be started ({error.strerror})"
    except subprocess.TimeoutExpired:
        return "does not answer"
    if printed == "missing":
        return NO_JAX
    return None if printed == "found" else f"does not run ({said or f'exit status {code}'})"


def why_unusable(python: str, runner: str | None = None) -> str | None:
    """One line that says why the interpreter (behind the runner) cannot judge anything; None if it can."""
    name, option = (python, "--python") if runner is None else (f"{runner} {python}", "--runner or --python")
    problem = fault(python, runner)
    if problem is None:
        return None
    cure = "install jax into it or pass --python" if problem == NO_JAX else f"pass another {option}"
    return f"{name} {problem}; {cure}"
