"""The one place that catches whatever user code raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def attempt(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """The call's value and None, or None and what it raised.

    vmap fails with eleven classes, most of them not JAX's own, so no narrower clause will do;
    ``SystemExit`` is included because a region may end the interpreter.
    """
    try:
        return call(), None
    except (Exception, SystemExit) as error:
        return None, error
