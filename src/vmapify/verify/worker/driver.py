"""The program of a child that calls a function itself, on a file's sites or in two versions, or runs a notebook.

Run as a script; the interpreter has loaded the hook before, as for every workload.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

PACKAGE = "_vmapify_worker"
MODES = {
    "sites": ("calling", "call_sites"),
    "functions": ("calling", "call_functions"),
    "scripts": ("scripts", "judge_scripts"),
    "notebook": ("notebook", "run_notebook"),
    "bundle": ("replay", "judge_bundle"),
    "alone": ("one_version", "run_alone"),
    "compare": ("compare_processes", "compare_cases"),
    "made-up": ("synthesis.reach", "call_made_up"),
}


def main() -> None:
    """Hand over to the mode that the plan names, once there is one."""
    del sys.path[0]
    awaited = os.environ.pop("VMAPIFY_VERIFY_WAIT", None)
    if awaited is not None:
        importlib.import_module(f"{PACKAGE}.waiting").wait(int(awaited))
    sys.path.insert(0, "")
    plan = importlib.import_module(f"{PACKAGE}.plan").read_plan(os.environ["VMAPIFY_VERIFY_PLAN"])
    module, function = MODES[plan.call["mode"]]
    getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)(plan)
    importlib.import_module(f"{PACKAGE}.channel").Channel(plan).send("over")


if __name__ == "__main__":
    assert Path(__file__).name == "driver.py"
    main()
