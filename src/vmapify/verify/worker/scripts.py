"""Two versions of a whole file: judged by the values it ends with, and its changed functions on what it calls them with."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .calling import forget, told
from .channel import Channel
from .evidence import inconclusive
from .inputs import plain
from .judge_site import judge_functions, judge_pair
from .observe import observe
from .pair import Pair
from .power_check import rejects_rolled
from .record import record
from .sampling import concrete
from .survey import signature
from .value_tree.leaves import leaves
from .value_tree.rebuild import convert, duplicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .observe import Outcome
    from .plan import Plan

HOOK = "__vmapify_called__"
WHOLE = 0
"""The key of the file as a whole; its changed functions follow in their order."""
CALLS = 3
"""Calls with distinct shapes or types on which a changed function is judged."""


class Calls:
    """What the changed functions of the old version were called with, as copies."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, dict[str, Any]]] = {}
        self.listening = False

    def note(self, name: str, code: types.CodeType, values: dict[str, Any]) -> None:
        """Called on entry of a changed function."""
        known = self.found.setdefault(name, {})
        if not self.listening or len(known) >= CALLS:
            return
        given = _arguments(code, values)
        copies, error = attempt(lambda: duplicate(given))
        if error is None:
            known.setdefault(signature(given), copies)


class Script:
    """One version of a file; each call runs it from the beginning and gives the data that it ends with."""

    def __init__(self, place: dict[str, str], changed: tuple[str, ...]) -> None:
        self._place = place
        source = place["text"] if "text" in place else Path(place["file"]).read_bytes()
        tree = ast.parse(source, place["file"])
        for name, node in _functions(tree):
            if name in changed:
                _instrument(node, name)
        self._code = compile(ast.fix_missing_locations(tree), place["file"], "exec", dont_inherit=True)
        self.space: dict[str, Any] = {}
        self.module = types.ModuleType(self.name)

    @property
    def name(self) -> str:
        """The name of the module that each run is."""
        return "__main__" if "." not in self._place["module"] else self._place["module"]

    def record(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """What a bundle keeps of a call in the last run of this version."""
        with self._in_place():
            return record(inputs, self.name, None, (self._place["file"],))

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        """The module of the last run where others find it by its name."""
        before = sys.modules.get(self.name)
        sys.modules[self.name] = self.module
        try:
            yield
        finally:
            sys.modules.pop(self.name)
            if before is not None:
                sys.modules[self.name] = before

    def __call__(self, inputs: dict[str, Any]) -> dict[str, Any]:
        del inputs
        self.module = module = types.ModuleType(self.name)
        module.__file__, module.__package__ = self._place["file"], self.name.rpartition(".")[0] or None
        sys.path.insert(0, self._place["root"])
        with self._in_place():
            try:
                exec(self._code, module.__dict__)  # noqa: S102 (the user's own file)
            finally:
                forget(self._place["root"])
        self.space = module.__dict__
        return {name: value for name, value in self.space.items() if _is_data(name, value)}


def judge_scripts(plan: Plan) -> None:
    """Judge the file, then each changed function that it called."""
    channel = Channel(plan)
    _, trouble = attempt(lambda: _judge(plan, channel))
    if trouble is not None:
        channel.send("problem", text=told(trouble))


def _judge(plan: Plan, channel: Channel) -> None:
    calls, changed = Calls(), tuple(plan.call["changed"])
    setattr(builtins, HOOK, calls.note)
    before, after = Script(plan.call["before"], changed), Script(plan.call["after"], ())
    calls.listening = True
    first = observe(before, {})
    calls.listening = False
    keep = before.record if plan.store else dict
    pair = whole(before, after, plan.call["names"], first)
    reports = [(WHOLE, keep({}), functools.partial(judge_pair, pair, {}, plan))]
    for key, name in enumerate(changed, start=1):
        for given in calls.found.get(name, {}).values():
            inputs = convert(given, concrete(np.random.default_rng(0)))
            reports.append((key, keep(inputs), functools.partial(_function, name, before, after, inputs, plan)))
    for key, stored, report in reports:
        channel.send("begin", site=key)
        if plan.store:
            channel.send("stored", site=key, stored=stored)
        channel.send("verdict", site=key, report=report(functools.partial(_provisional, channel, key)))
        channel.send("end", site=key)


def _function(name: str, before: Script, after: Script, given: dict[str, Any], plan: Plan, tell: Any) -> dict[str, Any]:
    versions, error = attempt(
        lambda: [functools.reduce(getattr, name.split("."), types.SimpleNamespace(**s.space)) for s in (before, after)]
    )
    if error is not None:
        return plain(inconclusive(f"the files do not both run to where {name} is defined"), plan.inputs)
    return judge_functions(versions[0], versions[1], given, plan, tell)


def whole(before: Script, after: Script, names: list[str], first: Outcome) -> Pair:
    """Both versions as a pair; a first run shows whether wrong values would be seen."""
    made = first.outputs.keys() & set(names)
    return Pair(before, after, {}, vouched=not names or any(_tells(name, first) for name in made))


def _provisional(channel: Channel, key: int, report: dict[str, Any]) -> None:
    channel.send("provisional", site=key, report=report)


def _tells(name: str, outcome: Outcome) -> bool:
    """Whether a wrong value would hardly be the same: rows that can be told apart, or a number that is not whole."""
    if rejects_rolled(name, outcome, 0):
        return True
    numbers = [leaf.data for leaf in outcome.outputs[name] if leaf.kind == "inexact"]
    return any(np.any(np.isfinite(data) & (data != np.round(data))) for data in numbers)


def _is_data(name: str, value: Any) -> bool:
    code = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    if name.startswith("__") or isinstance(value, code) or hasattr(value, "__wrapped__"):
        return False
    return all(leaf.kind != "opaque" for leaf in leaves(name, value))


def _functions(tree: ast.AST, prefix: str = "") -> list[tuple[str, ast.FunctionDef]]:
    found: list[tuple[str, ast.FunctionDef]] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            found.append((prefix + node.name, node))
        elif isinstance(node, ast.ClassDef):
            found += _functions(node, f"{prefix}{node.name}.")
    return found


def _instrument(node: ast.FunctionDef, name: str) -> None:
    """Report the arguments before the first statement."""
    call = ast.parse(f"{HOOK}({name!r}, __import__('sys')._getframe().f_code, dict(locals()))").body[0]
    for part in ast.walk(call):
        ast.copy_location(part, node.body[0])
    node.body.insert(0, call)


def _arguments(code: types.CodeType, values: dict[str, Any]) -> dict[str, Any]:
    """The locals on entry as positional and keyword arguments."""
    names = list(code.co_varnames)
    positional, keyword = names[: code.co_argcount], names[code.co_argcount :][: code.co_kwonlyargcount]
    rest = names[code.co_argcount + code.co_kwonlyargcount :]
    args = [values[name] for name in positional]
    if code.co_flags & 0x04:
        args += values[rest.pop(0)]
    kwargs = {name: values[name] for name in keyword}
    if code.co_flags & 0x08:
        kwargs |= values[rest.pop(0)]
    return {"args": tuple(args), "kwargs": kwargs}
