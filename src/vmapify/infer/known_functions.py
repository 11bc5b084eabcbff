"""What functions of known packages do: jax, numpy, scipy, math and the builtins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.infer import builtin, calls, expressions, host_packages, jax_control, jax_functions, transforms
from vmapify.infer.callables import Arguments, External, Transformed
from vmapify.infer.closures import reached
from vmapify.infer.value import NONE, STRING, Kind, Value

if TYPE_CHECKING:
    import ast

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

JAX_ROOTS = (
    "jax.numpy.",
    "jax.lax.",
    "jax.nn.",
    "jax.scipy.",
    "jax.random.",
    "jax.image.",
    "jax.ops.",
    "jax.numpy",
)
# effects that only change what is seen: the values of the rewrite stay right
SHOWN = {
    "builtins.print",
    "warnings.warn",
    "rich.print",
    "jax.debug.print",
    "jax.debug.callback",
    "jax.debug.breakpoint",
}
SHOWN_ROOTS = {"logging", "absl.logging", "tqdm", "loguru"}
# effects that would happen once instead of once a row, and that later code may depend on
EFFECT_ROOTS = {
    "random",
    "time",
    "os",
    "sys",
    "shutil",
    "subprocess",
    "matplotlib",
    "seaborn",
    "plotly",
    "wandb",
    "pickle",
} | {
    "socket",
    "requests",
    "threading",
    "multiprocessing",
    "json",
    "tempfile",
    "datetime",
    "secrets",
    "uuid",
    "gc",
}
CLOCKS = {"time", "datetime"}
EFFECTS = {
    "builtins.open",
    "builtins.input",
    "builtins.next",
    "builtins.setattr",
    "builtins.exec",
    "builtins.eval",
} | {
    "builtins.delattr",
    "jax.experimental.io_callback",
    "jax.config.update",
    "jax.block_until_ready",
    "builtins.object.__setattr__",
    "numpy.copyto",
    "numpy.put",
    "numpy.place",
    "numpy.putmask",
    "operator.setitem",
    "operator.delitem",
    "operator.iadd",
    "operator.index",
    "numpy.save",
    "numpy.savez",
    "numpy.savetxt",
    "numpy.savez_compressed",
    "jax.numpy.save",
    "jax.numpy.savez",
}
READING = {
    *("numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile", "numpy.memmap"),
    *("jax.numpy.load", "jax.numpy.fromfile"),
}
PURE_ROOTS = {
    "typing",
    "dataclasses",
    "collections",
    "functools",
    "itertools",
    "operator",
    "enum",
    "re",
    "copy",
    "string",
} | {
    "chex",
    "jaxtyping",
    "abc",
    "inspect",
    "textwrap",
    "numbers",
    "types",
}

# functions of NumPy that may give the array itself, or another look at it
VIEWS = frozenset(
    [
        "asarray",
        "asanyarray",
        "ascontiguousarray",
        "asfortranarray",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "ravel",
        "reshape",
        "squeeze",
        "expand_dims",
        "transpose",
        "swapaxes",
        "moveaxis",
        "rollaxis",
        "broadcast_to",
        "flip",
        "flipud",
        "fliplr",
        "rot90",
        "diagonal",
        "real",
        "imag",
        "require",
    ]
)


def call(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of calling the external function ``name``."""
    changed = transforms.transform(machine, name, args, node, frame)
    if changed is not None:
        return changed
    if args.decorates:
        return Value(Kind.FUNCTION, target=Transformed("decorator", args.positional[0]), ident=name)
    effect = _effect(name)
    if effect is not None:
        return _effectful(machine, name, effect, args, node, frame)
    root = name.partition(".")[0]
    if root == "builtins":
        return builtin.call(machine, name.removeprefix("builtins."), args, node, frame)
    if root == "jax":
        return jax_functions.call(machine, name, args, node, frame)
    if root in host_packages.HOST_ROOTS:
        return _host(machine, name, args, node, frame)
    if root == "itertools":
        return Value(Kind.ITERATOR, element=machine.unknown(reached(machine, args)))
    if name == "functools.reduce" and len(args.positional) > 1:
        start = args.positional[2] if len(args.positional) > 2 else None
        element = expressions.element(machine, args.positional[1])
        return jax_control.folded(machine, args.positional[0], element, start, node, frame)
    if root in PURE_ROOTS:
        return machine.unknown(reached(machine, args))
    return calls.opaque(machine, Value(Kind.FUNCTION, target=External(name), ident=name), args, node, frame)


def only_shows(function: Value) -> bool:
    """Whether ``function`` prints or logs what it is given."""
    return isinstance(function.target, External) and _effect(function.target.name) == "observed"


def _effect(name: str) -> str | None:
    root, head = name.partition(".")[0], ".".join(name.split(".")[:2])
    if name in SHOWN or root in SHOWN_ROOTS or head in SHOWN_ROOTS:
        return "observed"
    unbound = name.startswith(("builtins.list.", "builtins.dict.", "builtins.set."))
    if unbound or name in EFFECTS or name in READING or root in EFFECT_ROOTS or name.startswith("numpy.random."):
        return "fatal"
    return None


def _effectful(machine: Machine, name: str, grade: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    if name.startswith(("os.path.", "os.environ", "sys.version", "json.dumps", "tqdm")):
        return _quiet(machine, name, args, node, frame)
    if grade == "observed":
        machine.event("observed", "side-effect", "shown-once", node, frame, callee=node.func)
        return NONE
    machine.event("fatal", "side-effect", _kind_of_effect(name), node, frame, callee=node.func)
    return machine.unknown()


def _kind_of_effect(name: str) -> str:
    """Which of the effects it is: they have cures of their own."""
    if name in READING:
        return "reads-file"
    if "random" in name:
        return "draws"
    if name == "builtins.next":
        return "takes-next"
    if name == "jax.block_until_ready":
        return "waits"
    return "times" if name.partition(".")[0] in CLOCKS else "runs-once"


def _quiet(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    if name.startswith("tqdm"):
        machine.event("observed", "side-effect", "no-progress", node, frame, callee=node.func)
        return args.positional[0] if args.positional else machine.unknown()
    return STRING


def _host(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """NumPy, SciPy and friends compute on the host and cannot take tracers."""
    if args.traced and name not in {
        "numpy.shape",
        "numpy.ndim",
        "numpy.size",
        "numpy.dtype",
        "numpy.result_type",
    }:
        machine.event("fatal", "non-jax-callee", "runs-on-host", node, frame, *args.every, callee=node.func)
        return machine.unknown(traced=True)
    if host_packages.calls_back(machine, args, node, frame):
        return machine.unknown(traced=True)
    if "out" in args.keywords and not machine.fresh(args.keywords["out"]):
        machine.event("fatal", "side-effect", "writes-into", node, frame, call=node)
    if name.startswith("numpy."):
        made = jax_functions.numpy_like(machine, name.removeprefix("numpy."), args, node, frame)
        kind = Kind.NDARRAY if made.kind is Kind.ARRAY else made.kind
        dtype = "float" if made.dtype == "weak" else made.dtype  # NumPy knows no weak types
        shown = args.positional[0] if name.removeprefix("numpy.") in VIEWS and args.positional else None
        # what is changed through a view is the array that was there before
        born = shown.born if shown is not None and shown.kind in {Kind.NDARRAY, Kind.UNKNOWN} else made.born
        return made._replace(kind=kind, dtype=dtype, traced=False, born=born)
    if name.startswith("math."):
        return Value(Kind.NUMBER, dtype="float")
    return host_packages.made_by(name)
