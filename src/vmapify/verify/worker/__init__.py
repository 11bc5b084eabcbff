"""The child's side of the verifier: instruments user code, runs both versions, judges, reports JSON lines.

Everything here imports only the standard library, jax and numpy, and nothing from the rest of the tool: the
folder is loaded by path into the user's interpreter, which need not have the tool installed. jax and numpy
are imported when a region is first reached, never before.
"""
