"""Several processes that analyse files."""
