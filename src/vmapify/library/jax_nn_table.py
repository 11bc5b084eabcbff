"""Functions of ``jax.nn``: one line for those that are alike, see `operation`."""

from __future__ import annotations

ROWS = {
    "relu": "x : - same(x)",
    "relu6": "x : - same(x)",
    "sigmoid silu swish soft_sign log_sigmoid softplus mish tanh selu": "x : - same(x)",
    "hard_sigmoid hard_silu hard_swish hard_tanh log1mexp sparse_plus sparse_sigmoid": "x : - same(x)",
    "identity": "x : like(x) same(x)",
    "celu elu": "x alpha? : - broadcast(x,alpha)",
    "leaky_relu": "x negative_slope? : - broadcast(x,negative_slope)",
    "squareplus": "x b? : - broadcast(x,b)",
    "gelu": "x approximate= : - same(x)",
    "glu": "x axis= : -",
    "softmax log_softmax": "x axis= where? : - broadcast(x,where)",
    "logsumexp": "a axis= b? keepdims= return_sign~ where? : - unknown(b)|unknown(where)|reduced(a)",
    "logmeanexp": "x axis= where? keepdims= : - unknown(where)|reduced(x)",
    "standardize": "x axis= mean? variance? epsilon? where? : -",
    "one_hot": "x num_classes= dtype= axis= : -",
    "dot_product_attention": "query key value bias? mask? scale= is_causal= : -",
}
