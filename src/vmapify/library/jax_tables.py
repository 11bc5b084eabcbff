"""Functions of ``jax.numpy`` and of ``jax.lax``: one line each, see `operation`."""

from __future__ import annotations

ELEMENTWISE = {
    **dict.fromkeys(
        [
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "arcsin",
            "arccos",
            "arctan",
            "arcsinh",
            "arccosh",
            "arctanh",
            "exp",
            "exp2",
            "expm1",
            "log",
            "log2",
            "log10",
            "log1p",
            "sqrt",
            "cbrt",
            "sinc",
            "deg2rad",
            "rad2deg",
            "degrees",
            "radians",
        ],
        "x : inexact(x) same(x)",
    ),
    **dict.fromkeys(["negative", "positive", "square", "sign", "conj", "conjugate"], "x : promoted(x) same(x)"),
    **dict.fromkeys(
        [
            "add",
            "subtract",
            "multiply",
            "maximum",
            "minimum",
            "fmax",
            "fmin",
            "floor_divide",
            "remainder",
            "mod",
            "fmod",
        ],
        "x y : promoted(x,y) broadcast(x,y)",
    ),
    **dict.fromkeys(
        ["true_divide", "divide", "arctan2", "hypot", "logaddexp", "logaddexp2"], "x y : inexact(x,y) broadcast(x,y)"
    ),
    **dict.fromkeys(
        ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"], "x y : compared(x,y) broadcast(x,y)"
    ),
}

NUMPY = {
    **ELEMENTWISE,
    "dot": "a b precision= preferred_element_type= : promoted(a,b)",
    "sum": "a axis= dtype= keepdims=",
    "mean": "a axis= dtype= keepdims= : inexact(a) reduced(a)",
}

FUNCTIONS: dict[str, str] = {f"jax.numpy.{name}": row for name, row in NUMPY.items()}
