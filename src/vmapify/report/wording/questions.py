"""What only a run can tell, as questions."""

from __future__ import annotations

QUESTIONS: dict[str, str] = {
    "traceable-callee": "can `{name}` be traced, and is it free of effects",
    "array-like": "is `{name}` an array",
    "one-shape": "have the arrays in `{name}` one shape",
    "one-structure": "are the entries of `{name}` arrays, or structures of arrays, of the same shapes",
    "path-taken": "does an iteration come to this, with a value of its own",
}
"""By the code of the question."""
