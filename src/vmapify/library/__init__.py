"""What the functions of jax, numpy, the builtins and the standard library do, as tables of data."""
