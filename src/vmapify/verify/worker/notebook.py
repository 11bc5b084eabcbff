"""Run a notebook's cells one after the other in one namespace, as its kernel would, with the sites instrumented."""

from __future__ import annotations

import ast
import asyncio
import builtins
import functools
import inspect
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .calling import blamed, call_given, told
from .channel import Channel
from .instrument import instrumented
from .region import FUTURE_FLAGS
from .timed import timed, timed_loops

if TYPE_CHECKING:
    from .plan import Plan

TOLD = 3
"""Failing cells that are named: those behind mostly fail because of them."""


class _Shell:
    """Stands in for IPython's shell: whatever it is asked to do, it does nothing."""

    def __getattr__(self, name: str) -> _Shell:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> None:
        """Any method of the shell."""


def run_notebook(plan: Plan) -> None:
    """Run the cells, past those that fail; then, if inputs are given, call the function on them."""
    channel = Channel(plan)
    call = plan.call
    names = _namespace()
    os.chdir(Path(call["path"]).parent)
    problem = _run_cells(plan, channel, names)
    if call.get("function"):
        _, trouble = attempt(lambda: call_given(sys.modules["__main__"], call))
        if problem is None and trouble is not None:
            channel.send("problem", text=told(trouble), blamed=blamed(trouble))
    if problem is not None:
        channel.send("problem", text=problem)


def _namespace() -> dict[str, Any]:
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    shell = _Shell()
    setattr(builtins, "get_ipython", lambda: shell)  # noqa: B010 (builtins is not declared to have it)
    setattr(builtins, "display", lambda *_, **__: None)  # noqa: B010
    return module.__dict__


def _run_cells(plan: Plan, channel: Channel, names: dict[str, Any]) -> str | None:
    """Which cells fail and why; None if none does that is not expected to.

    What comes behind such a cell runs all the same, without the names that the cell would have bound: code that needs them
    must not go on with what they were before.
    """
    failed: list[str] = []
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for step in plan.call["cells"]:
        name = f"{plan.call['path']}:cell {step['number'] + 1}"
        code, error = attempt(functools.partial(_compiled, plan, step, name, flags, channel))
        known = dict(names)
        if error is None:
            flags |= code.co_flags & FUTURE_FLAGS
            _, error = attempt(functools.partial(_run, code, names))
        if error is not None and not step["fails"]:
            failed.append(f"cell {step['number'] + 1} fails: {told(error)}")
            print(f"[cell {step['number'] + 1} raises {type(error).__name__}]")  # noqa: T201 (part of what a run prints)
            _forget(step["code"], names, known)
    more = f"; {len(failed) - TOLD} more cells fail" if len(failed) > TOLD else ""
    return "; ".join(failed[:TOLD]) + more if failed else None


def _forget(source: str, names: dict[str, Any], known: dict[str, Any]) -> None:
    """Take away the names that a cell binds and did not come to."""
    tree, error = attempt(lambda: ast.parse(source))
    for name in _bound(tree) if error is None else ():
        if name in names and names[name] is known.get(name):
            del names[name]


def _bound(node: ast.AST) -> set[str]:
    """The names that statements bind in their own scope, imports and definitions included."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(child.name)
            continue
        if isinstance(child, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            continue
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            found.add(child.id)
        if isinstance(child, ast.alias):
            found.add((child.asname or child.name).partition(".")[0])
        found |= _bound(child)
    return found


def _compiled(plan: Plan, step: dict[str, Any], name: str, flags: int, channel: Channel) -> Any:
    source = step["code"]
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree, lost = _instrumented(plan, source.encode("utf-8"), name, step["number"])
    for key in sorted(lost):
        channel.send("missing", site=key)
    return compile(tree, name, "exec", flags=flags, dont_inherit=True)


def _instrumented(plan: Plan, source: bytes, name: str, cell: int) -> tuple[ast.Module, set[int]]:
    """A cell's tree with what the plan wants in it, and the keys of what is not there."""
    if "loops" in plan.call:
        loops = [loop for loop in timed_loops(plan.call["loops"]) if loop.cell == cell]
        tree, found = timed(source, name, loops)
        return tree, {loop.key for loop in loops} - found
    sites = [site for site in plan.sites if site.cell == cell]
    tree, found = instrumented(source, name, sites)
    return tree, {site.key for site in sites} - found


def _run(code: Any, names: dict[str, Any]) -> None:
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))  # noqa: S307 (the user's own cell, with await at its top)
    else:
        exec(code, names)  # noqa: S102 (the user's own cell)
