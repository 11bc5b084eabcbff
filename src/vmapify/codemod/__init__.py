"""The tool as a codemod: ``python -m libcst.tool codemod --external vmapify.codemod.LoopToVmap --no-format PATH``."""

from vmapify.codemod.loop_to_vmap import LoopToVmap

__all__ = ["LoopToVmap"]
