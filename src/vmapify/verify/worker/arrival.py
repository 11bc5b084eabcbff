"""From a frame that reached a site to a report."""

from __future__ import annotations

import contextvars
import dataclasses
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .compare import named
from .draws import concrete
from .evidence import inconclusive
from .functions import function_pair
from .inputs import Tell, judge_values, plain
from .leftover import LEFTOVERS
from .pair import Budget
from .rebuild import convert
from .record import record
from .region import live_values, make_pair
from .settings import carried, chosen_device, compilation_cache
from .survey import kinds, signature
from .tracing import differentiated, seen_through, transformations

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from .pair import Pair
    from .plan import Plan, SitePlan
    from .watch import Progress

PASSED = frozenset(("identical", "equivalent"))
TRACED = "; only abstract values were seen (the loop runs inside {})"
RECORDED = "; recorded inside {}{}"


def judge_arrival(
    site: SitePlan, frame: FrameType, plan: Plan, progress: Progress, tell: Tell, keep: Tell | None
) -> dict[str, Any] | None:
    """The report on this arrival; None if one with the same shapes and types was judged before.

    ``keep`` gets the inputs as plain data, if they are wanted.
    """
    with LEFTOVERS.contained(spared=compilation_cache()):
        report, error = attempt(lambda: _judged(site, frame, plan, progress, tell, keep))
    if error is not None:
        return plain(inconclusive(f"could not be judged: {named(error)}"), plan.inputs)
    assert report is None or isinstance(report, dict)
    return report


def _judged(
    site: SitePlan, frame: FrameType, plan: Plan, progress: Progress, tell: Tell, keep: Tell | None
) -> dict[str, Any] | None:
    device = chosen_device(plan.device)
    values = live_values(site, frame)
    key, form = signature(values), kinds(values)
    if key in progress.seen:
        return None
    progress.seen.add(key)
    if isinstance(device, str):
        return plain(inconclusive(device), plan.inputs)
    pair = make_pair(site, frame, values)
    pair = dataclasses.replace(pair, gradients=differentiated(values) or site.differentiated)
    around = transformations(values)
    settings = carried(device)

    def judge() -> dict[str, Any]:
        with settings():
            seen = convert(values, seen_through)
            given = convert(seen, concrete(np.random.default_rng(0)))
            abstract = any(given[name] is not seen[name] for name in values)
            kind = "synthesized" if abstract else plan.inputs
            if keep is not None:
                space, owner = frame.f_globals, frame.f_locals.get("__class__")
                keep(record(given, str(space.get("__name__")), owner, (frame.f_code.co_filename,)))
            measure = dataclasses.replace(plan.measure, traced=abstract)
            known = progress.passed.get(form)
            report = judge_values(pair, given, kind, Budget(plan.seconds / 2), tell, measure, known)
            if report["verdict"] in PASSED:
                progress.passed[form] = report["verdict"], report["reason"]
            return report | {"reason": report["reason"] + _note(around, abstract=abstract)}

    return _in_fresh_thread(judge)


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


def _in_fresh_thread(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run ``call`` where no JAX trace is active: the trace state belongs to the thread."""
    outcome: list[tuple[Any, BaseException | None]] = []
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: outcome.append(attempt(lambda: context.run(call))), daemon=True)
    thread.start()
    thread.join()
    report, error = outcome[0]
    if error is not None:
        raise error
    assert isinstance(report, dict)
    return report
