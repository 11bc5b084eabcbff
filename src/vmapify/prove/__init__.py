"""Is a rewrite proven? Both versions are run by the interpreter, and what they leave is compared, term by term."""

from vmapify.prove.proof import Proof, prove

__all__ = ["Proof", "prove"]
