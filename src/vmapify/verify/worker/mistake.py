"""A wrong rewrite made on purpose: the rewrite itself, with one lane of a batched call in another's place.

Lanes are exchanged where they are made, in the outermost calls of ``jax.vmap`` and ``jax.lax.map``, so that it does not
matter what is done with them then: converted, summed, printed, compared by an assertion. The two functions are reached
through the wrapper that JAX puts around them, so that every name that is bound to them leads here. What is traced
meanwhile is traced for these runs alone. Where JAX is built in another way nothing is exchanged, and nothing is shown.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import itertools
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .attempt import attempt
from .sampling import is_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OUT_AXES = "out_axes"
RUNS = itertools.count(1)
FAR, TINY = 1e30, 1e-6
"""How far numbers are from infinities and from what is no number, and how much a difference counts that is lost in rounding."""


class Mistake:
    """What is done to the batched calls of one run.

    The lanes of the call number ``place`` are exchanged, of no call if that is None: one of the two lanes that are the
    furthest apart stands in the other's place as well, or the other way round if ``back``. ``calls`` counts them;
    ``alike`` is whether all lanes of all of them were equal, None where a trace has no values.
    """

    def __init__(self, place: int | None = None, *, back: bool = False) -> None:
        self.calls = 0
        self.alike: bool | None = True
        self._place, self._back = place, back
        self._thread = threading.get_ident()
        self._inside = self._over = False

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Batched calls of this thread are changed meanwhile. Check ``possible`` before."""
        maps = ((jax.vmap, self._vmap), (jax.lax.map, self._map))
        with contextlib.ExitStack() as stack:
            stack.enter_context(_context()(next(RUNS)))
            stack.callback(self._end)
            for cell, axes in _made_before():
                _fill(stack, cell, self._called(cell.cell_contents, axes))
            for function, stand_in in maps:
                own = _cell(function)
                assert own is not None
                _fill(stack, own, functools.partial(stand_in, own.cell_contents))
            yield

    def _end(self) -> None:
        self._over = True

    def _vmap(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        given = inspect.signature(original).bind_partial(*args, **kwargs).arguments
        if _asked_by_jax() or "fun" not in given:
            return made
        return functools.wraps(made)(self._called(made, given.get(OUT_AXES, 0)))

    def _map(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs) if _asked_by_jax() else self._called(original, 0)(*args, **kwargs)

    def _called(self, original: Callable[..., Any], axes: Any) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._over or self._inside or threading.get_ident() != self._thread:
                return original(*args, **kwargs)
            self._inside = True
            try:
                result = original(*args, **kwargs)
            finally:
                self._inside = False
            self.calls += 1
            return self._exchanged(result, axes, wrong=self.calls - 1 == self._place)

        return call

    def _exchanged(self, result: Any, axes: Any, *, wrong: bool) -> Any:
        def part(axis: Any, below: Any) -> Any:
            if type(axis) is not int:
                return below
            return jax.tree.map(lambda leaf: self._with_lane(leaf, axis, wrong=wrong), below)

        return jax.tree.map(part, axes, result, is_leaf=lambda axis: axis is None)

    def _with_lane(self, array: Any, axis: int, *, wrong: bool) -> Any:
        """The array with its lanes as they are, or with a wrong one; both are made in the same way."""
        count = array.shape[axis]
        if array.size == 0:
            return array
        data = jax.random.key_data(array) if is_key(array) else array
        host, error = attempt(lambda: np.asarray(data))
        space: Any = jnp if error is not None else np
        lanes = space.moveaxis(data if error is not None else host, axis % array.ndim, 0).reshape(count, -1)
        one, other = _furthest(lanes, space)
        self._note(None if error is not None else bool(one == other))
        place, source = (other, one) if self._back else (one, other)
        rows = space.arange(count)
        index = space.where(rows == place, source if wrong else place, rows)
        return array[(slice(None),) * (axis % array.ndim) + (index,)]

    def _note(self, alike: bool | None) -> None:
        self.alike = False if alike is False or self.alike is False else None if alike is None else self.alike


def possible() -> bool:
    """Whether this JAX lets batched calls be changed for some runs alone."""
    return _context() is not None and all(_cell(function) is not None for function in (jax.vmap, jax.lax.map))


@functools.cache
def _context() -> Any:
    """Makes contexts in which nothing that was traced outside is used, nor the other way round."""
    maker = getattr(jax, "make_user_context", None)
    return None if maker is None else maker(None)


def _cell(wrapper: Any) -> types.CellType | None:
    """Where a function that JAX has wrapped keeps the function itself."""
    inner = getattr(wrapper, "__wrapped__", None)
    found = [cell for cell in getattr(wrapper, "__closure__", None) or () if _content(cell) is inner]
    return found[0] if len(found) == 1 and isinstance(inner, types.FunctionType) else None


def _content(cell: types.CellType) -> Any:
    return attempt(lambda: cell.cell_contents)[0]


def _fill(stack: contextlib.ExitStack, cell: types.CellType, value: Any) -> None:
    stack.callback(setattr, cell, "cell_contents", cell.cell_contents)
    cell.cell_contents = value


def _made_before() -> list[tuple[types.CellType, Any]]:
    """Where the user's functions that were made by ``jax.vmap`` already keep what runs them, with their ``out_axes``."""
    maker: Any = jax.vmap
    bodies = [code for code in maker.__wrapped__.__code__.co_consts if isinstance(code, types.CodeType)]
    found: list[tuple[types.CellType, Any]] = []
    for value in gc.get_objects():
        if type(value) is not types.FunctionType or value.__code__ is not maker.__code__ or _is_jax(value.__module__):
            continue
        for cell in value.__closure__ or ():
            inner = _content(cell)
            if (
                type(inner) is types.FunctionType
                and inner.__code__ in bodies
                and OUT_AXES in inner.__code__.co_freevars
            ):
                place = inner.__code__.co_freevars.index(OUT_AXES)
                found.append((cell, _content((inner.__closure__ or ())[place])))
    return found


def _asked_by_jax() -> bool:
    """Whether JAX itself makes the call (behind a stand-in and the wrapper around it), for purposes of its own."""
    return _is_jax(str(sys._getframe(3).f_globals.get("__name__")))


def _is_jax(module: str | None) -> bool:
    return (module or "").partition(".")[0] in {"jax", "jaxlib"}


def _furthest(lanes: Any, space: Any) -> tuple[Any, Any]:
    """Two lanes that are far apart; one and the same where all are equal."""
    is_complex = bool(jnp.issubdtype(lanes.dtype, np.complexfloating))
    plain, pairs = (np.float64, np.complex128) if space is np else (np.float32, np.complex64)
    raw = lanes.astype(pairs if is_complex else plain)
    absent, numbers = space.isnan(raw), space.nan_to_num(raw, posinf=FAR, neginf=-FAR)

    def furthest(lane: Any) -> Any:
        gaps = abs(numbers - numbers[lane]) + FAR * (absent != absent[lane])
        differ = (lanes != lanes[lane]) & ~(absent & absent[lane])
        return space.argmax((gaps / (1 + gaps.max())).sum(1) + TINY * differ.sum(1))

    one = furthest(0)
    return one, furthest(one)
