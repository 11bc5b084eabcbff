"""VM108: a list of results that nothing stacks: it is plotted, returned, handed on, or read entry by entry."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel, Result, Sink
from vmapify.patterns import spaces
from vmapify.patterns.body import leaving
from vmapify.patterns.contributions import contributions
from vmapify.patterns.host_elements import is_plain
from vmapify.patterns.jax_names import names_near_jax
from vmapify.patterns.lists import Fate, made_empty, uses
from vmapify.patterns.nests import is_inner_of_nest
from vmapify.patterns.sinks import without_conversion
from vmapify.patterns.stacked_comprehension import comprehended, generated_by
from vmapify.syntax import binding_names, loads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vmapify.loop.model import Container
    from vmapify.patterns.contributions import Append
    from vmapify.patterns.names import Names

DISPLAYS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
HOST = {
    *("str", "repr", "int", "bool", "len", "range", "list", "tuple", "dict", "set", "type", "getattr", "isinstance"),
    *("id", "ord", "chr", "open", "input", "format", "bytes", "slice", "iter", "next", "zip", "enumerate", "sorted"),
}
"""Builtins whose results are no numbers with a fraction: whoever collects them collects no arrays."""
PLOTTING = {"plot", "scatter", "semilogx", "semilogy", "loglog", "step", "stem", "fill_between", "fill_betweenx"}
"""Methods of Matplotlib that make one array of a list. To `hist` and `boxplot` a list of arrays is several data sets."""
REDUCING = {
    *("max", "min", "amax", "amin", "mean", "median", "average", "std", "var", "sum", "prod", "argmax", "argmin"),
    *("nanmax", "nanmin", "nanmean", "nanmedian", "nanstd", "nansum", "ptp", "percentile", "quantile", "sort"),
    *("argsort", "cumsum", "cumprod", "diff", "abs", "log", "log10", "exp", "sqrt", "square", "isfinite", "isnan"),
    *("all", "any", "unique", "histogram", "allclose", "trapezoid", "trapz"),
}
"""Functions of NumPy whose first argument may be a list, of which they make an array before anything else."""


def recognise(names: Names) -> Iterator[LoopModel]:
    """``plt.plot(ts, [f(t) for t in ts])``, ``return [f(x) for x in xs]``, ``for x in xs: values.append(f(x))``."""
    near = names_near_jax(names.module)
    nodes: list[ast.ListComp | ast.Call] = names.module.of(ast.ListComp, ast.Call)
    for node in nodes:
        model = _comprehension(node, names, near)
        if model is not None:
            yield model
    for loop in names.module.of(ast.For):
        model = _appended(loop, names, near)
        if model is not None:
            yield model


def _comprehension(node: ast.ListComp | ast.Call, names: Names, near: Collection[str]) -> LoopModel | None:
    if isinstance(node, ast.Call) and not _makes_sequence(node, names):
        return None
    generated = generated_by(node, names)
    if generated is None or _joins_others(names.module.parents[node]):
        return None
    element = generated.elt if isinstance(generated, ast.ListComp | ast.GeneratorExp) else generated
    if not _computes(element, names, near):
        return None
    sink = _sink(node, names)
    model = comprehended(node, generated, Fate((sink,)), None, names)
    return replace(model, rule="VM108")


def _joins_others(parent: ast.AST) -> bool:
    """``[*node, last]`` and ``[first] + node``: the list is only a part of one, whose items another loop may look at."""
    return isinstance(parent, ast.Starred) or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add))


def _makes_sequence(call: ast.Call, names: Names) -> bool:
    """``list(map(f, xs))`` and ``tuple(f(x) for x in xs)``."""
    return names.may_be(call.func, {"list", "tuple"}) and len(call.args) == 1 and not call.keywords


def _sink(node: ast.expr, names: Names) -> Sink:
    """What becomes of the list right where it is made."""
    parent = names.module.parents[node]
    if isinstance(parent, ast.Call) and parent.args[:1] == [node]:
        library, _, function = (names.qualified(parent.func) or "").rpartition(".")
        if library == "numpy" and function in REDUCING:
            return Sink(None, "list", "python", container="numpy")
    if _is_plotted(node, names):
        return Sink(None, "list", "python", container="array")
    return Sink(None, "list", "python", container=_container(node, names))


def _container(node: ast.expr, names: Names) -> Container:
    called = names.qualified(node.func) if isinstance(node, ast.Call) else None
    return "tuple" if called == "builtins.tuple" else "list"


def _is_plotted(node: ast.expr, names: Names) -> bool:
    """``plt.plot(ts, node)`` as a statement of its own."""
    match names.module.parents[node]:
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) as call if node in call.args:
            statement = names.module.parents[call]
            return isinstance(statement, ast.Expr) and method in PLOTTING and _is_of_matplotlib(owner, names)
    return False


def _is_of_matplotlib(owner: ast.expr, names: Names) -> bool:
    """``plt``, and ``ax`` or ``axes[0]`` of ``fig, ax = plt.subplots()``, if nothing else is ever called so."""
    if (names.qualified(owner) or "").startswith("matplotlib"):
        return True
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    if not isinstance(owner, ast.Name):
        return False
    stored = [one for one in names.module.named(owner.id) if isinstance(one.ctx, ast.Store | ast.Del)]
    if any(argument.arg == owner.id for argument in names.module.of(ast.arg)):
        return False
    return bool(stored) and all(_is_made_by_matplotlib(names.module.statement_of(one), names) for one in stored)


def _is_made_by_matplotlib(statement: ast.stmt, names: Names) -> bool:
    match statement:
        case ast.Assign(value=ast.Call(func=function)):
            return (names.qualified(function) or "").startswith("matplotlib")
    return False


def _computes(element: ast.expr, names: Names, near: Collection[str]) -> bool:
    """Whether ``element`` may be a number or an array that a function makes."""
    element, _ = without_conversion(element, names)
    while isinstance(element, ast.Attribute):  # f(x).real
        element = element.value
    if is_plain(element) or isinstance(element, (*DISPLAYS, ast.Lambda, ast.Name)):
        return False
    if isinstance(element, ast.Call) and isinstance(element.func, ast.Name) and element.func.id in HOST:
        return False
    return any(isinstance(part, ast.Call) and _may_use_jax(part, near) for part in walk(element))


def _may_use_jax(call: ast.Call, near: Collection[str]) -> bool:
    """Whether a word of the function, or of a function that it is given, has to do with JAX."""
    called = call.func
    words = loads(called) | {called.attr if isinstance(called, ast.Attribute) else ""}
    words |= {argument.id for argument in call.args if isinstance(argument, ast.Name)}
    return any(word in near for word in words)


def _appended(loop: ast.For, names: Names, near: Collection[str]) -> LoopModel | None:
    """``for x in xs: values.append(f(x))``, where every list gets one entry an iteration."""
    found = contributions(loop.body, names)
    added = found.appends
    if not added or found.writes or found.terms or any(one.guard is not None or one.key is not None for one in added):
        return None
    lists = [one.name for one in added]
    if len(set(lists)) < len(lists) or not all(_computes(_made_in(loop, one), names, near) for one in added):
        return None
    if is_inner_of_nest(loop, found, names):
        return None
    results = [_result(one, loop, names) for one in added]
    if any(result is None for result in results):
        return None
    read = spaces.read(loop, names)
    contributed = {one.statement for one in added}
    return LoopModel(
        rule="VM108",
        module=names.module,
        loop=loop,
        anchor=loop,
        spaces=read.spaces,
        body=tuple(statement for statement in loop.body if statement not in contributed),
        results=tuple(result for result in results if result is not None),
        obstacles=(*leaving(loop), *read.obstacles),
        flat=len(read.spaces) > 1,
        progress=tuple(read.progress),
    )


def _made_in(loop: ast.For, one: Append) -> ast.expr:
    """What is appended, or what the body gives the name for that: ``y = f(x); ys.append(y)``."""
    element = one.element
    for statement in reversed(loop.body):
        if isinstance(statement, ast.Assign) and isinstance(element, ast.Name):
            bound = {name for target in statement.targets for name in binding_names(target)}
            element = statement.value if element.id in bound else element
    return element


def _result(one: Append, loop: ast.For, names: Names) -> Result | None:
    """None where the list may hold something before, or where nothing reads it behind the loop."""
    block, index = names.module.block_of(loop)
    init = made_empty(one.name, block, index, names)
    scope = names.module.function_of(loop) or names.module.tree
    if init is None or not uses(one.name, names, scope, loop):
        return None
    element, converted = without_conversion(one.element, names)
    sink = Sink(None, "list", "python", container="list")
    return Result(one.name, element, (sink,), init, one.statement, converted)
