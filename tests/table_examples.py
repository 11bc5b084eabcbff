"""Arguments for functions of the tables that the general rule of `test_library_tables` does not find by itself.

``(3, 3)`` in an entry stands for an array of that shape, ``KEY`` for a random key; everything else is handed over as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp


@dataclass(frozen=True)
class A:
    """An array of a shape.

    ``kind``: ``float``, ``positive`` (between 0 and 1), ``more than one``, ``int``, ``bool``, ``key`` or ``matrix`` (one
    that is positive definite).
    """

    shape: tuple[int, ...] = (3,)
    kind: str = "float"


@dataclass(frozen=True)
class Call:
    """The arguments of a call."""

    args: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)


def call(*args: Any, **keywords: Any) -> Call:
    """``f(*args, **keywords)``."""
    return Call(args, keywords)


KEY = A((), "key")
INTS = A((3,), "int")
UNIT = A((3,), "positive")
SQUARE = A((3, 3), "matrix")
MORE_THAN_ONE = A((3,), "more than one")
ROWS = A((4, 3))
ONE = A((), "positive")

PLAIN: dict[str, Any] = {
    "shape": (3, 2),
    "new_shape": (2, 5),
    "reps": 2,
    "N": 3,
    "M": 3,
    "n": 3,
    "d": 3,
    "repeats": 2,
    "shift": 1,
    "kth": 1,
    "dtype": jnp.float32,
    "new_dtype": jnp.float32,
    "index_dtype": jnp.int32,
    "num_classes": 4,
    "axis": 0,
    "axes": (0,),
    "pad_width": 1,
    "axis1": 0,
    "axis2": 1,
    "source": 0,
    "destination": 1,
    "dimension": 0,
    "dimensions": (0,),
    "exponent_bits": 5,
    "mantissa_bits": 3,
    "sizes": (2,),
    "size": 4,
    "y": 3,
    "start_index": 1,
    "limit_index": 2,
    "slice_size": 2,
    "index": 1,
    "start_indices": (1,),
    "limit_indices": (3,),
}
"""A value for a plain argument that must be given, by its name."""

ON_POSITIVE = ("jax.random.", "jax.scipy.stats.", "jax.scipy.special.")
"""Functions that are shown with numbers between 0 and 1."""

OPTIONS: dict[str, list[Any]] = {
    "axis": [0, -1, None],
    "axes": [(0,), None],
    "keepdims": [True],
    "dtype": [jnp.float32, "int32"],
    "num": [3, (2, 2)],
    "shape": [(2, 3), 4, ()],
    "decimals": [1],
    "k": [1],
    "n": [2],
    "offset": [1],
    "mode": [],
    "ddof": [1],
    "promote_integers": [False],
    "descending": [True],
    "preferred_element_type": [jnp.float32],
    "endpoint": [False],
    "reverse": [True],
    "approximate": [False],
    "replace": [False],
}
"""Values for a plain argument that may be left out, by its name."""

EXAMPLES: dict[str, list[Call]] = {
    "jax.numpy.lexsort": [call((A(), A()))],
    "jax.numpy.einsum": [call("ij,kj->ik", ROWS, A((5, 3))), call("i,i", A(), A())],
    "jax.numpy.reshape": [call(ROWS, (2, 6)), call(ROWS, (-1, 2)), call(ROWS, 12), call(ROWS, -1), call(A(), (3, 1))],
    "jax.numpy.swapaxes": [call(A((2, 4, 3)), 0, 2), call(ROWS, -1, 0)],
    "jax.numpy.moveaxis": [call(A((2, 4, 3)), 0, 2), call(A((2, 4, 3)), -1, 0), call(A((2, 4, 3)), (0, 1), (2, 0))],
    "jax.numpy.transpose": [call(A((2, 4, 3))), call(A((2, 4, 3)), (1, 2, 0)), call(A((2, 4, 3)), axes=(-1, 0, 1))],
    "jax.numpy.permute_dims": [call(A((2, 4, 3)), (1, 2, 0))],
    "jax.numpy.rollaxis": [call(A((2, 4, 3)), 2)],
    "jax.numpy.broadcast_to": [call(A(), (4, 3)), call(ONE, (2,))],
    "jax.numpy.expand_dims": [call(A(), 0), call(ROWS, -1), call(ROWS, (0, 2)), call(A(), (-1, 0))],
    "jax.numpy.squeeze": [call(A((1, 3))), call(A((1, 3, 1)), -1), call(A((1, 3, 1)), (0, 2)), call(A((1, 3)), axis=0)],
    "jax.numpy.dot": [call(A(), A()), call(ROWS, A()), call(A((4,)), ROWS), call(ROWS, A((3, 2))), call(ONE, ROWS)],
    "jax.numpy.matmul": [call(A(), A()), call(ROWS, A()), call(A((4,)), ROWS), call(A((5, 4, 3)), A((3, 2)))],
    "jax.numpy.inner": [call(A(), A()), call(ROWS, A()), call(ROWS, A((5, 3)))],
    "jax.numpy.outer": [call(A(), A((4,))), call(ROWS, A((2,)))],
    "jax.numpy.take": [call(ROWS, INTS), call(ROWS, A((), "int"), 0), call(ROWS, INTS, axis=1, mode="clip")],
    "jax.numpy.select": [call((A((3,), "bool"), A((3,), "bool")), (A(), A())), call((A((3,), "bool"),), (A(),), 1.0)],
    "jax.numpy.where": [
        call(A((3,), "bool"), A(), A()),
        call(A((3,), "bool"), A(), 0.0),
        call(A((3,), "bool"), ROWS, 1),
    ],
    "jax.numpy.clip": [
        call(A(), 0.0, 1.0),
        call(A(), 0, 1),
        call(A(), A(), A()),
        call(A(), min=0),
        call(A(), max=A((), "int")),
    ],
    "jax.numpy.roll": [
        call(ROWS, 1),
        call(ROWS, A((), "int")),
        call(ROWS, A((), "int"), 1),
        call(ROWS, (1, 2), axis=(0, 1)),
    ],
    "jax.numpy.full": [
        call((3, 2), ONE),
        call((3, 2), 1.0),
        call(4, 1, jnp.float32),
        call((), True),
        call((2,), A((2,))),
    ],
    "jax.lax.integer_pow": [call(A(), 3)],
    "jax.lax.clamp": [call(0.0, A(), 1.0), call(ONE, A(), ONE)],
    "jax.lax.argmax": [call(ROWS, 1, jnp.int32)],
    "jax.lax.argmin": [call(ROWS, 0, jnp.int32)],
    "jax.lax.broadcast_in_dim": [call(A(), (4, 3), (1,))],
    "jax.lax.broadcasted_iota": [call(jnp.int32, (4, 3), 1)],
    "jax.lax.full": [call((3, 2), ONE), call((3, 2), 1.0), call((4,), 1, jnp.float32)],
    "jax.lax.squeeze": [call(A((1, 3)), (0,))],
    "jax.lax.reshape": [call(ROWS, (2, 6))],
    "jax.lax.transpose": [call(A((2, 4, 3)), (1, 2, 0))],
    "jax.lax.pad": [call(A(), 0.0, ((1, 1, 0),))],
    "jax.lax.concatenate": [call((A(), A()), 0)],
    "jax.lax.dynamic_update_slice_in_dim": [call(A(), A((2,)), 1, 0)],
    "jax.lax.dynamic_update_index_in_dim": [call(A(), ONE, 1, 0)],
    "jax.lax.dynamic_slice_in_dim": [call(A(), A((), "int"), 2), call(ROWS, 1, 2, axis=1)],
    "jax.lax.dynamic_index_in_dim": [call(ROWS, A((), "int")), call(ROWS, 1, axis=1, keepdims=False)],
    "jax.lax.dot_general": [call(ROWS, A((3, 2)), (((1,), (0,)), ((), ())))],
    "jax.lax.conv": [call(A((1, 1, 4, 4)), A((1, 1, 2, 2)), (1, 1), "SAME")],
    "jax.random.randint": [call(KEY, (3,), 0, 10), call(KEY, (), 0, A((), "int"))],
    "jax.random.multivariate_normal": [call(KEY, A(), SQUARE)],
    "jax.scipy.special.expn": [call(INTS, UNIT)],
    "jax.scipy.special.zeta": [call(MORE_THAN_ONE, UNIT)],
    "jax.scipy.stats.poisson.logpmf": [call(INTS, UNIT)],
    "jax.scipy.stats.poisson.pmf": [call(INTS, UNIT)],
    "jax.nn.glu": [call(A((4,)))],
    "jax.nn.dot_product_attention": [call(A((4, 2, 3)), A((4, 2, 3)), A((4, 2, 3)))],
    "jax.numpy.linalg.matrix_power": [call(SQUARE, 2)],
    "jax.scipy.special.multigammaln": [call(UNIT, 2)],
    "jax.image.resize": [call(ROWS, (2, 6), "bilinear")],
}
