"""Runs at the start of every interpreter of the workload, because its folder leads PYTHONPATH.

First the ``sitecustomize`` that this one hides, then the hook that watches the sites.
"""

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "_vmapify_worker"
"""Name under which the worker folder is imported in the user's interpreter."""


def chain_load() -> None:
    """Run the next ``sitecustomize`` on the path, if there is one."""
    elsewhere = [entry for entry in sys.path if not entry or Path(entry).resolve() != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def load_worker() -> None:
    """Import the worker folder by path, as a package of its own, and start watching."""
    folder = HERE.parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        return
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    if "VMAPIFY_VERIFY_WAIT" not in os.environ:
        importlib.import_module(f"{PACKAGE}.watch").start()


chain_load()
if os.environ.get("VMAPIFY_VERIFY_PLAN"):
    load_worker()
