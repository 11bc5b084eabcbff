"""The language server: what is found is shown in editors while one types. Runs nothing of the code and never imports JAX.

What only ``serve`` and its neighbours need, pygls, is not imported before a server is started.
"""
