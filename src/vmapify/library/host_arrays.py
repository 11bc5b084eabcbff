"""NumPy arrays: they compute on the host, and can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.heap.objects import HostArray
    from vmapify.library.protocol import Interpreter


def host_binary(machine: Interpreter, name: str, left: Value, right: Value) -> Value | None:
    """Arithmetic of NumPy arrays and numbers."""
    return None


def store(machine: Interpreter, place: int, found: HostArray, index: Value, value: Value) -> bool:
    """``found[index] = value``, in place; False if that is not modelled."""
    return False
