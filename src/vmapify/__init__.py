"""vmapify: find loops that should be ``jax.vmap``, rewrite them, and verify the rewrite on the device.

For programs: `check`, `verify` and `assert_equivalent`, with the types of what they return.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmapify.api import NotEquivalentError, assert_equivalent, check, verify
    from vmapify.config import ConfigError
    from vmapify.diagnostic import Finding, Verdict, Verification

__version__ = "0.1.0"
HOME = "https://github.com/vmapify/vmapify"
DOCUMENTATION = "https://vmapify.github.io/vmapify/"
"""Where the pages of rules, reasons and assumptions are, for reports that link to them."""

__all__ = [
    "ConfigError",
    "Finding",
    "NotEquivalentError",
    "Verdict",
    "Verification",
    "__version__",
    "assert_equivalent",
    "check",
    "verify",
]

_HOMES = {
    **dict.fromkeys(("NotEquivalentError", "assert_equivalent", "check", "verify"), "vmapify.api"),
    **dict.fromkeys(("Finding", "Verdict", "Verification"), "vmapify.diagnostic"),
    "ConfigError": "vmapify.config",
}


def public(name: str) -> Any:
    """What ``vmapify`` offers under a name, loaded when it is first asked for: the command line needs none of it."""
    return getattr(import_module(_HOMES[name]), name)


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext vmapify`` calls in Jupyter and IPython."""
    import_module("vmapify.jupyter").register(shell)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # the package of that name can be called, so that it does not matter which of the two was asked for first
    return import_module("vmapify.verify") if name == "verify" else public(name)
