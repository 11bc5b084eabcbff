"""Functions of ``jax.numpy.linalg``, ``jax.numpy.fft``, ``jax.scipy`` and ``jax.image``: see `operation`."""

from __future__ import annotations

LINALG = {
    "norm": "x ord= axis= keepdims= : inexact_real!(x) reduced(x)",
    "vector_norm": "x axis= keepdims= ord= : -",
    "matrix_norm": "x keepdims= ord= : -",
    "det": "a : inexact(a)",
    "inv": "a : - same(a)",
    "pinv": "a rtol? hermitian= : -",
    "cholesky": "a upper= symmetrize_input= : - same(a)",
    "solve": "a b : -",
    "matrix_power": "a n= : -",
    "eigvalsh": "a UPLO= symmetrize_input= : -",
    "svdvals": "x : -",
    "cond": "x p= : -",
    "matrix_rank": "M rtol? hermitian= : -",
    "multi_dot": "arrays* precision= : -",
    "cross": "x1 x2 axis= : -",
    "diagonal": "x offset= : -",
    "trace": "x offset= dtype= : -",
    "matrix_transpose": "x : -",
    "matmul": "x1 x2 precision= preferred_element_type= : -",
    "outer": "x1 x2 : -",
    "vecdot": "x1 x2 axis= precision= preferred_element_type= : -",
    "tensordot": "x1 x2 axes= precision= preferred_element_type= : -",
}

FFT = {
    "fft ifft hfft ihfft rfft irfft": "a n= axis= norm= : -",
    "fft2 ifft2 fftn ifftn rfft2 irfft2 rfftn irfftn": "a s= axes= norm= : -",
    "fftshift ifftshift": "x axes= : like(x) same(x)",
    "fftfreq rfftfreq": "n= d? dtype= : -",
}

SPECIAL = {
    "beta betaln": "a b : -",
    "betainc": "a b x : -",
    "digamma entr erf erfc erfinv exp1 expi expit gamma gammaln i0 i0e i1 i1e logit ndtr spence": "x : -",
    "ndtri": "p : - same(p)",
    "expn": "n x : -",
    "gammainc gammaincc": "a x : -",
    "kl_div rel_entr": "p q : -",
    "log_ndtr": "x series_order= : -",
    "multigammaln": "a d : -",
    "poch": "z m : -",
    "polygamma": "n x : -",
    "xlog1py xlogy": "x y : -",
    "zeta": "x q : -",
    "logsumexp": "a axis= b? keepdims= return_sign~ where? : - unknown(b)|unknown(where)|reduced(a)",
    "softmax log_softmax": "x axis= : - same(x)",
}

STATS = {
    "norm.pdf norm.logpdf norm.cdf norm.logcdf norm.sf norm.logsf": "x loc? scale? : -",
    "norm.ppf": "q loc? scale? : -",
    "uniform.pdf uniform.logpdf": "x loc? scale? : -",
    "expon.pdf expon.logpdf laplace.pdf laplace.logpdf logistic.pdf logistic.logpdf": "x loc? scale? : -",
    "cauchy.pdf cauchy.logpdf": "x loc? scale? : -",
    "gamma.pdf gamma.logpdf": "x a loc? scale? : -",
    "beta.pdf beta.logpdf": "x a b loc? scale? : -",
    "t.pdf t.logpdf": "x df loc? scale? : -",
    "bernoulli.pmf bernoulli.logpmf": "k p loc? : -",
    "poisson.pmf poisson.logpmf": "k mu loc? : -",
    "multivariate_normal.pdf multivariate_normal.logpdf": "x mean cov : -",
}

SCIPY_LINALG = {
    "inv": "a overwrite_a= check_finite= : -",
    "det": "a overwrite_a= check_finite= : -",
    "cholesky": "a lower= overwrite_a= check_finite= : -",
    "solve": "a b lower= overwrite_a= overwrite_b= debug= check_finite= assume_a= : -",
    "solve_triangular": "a b trans= lower= unit_diagonal= overwrite_b= debug= check_finite= : -",
    "expm": "A upper_triangular= max_squarings= : -",
    "toeplitz": "c r? : -",
    "block_diag": "*arrs : -",
}

SIGNAL = {
    "convolve correlate convolve2d correlate2d": "in1 in2 mode= : -",
    "detrend": "data axis= type= : -",
}

IMAGE = {"resize": "image shape= method= antialias= : -"}

ROWS = {
    "jax.numpy.linalg": LINALG,
    "jax.numpy.fft": FFT,
    "jax.scipy.special": SPECIAL,
    "jax.scipy.stats": STATS,
    "jax.scipy.linalg": SCIPY_LINALG,
    "jax.scipy.signal": SIGNAL,
    "jax.image": IMAGE,
}
