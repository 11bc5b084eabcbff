"""vmapify: find loops that should be ``jax.vmap``, rewrite them, and verify the rewrite on the device."""

__version__ = "0.1.0"
