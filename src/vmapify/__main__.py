"""``python -m vmapify``."""

from vmapify.cli import main

main()
