"""Call a function on given inputs: to reach the sites in it, or to judge it against another version."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .channel import Channel
from .code_owner import is_installed
from .left_behind import returned

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from .plan import Plan


PACKAGE = __name__.partition(".")[0]


class Trouble(Exception):  # noqa: N818 (a line for the user, not a fault of the program)
    """Something the user must put right before anything can be judged."""


class WrongInputs(Trouble):
    """What the user gave to make inputs does not."""


def call_sites(plan: Plan) -> None:
    """Call the function on each of the inputs; the hook judges the sites that this reaches."""
    channel = Channel(plan)
    _, trouble = attempt(lambda: _reach(plan.call))
    if trouble is not None:
        channel.send("problem", text=told(trouble), blamed=blamed(trouble))


def call_functions(plan: Plan) -> None:
    """Judge both versions of the function on each of the inputs."""
    channel = Channel(plan)
    _, trouble = attempt(lambda: _judge_all(plan, channel))
    if trouble is not None:
        channel.send("problem", text=told(trouble))


def _reach(call: dict[str, Any]) -> None:
    call_given(module_of(call["target"]), {**call, "path": call["target"]["file"]})


def call_given(module: ModuleType, call: dict[str, Any]) -> None:
    """Call ``call["function"]`` of the module made from ``call["path"]`` on each of the inputs."""
    function = attribute_of(module, call["function"], call["path"])
    for args, kwargs in inputs_of(*call["inputs"]):
        returned(function(*args, **kwargs))


def _judge_all(plan: Plan, channel: Channel) -> None:
    from .judge_site import judge_functions  # noqa: PLC0415 (jax loads here)
    from .record import record  # noqa: PLC0415

    call = plan.call
    before = attribute_of(module_of(call["before"]), call["function"], call["before"]["file"])
    forget(call["before"]["root"])
    after = attribute_of(module_of(call["after"]), call["function"], call["after"]["file"])
    for args, kwargs in inputs_of(*call["inputs"]):
        channel.send("begin", site=0)
        if plan.store:
            before_file = call["before"]["file"]
            stored = record({"args": args, "kwargs": kwargs}, call["before"]["module"], None, (before_file,))
            channel.send("stored", site=0, stored=stored)
        tell = functools.partial(_provisional, channel)
        report = judge_functions(before, after, {"args": args, "kwargs": kwargs}, plan, tell)
        channel.send("verdict", site=0, report=report)
        channel.send("end", site=0)


def _provisional(channel: Channel, report: dict[str, Any]) -> None:
    channel.send("provisional", site=0, report=report)


def module_of(place: dict[str, str]) -> ModuleType:
    """Import a file as the module that its packages make it, with their root on the path."""
    path, name = Path(place["file"]), place["module"]
    sys.path.insert(0, place["root"])
    if "." in name:
        return importlib.import_module(name)
    finders = (finder.find_spec(name, [place["root"]]) for finder in sys.meta_path[:1])
    spec = next(filter(None, finders), None) or importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Trouble(f"{path} cannot be imported: it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def forget(root: str) -> None:
    """Let the other version import its own neighbours: drop modules that came from this one's folder."""
    inside = root + os.sep
    for name, module in list(sys.modules.items()):
        file = str(getattr(module, "__file__", None) or "")
        installed = is_installed(file) or name.startswith(PACKAGE)
        if file.startswith(inside) and not installed and name != "__main__":
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if entry != root]


def attribute_of(module: ModuleType, dotted: str, file: str) -> Callable[..., Any]:
    """What stands in a module under a dotted name. Raises Trouble if it cannot be called."""
    value: Any = module
    for part in dotted.split("."):
        if not hasattr(value, part):
            raise Trouble(f"{file} has no {dotted}")
        value = getattr(value, part)
    if not callable(value):
        raise Trouble(f"{dotted} in {file} cannot be called")
    return value  # type: ignore[no-any-return]


def inputs_of(file: str, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    found: list[tuple[tuple[Any, ...], dict[str, Any]]]
    found, trouble = attempt(lambda: _made(file, name))
    if trouble is not None:
        raise WrongInputs(told(trouble)) from trouble
    return found


def _made(file: str, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What ``NAME()`` yields: ``(args…)`` or ``(args, kwargs)``, the latter if a tuple and a dict."""
    path = Path(file)
    make = attribute_of(module_of({"file": file, "module": path.stem, "root": str(path.parent)}), name, file)
    entries = [_entry(entry) for entry in make()]
    if not entries:
        raise Trouble(f"{name}() in {file} yields no inputs")
    return entries


def _entry(entry: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not isinstance(entry, tuple):
        return (entry,), {}
    if len(entry) == 2 and isinstance(entry[0], tuple) and isinstance(entry[1], dict):
        return entry[0], entry[1]
    return entry, {}


def blamed(trouble: BaseException) -> str | None:
    """The option that has to be put right; None where it is the code, or not known."""
    return "inputs" if isinstance(trouble, WrongInputs) else None


def told(trouble: BaseException) -> str:
    """One line on what went wrong; the parent adds the cure."""
    if isinstance(trouble, Trouble):
        return str(trouble)
    first = (str(trouble).splitlines() or [""])[0]
    return f"{type(trouble).__name__}: {first}"
