"""What the prover knows of values: terms, integers, dtypes and one class a kind of value."""
