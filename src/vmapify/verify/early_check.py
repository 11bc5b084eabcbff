"""Try what was asked for once, before anything is analysed: what cannot work ends the run with one line."""

from __future__ import annotations

import ast
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from vmapify.config import ConfigError
from vmapify.diagnostic import Problem
from vmapify.source import read
from vmapify.verify import workload as workloads
from vmapify.verify.interpreter import NO_JAX, chosen_python, fault
from vmapify.verify.runner import answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmapify.verify.options import VerifyOptions

SECONDS = 120.0
"""Time to start JAX on a device: accelerators take long."""
ALWAYS_THERE = {"cpu", "cpu:0"}
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
DEVICES = """
import os
for name in {removed!r}:
    os.environ.pop(name, None)
os.environ.update({variables!r})
import jax
platform, _, index = {device!r}.partition(":")
try:
    number = int(index or 0)
    found = 0 <= number < len(jax.devices(platform))
except (RuntimeError, ValueError):
    found = False
if found:
    print("found")
else:
    jax.config.update("jax_platforms", None)
    print("only " + ", ".join(sorted({{f"{{one.platform}}:{{one.id}}" for one in jax.devices()}})))
"""


def try_options(options: VerifyOptions, files: Sequence[str] = ()) -> None:
    """Raise ConfigError if something that the options name is not there or cannot be started.

    ``files`` are those in one of which ``options.function`` has to stand.
    """
    python = chosen_python(options)
    _try_python(options, python)
    if options.run is not None:
        _try_run(options, options.run, python)
    if options.inputs is not None:
        _try_inputs(options, *options.inputs)
    if options.function and files and not any(_may_hold(Path(file), options.function) for file in files):
        where = f"there is no {options.function} in {files[0]}" if len(files) == 1 else "none of the files has it"
        raise ConfigError(f"--function {options.function}: {where}; name a function, or Class.method, of these files")
    if options.device is not None and options.device not in ALWAYS_THERE:
        _try_device(options, options.device, python)


def _try_python(options: VerifyOptions, python: str) -> None:
    """Only what was asked for: where nothing has to be run, no interpreter is needed."""
    if options.python is None and options.runner is None:
        return
    problem = fault(python, options.runner)
    if problem is None:
        return
    if options.runner is not None:
        subject = f"{options.named('runner')} {options.runner}: `{options.runner} {python}`"
        cure = "name another --runner, or another --python behind it"
    else:
        subject, cure = f"{options.named('python')} {python}:", "name the interpreter of an environment with jax"
    cure = "install jax into it, or name another --python" if problem == NO_JAX else cure
    raise ConfigError(f"{subject} {problem}; {cure}")


def _try_run(options: VerifyOptions, run: str, python: str) -> None:
    name = options.named("run")
    try:
        words = shlex.split(run)
    except ValueError as error:
        raise ConfigError(f"{name} {run}: cannot be split into words ({error}); mend the quotes") from None
    if not words:
        raise ConfigError(f"{name} is empty; name a command, such as 'pytest -q tests', or leave it out")
    if options.runner is None and not workloads.startable(words[0], python):
        cure = "name a program (no shell reads this; sh -c '…' would), or leave it out"
        raise ConfigError(f"{name} {run}: {words[0]} cannot be found on PATH, nor beside {python}; {cure}")


def _try_inputs(options: VerifyOptions, file: str, name: str) -> None:
    option = f"{options.named('inputs')} {file}"
    source = read(file)
    if isinstance(source, Problem):
        raise ConfigError(f"{option}: {source.message} (wanted: FILE.py[:NAME])")
    try:
        tree = ast.parse(source.data)
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
        what = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(f"{option}: cannot be parsed ({line}{what}); mend the syntax") from None
    if not _binds(tree, name):
        raise ConfigError(f"{option}: has no {name}; define {name}(), or name what it has: {file}:NAME")


def _may_hold(path: Path, function: str) -> bool:
    """Whether the file may have the function (dotted for a method); what cannot be read is told elsewhere."""
    name = function.partition(".")[0]
    try:
        text = path.read_bytes()
        return name.encode() in text and (path.suffix != ".py" or _binds(ast.parse(text), name))
    except (OSError, SyntaxError, ValueError):
        return True


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether a module may have the name once it has run; what binds names that are not written may bind any."""
    return not {name, "*"}.isdisjoint(_bound(tree))


def _bound(node: ast.AST) -> Iterator[str]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Name):
            stored = isinstance(part.ctx, ast.Store)
            yield part.id if stored else "*" if part.id in {"globals", "exec", "setattr"} else ""
        elif isinstance(part, ast.alias):
            yield part.asname or part.name.partition(".")[0]
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield "*" if part.name == "__getattr__" else part.name
        if not isinstance(part, SCOPES):
            yield from _bound(part)


def _try_device(options: VerifyOptions, device: str, python: str) -> None:
    platform = workloads.variables_of(device)
    program = DEVICES.format(removed=workloads.removed(options), variables=platform, device=device)
    try:
        printed, code, said = answer(options.runner or "", python, program, SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        printed, code, said = "", 1, f"JAX does not start within {SECONDS:g} s"
    if printed == "found":
        return
    name = f"{options.named('device')} {device}"
    if printed.startswith("only "):
        raise ConfigError(f"{name}: the JAX of {python} has {printed}; name one of them, or leave it out")
    raise ConfigError(f"{name}: {said or f'exit status {code}'} (JAX of {python}); mend that, or leave it out")
