"""Functions of ``jax.random``: one line for those that are alike, see `operation`.

A key under ``vmap`` gives what it gives by itself, as long as the generator is the default one (``threefry2x32``): that
is an assumption of its own.
"""

from __future__ import annotations

ROWS = {
    "key": "seed# : key scalar",
    "PRNGKey": "seed# : uint32 pair",
    "fold_in": "key data# : keyed(key) same(key)",
    "split": "key num= : keyed(key) split(key,num)",
    "clone": "key : keyed(key) same(key)",
    "key_data": "keys : uint32",
    "bits": "key shape= dtype= : asked(dtype) given(shape)",
    "normal exponential laplace logistic cauchy": "key shape= dtype= : asked(dtype)|default(float) given(shape)",
    "gumbel": "key shape= dtype= mode= : asked(dtype)|default(float) given(shape)",
    "maxwell": "key shape= dtype= : asked(dtype)|default(float) given(shape)",
    "rademacher": "key shape= dtype= : asked(dtype)|default(int) given(shape)",
    "uniform": "key shape= dtype= minval? maxval? : asked(dtype)|default(float) given(shape)",
    "randint": "key shape= minval maxval dtype= : asked(dtype)|default(int) given(shape)",
    "bernoulli": "key p? shape= mode= : bool given(shape)|joint(p)",
    "truncated_normal": "key lower upper shape= dtype= : asked(dtype)|default(float) given(shape)|joint(lower,upper)",
    "gamma loggamma": "key a shape= dtype= : asked(dtype)|default(float) given(shape)|joint(a)",
    "beta": "key a b shape= dtype= : asked(dtype)|default(float) given(shape)|joint(a,b)",
    "chisquare t": "key df shape= dtype= : asked(dtype)|default(float) given(shape)|joint(df)",
    "f": "key dfnum dfden shape= dtype= : asked(dtype)|default(float) given(shape)|joint(dfnum,dfden)",
    "pareto": "key b shape= dtype= : asked(dtype)|default(float) given(shape)|joint(b)",
    "lognormal": "key sigma? shape= dtype= : asked(dtype)|default(float) given(shape)|joint(sigma)",
    "rayleigh": "key scale shape= dtype= : asked(dtype)|default(float) given(shape)|joint(scale)",
    "wald": "key mean shape= dtype= : asked(dtype)|default(float) given(shape)|joint(mean)",
    "geometric": "key p shape= dtype= : asked(dtype)|default(int) given(shape)|joint(p)",
    "poisson": "key lam shape= dtype= : asked(dtype)|default(int) given(shape)|joint(lam)",
    "binomial": "key n p shape= dtype= : asked(dtype)|default(float) given(shape)|joint(n,p)",
    "triangular": "key left mode right shape= dtype= : - given(shape)|joint(left,mode,right)",
    "weibull_min": "key scale concentration shape= dtype= : -",
    "double_sided_maxwell": "key loc scale shape= dtype= : - -",
    "generalized_normal": "key p shape= dtype= : - -",
    "dirichlet": "key alpha shape= dtype= : asked(dtype)|default(float) -",
    "multivariate_normal": "key mean cov shape= dtype= method= : - -",
    "categorical": "key logits axis= shape= replace= mode= : default(int) -",
    "choice": "key a^ shape= replace= p? axis= mode= : - -",
    "permutation": "key x^ axis= independent= : - -",
    "orthogonal": "key n= shape= dtype= m= : - -",
    "ball": "key d= p= shape= dtype= : - -",
}
