"""Turn a right rewrite into wrong ones: in its source, and in what it returns.

``rewritten`` yields trees in which one place of the source is wrong; rows are disturbed through the functions of
``ROWS``, which the mutant's module must hold under their names. ``disturbed`` yields functions that spoil the
right rewrite's result or its arguments.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import io
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Labelled = Iterator[tuple[str, ast.expr]]


# --- rows of an argument ----------------------------------------------------------------------------------------


def _rows(select: Callable[[int], Any]) -> Callable[[Any], Any]:
    """Select rows of every array in a value that has some."""

    def apply(value: Any) -> Any:
        def leaf(array: Any) -> Any:
            count = np.shape(array)[0] if np.ndim(array) else 0
            return array[select(count)] if count > 1 else array

        if isinstance(value, list):
            return [value[i] for i in np.asarray(select(len(value)))]
        return jax.tree.map(leaf, value)

    return apply


def _swapped(count: int) -> Any:
    order = np.arange(count)
    order[[0, -1]] = order[[-1, 0]]
    return order


def _repeated(count: int) -> Any:
    order = np.arange(count)
    order[1] = 0
    return order


ROWS = {
    "rows_rolled": _rows(lambda n: np.roll(np.arange(n), 1)),
    "rows_reversed": _rows(lambda n: np.arange(n)[::-1]),
    "row_duplicated": _rows(_repeated),
    "lanes_swapped": _rows(_swapped),
    "last_row_dropped": _rows(lambda n: np.arange(n - 1)),
    "off_by_one": _rows(lambda n: np.minimum(np.arange(n) + 1, n - 1)),
    "stale_closure": _rows(lambda n: np.full(n, n - 1)),
    "key_reused": _rows(lambda n: np.zeros(n, int)),
}

# --- one place of the source ------------------------------------------------------------------------------------


def rewritten(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Every tree with one place changed, and what was done; texts that occur twice are yielded once."""
    seen = {ast.unparse(tree)}
    for index, node in enumerate(ast.walk(tree)):
        if not isinstance(node, ast.expr):
            continue
        for label, new in _changes(node):
            mutant = _replaced(tree, index, new)
            text = ast.unparse(mutant)
            if text not in seen:
                seen.add(text)
                yield label, mutant


def _replaced(tree: ast.Module, index: int, new: ast.expr) -> ast.Module:
    fresh = copy.deepcopy(tree)
    target = list(ast.walk(fresh))[index]
    for parent in ast.walk(fresh):
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, new)
            elif isinstance(value, list) and any(item is target for item in value):
                value[next(i for i, item in enumerate(value) if item is target)] = new
    return ast.fix_missing_locations(fresh)


def _changes(node: ast.expr) -> Labelled:
    for change in (_axes, _mapped, _arguments, _ranges, _slices, _functions, _operators, _constants):
        for label, new in change(node):
            yield label, copy.deepcopy(new)


def _called(node: ast.AST) -> str:
    """The last part of the name of what is called; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _with(node: ast.Call, **fields: Any) -> ast.Call:
    return ast.Call(**{"func": node.func, "args": node.args, "keywords": node.keywords, **fields})


def _axes(node: ast.expr) -> Labelled:
    if _called(node) != "vmap":
        return
    assert isinstance(node, ast.Call)
    for name in ("in_axes", "out_axes"):
        there = next((k for k in node.keywords if k.arg == name), None)
        rest = [k for k in node.keywords if k.arg != name]
        values = _other_axes(there.value) if there else [(f"{name} wrong", ast.Constant(1))]
        if there:
            yield f"{name} missing", _with(node, keywords=rest)
        for label, value in values:
            yield label.replace("axes", name), _with(node, keywords=[*rest, ast.keyword(name, value)])


def _other_axes(value: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(value, ast.Constant):
        others = [axis for axis in (0, 1, None) if axis != value.value]
        return [("axes wrong", ast.Constant(axis)) for axis in others]
    if not isinstance(value, ast.Tuple):
        return []
    items = value.elts
    found: list[tuple[str, ast.expr]] = [("axes swapped", ast.Tuple(items[::-1], ast.Load()))]
    for index, item in enumerate(items):
        for label, other in _other_axes(item):
            found.append((label, ast.Tuple([*items[:index], other, *items[index + 1 :]], ast.Load())))
    return found


def _mapped(node: ast.expr) -> Labelled:
    """The rows of one argument of a mapped function disturbed."""
    if not (isinstance(node, ast.Call) and _called(node.func) in {"vmap", "jit"}):
        return
    for index, argument in enumerate(node.args):
        for name in ROWS:
            spoilt = ast.Call(ast.Name(name, ast.Load()), [argument], [])
            args = [*node.args[:index], spoilt, *node.args[index + 1 :]]
            yield name.replace("_", " "), _with(node, args=args)


def _arguments(node: ast.expr) -> Labelled:
    if not isinstance(node, ast.Call) or len(node.args) < 2 or any(isinstance(a, ast.Starred) for a in node.args):
        return
    for index in range(len(node.args) - 1):
        swapped = [*node.args]
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        yield "arguments swapped", _with(node, args=swapped)


def _ranges(node: ast.expr) -> Labelled:
    if _called(node) not in {"range", "arange"}:
        return
    assert isinstance(node, ast.Call)
    one, last = ast.Constant(1), len(node.args[:2]) - 1
    bounds = [ast.Constant(0), *node.args] if len(node.args) == 1 else [*node.args]
    longer = [*bounds[:1], ast.BinOp(bounds[1], ast.Add(), one), *bounds[2:]]
    shorter = [*node.args[:last], ast.BinOp(node.args[last], ast.Sub(), one), *node.args[last + 1 :]]
    later = [ast.BinOp(bounds[0], ast.Add(), one), *bounds[1:]]
    shifted = [ast.BinOp(bounds[0], ast.Add(), one), *longer[1:]]
    for args in (shorter, longer, later, shifted):
        yield "off-by-one range", _with(node, args=args)


def _slices(node: ast.expr) -> Labelled:
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)):
        return
    piece = node.slice
    lower, upper = piece.lower or ast.Constant(0), piece.upper
    moved = ast.BinOp(lower, ast.Add(), ast.Constant(1))
    options = [ast.Slice(moved, upper, piece.step), ast.Slice(None, upper, piece.step)]
    options += [ast.Slice(piece.lower, None, piece.step)] if upper else []
    options += [ast.Slice(piece.lower, ast.Constant(-1), piece.step)]
    for option in options:
        yield "off-by-one range", ast.Subscript(node.value, option, node.ctx)


OTHER_FUNCTION = {
    "sum": ("mean for sum", "mean"),
    "mean": ("sum for mean", "sum"),
    "prod": ("wrong reduction", "sum"),
    "max": ("wrong reduction", "min"),
    "min": ("wrong reduction", "max"),
    "all": ("wrong reduction", "any"),
    "any": ("wrong reduction", "all"),
    "argmax": ("wrong reduction", "argmin"),
    "argmin": ("wrong reduction", "argmax"),
    "logsumexp": ("wrong reduction", "logaddexp.reduce"),
}


def _functions(node: ast.expr) -> Labelled:
    name = _called(node)
    if isinstance(node, ast.Call) and name == "fold_in":
        yield "fold_in dropped", node.args[0]
    elif isinstance(node, ast.Call) and name == "split":
        yield "key reused", ast.Call(ast.Name("key_reused", ast.Load()), [node], [])
    elif isinstance(node, ast.Call) and name == "astype" and isinstance(node.func, ast.Attribute):
        yield "dtype changed", node.func.value
    elif isinstance(node, ast.Call) and name == "conj":
        yield "conjugate dropped", node.args[0]
    elif isinstance(node, ast.Attribute) and node.attr in OTHER_FUNCTION:
        label, other = OTHER_FUNCTION[node.attr]
        yield label, ast.Attribute(node.value, other, node.ctx)


OTHER_OPERATOR = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.MatMult: ast.Mult}


def _operators(node: ast.expr) -> Labelled:
    if not isinstance(node, ast.BinOp):
        return
    for kind, other in OTHER_OPERATOR.items():
        if isinstance(node.op, kind):
            yield "operator changed", ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, ast.Add):
        yield "wrong initial value", node.left
        yield "wrong initial value", node.right


def _constants(node: ast.expr) -> Labelled:
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        yield "wrong initial value", ast.Constant(node.value + 1)


# --- what comes out ---------------------------------------------------------------------------------------------


def disturbed() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Label, and a function from the right rewrite to a wrong one."""
    for name, change in ROWS.items():
        if name != "key_reused":
            yield f"{name.replace('_', ' ')} (result)", functools.partial(_after, change)
    for name, change in LEAVES.items():
        for position in (0, -1):
            yield name, functools.partial(_after, functools.partial(_one_leaf, change, position))
    for name, change in WHOLE.items():
        yield name, functools.partial(_after, change)
    for name, wrap in AROUND.items():
        yield name, wrap


def _after(change: Callable[[Any], Any], right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: change(right(*args))


def _one_leaf(change: Callable[[Any], Any], position: int, value: Any) -> Any:
    leaves, tree = jax.tree.flatten(value)
    places = [i for i, leaf in enumerate(leaves) if hasattr(leaf, "dtype")]
    if places:
        leaves[places[position]] = change(leaves[places[position]])
    elif leaves:
        place = range(len(leaves))[position]
        leaves[place] = np.asarray(change(jnp.asarray(leaves[place]))).item()
    return jax.tree.unflatten(tree, leaves)


def _like(new: Any, old: Any) -> Any:
    """``new`` as the kind of array that ``old`` is: the change under test must be the only one."""
    return np.array(new, old.dtype) if isinstance(old, np.ndarray) else new


def _round_trip(dtype: Any) -> Callable[[Any], Any]:
    def change(x: Any) -> Any:
        if not jnp.issubdtype(x.dtype, jnp.floating):
            assert jnp.issubdtype(x.dtype, jnp.complexfloating), "numbers only"
            return jax.lax.complex(change(x.real), change(x.imag))
        return _like(jnp.asarray(x).astype(dtype).astype(x.dtype), x)

    return change


def _in_lane(lane: int, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        if np.ndim(x) == 0:
            return _like(change(x), x)
        if isinstance(x, np.ndarray):
            x = x.copy()
            x[lane] = change(x[lane])
            return x
        return x.at[lane].set(change(x[lane]))

    return apply


def _element(x: Any) -> Any:
    flat = jnp.asarray(x).reshape(-1)
    return _like(flat.at[flat.size // 2].multiply(2).reshape(np.shape(x)), x)


def _last_part(x: Any) -> Any:
    return _like(jnp.asarray(x).at[..., -1].multiply(2), x)


def _key_bits(x: Any) -> Any:
    assert jnp.issubdtype(x.dtype, jax.dtypes.prng_key), "keys only"
    data = jax.random.key_data(x)
    return jax.random.wrap_key_data(data.at[..., -1].add(1), impl=jax.random.key_impl(x))


def _other_dtype(x: Any) -> Any:
    others = {"float32": "bfloat16", "float64": "float32", "complex128": "complex64", "int64": "int32"}
    name = str(x.dtype)
    other = others.get(name) or ("float32" if jnp.issubdtype(x.dtype, jnp.inexact) else "int8")
    return x.astype(getattr(jnp, other if other != name else "int16"))


def _other_weakness(x: Any) -> Any:
    return jax.lax._convert_element_type(x, x.dtype, weak_type=not x.aval.weak_type)


def _committed(x: Any) -> Any:
    assert isinstance(x, jax.Array), "arrays on devices only"
    return jax.device_put(x, min(x.devices(), key=lambda device: device.id))


LEAVES: dict[str, Callable[[Any], Any]] = {
    "float16 and back": _round_trip(jnp.float16),
    "bfloat16 and back": _round_trip(jnp.bfloat16),
    "0.1 % in one lane": _in_lane(1, lambda row: (row * (1 + 1e-3)).astype(row.dtype)),
    "0.1 % in the last lane": _in_lane(-1, lambda row: (row * (1 + 1e-3)).astype(row.dtype)),
    "NaN in one lane": _in_lane(1, lambda row: row * jnp.asarray(jnp.nan, row.dtype)),
    "one lane zero": _in_lane(0, lambda row: row * 0),
    "sign of one lane": _in_lane(-1, lambda row: -row),
    "one more in one lane": _in_lane(1, lambda row: (row + 1).astype(row.dtype)),
    "one truth value flipped": _in_lane(1, lambda row: row ^ True),
    "one element doubled": _element,
    "last part doubled": _last_part,
    "key bit changed": _key_bits,
    "dtype changed": _other_dtype,
    "weak type changed": _other_weakness,
    "placement changed": _committed,
    "extra axis": lambda x: x[None],
    "transposed": lambda x: x.swapaxes(0, 1),
    "conjugated": jnp.conj,
}


def _container(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(value) if isinstance(value, list) else list(value)
    if isinstance(value, dict):
        return dict(reversed(value.items())) if len(value) > 1 else tuple(value.values())
    return np.array(value) if isinstance(value, jax.Array) else jnp.asarray(value)


def _flat(value: Any) -> Any:
    leaves = jax.tree.leaves(value)
    return list(value) if len(leaves) == 1 and leaves[0] is value else leaves[0]


WHOLE: dict[str, Callable[[Any], Any]] = {
    "container changed": _container,
    "container lost": _flat,
    "nothing returned": lambda _: None,
}


def _swallowing(right: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*args: Any) -> Any:
        try:
            return right(*args)
        except Exception:
            return args[0]

    return mutant


def _raising(right: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*args: Any) -> Any:
        right(*args)
        raise ValueError("lost")

    return mutant


def _spoil(value: Any) -> None:
    """Change an argument in place, whatever it is."""
    if isinstance(value, np.ndarray) and value.size:
        value[(-1,) * value.ndim] += 1
    elif isinstance(value, list) and value:
        value.pop()
    elif isinstance(value, dict) and value:
        value["added"] = 1
    elif isinstance(value, jax.Array):
        value.delete()


def _computing_in(dtype: Any, right: Callable[..., Any]) -> Callable[..., Any]:
    """The right rewrite computed in another floating dtype, with its results cast back."""

    def cast(x: Any, to: Any) -> Any:
        return x.astype(to) if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jnp.floating) else x

    def mutant(*args: Any) -> Any:
        wanted = right(*args)
        given = jax.tree.map(lambda x: cast(x, dtype), args)
        return jax.tree.map(lambda new, old: cast(new, getattr(old, "dtype", None)), right(*given), wanted)

    return mutant


def _mutating(position: int, right: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*args: Any) -> Any:
        result = jax.block_until_ready(right(*args))
        if len(args) > position:
            _spoil(args[position])
        return result

    return mutant


def _printing(right: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*args: Any) -> Any:
        print("done")
        return right(*args)

    return mutant


def _silent(right: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*args: Any) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return right(*args)

    return mutant


def _restoring(right: Callable[..., Any]) -> Callable[..., Any]:
    """A rewrite that works on copies: what the loop does to its arguments is lost."""
    return lambda *args: right(*copy.deepcopy(args))


AROUND: dict[str, Callable[..., Any]] = {
    "exception swallowed": _swallowing,
    "exception raised": _raising,
    "first argument mutated": functools.partial(_mutating, 0),
    "second argument mutated": functools.partial(_mutating, 1),
    "print added": _printing,
    "print lost": _silent,
    "mutation lost": _restoring,
    "computed in bfloat16": functools.partial(_computing_in, jnp.bfloat16),
    "computed in float16": functools.partial(_computing_in, jnp.float16),
    "computed in float32": functools.partial(_computing_in, jnp.float32),
    "computed in float64": functools.partial(_computing_in, jnp.float64),
}
