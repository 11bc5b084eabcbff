"""Arguments that JAX needs as Python values: shapes, sizes, axes, orders, diagonals.

Read from the signatures and the ``static_argnames`` of jax.numpy, jax.lax, jax.nn, jax.random and jax.scipy. A tracer there
raises, whereas the loop passes an integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer.callables import Arguments
    from vmapify.infer.value import Value

# where the argument stands, what its keyword is, and the functions that take it there
PLACES: tuple[tuple[int, str, str], ...] = (
    (0, "shape", "zeros ones empty full shape_as_value"),
    (0, "N", "eye tri"),
    (0, "M", "bartlett blackman hamming hanning kaiser"),
    (0, "n", "identity diag_indices tril_indices triu_indices mask_indices fftfreq rfftfreq dft hadamard helmert"),
    (0, "n", "hilbert invhilbert pascal invpascal"),
    (0, "dimensions", "indices"),
    (1, "M", "eye tri"),
    (1, "k", "diag diagflat tril triu tril_indices triu_indices tril_indices_from triu_indices_from rot90"),
    (1, "k", "top_k approx_max_k approx_min_k"),
    (1, "n", "diff matrix_power fft ifft rfft irfft hfft ihfft orthogonal convolution_matrix"),
    (1, "N", "vander"),
    (1, "m", "polyder polyint"),
    (1, "d", "multigammaln ball"),
    (1, "ndim", "diag_indices"),
    (1, "offset", "diagonal trace"),
    (1, "decimals", "round around"),
    (1, "kth", "partition argpartition"),
    (1, "ord", "norm"),
    (1, "p", "cond"),
    (1, "ind", "tensorinv"),
    (1, "start_dimension", "collapse"),
    (1, "rank", "broadcast_to_rank"),
    (1, "size", "iota"),
    (1, "sizes", "broadcast"),
    (1, "y", "integer_pow"),
    (1, "start_index", "slice_in_dim"),
    (1, "start_indices", "slice"),
    (1, "index", "index_in_dim"),
    (1, "shape", "reshape broadcast_to unravel_index fromfunction rng_bit_generator resize broadcasted_iota"),
    (1, "shape", "broadcast_in_dim scale_and_translate normal uniform bits gumbel exponential cauchy laplace logistic"),
    (1, "shape", "rademacher randint maxwell"),
    (1, "new_shape", "resize"),
    (1, "reps", "tile"),
    (1, "pad_width", "pad"),
    (1, "num_classes", "one_hot"),
    (1, "num", "split"),
    (1, "indices_or_sections", "split array_split hsplit vsplit dsplit"),
    (1, "source", "moveaxis"),
    (1, "axes", "transpose permute_dims fftshift ifftshift reduce_max reduce_min reduce_sum reduce_prod reduce_and"),
    (1, "axes", "reduce_or reduce_xor"),
    (1, "dimensions", "expand_dims squeeze rev"),
    (1, "dimension", "concatenate sort"),
    (1, "permutation", "transpose"),
    (1, "axis", "all amax amin any argmax argmin argsort average count_nonzero cumprod cumsum cummax cummin"),
    (1, "axis", "cumlogsumexp cumulative_sum cumulative_prod concatenate concat expand_dims flip lexsort logsumexp"),
    (1, "axis", "logmeanexp log_softmax softmax glu standardize max mean median min nanargmax nanargmin nancumprod"),
    (1, "axis", "nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar packbits prod ptp rollaxis"),
    (1, "axis", "size sort squeeze stack std sum unpackbits unstack var apply_along_axis detrend"),
    (1, "axis1", "swapaxes"),
    (2, "axes", "apply_over_axes tensordot fft2 fftn ifft2 ifftn irfft2 irfftn rfft2 rfftn"),
    (2, "axis1", "diagonal trace"),
    (2, "axis2", "swapaxes"),
    (2, "axisa", "cross"),
    (2, "m", "tril_indices triu_indices"),
    (2, "stop_dimension", "collapse"),
    (2, "dimension", "sort_key_val broadcasted_iota"),
    (2, "axis", "append array_split compress delete diff fft ifft rfft irfft hfft ihfft nanpercentile"),
    (2, "axis", "nanquantile norm partition argpartition percentile permutation quantile repeat roll split take"),
    (2, "axis", "take_along_axis trim_zeros unwrap categorical dynamic_index_in_dim index_in_dim"),
    (2, "start", "rollaxis"),
    (2, "destination", "moveaxis"),
    (2, "k", "eye tri mask_indices"),
    (2, "num", "linspace logspace geomspace"),
    (2, "deg", "polyfit"),
    (2, "n", "dct idct"),
    (2, "slice_sizes", "dynamic_slice"),
    (2, "slice_size", "dynamic_slice_in_dim"),
    (2, "limit_indices", "slice"),
    (2, "limit_index", "slice_in_dim"),
    (2, "num_segments", "segment_sum segment_prod segment_max segment_min"),
    (2, "shape", "bernoulli choice chisquare dirichlet gamma generalized_normal geometric loggamma lognormal pareto"),
    (2, "shape", "poisson rayleigh t wald zeros_like ones_like empty_like orthogonal"),
    (3, "axis", "dct idct insert put_along_axis trapezoid dynamic_slice_in_dim dynamic_update_slice_in_dim"),
    (3, "axis", "dynamic_update_index_in_dim"),
    (3, "axis2", "diagonal trace"),
    (3, "strides", "slice"),
    (3, "stride", "slice_in_dim"),
    (3, "slice_sizes", "gather"),
    (
        3,
        "shape",
        "ball beta binomial double_sided_maxwell f full_like multivariate_normal truncated_normal weibull_min",
    ),
    (3, "length", "scan"),
    (4, "axis", "slice_in_dim"),
    (4, "shape", "triangular"),
    (5, "axis", "choice"),
)
# keywords that are static whatever the function is
_ALWAYS = ("axis", "axes", "shape", "num", "num_segments", "length", "size", "total_repeat_length", "ndmin")
# arguments that may be traced if another one says how long the result is, or how to treat what is odd
_UNLESS: dict[str, tuple[int, str, str]] = {
    "repeat": (1, "repeats", "total_repeat_length"),
    "delete": (1, "obj", "assume_unique_indices"),
    "bincount": (0, "x", "length"),
    "choose": (0, "a", "mode"),
    "roots": (0, "p", "strip_zeros"),
    "ravel_multi_index": (0, "multi_index", "mode"),
    "segment_sum": (1, "segment_ids", "num_segments"),
    "segment_prod": (1, "segment_ids", "num_segments"),
    "segment_max": (1, "segment_ids", "num_segments"),
    "segment_min": (1, "segment_ids", "num_segments"),
}
# an integer here is a length, an array is data
_LENGTH_OR_ARRAY: dict[str, tuple[int, str]] = {
    "permutation": (1, "x"),
    "choice": (1, "a"),
    "histogram": (1, "bins"),
    "histogram_bin_edges": (1, "bins"),
    "histogramdd": (1, "bins"),
    "histogram2d": (2, "bins"),
}


def _by_function() -> dict[str, tuple[tuple[int, str], ...]]:
    places: dict[str, tuple[tuple[int, str], ...]] = {}
    for position, keyword, functions in PLACES:
        for function in functions.split():
            places[function] = (*places.get(function, ()), (position, keyword))
    return places


_BY_FUNCTION = _by_function()


def static_arguments(function: str, args: Arguments) -> Iterator[Value]:
    """The arguments of ``function`` that must be Python values."""
    if function == "arange":
        yield from args.every
    for keyword in _ALWAYS:
        if keyword in args.keywords:
            yield args.keywords[keyword]
    for position, keyword in _BY_FUNCTION.get(function, ()):
        value = args.get(position, keyword)
        if value is not None:
            yield value
    if function in _LENGTH_OR_ARRAY:
        value = args.get(*_LENGTH_OR_ARRAY[function])
        if value is not None and (value.index or value.shape == ()):
            yield value


def concrete_argument(function: str, args: Arguments) -> Value | None:
    """The argument of ``function`` whose values decide the shape of the result, unless another one fixes it."""
    if function not in _UNLESS:
        return None
    position, keyword, fixing = _UNLESS[function]
    if fixing in args.keywords:
        return None
    if fixing == "num_segments" and len(args.positional) > 2:  # its third argument
        return None
    return args.get(position, keyword)
