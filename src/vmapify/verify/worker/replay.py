"""Judge again what a bundle holds: run its sources as far as needed, make its inputs, and ask the same judge."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import linecache
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arrival import judge_functions, judge_pair
from .attempt import attempt
from .calling import told
from .channel import Channel
from .evidence import inconclusive
from .inputs import judge_values, plain
from .instrument import HOOK, instrumented
from .observe import observe
from .pair import Budget
from .plan import site_plan
from .region import FUTURE_FLAGS, make_pair
from .restore import AbsentError, DamagedError, Restore
from .scripts import Script, whole
from .settings import apply, carried, chosen_device, compilation_cache
from .store import codes_in
from .wall import WALL, Walled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .inputs import Tell
    from .plan import Plan, SitePlan


class _Reached(BaseException):
    """Ends the run of a source whose regions have all been reached. Not an Exception, so user code lets it pass."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that has run: its namespace, code objects, the flags of its ``__future__`` imports, what went wrong."""

    space: dict[str, Any]
    codes: list[types.CodeType]
    flags: int
    trouble: str | None


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
        alike = [one for one in entries if one["kind"] == "region" and one["before"] == text]
        ran[name, text] = _run(name, entry["path"], text, [site_plan(one["region"]) for one in alike])
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
    before = _run(names[0], entry["path"], entry["before"], ())
    values, _owner = _restored(arrival, before, names[0]) if before.trouble is None else ({}, None)
    if before.trouble is None and not (type(values.get("args")) is tuple and type(values.get("kwargs")) is dict):
        raise DamagedError("its inputs are no arguments")
    after = _run(names[1], entry["path"], entry["after"], ())
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


def _run(name: str, path: str, text: str, sites: Iterable[SitePlan]) -> Source:
    """Run a source as the module it was, behind the wall, until all regions in it have been reached."""
    module = types.ModuleType(name)
    module.__file__, module.__package__ = path, name.rpartition(".")[0] or None
    sys.modules[name] = module
    sys.path[:0] = [entry for entry in (str(Path(path).parent.absolute()),) if entry not in sys.path]
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    plain_code, error = attempt(lambda: compile(text, path, "exec", dont_inherit=True))
    if error is not None:
        return Source({}, [], 0, f"{path} cannot be compiled here: {told(error)}")
    tree, found = instrumented(text.encode("utf-8", "surrogatepass"), path, sites)
    pending = set(found)

    def reached(key: int) -> None:
        pending.discard(key)
        if not pending:
            raise _Reached

    setattr(builtins, HOOK, reached)
    error = _walled(compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True), module.__dict__)
    setattr(builtins, HOOK, lambda _: None)
    trouble = None if error is None else _lacking(path, error)
    return Source(module.__dict__, codes_in(plain_code), plain_code.co_flags & FUTURE_FLAGS, trouble)


def _walled(code: types.CodeType, space: dict[str, Any]) -> BaseException | None:
    with WALL.raised(spared=compilation_cache()):
        try:
            _, error = attempt(lambda: exec(code, space))  # noqa: S102 (one of the two sources)
        except _Reached:
            return None
        except Walled as stop:
            return stop
    return error


def _lacking(path: str, error: BaseException) -> str:
    """Why a source does not run here, in one line."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{path} imports {error.name}, which this machine lacks; install it, or verify where the project is"
    if isinstance(error, Walled):
        return f"{path} does more than compute before it comes to the loop, so it was stopped: {error}"
    return f"{path} does not run here: {told(error)}"


def _attribute(space: dict[str, Any], dotted: str) -> Any:
    found: Any = types.SimpleNamespace(**space)
    for part in dotted.split("."):
        if not hasattr(found, part):
            raise DamagedError(f"the source has no {dotted}")
        found = getattr(found, part)
    return found


def _provisional(channel: Channel, key: int, report: dict[str, Any]) -> None:
    channel.send("provisional", site=key, report=report)
