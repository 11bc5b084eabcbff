"""The program of a child that calls a function itself: on a file's sites, or in two versions of a module.

Run as a script; the interpreter has loaded the hook before, as for every workload.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

PACKAGE = "_vmapify_worker"


def main() -> None:
    """Hand over to the mode that the plan names."""
    sys.path[0] = ""
    plan = importlib.import_module(f"{PACKAGE}.plan").read_plan(os.environ["VMAPIFY_VERIFY_PLAN"])
    mode = {"sites": "call_sites", "functions": "call_functions"}[plan.call["mode"]]
    getattr(importlib.import_module(f"{PACKAGE}.calling"), mode)(plan)


if __name__ == "__main__":
    assert Path(__file__).name == "driver.py"
    main()
