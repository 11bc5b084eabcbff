"""Run both versions of a rewrite in a child process and judge whether they agree.

The parent never imports jax, numpy or user code; the child's side is the ``worker`` folder.
"""

from vmapify.verify.functions import judge_files, judge_functions
from vmapify.verify.options import VerifyOptions
from vmapify.verify.sites import judge_sites
from vmapify.verify.workload import Changed

__all__ = ["Changed", "VerifyOptions", "judge_files", "judge_functions", "judge_sites"]
