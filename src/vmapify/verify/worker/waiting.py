"""A child that was started before anybody knew what it is to judge: it loads JAX, then waits for its plan.

JAX is loaded before the user's modules in any child that calls functions on made-up arguments, and no device is touched.
Nothing of the user's runs before the plan has come; one that should have been loaded in the place of what JAX needs, for it
stands in the working directory, is left to a child that is started anew.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from .channel import Channel
from .plan import plan_from_environment
from .watch import start

PACKAGE = __name__.partition(".")[0]
LOADED = ("jax.numpy", f"{PACKAGE}.arrival", f"{PACKAGE}.synthesis.reach")


def wait(descriptor: int) -> None:
    """Load JAX and wait for the plan; end where none comes, or one for which this process will not do."""
    before = set(sys.modules)
    for name in LOADED:
        importlib.import_module(name)
    loaded = {name.partition(".")[0] for name in sys.modules.keys() - before}
    with os.fdopen(descriptor, "rb") as pipe:
        told = pipe.readline()
    plan = plan_from_environment() if told else None
    if plan is None or loaded & _modules("."):
        os._exit(0)
    Channel(plan).send("ready")
    start()


def _modules(folder: str) -> set[str]:
    """The names under which a folder on ``sys.path`` has modules, and folders that may be packages."""
    return {entry.name.partition(".")[0] for entry in Path(folder).iterdir()}
