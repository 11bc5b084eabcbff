"""Arguments that a function of JAX refuses, and that its version for batches does not, or refuses with another error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.value import Array
from vmapify.library.result_shapes import arrays, numbers

if TYPE_CHECKING:
    from vmapify.library.result_shapes import Parts

_AXES = {
    **dict.fromkeys(("jax.lax.argmax", "jax.lax.argmin"), ("operand", "axis")),
    **{f"jax.lax.reduce_{name}": ("operand", "axes") for name in ("sum", "max", "min", "prod", "and", "or", "xor")},
    "jax.lax.concatenate": ("operands", "dimension"),
}
"""Which argument holds the axes, counted from the start, of which other one."""


def is_valid(name: str, parts: Parts) -> bool:
    """Whether ``name`` certainly takes these arguments, if its version for batches takes more."""
    if name == "jax.lax.clamp":
        return _is_clamped(parts)
    if name == "jax.lax.select":
        return _is_chosen(parts)
    if name not in _AXES:
        return True
    operand, which = _AXES[name]
    axes, given = numbers(parts.get(which)), arrays(parts, (operand,))
    if axes is None or not given or any(one.shape is None for one in given):
        return False
    return all(0 <= axis < len(one.shape) for one in given if one.shape is not None for axis in axes)


def _is_clamped(parts: Parts) -> bool:
    """Whether both limits are single numbers, or as many as there are to be clamped."""
    wide, *limits = (parts.get(one) for one in ("x", "min", "max"))
    shapes = [one.shape for one in (wide, *limits) if isinstance(one, Array)]
    if len(shapes) < 3:
        return False
    return all(one == () or (one is not None and one == shapes[0]) for one in shapes[1:])


def _is_chosen(parts: Parts) -> bool:
    """Whether both arrays that are chosen from have the shape of what chooses, or it is a single truth."""
    by, one, other = (parts.get(name) for name in ("pred", "on_true", "on_false"))
    if not (isinstance(by, Array) and isinstance(one, Array) and isinstance(other, Array)):
        return False
    return _alike(one, other) and (by.shape == () or _alike(by, one))


def _alike(one: Array, other: Array) -> bool:
    if one.shape is not None or other.shape is not None:
        return one.shape == other.shape
    return (one.like or one.term) is (other.like or other.term)
