"""What is sent of an array of floating point numbers: all of a small one, of a large one a sample and sums of its blocks."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = 4096
"""Numbers of one array that are sent."""
BLOCKS = 8
CHUNK = 1 << 20
"""Numbers that are converted at a time: an array may fill the memory."""
SEED = 7


def sampled(data: Any) -> dict[str, Any]:
    """Numbers of a NumPy array, the largest one in the row of each, its precision, and what its blocks sum up to.

    A row is what lies along the last axis that is longer than one. Complex numbers count as two.
    """
    import numpy as np  # noqa: PLC0415 (only where it is loaded)

    flat = np.ascontiguousarray(data).reshape(-1)
    width = next((length for length in reversed(data.shape) if length > 1), 1)
    if flat.dtype.kind == "c":
        flat, width = flat.view(flat.real.dtype), 2 * width
    with np.errstate(all="ignore"):
        places = _places(flat.size)
        rows, which = np.unique(places // width, return_inverse=True)
        largest = np.array([_largest(flat[row * width : (row + 1) * width]) for row in rows])
        sample = {
            "numbers": _packed(flat[places]),
            "scales": _packed(largest[which] if rows.size else largest),
            "rounding": _rounding(flat.dtype),
        }
        blocks = [_sums(block) for block in np.array_split(flat, BLOCKS)] if flat.size > NUMBERS else []
        return sample | {"blocks": _packed(np.array(blocks))}


def squeezed(data: bytes) -> str:
    """Compressed, as a text that JSON can hold."""
    return base64.b64encode(zlib.compress(data, 1)).decode("ascii")


def _packed(numbers: Any) -> str:
    return squeezed(numbers.astype("<f8").tobytes())


def _places(size: int) -> Any:
    """Where to look: everywhere, or at one place drawn from each of equal parts, as even steps may stay in one column."""
    import numpy as np  # noqa: PLC0415

    if size <= NUMBERS:
        return np.arange(size)
    drawn = np.arange(NUMBERS) + np.random.default_rng(SEED).random(NUMBERS)
    return np.minimum((drawn * (size / NUMBERS)).astype(np.int64), size - 1)


def _chunks(flat: Any) -> Iterator[Any]:
    """The numbers in double precision, a part at a time."""
    return (flat[start : start + CHUNK].astype("f8") for start in range(0, flat.size, CHUNK))


def _largest(flat: Any) -> float:
    import numpy as np  # noqa: PLC0415

    return max((float(np.abs(part[np.isfinite(part)]).max(initial=0.0)) for part in _chunks(flat)), default=0.0)


def _sums(flat: Any) -> tuple[float, float, float]:
    """Of the finite numbers the sum, and that of their absolute values; how many others there are."""
    import numpy as np  # noqa: PLC0415

    total = size = others = 0.0
    for part in _chunks(flat):
        kept = part[np.isfinite(part)]
        total, size, others = total + kept.sum(), size + np.abs(kept).sum(), others + part.size - kept.size
    return total, size, others


def _rounding(dtype: Any) -> float:
    """The distance from 1 to the next number."""
    import numpy as np  # noqa: PLC0415

    if dtype.kind == "f":
        return float(np.finfo(dtype).eps)
    import jax.numpy as jnp  # noqa: PLC0415 (the 8- and 16-bit kinds are JAX's)

    finfo: Any = jnp.finfo
    return float(finfo(dtype).eps)
