"""Find the interpreter whose packages the user's code needs."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.verify.elsewhere import answer

if TYPE_CHECKING:
    from vmapify.verify.options import VerifyOptions

PROBE = "import importlib.util as u; print('found' if u.find_spec('jax') and u.find_spec('numpy') else 'missing')"


def chosen_python(options: VerifyOptions) -> str:
    """``options.python``, else the active virtual environment's if it has JAX, else this interpreter."""
    if options.python is not None:
        return options.python
    if options.runner is not None:
        return "python3"
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        candidate = str(Path(environment) / "bin" / "python")
        if why_unusable(candidate) is None:
            return candidate
    return sys.executable


@functools.cache
def why_unusable(python: str, runner: str | None = None) -> str | None:
    """One line that says why the interpreter (behind the runner) cannot judge anything; None if it can."""
    name, option = (python, "--python") if runner is None else (f"{runner} {python}", "--runner or --python")
    try:
        printed, code, said = answer(runner or "", python, PROBE, 60)
    except OSError as error:
        return f"{name} cannot be started ({error.strerror}); pass another {option}"
    except subprocess.TimeoutExpired:
        return f"{name} does not answer; pass another {option}"
    if printed == "missing":
        return f"{name} has no JAX; install jax into it or pass --python"
    return (
        None if printed == "found" else f"{name} does not run ({said or f'exit status {code}'}); pass another {option}"
    )
