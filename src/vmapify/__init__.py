"""vmapify: find loops that should be ``jax.vmap``, rewrite them, and verify the rewrite on the device."""

__version__ = "0.1.0"
HOME = "https://github.com/vmapify/vmapify"
DOCUMENTATION = "https://vmapify.github.io/vmapify/"
"""Where the pages of rules, reasons and assumptions are, for reports that link to them."""
