"""Which reasons only say what is not known: a run can answer them, so that the loop is not blocked but open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic import Question
from vmapify.diagnostic.details import in_text, mention

if TYPE_CHECKING:
    from vmapify.diagnostic import Reason
    from vmapify.diagnostic.details import Mentions

UNKNOWN = {
    "opaque-callee": dict.fromkeys(
        (
            "unknown-function",
            "unknown-method",
            "unlisted-function",
            "unknown-sink",
            "batching",
            "one-of-several",
            "only-declared",
            "too-deep",
            "own-length",
            "own-operator",
            "own-lookup",
        ),
        "traceable-callee",
    ),
    "not-arrays": {
        "nothing-shows": "array-like",
        "numbers-perhaps": "array-like",
        "indexed": "array-like",
        "perhaps-no-array": "array-like",
        "perhaps-alike": "one-structure",
        "passed-list": "one-structure",
        "asks-row": "one-structure",
        "rows-have-attribute": "one-structure",
        "looked-up-by-string": "one-structure",
    },
    "ragged-shapes": {
        "sequence-of-arrays": "one-shape",
        "separate-arguments": "one-shape",
        "list-of-arrays": "one-shape",
    },
    "unsupported-shape": {"unknown-entries": "one-structure", "unknown-parts": "one-structure"},
}
"""By the two codes of a reason what is asked where it only says what is not known."""
PATH = "path-taken"
NAMED = (
    "callee",
    "function",
    "rows",
    "element",
    "name",
    "call",
    "expression",
    "test",
    "argument",
    "owner",
    "statement",
)
"""What is mentioned that a question may be named after, the first of these."""


def is_unknown(code: str, subcode: str) -> bool:
    """Whether a reason with these codes only says what is not known."""
    return subcode in UNKNOWN.get(code, ())


def question_of(reason: Reason, mentions: Mentions, *, certain: bool = True) -> Question | None:
    """What a run has to tell before ``reason`` holds; None if it holds in any case.

    ``mentions`` is what the reason was found to be about. ``certain``: the iteration comes to it as far as the source shows.
    """
    asked = UNKNOWN.get(reason.code, {}).get(reason.subcode) or (None if certain else PATH)
    return Question(asked, _name(mentions), reason) if asked is not None else None


def _name(mentions: Mentions) -> str:
    found = next((name for name in NAMED if mention(mentions, name) is not None), None)
    return "" if found is None else str(in_text({found: mention(mentions, found) or ""})[0][1])
