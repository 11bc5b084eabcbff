"""Judge again what a bundle holds: run its sources as far as needed, make its inputs, and ask the same judge."""

from __future__ import annotations

import dataclasses
import functools
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .calling import told
from .channel import Channel
from .evidence import inconclusive
from .inputs import judge_values, plain
from .judge_site import judge_functions, judge_pair
from .observe import observe
from .pair import Budget
from .plan import site_plan
from .region import make_pair
from .restore import AbsentError, DamagedError, Restore
from .scripts import Script, whole
from .settings import apply, carried, chosen_device
from .sources import Source, run_source

if TYPE_CHECKING:
    from .inputs import Tell
    from .plan import Plan


def judge_bundle(plan: Plan) -> None:
    """Judge every arrival of every entry; an entry that makes no sense is a problem of the file."""
    channel = Channel(plan)
    entries = plan.call["entries"]
    ran: dict[Any, Source] = {}
    for entry in entries:
        key = entry["key"]
        channel.send("begin", site=key)
        for arrival in entry["arrivals"]:
            tell = functools.partial(_provisional, channel, key)
            report, error = attempt(functools.partial(_report, entry, arrival, entries, plan, ran, tell))
            if isinstance(error, AbsentError):
                report = plain(inconclusive(str(error)), plan.inputs)
            elif error is not None:
                channel.send("problem", text=f"{entry['function'] or entry['path']}: {told(error)}")
                return
            channel.send("verdict", site=key, report=report)
        channel.send("end", site=key)


def _report(
    entry: dict[str, Any], arrival: dict[str, Any], entries: list[Any], plan: Plan, ran: dict[Any, Source], tell: Tell
) -> dict[str, Any]:
    apply(arrival["settings"])
    plan = dataclasses.replace(plan, inputs=arrival["kind"])
    device = chosen_device(plan.device)
    if isinstance(device, str):
        raise AbsentError(device)
    with carried(device)():
        judge = {"region": _region, "function": _function, "script": _script}[entry["kind"]]
        return judge(entry, arrival, entries, plan, ran, tell)


def _region(
    entry: dict[str, Any], arrival: dict[str, Any], entries: list[Any], plan: Plan, ran: dict[Any, Source], tell: Tell
) -> dict[str, Any]:
    name, text = arrival["module"], entry["before"]
    if (name, text) not in ran:
        ran.clear()  # the modules of another source are no longer those that are imported
        alike = [one for one in entries if one["kind"] == "region" and one["before"] == text]
        ran[name, text] = run_source(name, entry["path"], text, [site_plan(one["region"]) for one in alike])
    source = ran[name, text]
    if source.trouble is not None:
        raise AbsentError(source.trouble)
    values, owner = _restored(arrival, source, name)
    place: Any = types.SimpleNamespace(
        f_globals=source.space,
        f_locals={} if owner is None else {"__class__": owner},
        f_code=types.SimpleNamespace(co_flags=source.flags),
    )
    pair = make_pair(site_plan(entry["region"]), place, values)
    return judge_values(pair, values, plan.inputs, Budget(plan.seconds / 2), tell, plan.measure)


def _function(
    entry: dict[str, Any], arrival: dict[str, Any], _: list[Any], plan: Plan, __: dict[Any, Source], tell: Tell
) -> dict[str, Any]:
    names = (arrival["module"], "__main__" if arrival["module"] == "__main__" else entry["after_module"])
    before = run_source(names[0], entry["path"], entry["before"], ())
    values, _owner = _restored(arrival, before, names[0]) if before.trouble is None else ({}, None)
    if before.trouble is None and not (type(values.get("args")) is tuple and type(values.get("kwargs")) is dict):
        raise DamagedError("its inputs are no arguments")
    after = run_source(names[1], entry["path"], entry["after"], ())
    for source in (before, after):
        if source.trouble is not None:
            raise AbsentError(source.trouble)
    versions = [_attribute(source.space, entry["function"]) for source in (before, after)]
    return judge_functions(versions[0], versions[1], values, plan, tell)


def _script(
    entry: dict[str, Any], arrival: dict[str, Any], _: list[Any], plan: Plan, __: dict[Any, Source], tell: Tell
) -> dict[str, Any]:
    place = {"file": entry["path"], "module": arrival["module"], "root": str(Path(entry["path"]).parent.absolute())}
    before, after = (Script({**place, "text": entry[version]}, ()) for version in ("before", "after"))
    first = observe(before, {})
    return judge_pair(whole(before, after, entry["names"], first), {}, plan, tell)


def _restored(arrival: dict[str, Any], source: Source, name: str) -> tuple[dict[str, Any], Any]:
    """The inputs by name, and the class around the region."""
    stored = arrival["inputs"]
    restore = Restore(stored["objects"], source.codes, source.space, {name.partition(".")[0]})
    made, error = attempt(
        lambda: ({key: restore(value) for key, value in stored["roots"].items()}, restore(stored["owner"]))
    )
    if isinstance(error, (AbsentError, DamagedError)):
        raise error
    if error is not None:
        raise DamagedError(f"its inputs make no sense ({told(error)})")
    values, owner = made
    return values, owner


def _attribute(space: dict[str, Any], dotted: str) -> Any:
    found: Any = types.SimpleNamespace(**space)
    for part in dotted.split("."):
        if not hasattr(found, part):
            raise DamagedError(f"the source has no {dotted}")
        found = getattr(found, part)
    return found


def _provisional(channel: Channel, key: int, report: dict[str, Any]) -> None:
    channel.send("provisional", site=key, report=report)
