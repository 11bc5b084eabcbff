"""From a frame that reached a site to a report."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import jax
import numpy as np

from .attempt import attempt
from .compare import named
from .draws import concrete, signature
from .evidence import inconclusive
from .inputs import Tell, judge_values, plain
from .pair import Budget
from .plan import Plan, SitePlan
from .rebuild import convert
from .region import live_values, make_pair

TRACED = "; only abstract values were seen (the loop runs inside a JAX transformation)"


def judge_arrival(
    site: SitePlan, frame: FrameType, plan: Plan, seen: set[str], tell: Tell
) -> dict[str, Any] | None:
    """The report on this arrival; None if one with the same shapes and types was judged before."""
    report, error = attempt(lambda: _judged(site, frame, plan, seen, tell))
    if error is not None:
        return plain(inconclusive(f"could not be judged: {named(error)}"), plan.inputs)
    assert report is None or isinstance(report, dict)
    return report


def _judged(
    site: SitePlan, frame: FrameType, plan: Plan, seen: set[str], tell: Tell
) -> dict[str, Any] | None:
    device = chosen_device(plan.device)
    values = live_values(site, frame)
    key = signature(values)
    if key in seen:
        return None
    seen.add(key)
    if isinstance(device, str):
        return plain(inconclusive(device), plan.inputs)
    pair = make_pair(site, frame, values)
    settings = _settings(device)

    def judge() -> dict[str, Any]:
        with settings():
            given = convert(values, concrete(np.random.default_rng(0)))
            abstract = any(given[name] is not values[name] for name in values)
            kind = "synthesized" if abstract else plan.inputs
            report = judge_values(pair, given, kind, Budget(plan.seconds / 2), tell)
            note = TRACED if abstract else ""
            return report | {"reason": report["reason"] + note}

    return _in_fresh_thread(judge)


def chosen_device(wanted: str | None) -> Any:
    """The device asked for ('gpu', 'cuda:1'), None for the default one, or a line saying that it is missing."""
    if wanted is None:
        return None
    platform, _, index = wanted.partition(":")
    devices, error = attempt(lambda: jax.devices(platform))
    number = int(index) if index.isdigit() else 0
    if error is not None or number >= len(devices):
        here = ", ".join(sorted({f"{device.platform}:{device.id}" for device in jax.devices()}))
        return f"device {wanted!r} was asked for, but JAX here has only {here}"
    return devices[number]


def _settings(device: Any) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """The calling thread's JAX settings that change numbers, to be entered in another thread."""
    x64, precision = jax.config.jax_enable_x64, jax.config.jax_default_matmul_precision
    default = device if device is not None else jax.config.jax_default_device

    @contextlib.contextmanager
    def enter() -> Iterator[None]:
        with jax.enable_x64(x64), jax.default_matmul_precision(precision), jax.default_device(default):
            yield

    return enter


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
