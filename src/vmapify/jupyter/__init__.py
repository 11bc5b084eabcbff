"""vmapify in Jupyter: ``%load_ext vmapify``, ``%%vmapify`` and ``%vmapify_profile``."""

from vmapify.jupyter.magics import register

__all__ = ["register"]
