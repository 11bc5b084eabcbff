"""Every row of the tables of JAX's functions against the installed JAX: parameters, dtype, shape, and `vmap` as a loop."""

from __future__ import annotations

import importlib
import inspect
import itertools
import operator
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from table_examples import EXAMPLES, KEY, ON_POSITIVE, OPTIONS, PLAIN, A, Call

from vmapify.domain import integers
from vmapify.domain.dtypes import DType, Widths
from vmapify.domain.term import term
from vmapify.domain.value import NONE, Array, Library, Number, Text, Tuple, Value
from vmapify.heap.heap import Heap
from vmapify.library import array_operators
from vmapify.library.jax_tables import FUNCTIONS
from vmapify.library.operation import Parameter, apply, parsed
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DTYPES = {
    "float32": DType("float32"),
    "int32": DType("int32"),
    "bool": DType("bool"),
    "bfloat16": DType("bfloat16"),
    "complex64": DType("complex64"),
    "uint8": DType("uint8"),
    "int8": DType("int8"),
    "weak float": DType("float", weak=True),
    "weak int": DType("int", weak=True),
}
"""What arrays are handed over; weak ones have the default type of their kind."""
FEW = ["float32", "bool", "weak float"]
MIXED = ["float32", "int32", "bool", "bfloat16", "weak float", "weak int"]
SHAPES: list[tuple[int, ...]] = [(3,), (4, 3), (), (3, 3), (2, 4, 3), (1, 3)]


def function(name: str) -> Callable[..., Any]:
    """The function that a row is about."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


# -- examples ---------------------------------------------------------------------------------------------------
def general(name: str) -> Iterator[Call]:
    """Arguments by the general rule: arrays of one shape for what must be given."""
    needed = [
        one for one in parsed(FUNCTIONS[name]).parameters if not one.optional or one.kind == "rest" or _must(name, one)
    ]
    kinds = (
        ("positive", "float", "int")
        if name in ON_POSITIVE or name.startswith(ON_POSITIVE)
        else ("float", "int", "positive")
    )
    for kind, shape in itertools.product(kinds, SHAPES):
        yield Call(tuple(part for one in needed for part in _example(one, A(shape, kind))))


def _must(name: str, parameter: Parameter) -> bool:
    """Whether a plain argument has no default."""
    found = inspect.signature(function(name)).parameters.get(parameter.name)
    return parameter.kind in {"plain", "either"} and found is not None and found.default is found.empty


def _example(parameter: Parameter, array: A) -> tuple[Any, ...]:
    if parameter.name in {"key", "keys"}:
        return (KEY,)
    if parameter.kind in {"plain", "either"}:
        return (PLAIN[parameter.name],)
    if parameter.kind == "seed":
        return (A((), "int"),)
    if parameter.kind in {"sequence", "rest"}:
        return ((array, array),) if parameter.kind == "sequence" else (array, array)
    return (array,)


@cache
def examples(name: str) -> list[Call]:
    """Calls that work: those of the table of examples, else the first one by the general rule."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    found = next((one for one in general(name) if real(name, one, spec) is not None), None)
    return [found, *_with_options(name, found)] if found is not None else []


def _with_options(name: str, call: Call) -> Iterator[Call]:
    """The same call with one more argument, and with several."""
    names = [one.name for one in parsed(FUNCTIONS[name]).parameters if one.optional and one.kind == "plain"]
    given = [(one, value) for one in names for value in OPTIONS.get(one, ())]
    every = [{one: value} for one, value in given]
    if {"axis", "keepdims"} <= set(names):
        every += [{"axis": 0, "keepdims": True}, {"axis": (0,), "keepdims": True}]
    yield from (Call(call.args, options) for options in every if real(name, Call(call.args, options), spec) is not None)


def leaves(call: Call) -> list[A]:
    """The arrays among the arguments, in order."""
    return [
        one
        for one in jax.tree.leaves((call.args, call.keywords), is_leaf=lambda x: isinstance(x, A))
        if isinstance(one, A)
    ]


def with_arrays(call: Call, arrays: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with ``arrays`` in place of those that the example describes."""
    found = iter(arrays)

    def put(part: Any) -> Any:
        if isinstance(part, A):
            return next(found)
        if isinstance(part, tuple | list):
            return type(part)(put(one) for one in part)
        return part

    args = tuple(put(one) for one in call.args)
    return args, {key: put(one) for key, one in call.keywords.items()}


def spec(one: A, dtype: DType | None = None) -> jax.ShapeDtypeStruct:
    """An example array as JAX describes it."""
    if one.kind == "key":
        return jax.ShapeDtypeStruct(one.shape, jax.random.key(0).dtype)
    kind = {"int": "int32", "bool": "bool"}.get(one.kind, "float32")
    asked = dtype or DType(kind)
    if asked.weak:
        asked = widths().of(asked.name, weak=True)
    return jax.ShapeDtypeStruct(one.shape, jnp.dtype(asked.name), weak_type=asked.weak)


def real(name: str, call: Call, described: Callable[[A], jax.ShapeDtypeStruct]) -> Any:
    """What JAX says that a call gives; None if it raises."""

    def run(arrays: list[Any]) -> Any:
        args, keywords = with_arrays(call, arrays)
        return function(name)(*args, **keywords)

    try:
        return jax.eval_shape(run, [described(one) for one in leaves(call)])
    except (TypeError, ValueError, NotImplementedError, IndexError, AssertionError, OverflowError, NameError):
        return None


# -- what the tables say ----------------------------------------------------------------------------------------
def widths() -> Widths:
    """What JAX is set to now."""
    return Widths(bool(jax.config.jax_enable_x64))


def machine() -> Any:
    """As much of an interpreter as the tables need."""

    def opaque(name: str, values: tuple[Value, ...], node: object) -> None:
        raise AssertionError(f"{name} is not modelled")

    bounds = integers.Bounds({})
    return SimpleNamespace(heap=Heap(), widths=widths(), bounds=bounds, level=0, traces=False, opaque=opaque)


def abstract(part: Any) -> Value:
    """An argument as the prover sees it."""
    match part:
        case jax.ShapeDtypeStruct():
            key = jnp.issubdtype(part.dtype, jax.dtypes.prng_key)
            dtype = DType("key" if key else part.dtype.name, bool(getattr(part, "weak_type", False)))
            return Array(term("parameter", "x"), dtype, tuple(integers.constant(one) for one in part.shape))
        case Array():
            return part
        case None:
            return NONE
        case bool():
            return Number("bool", integers.truth(part))
        case int():
            return Number("int", integers.constant(part))
        case float():
            return Number("float", term("float", part.hex()))
        case str():
            return Text(term("text", part))
        case tuple():
            return Tuple(tuple(abstract(one) for one in part))
    return Library(f"jax.numpy.{jnp.dtype(part).name}")


def told(name: str, call: Call, described: Callable[[A], jax.ShapeDtypeStruct], known: bool = True) -> Array:
    """What the tables say that a call gives; of arrays of which nothing is known if ``known`` is false."""
    arrays: list[object] = [described(one) if known else Array(term("parameter", "x")) for one in leaves(call)]
    args, keywords = with_arrays(call, arrays)
    given = Arguments(tuple(abstract(one) for one in args), {key: abstract(one) for key, one in keywords.items()})
    found = apply(machine(), name, parsed(FUNCTIONS[name]), given, None)  # type: ignore[arg-type]
    assert isinstance(found, Array)
    return found


def differences(name: str, call: Call, described: Callable[[A], jax.ShapeDtypeStruct], certain: DType | None) -> str:
    """What the tables say that is not so, ``certain`` for any operands; nothing if all is right or the call raises."""
    right = real(name, call, described)
    if right is None:
        return ""
    if not hasattr(right, "dtype"):
        return f"{name}: gives {right}"
    found = told(name, call, described)
    shape = tuple(integers.known(one) for one in found.shape) if found.shape is not None else None
    what = [(one.shape, str(one.dtype), one.weak_type) for one in map(described, leaves(call))]
    for dtype in (found.dtype, certain):
        if dtype is not None and not fits(right, dtype):
            return f"{name}{what} {call}: {dtype}, not {right.dtype} (weak: {right.weak_type})"
    return f"{name}{what} {call}: {shape}, not {right.shape}" if shape not in {None, right.shape} else ""


def fits(right: jax.ShapeDtypeStruct, dtype: DType) -> bool:
    """Whether a result has the dtype that is told of it."""
    if dtype.weak != right.weak_type:
        return False
    if jnp.issubdtype(right.dtype, jax.dtypes.prng_key):
        return dtype.name in {"any", "key"}
    if dtype.name == "floating":
        return jnp.issubdtype(right.dtype, jnp.inexact)
    return dtype.name in {"any", right.dtype.name}


# -- the checks -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("module", sorted({name.rpartition(".")[0] for name in FUNCTIONS}))
def test_parameters(module: str) -> None:
    wrong = [one for name in FUNCTIONS if name.rpartition(".")[0] == module for one in _misplaced(name)]
    assert not wrong


def _misplaced(name: str) -> list[str]:
    try:
        parameters = list(inspect.signature(function(name)).parameters.values())
    except AttributeError:
        return [f"{name}: does not exist"]
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return []  # a ufunc: its operands have no names
    row = [one.name for one in parsed(FUNCTIONS[name]).parameters]
    places = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY and one.kind is not one.VAR_KEYWORD]
    named = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    placed = [one for one in row if one not in named]
    if placed != places[: len(placed)] or row[: len(placed)] != placed:
        return [f"{name}: {placed}, not {places}"]
    return []


@pytest.mark.filterwarnings("ignore")
def test_dtypes_and_shapes() -> None:
    wrong = []
    for name in FUNCTIONS:
        calls = examples(name)
        if not calls:
            wrong.append(f"{name}: no example")
            continue
        # all pairs of dtypes for the plain call, one dtype for all arrays for the others
        wrong += [one for k, call in enumerate(calls) for one in _wrong(name, call, mixed=k == 0)][:3]
    assert not wrong, "\n".join(wrong)


@pytest.mark.filterwarnings("ignore")
def test_dtypes_with_64_bits() -> None:
    with jax.enable_x64(True):
        wrong = [one for name in FUNCTIONS for one in _wrong(name, examples(name)[0], mixed=False)]
    assert not wrong, "\n".join(wrong)


def _wrong(name: str, call: Call, mixed: bool) -> Iterator[str]:
    arrays = [one for one in leaves(call) if one.kind != "key"]
    pairs = itertools.product([DTYPES[one] for one in MIXED], repeat=len(arrays))
    few = not mixed and not jax.config.jax_enable_x64
    same = [(DTYPES[one],) * len(arrays) for one in (FEW if few else DTYPES)]
    needs_rank = any(one.kind == "rows" for one in parsed(FUNCTIONS[name]).parameters)
    certain = told(name, call, spec, known=False).dtype if not needs_rank else None
    for kinds in [*same, *(pairs if mixed and len(arrays) == 2 else ())]:
        chosen = {id(one): kind for one, kind in zip(arrays, kinds, strict=True)}
        found = differences(name, call, partial(_chosen, chosen), certain)
        if found:
            yield found


def _chosen(dtypes: dict[int, DType], one: A) -> jax.ShapeDtypeStruct:
    return spec(one, dtypes.get(id(one)))


# -- operators --------------------------------------------------------------------------------------------------
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "true_divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "matmul": operator.matmul,
    "bitwise_and": operator.and_,
    "left_shift": operator.lshift,
    "right_shift": operator.rshift,
    "equal": operator.eq,
    "less": operator.lt,
}


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name: str, x64: bool) -> None:
    with jax.enable_x64(x64):
        arrays = [spec(A(), one) for one in DTYPES.values()]
        numbers = [2, -1, 0.5, True]
        pairs = [*itertools.product(arrays, [*arrays, *numbers]), *itertools.product(numbers, arrays)]
        wrong = [found for left, right in pairs if (found := _operated(name, left, right))]
    assert not wrong, "\n".join(wrong)


def _operated(name: str, left: Any, right: Any) -> str:
    """What is told wrongly of ``left op right``."""
    given = [one for one in (left, right) if isinstance(one, jax.ShapeDtypeStruct)]

    def run(*arrays: Any) -> Any:
        rest = iter(arrays)
        both = [next(rest) if isinstance(one, jax.ShapeDtypeStruct) else one for one in (left, right)]
        return OPERATORS[name](*both)

    try:
        found = jax.eval_shape(run, *given)
    except (TypeError, ValueError):
        return ""
    operate = array_operators.comparison if name in {"equal", "less"} else array_operators.arithmetic
    said = operate(machine(), name, abstract(left), abstract(right))
    assert said is None or isinstance(said, Array)
    right_dtype = said is None or said.dtype is None or fits(found, said.dtype)
    return "" if right_dtype else f"{left} {name} {right}: {said}, not {found}"


# -- vmap -------------------------------------------------------------------------------------------------------
ROWS = 3
CHUNK = 24


def concrete(one: A, seed: int) -> np.ndarray:
    """Values for an example array, with an axis more in front."""
    random = np.random.default_rng(seed)
    shape = (ROWS, *one.shape)
    match one.kind:
        case "int":
            return random.integers(0, 3, shape).astype(np.int32)
        case "bool":
            return random.integers(0, 2, shape).astype(bool)
        case "matrix":
            half = random.normal(size=shape).astype(np.float32)
            return half @ half.swapaxes(-1, -2) + 3 * np.eye(shape[-1], dtype=np.float32)
        case "more than one":
            return random.uniform(1.5, 4, shape).astype(np.float32)
        case "positive":
            return random.uniform(0.1, 0.9, shape).astype(np.float32)
    return random.normal(size=shape).astype(np.float32)


@dataclass(frozen=True)
class Both:
    """One call under ``vmap`` and row by row: with all arrays mapped, and with one at a time."""

    name: str
    call: Call

    def values(self) -> list[Any]:
        """The arrays, each with an axis more in front."""
        keys = jax.random.split(jax.random.key(7), ROWS)
        return [keys if one.kind == "key" else concrete(one, k) for k, one in enumerate(leaves(self.call))]

    def masks(self) -> list[list[bool]]:
        """Which arrays are mapped."""
        count = len(leaves(self.call))
        alone = [[k == one for k in range(count)] for one in range(1 if self.name.startswith("jax.random.") else count)]
        return [[True] * count, *(alone if count > 1 else [])] if count else []

    def run(self, *arrays: Any) -> Any:
        """The call itself."""
        args, keywords = with_arrays(self.call, list(arrays))
        return function(self.name)(*args, **keywords)

    def wholes(self) -> list[list[Any]]:
        """The arguments of ``vmap``."""
        return [self._some(mask, slice(None)) for mask in self.masks()]

    def mapped(self, wholes: list[list[Any]]) -> list[Any]:
        """What ``vmap`` gives."""
        return [
            jax.vmap(self.run, [0 if one else None for one in mask])(*whole)
            for mask, whole in zip(self.masks(), wholes, strict=True)
        ]

    def row(self, mask: list[bool], number: int) -> list[Any]:
        """The arguments of one iteration."""
        return self._some(mask, number)

    def _some(self, mask: list[bool], number: int | slice) -> list[Any]:
        return [value[number] if one else value[0] for value, one in zip(self.values(), mask, strict=True)]


CHUNKS = [list(FUNCTIONS)[start : start + CHUNK] for start in range(0, len(FUNCTIONS), CHUNK)]


@pytest.mark.parametrize("names", CHUNKS, ids=lambda names: names[0])
@pytest.mark.filterwarnings("ignore")
def test_vmap_is_a_loop(names: list[str]) -> None:
    assert not unlike(names)


def unlike(names: list[str]) -> list[str]:
    """The functions that ``vmap`` does not map exactly; compiled together, which is much quicker."""
    every = [Both(name, examples(name)[0]) for name in names]
    together = jax.jit(lambda wholes: [one.mapped(some) for one, some in zip(every, wholes, strict=True)])
    mapped = together([one.wholes() for one in every])
    step = jax.jit(lambda rows: [one.run(*row) for one, row in zip(every, rows, strict=True)])
    plan = [[(mask, number) for mask in one.masks() for number in range(ROWS)] for one in every]
    # each run takes the next row of every function, the first one where a function has no more
    runs = []
    for turn in range(max(map(len, plan))):
        turns = [
            todo[turn] if turn < len(todo) else ([True] * len(leaves(one.call)), 0)
            for one, todo in zip(every, plan, strict=True)
        ]
        runs.append(step([one.row(*now) for one, now in zip(every, turns, strict=True)]))
    wrong = []
    for place, one in enumerate(every):
        rows = [runs[turn][place] for turn in range(len(plan[place]))]
        pairs = zip(mapped[place], (rows[k : k + ROWS] for k in range(0, len(rows), ROWS)), strict=True)
        if not all(_alike(whole, loop) for whole, loop in pairs):
            wrong.append(one.name)
    return wrong


def _alike(whole: Any, rows: list[Any]) -> bool:
    if any(row.dtype != whole.dtype or row.aval.weak_type != whole.aval.weak_type for row in rows):
        return False
    if jnp.issubdtype(whole.dtype, jax.dtypes.prng_key):
        whole, rows = jax.random.key_data(whole), [jax.random.key_data(row) for row in rows]
    values = np.stack([np.asarray(row).astype(np.complex128) for row in rows])
    if not np.isfinite(values).any():
        return False  # that would show nothing
    return np.allclose(np.asarray(whole).astype(np.complex128), values, rtol=2e-4, atol=2e-5, equal_nan=True)
