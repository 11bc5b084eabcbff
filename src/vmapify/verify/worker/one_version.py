"""Run one version in a process that never runs the other, and hand over what it gave as plain data."""

from __future__ import annotations

import base64
import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .calling import attribute_of, inputs_of, module_of, told
from .channel import Channel
from .functions import RESULT, guessed_lanes
from .inputs import SEED
from .late_callbacks import LEFTOVERS
from .observe import observe
from .record import checksum
from .sampling import redraw
from .scripts import Script
from .settings import carried, chosen_device, compilation_cache
from .value_tree.leaves import leaves
from .value_tree.rebuild import convert

if TYPE_CHECKING:
    from .observe import Call, Outcome
    from .plan import Plan
    from .value_tree.leaves import Leaf

MAX_BYTES = 2**25
"""Bytes of results that are handed over."""


def run_alone(plan: Plan) -> None:
    """Run the version that the plan names: a function on fresh inputs before those that are given, or a file."""
    channel = Channel(plan)
    channel.send("begin", site=0)
    _, trouble = attempt(lambda: _cases(plan, channel))
    if trouble is not None:
        channel.send("problem", text=told(trouble))
    channel.send("end", site=0)


def _cases(plan: Plan, channel: Channel) -> None:
    call = plan.call
    device = chosen_device(plan.device)
    with carried(None if isinstance(device, str) else device)():
        if call["kind"] == "script":
            _send(channel, "as it is", Script(call["place"], ()), {})
            return
        # the inputs first, on which what is to be judged then has no influence
        sys.path.insert(0, call["place"]["root"])
        given = [{"args": args, "kwargs": kwargs} for args, kwargs in inputs_of(*call["inputs"])]
        function = attribute_of(module_of(call["place"]), call["function"], call["place"]["file"])
        version = functools.partial(_called, function)
        for number, inputs in enumerate(given, start=1):
            fresh, error = attempt(functools.partial(convert, inputs, redraw(np.random.default_rng(SEED))))
            if error is None:
                _send(channel, f"fresh {number}", version, fresh)
            _send(channel, f"given {number}", version, inputs)


def _called(function: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {RESULT: function(*inputs["args"], **inputs["kwargs"])}


def _send(channel: Channel, case: str, call: Call, inputs: dict[str, Any]) -> None:
    known = checksum([leaf for name, value in inputs.items() for leaf in leaves(name, value)])
    with LEFTOVERS.contained(spared=compilation_cache()):
        outcome = observe(call, inputs)
    lanes = guessed_lanes(outcome.values[RESULT], inputs) if RESULT in outcome.values and inputs else {}
    channel.send("outcome", site=0, case=case, outcome={"inputs": known, "lanes": lanes, **_plain(outcome)})


def _plain(outcome: Outcome) -> dict[str, Any]:
    size = sum(leaf.data.nbytes for leaf in outcome.all_leaves() if isinstance(leaf.data, np.ndarray))
    return {
        "large": size > MAX_BYTES,
        "error": type(outcome.error).__name__ if outcome.error is not None else None,
        "refused": outcome.refused,
        "stdout": outcome.stdout,
        "outputs": {name: [_leaf(leaf) for leaf in part] for name, part in outcome.outputs.items()}
        if size <= MAX_BYTES
        else {},
        "arguments": [_leaf(leaf) for leaf in outcome.arguments] if size <= MAX_BYTES else [],
    }


def _leaf(leaf: Leaf) -> list[Any]:
    """Path, label, kind, weak type, and of arrays type, shape and bytes; other exact values by their text."""
    data = leaf.data
    place = [leaf.path, leaf.label, leaf.kind, leaf.weak]
    if leaf.kind in {"inexact", "exact"} and isinstance(data, np.ndarray):
        raw = [data.dtype.str if data.dtype.kind != "V" else data.dtype.name, list(data.shape)]
        return [*place, [*raw, base64.b64encode(data.tobytes()).decode("ascii")]]
    return [*place, repr(data) if leaf.kind == "exact" else None]
