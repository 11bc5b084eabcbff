"""Loops spelled as ``vmap`` can take them: windows, branches, rows updated in place, loops inside loops."""
