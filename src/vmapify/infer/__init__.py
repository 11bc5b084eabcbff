"""Abstract evaluation: what names stand for, and what would go wrong if some values were tracers.

One mechanism answers both questions the tool asks of code. Before a loop it tells kinds, shapes and lengths
(``xs`` is an array of ``n`` rows). In the loop it runs the body, and every function the body calls, with the
per-lane values marked as traced, and records an `Event` wherever tracing would fail, an effect would be lost or
something cannot be known. Nothing is imported or executed.
"""

from vmapify.infer.callables import ClassTarget, External, Frame, Function, Method, Transformed
from vmapify.infer.events import Event
from vmapify.infer.inner_scopes import scope_of
from vmapify.infer.linear_forms import Linear
from vmapify.infer.machine import Machine
from vmapify.infer.modules import Modules
from vmapify.infer.project import Project
from vmapify.infer.seen_values import ALIKE, paths, taught
from vmapify.infer.value import ARRAYS, LEAVES, ROW, Assumed, Kind, Value, holds_tracer, join

__all__ = [
    "ALIKE",
    "ARRAYS",
    "LEAVES",
    "ROW",
    "Assumed",
    "ClassTarget",
    "Event",
    "External",
    "Frame",
    "Function",
    "Kind",
    "Linear",
    "Machine",
    "Method",
    "Modules",
    "Project",
    "Transformed",
    "Value",
    "holds_tracer",
    "join",
    "paths",
    "scope_of",
    "taught",
]
