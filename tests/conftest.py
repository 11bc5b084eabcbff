"""Shared fixtures: a stand-in for the analyser, and a command line to call."""

from __future__ import annotations

import ast
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from vmapify.cli.main import vmapify
from vmapify.diagnostic import Assumption, Edit, Finding, Reason, Site, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from vmapify.source import SourceFile

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

LOOP = """\
import jax
import jax.numpy as jnp


def energies(xs):
    out = []
    for x in xs:
        out.append(jnp.sin(x))
    return jnp.stack(out)
"""
"""The loop that the stand-in analyser knows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-fixtures", action="store_true", help="rewrite the # output halves of fixtures/")


@pytest.fixture
def fake_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the analyser by one that takes every ``for`` in a function for a candidate.

    A loop over ``carry`` is blocked, one over ``boom`` makes it crash.
    """
    for name in ("vmapify.pipeline.rewriting", "vmapify.rewrite.codemod"):
        importlib.import_module(name)  # before the stand-in hides the rooms that they need
    module = ModuleType("vmapify.rewrite")
    module.analyze = fake_analyze  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vmapify.rewrite", module)


def fake_analyze(source: SourceFile, project_roots: tuple[Path, ...], *_: object, **__: object) -> tuple[Finding, ...]:
    return tuple(_findings(source))


def _findings(source: SourceFile) -> Iterator[Finding]:
    starts = [0]
    for line in source.data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for function in ast.walk(ast.parse(source.data)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for position, loop in enumerate(function.body):
            if isinstance(loop, ast.For):
                sink = function.body[position + 1]
                yield _finding(source, function, (function.body[position - 1], loop, sink), starts)


def _finding(source: SourceFile, function: ast.FunctionDef, region: tuple[ast.stmt, ...], starts: list[int]) -> Finding:
    def span(first: ast.stmt, last: ast.stmt) -> Span:
        end = starts[(last.end_lineno or 1) - 1] + (last.end_col_offset or 0)
        return Span(starts[first.lineno - 1] + first.col_offset, end)

    setup, loop, sink = region
    assert isinstance(loop, ast.For)
    over = ast.unparse(loop.iter)
    if over == "boom":
        raise RuntimeError("boom")
    common = ("VM101", "append-then-stack", source.path, function.name, span(loop, loop), span(sink, sink))
    if over == "carry":
        reason = Reason.of("loop-carried-dependency", "reads-own-results", source.path, loop.lineno, name="x")
        return Finding(*common, "blocked", reasons=(reason,))
    new = f"return jax.vmap(jnp.sin)({over})"
    before = "\n".join(ast.unparse(statement) for statement in region)
    grade = "safe" if over == "xs" else "unsafe" if over == "noisy" else "unverified"
    return Finding(
        *common,
        "rewrite",
        applicability=grade,
        assumptions=(Assumption.of("nonempty", "error-without-rows", total=f"`{over}`"),),
        replacement=new,
        edits=(Edit(span(setup, sink), new),),
        site=Site(source.path, setup.lineno, setup.col_offset, function.name, before, new, returns=True),
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Call the command line in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VMAPIFY_CACHE_DIR", str(tmp_path.parent / f"{tmp_path.name}_cache"))

    def call(*arguments: str, input: str | bytes | None = None) -> Result:  # noqa: A002 - click's word
        result = CliRunner().invoke(vmapify, arguments, input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call
