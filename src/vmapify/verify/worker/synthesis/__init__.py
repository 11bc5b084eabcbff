"""Arguments for functions that nobody gave inputs for: from annotations, docstrings, names, use, else by trial."""
