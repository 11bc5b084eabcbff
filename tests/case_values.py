"""The values a fixture's ``# inputs:`` speaks of. Runs in the child process, which alone has JAX.

``f32[8, 3]`` and the like are random arrays, ``np.f64[3]`` NumPy's, ``key`` a PRNG key and ``key[5]`` five of
them. Anything else is plain Python, with ``jax``, ``jnp`` and ``np`` in reach.
"""

import re
import types

import jax
import jax.numpy as jnp
import numpy


class Arrays:
    def __init__(self, dtype, convert):
        self.dtype, self.convert, self.random = dtype, convert, numpy.random.default_rng(7)

    def __getitem__(self, shape):
        kind = numpy.dtype(self.dtype).kind if self.dtype != "bfloat16" else "f"
        if kind == "b":
            drawn = self.random.random(shape) < 0.5
        elif kind in "iu":
            drawn = self.random.integers(0, 100, shape)
        elif kind == "c":
            drawn = self.random.normal(size=shape) + 1j * self.random.normal(size=shape)
        else:
            drawn = self.random.normal(size=shape)
        return self.convert(drawn, self.dtype)


class Keys:
    def __getitem__(self, count):
        return jax.random.split(jax.random.key(7), count)


def on_host(drawn, dtype):
    return numpy.asarray(drawn).astype(dtype)


DTYPES = {"f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "c64": "complex64"}
DTYPES |= {"i8": "int8", "i32": "int32", "i64": "int64", "u8": "uint8", "u32": "uint32", "bool": "bool"}
np = types.SimpleNamespace(**vars(numpy) | {name: Arrays(dtype, on_host) for name, dtype in DTYPES.items()})
NAMES = {name: Arrays(dtype, jnp.asarray) for name, dtype in DTYPES.items()}
NAMES |= {"jax": jax, "jnp": jnp, "np": np, "key": Keys()}


SCALAR = re.compile(rf"\b({'|'.join(DTYPES)})\[\]")


def evaluate(text, names):
    value = eval(SCALAR.sub(r"\1[()]", text), names)
    return jax.random.key(7) if isinstance(value, Keys) else value


def arguments(texts, call, module):
    """The positional and keyword arguments of a call; ``module`` holds the names of the fixture itself."""
    names = {**module, **NAMES}
    values = {name: evaluate(text, names) for name, text in texts.items()}
    return eval(f"(lambda *args, **kwargs: (args, kwargs))({call})", {**names, **values})
