"""A child that is started before it is known what there is to judge: it loads JAX meanwhile, and nothing else."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.verify import workload as workloads
from vmapify.verify.interpreter import chosen_python
from vmapify.verify.process import Child, kill_group

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.workload import Workload

WAIT_VARIABLE = "VMAPIFY_VERIFY_WAIT"
"""Number of the descriptor on which such a child hears of its plan."""


class Spare:
    """At most one such child; leaving the context ends it if nobody has taken it.

    It can only call functions on made-up arguments: scripts, tests and the user's own commands load JAX when they like.
    """

    def __init__(self, options: VerifyOptions) -> None:
        self._options = options
        self._waiting: Waiting | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._waiting is not None:
            with self._waiting:
                pass

    def begin(self) -> None:
        """Start it, where what is to be judged may need it."""
        options = self._options
        if self._waiting is None and options.run is None and options.inputs is None and options.runner is None:
            with contextlib.suppress(OSError):
                self._waiting = Waiting(options, chosen_python(options))

    def taken(self, workload: Workload) -> Waiting | None:
        """The child, for a workload that it can run; from now on it is the caller's."""
        waiting = self._waiting
        if waiting is None or not waiting.fits(workload):
            return None
        self._waiting = None
        return waiting


class Waiting:
    """A running child without a plan; it ends by itself if this process does. Raises OSError if it cannot be started.

    As a context it is the folder where its plan is expected; leaving that ends it.
    """

    def __init__(self, options: VerifyOptions, python: str) -> None:
        self._workload = workloads.made_up([], python)
        self._directory = tempfile.TemporaryDirectory(prefix="vmapify-")
        self.plan = Path(self._directory.name) / workloads.PLAN
        environment = workloads.environment(self._workload, self.plan, options, python)
        heard, self._tell = os.pipe()
        try:
            self.child = Child(self._workload.command, environment | {WAIT_VARIABLE: str(heard)}, (heard,))
        except OSError:
            os.close(self._tell)
            self._directory.cleanup()
            raise
        finally:
            os.close(heard)

    def __enter__(self) -> str:
        return self._directory.name

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._tell)
        kill_group(self.child.process)
        self.child.close()
        self._directory.cleanup()

    def fits(self, workload: Workload) -> bool:
        """Whether it is still there, and what a child of that workload would be."""
        ours = self._workload
        same = (workload.command, workload.variables, workload.roots) == (ours.command, ours.variables, ours.roots)
        return same and workload.call.get("mode") == ours.call["mode"] and self.child.process.poll() is None

    def go(self) -> None:
        """Tell it that its plan is there."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._tell, b"plan\n")
