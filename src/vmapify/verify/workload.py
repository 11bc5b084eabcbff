"""The command and the environment of a child, for each way of getting inputs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify.verify.differentiated import differentiated
from vmapify.verify.notebook import steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.diagnostic import Site
    from vmapify.source import SourceFile
    from vmapify.verify.options import VerifyOptions

WORKER = Path(__file__).resolve().parent / "worker"
PLAN_VARIABLE = "VMAPIFY_VERIFY_PLAN"
PLAN = "plan.json"
HEADLESS = (("MPLBACKEND", "agg"), ("BROWSER", "true"))
"""Plots of a notebook open no window and no browser."""
_TESTS = {"pytest", "py.test", "unittest", "nox", "tox"}
PLATFORMS = {"cpu": "cpu", "tpu": "tpu,cpu", "cuda": "cuda,cpu", "rocm": "rocm,cpu"}


@dataclass(frozen=True, slots=True)
class Workload:
    """A program that leads to some sites. ``title`` names it in sentences, ``typed`` is it as a user would type it (the
    title if it is empty), ``call`` is passed to the driver.

    ``stop`` ends it once every site is judged: true for programs that run only for that. ``variables`` are added
    to the environment. ``real`` is whether it works on inputs as large as those of real runs: tests of code that
    stands elsewhere, and made-up arguments, do not. ``files`` is how many files it leads to. ``watched`` are the files of whose
    modules the values at the end are wanted; None if nothing is. ``keys`` are what it reports on besides sites.
    """

    command: tuple[str, ...]
    title: str
    inputs: str
    stop: bool
    roots: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    call: dict[str, Any] = field(default_factory=dict)
    real: bool = True
    files: int = 1
    watched: list[str] | None = None
    typed: str = ""
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs between two versions of a file: functions (dotted for methods), and names that statements outside
    of functions bind."""

    functions: tuple[str, ...]
    names: tuple[str, ...]


def recorded(run: str, python: str, runner: str | None = None) -> Workload:
    """The user's own command, with the chosen interpreter's scripts first on PATH (behind a runner, on that machine)."""
    words = shlex.split(run)
    if words[0] in {"python", "python3"}:
        words[0] = python
    elif runner is None:
        words[0] = _command(words[0], python) or words[0]
    return Workload(tuple(words), run, "recorded", stop=False, real=not _TESTS.intersection(shlex.split(run)))


def startable(word: str, python: str) -> bool:
    """Whether there is such a command, on PATH or beside the chosen interpreter."""
    return word in {"python", "python3"} or _command(word, python) is not None


def _command(word: str, python: str) -> str | None:
    return shutil.which(word, path=_search_path(python))


def module(path: str, python: str) -> Workload:
    """The file itself: a module of a package is imported, anything else runs as a script."""
    name, root = module_name(Path(path))
    if "." not in name:
        return Workload((python, path), f"{path} as a script", "module", stop=True, typed=f"python {path}")
    code = f"import importlib; importlib.import_module({name!r})"
    return Workload((python, "-c", code), f"an import of {name}", "module", stop=True, roots=(root,))


def given(path: str, options: VerifyOptions, python: str) -> Workload:
    """``options.function`` of the file, called on what ``options.inputs`` yields."""
    call = {
        "mode": "sites",
        "target": _place(Path(path)),
        "function": options.function,
        "inputs": _inputs(options),
    }
    source = options.inputs[0] if options.inputs else ""
    title = f"{options.function} on the inputs of {source}"
    return Workload((python, str(WORKER / "driver.py")), title, "given", stop=False, call=call)


def holds_tests(path: str) -> bool:
    """Whether pytest would collect the file by its name."""
    stem = Path(path).stem
    return stem.startswith("test_") or stem.endswith("_test")


def is_packaged(path: str) -> bool:
    """Whether the file belongs to a package, so that running it as a script would be wrong."""
    return "." in module_name(Path(path))[0]


def tests(path: str, python: str, functions: Sequence[str]) -> Workload:
    """The tests of a file that hold a site, or all if one stands elsewhere, without the options that a project adds."""
    chosen = ("-k", " or ".join(sorted(set(functions)))) if all(functions) else ()
    options = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *chosen, path)
    return Workload((python, *options), f"pytest {path}", "recorded", stop=True)


def made_up(paths: Sequence[str], python: str) -> Workload:
    """The functions that hold the sites of some files of one root, called on arguments made up for them."""
    call = {"mode": "made-up", "targets": [_place(Path(path)) for path in paths]}
    command = (python, str(WORKER / "driver.py"))
    title = "it on made-up arguments"
    return Workload(
        command, title, "synthesized", stop=False, call=call, variables=HEADLESS, real=False, files=len(paths)
    )


def root_of(path: str) -> str:
    """The folder that must be on ``sys.path`` for a file to be imported."""
    return module_name(Path(path))[1]


def notebook(source: SourceFile, options: VerifyOptions, python: str) -> Workload:
    """The cells of a notebook, in order and in its folder; then ``options.function`` on the inputs, if there are any."""
    call: dict[str, Any] = {"mode": "notebook", "path": str(Path(source.path).absolute()), "cells": steps(source)}
    if options.inputs is not None:
        call |= {"function": options.function, "inputs": _inputs(options)}
    kind = "module" if options.inputs is None else "given"
    command = (python, str(WORKER / "driver.py"))
    return Workload(command, source.path, kind, stop=options.inputs is None, variables=HEADLESS, call=call)


def both(before: Path, after: Path, function: str, options: VerifyOptions, python: str) -> Workload:
    """Two versions of ``function``, each in its own file, on what ``options.inputs`` yields."""
    places = {"before": _place(before), "after": _place(after)}
    call = {"mode": "functions", **places, "function": function, "inputs": _inputs(options)}
    return Workload((python, str(WORKER / "driver.py")), function, "given", stop=False, call=call, keys=(0,))


def scripts(before: Path, after: Path, changed: Changed, python: str) -> Workload:
    """Two versions of a file, each run from beginning to end."""
    places = {"before": _place(before), "after": _place(after)}
    call = {"mode": "scripts", **places, "changed": list(changed.functions), "names": list(changed.names)}
    keys = tuple(range(len(changed.functions) + 1))
    return Workload((python, str(WORKER / "driver.py")), str(after), "module", stop=False, call=call, keys=keys)


def bundle(entries: Sequence[dict[str, Any]], title: str, python: str) -> Workload:
    """The entries of a bundle, judged again."""
    call = {"mode": "bundle", "entries": list(entries)}
    command = (python, str(WORKER / "driver.py"))
    keys = tuple(entry["key"] for entry in entries)
    return Workload(command, title, "recorded", stop=False, call=call, variables=HEADLESS, keys=keys)


def alone(version: Path, function: str | None, options: VerifyOptions, python: str) -> Workload:
    """One version of a function on what ``options.inputs`` yields, or of a file as a whole."""
    call = {"mode": "alone", "place": _place(version), "kind": "script"}
    if function is not None:
        call |= {"kind": "function", "function": function, "inputs": _inputs(options)}
    # sets come in the same order in both processes, and one does not take all of a device's memory
    variables = (("PYTHONHASHSEED", "0"), ("XLA_PYTHON_CLIENT_PREALLOCATE", "false"))
    command = (python, str(WORKER / "driver.py"))
    return Workload(command, str(version), "given", stop=False, call=call, variables=variables, keys=(0,))


def compared(cases: Sequence[dict[str, Any]], python: str, *, exact: bool) -> Workload:
    """The results of two versions, as plain data, side by side."""
    call = {"mode": "compare", "cases": list(cases), "exact": exact}
    command = (python, str(WORKER / "driver.py"))
    return Workload(command, "the comparison", "given", stop=False, call=call, keys=(0,))


def absolute(path: str) -> str:
    """The path from the root, links unresolved."""
    return str(Path(path).absolute())


def _place(path: Path) -> dict[str, str]:
    name, root = module_name(path)
    return {"file": str(path.absolute()), "module": name, "root": root}


def _inputs(options: VerifyOptions) -> list[str]:
    assert options.inputs is not None
    return [str(Path(options.inputs[0]).absolute()), options.inputs[1]]


def module_name(path: Path) -> tuple[str, str]:
    """The dotted name of a file inside its packages, and the folder that must be on ``sys.path``."""
    path = path.resolve()
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").exists() and folder.parent != folder:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), str(folder)


def write_plan(folder: Path, channel: Path, content: dict[str, Any]) -> Path:
    """Write the plan for a child that reports into ``channel``; its path."""
    plan = folder / PLAN
    content = {**content, "channel": str(channel)}
    plan.write_text(json.dumps(content), encoding="utf-8")
    return plan


def plan_of(workload: Workload, sites: Sequence[tuple[int, Site]], options: VerifyOptions, key: str) -> dict[str, Any]:
    """What a child has to know, except where it reports; ``key`` signs its reports."""
    return {
        "key": key,
        "inputs": workload.inputs,
        "seconds": options.timeout,
        "stop": workload.stop,
        "allow_io": options.allow_io,
        "store": options.store,
        "device": options.device,
        "sites": [plain_site(key, site) for key, site in sites],
        "call": workload.call,
        "measure": _measure(workload, options),
        "replaced": {},
        "footprint": workload.watched,
    }


def _measure(workload: Workload, options: VerifyOptions) -> dict[str, Any]:
    """A table takes most of a site's time, which starts when the site is reached."""
    memory = None if options.memory_limit is None else 1e9 * options.memory_limit
    return {
        "real": workload.real,
        "sizes": list(options.sizes),
        "seconds": 0.6 * options.timeout,
        "memory": memory,
        "minimum": options.min_speedup,
    }


def environment(workload: Workload, plan: Path, options: VerifyOptions, python: str) -> dict[str, str]:
    """This process's environment with the hook's folder first on PYTHONPATH and the device chosen."""
    chosen = {name: value for name, value in os.environ.items() if name not in removed(options)}
    roots = [str(WORKER / "bootstrap"), *workload.roots, *filter(None, [chosen.get("PYTHONPATH")])]
    chosen |= {"PYTHONPATH": os.pathsep.join(roots), "PATH": _search_path(python), PLAN_VARIABLE: str(plan)}
    return chosen | variables(workload, options)


def variables(workload: Workload, options: VerifyOptions) -> dict[str, str]:
    """What the workload and the device add to the environment."""
    return dict(workload.variables) | variables_of(options.device)


def variables_of(device: str | None) -> dict[str, str]:
    """What a device adds to the environment."""
    platform = (device or "").partition(":")[0]
    return {"JAX_PLATFORMS": PLATFORMS[platform]} if platform in PLATFORMS else {}


def removed(options: VerifyOptions) -> list[str]:
    """What the choice of a device takes out of the environment."""
    return ["JAX_PLATFORMS"] if options.device is not None else []


def _search_path(python: str) -> str:
    return os.pathsep.join([str(Path(python).absolute().parent), os.environ.get("PATH", os.defpath)])


def plain_site(key: int, site: Site) -> dict[str, Any]:
    """A site as it crosses to the worker."""
    lanes = {lane.name: lane.axis for lane in site.lanes}
    way = differentiated(site.path, site.function)
    path = str(Path(site.path).absolute())
    return {**asdict(site), "key": key, "path": path, "lanes": lanes, "differentiated": way}
