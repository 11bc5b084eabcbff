"""Find the interpreter whose packages the user's code needs."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.verify.options import VerifyOptions

PROBE = "import importlib.util as u, sys; sys.exit(0 if u.find_spec('jax') and u.find_spec('numpy') else 9)"


def chosen_python(options: VerifyOptions) -> str:
    """``options.python``, else the active virtual environment's if it has JAX, else this interpreter."""
    if options.python is not None:
        return options.python
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        candidate = str(Path(environment) / "bin" / "python")
        if why_unusable(candidate) is None:
            return candidate
    return sys.executable


@functools.cache
def why_unusable(python: str) -> str | None:
    """One line that says why the interpreter cannot judge anything; None if it can."""
    try:
        code = subprocess.run([python, "-c", PROBE], capture_output=True, check=False, timeout=60).returncode  # noqa: S603 (the user's interpreter)
    except OSError as error:
        return f"{python} cannot be started ({error.strerror}); pass another --python"
    except subprocess.TimeoutExpired:
        return f"{python} does not answer; pass another --python"
    if code == 0:
        return None
    return f"{python} has no JAX; install jax into it or pass --python"
