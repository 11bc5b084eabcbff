"""The table of static arguments against the signatures of the installed JAX."""

from __future__ import annotations

import importlib
import inspect

import pytest

from vmapify.infer.static_arguments import PLACES

MODULES = (
    "jax.numpy",
    "jax.numpy.linalg",
    "jax.numpy.fft",
    "jax.lax",
    "jax.nn",
    "jax.random",
    "jax.ops",
    "jax.image",
    "jax.scipy.linalg",
    "jax.scipy.special",
    "jax.scipy.signal",
    "jax.scipy.fft",
)


@pytest.fixture(scope="module")
def signatures() -> dict[str, list[list[str]]]:
    """The parameter names of every public function called so."""
    found: dict[str, list[list[str]]] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute in dir(module):
            function = getattr(module, attribute)
            if callable(function) and not inspect.isclass(function) and not attribute.startswith("_"):
                found.setdefault(attribute, []).append(_parameters(function))
    return found


def _parameters(function: object) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []


@pytest.mark.parametrize(("position", "keyword", "functions"), PLACES)
def test_arguments_stand_where_the_table_says(
    position: int, keyword: str, functions: str, signatures: dict[str, list[list[str]]]
) -> None:
    for function in functions.split():
        known = signatures.get(function, [])
        placed = [names for names in known if keyword in names and (position >= len(names) or keyword in names)]
        assert not known or placed, f"{function} has no parameter {keyword}"
        exact = [names for names in placed if names.index(keyword) == position]
        later = [names for names in placed if names.index(keyword) > position]  # keyword-only in some releases
        assert not known or exact or later, f"{function} takes {keyword} elsewhere"
