"""Functions of ``jax.nn``: one line for those that are alike, see `operation`."""

from __future__ import annotations

ROWS = {
    "relu": "x : - same(x)",
    "relu6": "x : - same(x)",
    "sigmoid silu swish soft_sign log_sigmoid softplus mish tanh selu": "x : - same(x)",
    "hard_sigmoid hard_silu hard_swish hard_tanh log1mexp sparse_plus sparse_sigmoid": "x : - same(x)",
    "identity": "x : like(x) same(x)",
    "celu elu": "x alpha? : - same(x)",
    "leaky_relu": "x negative_slope? : - same(x)",
    "squareplus": "x b? : - same(x)",
    "gelu": "x approximate= : - same(x)",
    "glu": "x axis= : -",
    "softmax log_softmax": "x axis= where? : - same(x)",
    "logsumexp": "a axis= b? keepdims= return_sign~ where? : - reduced(a)",
    "logmeanexp": "x axis= where? keepdims= : - reduced(x)",
    "standardize": "x axis= mean? variance? epsilon? where? : - same(x)",
    "one_hot": "x num_classes= dtype= axis= : -",
    "dot_product_attention": "query key value bias? mask? scale= is_causal= : -",
}
