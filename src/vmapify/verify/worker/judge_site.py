"""From a frame that reached a site to a report."""

from __future__ import annotations

import contextvars
import dataclasses
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .compare import named
from .evidence import inconclusive
from .fingerprint import Fingerprint, fingerprint
from .functions import function_pair
from .inputs import Tell, agree_at_a_glance, judge_values, plain
from .late_callbacks import LEFTOVERS
from .pair import Budget
from .reached import places_of_names
from .record import record
from .region import live_values, make_pair, named_around
from .sampling import concrete
from .settings import carried, chosen_device, compilation_cache
from .tracing import differentiated, seen_through, transformations
from .value_tree.rebuild import convert
from .wall import JUDGED

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from .pair import Pair
    from .plan import Plan, SitePlan
    from .progress import Depth, Progress

PASSED = frozenset(("identical", "equivalent"))
TRACED = "; only abstract values were seen (the loop runs inside {})"
RECORDED = "; recorded inside {}{}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that reached a site, with what is alive there, and how closely to judge it.

    ``trouble`` is what went wrong on looking at it.
    """

    site: SitePlan
    frame: FrameType
    values: dict[str, Any]
    found: Fingerprint
    depth: Depth
    trouble: BaseException | None = None


def look(site: SitePlan, frame: FrameType, progress: Progress) -> Arrival | None:
    """The arrival; None where it teaches nothing new, or no time is left to tell."""
    if not progress.looking.left:
        progress.unseen += 1
        return None
    with progress.looking:
        arrival, error = attempt(lambda: _looked_at(site, frame, progress))
    if error is not None:
        arrival = Arrival(site, frame, {}, Fingerprint(f"trouble {error!r}", ""), "full", error)
        progress.depth(arrival.found)
    assert isinstance(arrival, Arrival)
    return None if arrival.depth == "none" else arrival


def _looked_at(site: SitePlan, frame: FrameType, progress: Progress) -> Arrival:
    values = live_values(site, frame)
    around = places_of_names(frame.f_globals, *named_around(site, values))
    found = fingerprint(values, around, progress.identities)
    return Arrival(site, frame, values, found, progress.depth(found))


def judge_arrival(
    arrival: Arrival, plan: Plan, progress: Progress, tell: Tell, keep: Tell | None
) -> dict[str, Any] | None:
    """The report on this arrival; None if a glance at it taught nothing new.

    ``keep`` gets the inputs as plain data, if they are wanted.
    """
    with LEFTOVERS.contained(spared=compilation_cache()):
        report, error = attempt(lambda: _judged(arrival, plan, progress, tell, keep))
    if error is not None:
        report = plain(inconclusive(f"could not be judged: {named(error)}"), plan.inputs)
    assert report is None or isinstance(report, dict)
    if report is not None:
        progress.note(arrival.found, report["verdict"], report["reason"], agreed=report["verdict"] in PASSED)
    return report


def _judged(arrival: Arrival, plan: Plan, progress: Progress, tell: Tell, keep: Tell | None) -> dict[str, Any] | None:
    device = chosen_device(plan.device)
    if arrival.trouble is not None:
        raise arrival.trouble
    if isinstance(device, str):
        return plain(inconclusive(device), plan.inputs)
    site, frame, values = arrival.site, arrival.frame, arrival.values
    pair = make_pair(site, frame, values)
    pair = dataclasses.replace(pair, gradients=differentiated(values) or site.differentiated)
    around = transformations(values)
    settings = carried(device)

    def judge() -> dict[str, Any] | None:
        with settings():
            seen = convert(values, seen_through)
            given = convert(seen, concrete(np.random.default_rng(0)))
            if arrival.depth == "glance" and _agrees_at_a_glance(pair, given, progress):
                return None
            abstract = any(given[name] is not seen[name] for name in values)
            kind = "synthesized" if abstract else plan.inputs
            if keep is not None:
                space, owner = frame.f_globals, frame.f_locals.get("__class__")
                keep(record(given, str(space.get("__name__")), owner, (frame.f_code.co_filename,)))
            measure = dataclasses.replace(plan.measure, traced=abstract)
            known = progress.passed(arrival.found)
            report = judge_values(pair, given, kind, Budget(plan.seconds / 2), tell, measure, known)
            return {**report, "reason": report["reason"] + _note(around, abstract=abstract)}

    return _in_fresh_thread(judge)


def _agrees_at_a_glance(pair: Pair, given: dict[str, Any], progress: Progress) -> bool:
    with progress.glancing:
        return agree_at_a_glance(pair, given)


def _note(around: tuple[str, ...], *, abstract: bool) -> str:
    """Where the loop ran, if not by itself."""
    if not around:
        return ""
    if abstract:
        return TRACED.format(" and ".join(around))
    return RECORDED.format(" and ".join(around), " (its first example)" if "jax.vmap" in around else "")


def judge_functions(
    before: Callable[..., Any], after: Callable[..., Any], inputs: dict[str, Any], plan: Plan, tell: Tell
) -> dict[str, Any]:
    """The report on two versions of a function on one set of arguments (``args`` and ``kwargs``)."""

    return judge_pair(function_pair(before, after), inputs, plan, tell)


def judge_pair(pair: Pair, inputs: dict[str, Any], plan: Plan, tell: Tell) -> dict[str, Any]:
    """The report on two versions of anything on one set of inputs, on the device that the plan names."""

    def judge() -> dict[str, Any]:
        device = chosen_device(plan.device)
        if isinstance(device, str):
            return plain(inconclusive(device), plan.inputs)
        with carried(device)():
            return judge_values(pair, inputs, plan.inputs, Budget(plan.seconds / 2), tell, plan.measure)

    with LEFTOVERS.contained(spared=compilation_cache()):
        report, error = attempt(judge)
    if error is not None:
        return plain(inconclusive(f"could not be judged: {named(error)}"), plan.inputs)
    assert isinstance(report, dict)
    return report


def _in_fresh_thread(call: Callable[[], dict[str, Any] | None]) -> dict[str, Any] | None:
    """Run ``call`` where no JAX trace is active: the trace state belongs to the thread."""
    outcome: list[tuple[Any, BaseException | None]] = []
    context = contextvars.copy_context()

    def run() -> None:
        JUDGED.add(threading.get_ident())
        outcome.append(attempt(lambda: context.run(call)))
        JUDGED.discard(threading.get_ident())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    report, error = outcome[0]
    if error is not None:
        raise error
    assert report is None or isinstance(report, dict)
    return report
