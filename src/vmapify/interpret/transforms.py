"""Functions of functions: those that give a function, and those that call what they are given here and now."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import NONE, Applied, Array, Function, Library, Number, Text, Tuple, Unknown, Value
from vmapify.heap.objects import Frame
from vmapify.interpret import derivatives, jax_branches, jax_loops, mapping, tree_functions
from vmapify.interpret.abstraction import pure
from vmapify.interpret.lasting import lasting
from vmapify.interpret.trees import mapped, taken_apart
from vmapify.library.operands import as_array, integer, plain
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmapify.interpret.running import Running

    Calling = Callable[[Running, Applied, Arguments, ast.AST], Value | None]
    Immediate = Callable[[Running, Arguments, ast.AST], Value | None]


def call(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """Call a transformed function; None if the transformation is not modelled."""
    found = CALLS.get(function.transform)
    return found(machine, function, args, node) if found is not None else None


def immediate(machine: Running, name: str, args: Arguments, node: ast.AST) -> tuple[Value | None] | None:
    """What a function of the library gives that calls functions, wrapped; None if ``name`` is none of those."""
    if name in APPLYING:
        return (_applied(name, args),)
    found = IMMEDIATE.get(name)
    return (found(machine, args, node),) if found is not None else None


def _applied(name: str, args: Arguments) -> Value | None:
    """``jax.grad(f, …)``; without a function it is one that waits for it."""
    keywords = dict(args.keywords)
    for alias in ("fun", "f", "func"):
        if not args.positional and alias in keywords:
            return Applied(name, keywords.pop(alias), (), tuple(keywords.items()))
    if not args.positional:
        return Applied("functools.partial", Library(name), (), tuple(keywords.items())) if keywords else None
    return Applied(name, args.positional[0], args.positional[1:], tuple(keywords.items()))


# -- calling what was applied -------------------------------------------------------------------------------
def _partial(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    keywords = {**dict(function.keywords), **args.keywords}
    return machine.call(function.inner, Arguments((*function.args, *args.positional), keywords), node)


def _same(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """A function that is only marked."""
    return machine.call(function.inner, args, node) if not function.args and not function.keywords else None


def _jit(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """``jax.jit(f)`` and ``jax.checkpoint(f)``: numbers become arrays, containers are copied."""
    allowed = {"inline", "static_argnums", "static_argnames", "prevent_cse"}
    if function.args or set(dict(function.keywords)) - allowed:
        return None
    static = _static(function, len(args.positional))
    if static is None:
        return None
    positional = tuple(_argument(machine, one, k in static) for k, one in enumerate(args.positional))
    keywords = {key: _argument(machine, one, key in static) for key, one in args.keywords.items()}
    if None in positional or None in keywords.values():
        return None
    # the first trace for such arguments counts, and a number is another kind of argument than an array is
    varying = any(_is_varying_number(one) for k, one in enumerate(args.positional) if k not in static)
    if (varying or any(map(_is_varying_number, args.keywords.values()))) and not _is_fixed(machine, function.inner):
        return None
    made = pure(machine, function.inner, Arguments(positional, keywords), node)  # type: ignore[arg-type]
    return _taken(machine, made) if made is not None else None


def _is_varying_number(value: Value) -> bool:
    """Whether an argument is, or may hold, a number that is another one in each iteration."""
    if isinstance(value, Tuple):
        return any(map(_is_varying_number, value.items))
    if isinstance(value, Number):
        return bool(value.term.lanes)
    return not isinstance(value, Array | Text | Function | Library)


def _is_fixed(machine: Running, function: Value, seen: frozenset[ast.AST] = frozenset()) -> bool:
    """Whether a function computes the same whenever it is called: what it closes over was bound once, to what cannot change."""
    if isinstance(function, Library):
        return True
    if not isinstance(function, Function) or lasting(function) is None:
        return False
    if function.node in seen:
        return True
    used = {one.id for one in ast.walk(function.node) if isinstance(one, ast.Name)}
    place: int | None = function.frame
    while place:
        frame = machine.heap.peek(place)
        assert isinstance(frame, Frame)
        for name in used & frame.scope.bindings.keys():
            value = frame.names.get(name)
            if len(frame.scope.bindings[name]) > 1 or name in frame.rebound or value is None:
                return False
            inner = value.inner if isinstance(value, Applied) else value
            known = not isinstance(value, Unknown) and lasting(value) is not None
            if not known or (isinstance(inner, Function) and not _is_fixed(machine, inner, seen | {function.node})):
                return False
        place = frame.parent
    return True


def _static(function: Applied, positional: int) -> set[object] | None:
    """The positions and names of static arguments; each name stands for a position as well, and the other way round."""
    found: set[object] = set()
    for key, value in function.keywords:
        if not key.startswith("static"):
            continue
        for one in value.items if isinstance(value, Tuple) else (value,):
            number = integer(one)
            if number is not None:
                found.add(number)
            elif isinstance(one, Text) and one.term.op == "text":
                found.add(one.term.args[0])
            else:
                return None
    return _both_ways(function.inner, found, positional) if found else found


def _both_ways(function: Value, static: set[object], positional: int) -> set[object] | None:
    if not isinstance(function, Function) or any(isinstance(one, int) and one < 0 for one in static):
        return None
    spec = function.node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    if spec.vararg is not None and positional > len(names):
        return None
    by_name = {k for k, name in enumerate(names) if name in static}
    return {*static, *by_name, *(names[k] for k in static if isinstance(k, int) and k < len(names))}


def _argument(machine: Running, value: Value, static: bool) -> Value | None:
    """An argument as the body sees it: a static one is a plain value, and the same in all lanes."""
    if not static:
        return _taken(machine, value)
    return value if isinstance(value, Function | Library) or plain(machine, value) is not None else None


def _taken(machine: Running, value: Value) -> Value | None:
    """An argument or a result of a function that is traced as a whole: every leaf is an array."""
    return mapped(machine, value, lambda leaf: as_array(machine, leaf))


def _custom(machine: Running, function: Applied, args: Arguments, node: ast.AST) -> Value | None:
    """A function with a derivative of its own, which nobody asks for here."""
    if machine.depth or function.args or set(dict(function.keywords)) - {"nondiff_argnums"}:
        return None
    for one in args.every:
        tree = taken_apart(machine, one)
        if tree is None or not all(isinstance(leaf, Array) for leaf in tree.leaves):
            return None
    return pure(machine, function.inner, args, node)


CALLS: dict[str, Calling] = {
    "functools.partial": _partial,
    "builtins.staticmethod": _same,
    "functools.wraps()": _same,
    "jax.jit": _jit,
    "jax.checkpoint": _jit,
    "jax.named_call": _same,
    "jax.custom_jvp": _custom,
    "jax.custom_vjp": _custom,
    "jax.vmap": mapping.vmap,
    "jax.grad": derivatives.gradient,
    "jax.value_and_grad": derivatives.gradient,
    "jax.jacfwd": derivatives.jacobian,
    "jax.jacrev": derivatives.jacobian,
    "jax.jacobian": derivatives.jacobian,
    "jax.hessian": derivatives.jacobian,
    "pullback": derivatives.pull_back,
}
"""Transformations, and what calling the function that they give is."""

APPLYING = set(CALLS) - {"pullback", "functools.wraps()"} | {
    "builtins.classmethod",
    "builtins.property",
    "functools.cached_property",
}
"""Functions that give `Applied`."""


def _itself(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """What a decorator gives that only marks."""
    return args.positional[0] if len(args.every) == len(args.positional) == 1 else None


def _nothing(machine: Running, args: Arguments, node: ast.AST) -> Value | None:
    """``object.__init__``, of an object that is not handed on."""
    return None if args.every else NONE


IMMEDIATE: dict[str, Immediate] = {
    "jax.jvp": derivatives.jvp,
    "jax.vjp": derivatives.vjp,
    "jax.lax.scan": jax_loops.scan,
    "jax.lax.fori_loop": jax_loops.fori_loop,
    "jax.lax.while_loop": jax_loops.while_loop,
    "jax.lax.associative_scan": jax_loops.associative_scan,
    "jax.lax.map": mapping.lax_map,
    "jax.lax.cond": jax_branches.cond,
    "jax.lax.switch": jax_branches.switch,
    "jax.tree.map": tree_functions.tree_map,
    "jax.tree.leaves": tree_functions.leaves,
    "jax.tree.structure": tree_functions.structure,
    "jax.tree.flatten": tree_functions.flatten,
    "jax.tree.unflatten": tree_functions.unflatten,
    "jax.tree.reduce": tree_functions.tree_reduce,
    **dict.fromkeys(("typing.final", "typing.override", "abc.abstractmethod"), _itself),
    "builtins.object.__init__": _nothing,
    "jax.flatten_util.ravel_pytree": tree_functions.ravel,
}
"""Functions that call what they are given."""
