"""What a bundle keeps of one judgement: its inputs as plain data, and the settings that they were judged under."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .attempt import attempt
from .settings import snapshot
from .store import NotStorableError, Store, codes_in

if TYPE_CHECKING:
    import types

    from .observe import Outcome
    from .value_tree.leaves import Leaf


def record(inputs: dict[str, Any], module: str, owner: Any, files: tuple[str, ...]) -> dict[str, Any]:
    """The inputs and where they were; ``missing`` says why they cannot be kept.

    ``module`` is the name under which the source runs, ``owner`` the class around the region; functions inside others
    may stand in ``files``.
    """
    store = Store(lambda name: _codes(name) if name in files else [])
    roots, error = attempt(lambda: {name: store(value, name) for name, value in inputs.items()})
    place, trouble = attempt(lambda: None if owner is None else store(owner, "__class__"))
    for wrong in (error, trouble):
        if wrong is not None:
            return {
                "missing": str(wrong) if isinstance(wrong, NotStorableError) else f"{type(wrong).__name__}: {wrong}"
            }
    stored = {"roots": roots, "owner": place, "objects": store.objects}
    return {"inputs": stored, "settings": snapshot(), "module": module}


def digest(outcome: Outcome | None) -> str | None:
    """A checksum of all results: equal for runs that agree bit by bit."""
    if outcome is None or outcome.error is not None:
        return None
    return checksum(outcome.all_leaves())


def checksum(leaves: list[Leaf]) -> str:
    """The same of any leaves."""
    found = hashlib.blake2b(digest_size=16)
    for leaf in leaves:
        data = leaf.data.tobytes() if isinstance(leaf.data, (np.ndarray, np.generic)) else b""
        exact = repr(leaf.data) if leaf.kind == "exact" and not data else ""
        found.update(f"{leaf.path}|{leaf.told}|{exact}|{len(data)}|".encode("utf-8", "replace") + data)
    return found.hexdigest()


def _codes(file: str) -> list[types.CodeType]:
    source, error = attempt(lambda: Path(file).read_bytes())
    if error is not None:
        return []
    code, error = attempt(lambda: compile(source, file, "exec", dont_inherit=True))
    return [] if error is not None else codes_in(code)
