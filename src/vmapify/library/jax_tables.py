"""All functions of JAX that need no more than a line of a table, by their import path."""

from __future__ import annotations

from vmapify.library import jax_lax_table, jax_nn_table, jax_numpy_table, jax_random_table, jax_science_table

_MODULES = {
    "jax.numpy": jax_numpy_table.ROWS,
    "jax.lax": jax_lax_table.ROWS,
    "jax.random": jax_random_table.ROWS,
    "jax.nn": jax_nn_table.ROWS,
    **jax_science_table.ROWS,
}

FUNCTIONS: dict[str, str] = {
    f"{module}.{name}": row
    for module, rows in _MODULES.items()
    for names, row in rows.items()
    for name in names.split()
}
"""The row of every function."""
