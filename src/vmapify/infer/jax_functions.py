"""Functions of jax: which arguments must be static, which results depend on data, and what shape comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.infer import dtypes, jax_control, shapes
from vmapify.infer.callables import Arguments, Transformed
from vmapify.infer.closures import reached, reaches_tracer
from vmapify.infer.static_arguments import concrete_argument, static_arguments
from vmapify.infer.value import ARRAYS, LEAVES, NONE, Kind, Value, holds_tracer

if TYPE_CHECKING:
    import ast

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine

# result shape depends on the values: no tracer may reach them unless `size=` fixes it
DATA_DEPENDENT = {
    "nonzero",
    "argwhere",
    "flatnonzero",
    "unique",
    "extract",
    "compress",
    "union1d",
    "setdiff1d",
} | {
    "intersect1d",
    "unique_values",
    "unique_counts",
    "unique_all",
    "unique_inverse",
    "setxor1d",
    "trim_zeros",
}
QUIET = {
    "jax.device_put",
    "jax.device_get",
    "jax.lax.stop_gradient",
    "jax.lax.optimization_barrier",
    "jax.ensure_compile_time_eval",
}
# the parts of jax whose functions take arrays and give arrays
NUMERIC = (
    "jax.numpy.",
    "jax.lax.",
    "jax.nn.",
    "jax.scipy.",
    "jax.random.",
    "jax.image.",
    "jax.ops.",
)
# functions that take lists as well as arrays: being given to one shows nothing
LISTS_TOO = {
    "array",
    "asarray",
    "stack",
    "concatenate",
    "concat",
    "vstack",
    "hstack",
    "dstack",
    "column_stack",
    "block",
} | {
    "shape",
    "ndim",
    "size",
    "result_type",
    "isscalar",
}
# functions that give a Python list or tuple of arrays, often of different shapes
LISTS = {"meshgrid", "broadcast_arrays", "split", "array_split", "hsplit", "vsplit", "dsplit", "unstack", "ix_"} | {
    "nonzero",
    "unravel_index",
    "histogram2d",
    "gradient",
    "tril_indices",
    "triu_indices",
    "diag_indices",
    "mask_indices",
}
ITERATORS = {"ndindex", "ndenumerate", "nditer"}
# functions to which an index is just that
INDEX_IS_INDEX = {"take", "roll", "fold_in", "PRNGKey", "key", "one_hot", "dynamic_slice", "dynamic_index_in_dim"} | {
    "dynamic_slice_in_dim",
    "dynamic_update_slice",
    "dynamic_update_index_in_dim",
    "take_along_axis",
    "randint",
    "split",
    "normal",
    "uniform",
}
CHOLESKY_LIKE = {
    "svd": 3,
    "eigh": 2,
    "qr": 2,
    "slogdet": 2,
    "eig": 2,
    "lu": 3,
    "frexp": 2,
    "modf": 2,
    "divmod": 2,
}


def call(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """The value of calling ``name``, a function of the jax package."""
    last = name.rpartition(".")[2]
    machine.note_jax(args)
    if name.startswith(("jax.tree.", "jax.tree_util.")):
        return _tree(machine, last, args, node, frame)
    if last not in LISTS_TOO and name not in QUIET:
        for value in args.every:
            for part in value.items or (value,):
                machine.used_as_array(part)
    if name.startswith("jax.lax.") and last in jax_control.HANDLERS:
        _check_static(machine, last if last == "scan" else "", args, node, frame)
        return jax_control.call(machine, last, args, node, frame)
    if name in QUIET:
        return args.positional[0] if args.positional else NONE
    if name == "jax.flatten_util.ravel_pytree":
        flat = machine.array(node, frame, args.traced, shape=(None,))
        back = Transformed(name, NONE, args=(machine.unknown(),))  # it depends on the structure alone
        return Value(Kind.TUPLE, traced=args.traced, items=(flat, Value(Kind.FUNCTION, target=back)))
    if name in {"jax.jvp", "jax.vjp", "jax.linearize"}:
        return jax_control.differentiate(machine, last, args, node, frame)
    if name in {"jax.devices", "jax.device_count", "jax.default_backend", "jax.local_device_count"}:
        return machine.unknown()
    if name.startswith(("jax.debug.", "jax.pure_callback", "jax.experimental.", "jax.pmap", "jax.lax.p")) and _leaves(
        name
    ):
        machine.event("unknown", "opaque-callee", "batching", node, frame, function=name)
        return machine.array(node, frame, reached(machine, args))
    if not name.startswith(NUMERIC) or name.startswith("jax.scipy.optimize."):
        return _unlisted(machine, name, args, node, frame)
    return _numeric(machine, name, args, node, frame)


def _numeric(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    if name.startswith("jax.scipy.sparse.linalg."):
        return _krylov(machine, args)
    _check_reducer(machine, name, args, node, frame)
    made = numpy_like(machine, name.rpartition(".")[2], args, node, frame)
    # a function among the arguments may see what the operands do not depend on
    return made.with_traced(not args.traced and reached(machine, args))


def _check_reducer(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> None:
    """JAX has no rule to batch ``lax.reduce`` over its initial value, or over what its function closes over."""
    if name not in {"jax.lax.reduce", "jax.lax.reduce_window"}:
        return
    init = args.get(1, "init_values") or args.get(1, "init_value")
    if any(one is not None and reaches_tracer(machine, one) for one in (init, args.get(2, "computation"))):
        machine.event("fatal", "non-jax-callee", "unbatched-reducer", node, frame, function=name)


def _krylov(machine: Machine, args: Arguments) -> Value:
    """``x, info = cg(A, b)``: the solution is like ``b``, and ``info`` is None."""
    like = jax_control.as_arrays(args.get(1, "b") or machine.unknown())
    solution = like.with_traced(reached(machine, args))._replace(ident=None)
    return Value(Kind.TUPLE, items=(solution, NONE), born=machine.epoch)


def _unlisted(machine: Machine, name: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """A function of jax that is none of those that take arrays and give arrays."""
    if args.traced and not name.startswith("jax.scipy.optimize."):
        machine.event("unknown", "opaque-callee", "unlisted-function", node, frame, function=name)
    return machine.unknown(reached(machine, args))


def _leaves(name: str) -> bool:
    return name not in {"jax.lax.pow", "jax.lax.pad", "jax.lax.population_count", "jax.lax.polygamma"}


def numpy_like(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """A function with NumPy's semantics: static arguments checked, shape and dtype of the result where known."""
    _check_static(machine, last, args, node, frame)
    _check_shape(machine, last, args, node, frame)
    if last in {
        "shape",
        "ndim",
        "size",
        "result_type",
        "dtype",
        "finfo",
        "iinfo",
        "issubdtype",
        "promote_types",
    }:
        return _abstract(last, args, machine)
    if last in CHOLESKY_LIKE:
        array = machine.array(node, frame, args.traced)
        return Value(Kind.TUPLE, traced=args.traced, items=(array,) * CHOLESKY_LIKE[last])
    _check_index(machine, last, args, node, frame)
    _check_draw(machine, last, args, node, frame)
    shape, dtype = shapes.result(last, args, node), dtypes.result(last, args, node)
    if (last in LISTS or (last == "where" and len(args.every) == 1)) and dtype not in {"key", "rbg"}:
        return Value(Kind.LIST, traced=args.traced, element=machine.array(node, frame, args.traced), born=machine.epoch)
    if last in ITERATORS:
        return Value(Kind.ITERATOR, traced=args.traced, born=machine.epoch)
    if last in {"where", "full", "select", "array", "asarray"} and _only_numbers(last, args):
        dtype = "bool" if all(value.dtype == "bool" for value in _filling(last, args)) else "weak"
    made = machine.array(node, frame, args.traced, shape=shape, dtype=dtype)
    return made._replace(ident=shapes.same_shape(last, args) or made.ident)


def _abstract(last: str, args: Arguments, machine: Machine) -> Value:
    first = args.positional[0] if args.positional else machine.unknown()
    if last == "shape":
        return Value(Kind.SHAPE, shape=first.shape, ident=first.ident)
    if last == "size" and len(args.every) == 1:
        return Value(Kind.NUMBER, dtype="int", number=shapes.size(first))
    return Value(Kind.NUMBER) if last in {"ndim", "size"} else machine.unknown()


def _check_static(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> None:
    for value in static_arguments(last, args):
        if holds_tracer(value):
            code = "static-index" if _from_index(value) else "ragged-shapes"
            subcode = "length-argument" if last == "arange" else "shape-argument"
            machine.event("fatal", code, subcode, node, frame, value, call=node)


def _check_shape(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> None:
    """Functions that need the values themselves, mostly because the shape of the result depends on them."""
    asked = concrete_argument(last, args)
    depends = last in DATA_DEPENDENT or (last == "where" and len(args.every) == 1)
    if (asked is not None and holds_tracer(asked)) or (depends and args.traced and "size" not in args.keywords):
        if asked is not None and _from_index(asked):
            machine.event("fatal", "static-index", "integer-argument", node, frame, call=node)
        else:
            machine.event("fatal", "ragged-shapes", "shape-by-values", node, frame, call=node)


def _check_index(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> None:
    """The index among the operands: a Python integer takes the dtype of the others, an int32 array has its own."""
    flat = [part for value in args.every for part in (value.items or (value,))]
    if last in INDEX_IS_INDEX or not any(part.index for part in flat):
        return
    arrays = [part for part in flat if part.kind in ARRAYS and not part.index]
    if arrays and all(part.dtype in {"float", "complex"} for part in arrays) and last not in {"where", "full", "array"}:
        return
    machine.event("unknown", "index-arithmetic", "promotion", node, frame, function=last)


def _only_numbers(last: str, args: Arguments) -> bool:
    """Whether all values that the result is made of are Python numbers, so that it is weakly typed."""
    given = _filling(last, args)
    values = [part for value in given for part in (value.items if last == "select" and value.items else (value,))]
    return bool(values) and "dtype" not in args.keywords and all(value.kind is Kind.NUMBER for value in values)


def _filling(last: str, args: Arguments) -> tuple[Value, ...]:
    return args.positional[1:] if last in {"where", "full", "select"} else args.positional[:1]


def _check_draw(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> None:
    """Draws of several lanes agree with draws of one only for threefry keys (JAX's default implementation)."""
    first = args.positional[0] if args.positional else None
    if first is None or not holds_tracer(first) or first.dtype not in {"key", "rbg"} or last == "fold_in":
        return
    if first.dtype == "rbg":
        machine.event("fatal", "random-stream-changes", "rbg-keys", node, frame)
    else:
        machine.event("unknown", "threefry-keys", "default", node, frame)


def _from_index(value: Value) -> bool:
    parts = value.items if value.items is not None else (value,)
    return any(part.index for part in parts)


def _tree(machine: Machine, last: str, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """``jax.tree.map(f, *trees)``: ``f`` sees the leaves, the result has the structure of the first tree."""
    if last in {"map", "tree_map", "tree_map_with_path"} and args.positional:
        made = machine.call(args.positional[0], _leaves_of(machine, args), node, frame)
        trees = args.positional[1:]
        for part, tree in zip(node.args[1:], trees, strict=False):
            unknown = tree.kind is Kind.UNKNOWN or (tree.kind is Kind.DICT and not tree.items and tree.element is None)
            if unknown and not tree.traced and holds_tracer(made):
                machine.event("unknown", "array-like", "leaves", node, frame, tree=part)
        if trees and trees[0].kind is Kind.ARRAY:
            return made
        return Value(Kind.PYTREE, traced=args.traced or holds_tracer(made), born=machine.epoch)
    if last in {"reduce", "tree_reduce"} and len(args.positional) > 1:
        leaf = machine.array(node, frame, holds_tracer(args.positional[1]))
        return jax_control.folded(machine, args.positional[0], leaf, args.get(2, "initializer"), node, frame)
    if last in {"leaves_with_path", "tree_leaves_with_path"}:
        return Value(Kind.LIST, element=machine.unknown(args.traced), born=machine.epoch)
    if last in {"leaves", "tree_leaves"}:
        return Value(Kind.LIST, element=_leaf(machine, args, node, frame), const=LEAVES, born=machine.epoch)
    if last in {"flatten", "tree_flatten"}:
        leaves = Value(Kind.LIST, element=_leaf(machine, args, node, frame), const=LEAVES, born=machine.epoch)
        return Value(Kind.TUPLE, items=(leaves, machine.unknown()))
    return Value(Kind.PYTREE, traced=args.traced, born=machine.epoch)


def _leaf(machine: Machine, args: Arguments, node: ast.Call, frame: Frame) -> Value:
    """One leaf of a tree: an array, unless the caller says himself what a leaf is."""
    own = "is_leaf" in args.keywords or len(args.positional) > 1
    return machine.unknown(args.traced) if own else machine.array(node, frame, args.traced)


def _leaves_of(machine: Machine, args: Arguments) -> Arguments:

    leaves = [t if t.kind is Kind.ARRAY else Value(Kind.ARRAY, traced=holds_tracer(t)) for t in args.positional[1:]]
    return Arguments(tuple(leaves), {}, args.open)


def is_array(value: Value) -> bool:
    """Whether ``value`` is known to be an array of jax or NumPy."""
    return value.kind in ARRAYS
