"""Run both versions of a rewrite in a child process and judge whether they agree.

The parent never imports jax, numpy or user code; the child's side is the ``worker`` folder.
"""

import sys
from types import ModuleType
from typing import Any

import vmapify
from vmapify.verify.bundle import Entry, read_bundle, write_bundle
from vmapify.verify.combine_reports import folded
from vmapify.verify.early_check import try_options
from vmapify.verify.functions import judge_files, judge_functions
from vmapify.verify.interpreter import choice, usable_python
from vmapify.verify.judge_bundle import judge_again
from vmapify.verify.observe_sites import observe_sites
from vmapify.verify.options import VerifyOptions
from vmapify.verify.rerun import Difference, Footprint, Ran, apart, differences, is_telling, run_again
from vmapify.verify.sites import Stored, judge_sites
from vmapify.verify.timing import Spent, Timed, time_loops
from vmapify.verify.warm_child import Spare
from vmapify.verify.workload import Changed, module_name, plain_site

__all__ = [
    "Changed",
    "Difference",
    "Entry",
    "Footprint",
    "Ran",
    "Spare",
    "Spent",
    "Stored",
    "Timed",
    "VerifyOptions",
    "apart",
    "choice",
    "differences",
    "folded",
    "is_telling",
    "judge_again",
    "judge_files",
    "judge_functions",
    "judge_sites",
    "module_name",
    "observe_sites",
    "plain_site",
    "read_bundle",
    "run_again",
    "time_loops",
    "try_options",
    "usable_python",
    "write_bundle",
]


class _Verify(ModuleType):
    """This package, which is also the function ``vmapify.verify``: a package's attribute is its submodule once that is loaded."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the function."""
        return vmapify.public("verify")(*args, **kwargs)


sys.modules[__name__].__class__ = _Verify
