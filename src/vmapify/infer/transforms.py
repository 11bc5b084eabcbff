"""Calling transformed functions: jit, grad, vmap, partial and the decorators that pass through."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.infer import calls, jax_control
from vmapify.infer.callables import Arguments, External, Transformed
from vmapify.infer.value import Kind, Value, holds_tracer

if TYPE_CHECKING:
    import ast

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

# functions of a function that trace it whatever the arguments are
TRACING = {
    "jax.jit",
    "jax.vmap",
    "jax.pmap",
    "jax.experimental.pjit.pjit",
    "equinox.filter_jit",
} | {
    "equinox.filter_vmap",
    "flax.nnx.jit",
    "chex.chexify",
    "brainstate.transform.jit",
    "brainstate.transform.vmap",
    "brainstate.compile.jit",
}
DIFFERENTIATING = {
    "jax.grad",
    "jax.value_and_grad",
    "jax.jacfwd",
    "jax.jacrev",
    "jax.jacobian",
    "jax.hessian",
} | {
    "equinox.filter_grad",
    "equinox.filter_value_and_grad",
}
PASSING = {
    "jax.checkpoint",
    "jax.remat",
    "jax.named_call",
    "jax.custom_jvp",
    "jax.custom_vjp",
} | {
    "jax.named_scope",
    "jaxtyping.jaxtyped",
    "beartype.beartype",
    "typeguard.typechecked",
    "abc.abstractmethod",
    "typing.override",
    "typing.overload",
    "typing.final",
    "builtins.classmethod",
    "chex.dataclass",
}
# decorators after which the source no longer tells what a call does
OPAQUE = {"functools.singledispatch", "functools.singledispatchmethod", "jax.custom_batching.custom_vmap"}
CALLABLE = {Kind.FUNCTION, Kind.CLASS, Kind.INSTANCE, Kind.UNKNOWN, Kind.MODULE}
CACHES = {"functools.lru_cache", "functools.cache"}


def transform(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value | None:
    """The value of ``jax.jit(f)`` and its kind; None if ``name`` is not a function of a function."""
    if name == "functools.partial":
        return _partial(args)
    if name in OPAQUE:
        return machine.unknown(ident=name)
    if name == "functools.cached_property":
        name = "builtins.property"  # it is computed once, which makes no difference to what it is
    if name == "functools.wraps":  # what it gives leaves the function that it decorates as it is
        return Value(Kind.FUNCTION, target=Transformed("decorator", _named("typing.final")))
    if name in {"builtins.property", "builtins.staticmethod"}:
        return _wrap(name.rpartition(".")[2], args, traces=False) if args.positional else None
    known = name in TRACING or name in DIFFERENTIATING or name in PASSING or name in CACHES
    if not known:
        return None
    if not args.positional or args.positional[0].kind not in CALLABLE:
        # `@jax.jit(static_argnums=0)`, `@jaxtyped(typechecker=…)`: calling the result decorates
        return Value(
            Kind.FUNCTION,
            target=Transformed("decorator", _named(name), keywords=tuple(args.keywords.items())),
        )
    if name in PASSING:
        return args.positional[0]
    return _wrap(name, args, traces=name in TRACING)._replace(ident=args.positional[0].ident)


def _named(name: str) -> Value:
    return Value(Kind.FUNCTION, target=External(name))


def _wrap(name: str, args: Arguments, traces: bool) -> Value:
    static = [args.keywords[key] for key in ("static_argnums", "static_argnames") if key in args.keywords]
    entries = tuple(entry for value in static for entry in _static(value))
    donates = any(key.startswith("donate_") for key in args.keywords)
    # of what is differentiated, and whether it gives anything else besides
    asked = tuple(args.keywords.items()) if name in DIFFERENTIATING else ()
    made = Transformed(name, args.positional[0], traces, args.positional[1:], asked, static=entries, donates=donates)
    return Value(Kind.FUNCTION, target=made)


def _static(value: Value) -> list[int | str]:
    """The positions and names listed by ``static_argnums`` and ``static_argnames``."""
    if value.items is not None:
        return [entry for item in value.items for entry in _static(item)]
    if isinstance(value.const, int | str):
        return [value.const]
    return [value.number.value] if value.number is not None and value.number.value is not None else []


def _partial(args: Arguments) -> Value | None:
    if not args.positional:
        return None
    made = Transformed("partial", args.positional[0], args=args.positional[1:], keywords=tuple(args.keywords.items()))
    return Value(Kind.FUNCTION, target=made, ident=args.positional[0].ident)


def call(machine: Machine, target: Transformed, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of calling a transformed function."""
    match target.transform:
        case "partial" | "decorator":
            bound = {**dict(target.keywords), **args.keywords}
            merged = replace(args, positional=(*target.args, *args.positional), keywords=bound)
            return machine.call(target.inner, merged, node, frame)
        case "property" | "staticmethod":
            return machine.call(target.inner, args, node, frame)
        case "jax.vjp" | "jax.linearize" | "jax.flatten_util.ravel_pytree":
            return jax_control.derivative_at(target, args)
        case "functools.lru_cache" | "functools.cache":
            if args.traced:
                machine.event("fatal", "non-jax-callee", "cached-callee", node, frame)
            return machine.call(target.inner, args, node, frame)
    if target.donates and args.traced:
        machine.event("fatal", "aliasing", "donates", node, frame, callee=node.func)
    _static_lanes(machine, target, args, node, frame)
    for value in args.positional if target.transform in DIFFERENTIATING | {"jax.vmap"} else ():
        machine.used_as_array(value)
    if target.traces:
        heard = jax_control.OF_EFFECTS if target.transform == "jax.vmap" else frozenset[str]()
        result = jax_control.traced_call(machine, target.inner, args, node, frame, heard)
    else:
        result = calls.call(machine, target.inner, args, node, frame)
    return _result(machine, target, result, args, node, frame)


def _batched(result: Value, array: Value) -> Value:
    """What ``vmap`` makes of ``result``: ``array`` for each leaf, whose shape is that of the batch."""
    if result.items is None:
        return result if result.kind is Kind.NONE else array
    items = tuple(_batched(item, array) for item in result.items)
    return result._replace(items=items, element=None).with_traced(array.traced)


def _several(machine: Machine, target: Transformed, traced: bool) -> Value:
    """A tuple of gradients, or of a gradient and more; unknown where ``argnums`` is."""
    asked = dict(target.keywords)
    argnums = target.args[0] if target.args else asked.get("argnums")
    unknown = machine.unknown(traced)
    several = argnums is not None and argnums.items is not None
    parts = tuple(unknown for _ in argnums.items or ()) if argnums is not None else ()
    gradients = Value(Kind.TUPLE, traced=traced, items=parts) if several else unknown
    if target.transform.endswith("value_and_grad"):
        return Value(Kind.TUPLE, traced=traced, items=(unknown, gradients))
    if "has_aux" in asked:
        return Value(Kind.TUPLE, traced=traced, items=(gradients, unknown))
    return gradients


def _differentiated(target: Transformed) -> int | None:
    """The position of the one argument that is differentiated by; None where the result is a tuple, or may be."""
    asked = dict(target.keywords)
    argnums = target.args[0] if target.args else asked.get("argnums")
    aux = asked.get("has_aux")
    if len(target.args) > 1 or (aux is not None and aux.const is not False):
        return None
    if argnums is None:
        return 0
    return argnums.number.value if argnums.number is not None else None


def _static_lanes(machine: Machine, target: Transformed, args: Arguments, node: ast.Call, frame: Frame) -> None:
    for entry in target.static:
        value = args.keywords.get(entry) if isinstance(entry, str) else None
        if isinstance(entry, int) and entry < len(args.positional):
            value = args.positional[entry]
        if value is not None and holds_tracer(value):
            machine.event(
                "fatal", "static-index", "static-argument", node, frame, argument=repr(entry), callee=node.func
            )


def _result(
    machine: Machine, target: Transformed, result: Value, args: Arguments, node: ast.Call, frame: Frame
) -> Value:
    name = target.transform
    traced = args.traced or holds_tracer(result)
    array = machine.array(node, frame, traced)
    position = _differentiated(target) if name in DIFFERENTIATING else 0
    if position is None or (name in DIFFERENTIATING and position >= len(args.positional)):
        return _several(machine, target, traced)
    if name in {"jax.jit", "equinox.filter_jit", "jax.experimental.pjit.pjit", "flax.nnx.jit"}:
        return result
    if name in {"jax.vmap", "jax.pmap"}:
        return _batched(result, array)
    if name.endswith("value_and_grad"):
        like = args.positional[position].with_traced(traced)
        return Value(
            Kind.TUPLE,
            traced=traced,
            items=(
                array._replace(shape=()) if result.items is None else result,
                like._replace(ident=None, index=False),
            ),
        )
    if name.endswith("grad") and args.positional:
        like = args.positional[position].with_traced(traced)
        return like._replace(ident=None, index=False, kind=Kind.ARRAY if like.kind is Kind.NUMBER else like.kind)
    return array
