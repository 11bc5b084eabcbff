"""What a rewrite may rest on: one module an assumption code."""
