"""Reading Python: one parsed file, its scopes and imports, and byte spans for its nodes. Never imports user code."""

from vmapify.syntax.flow import reads_after, replaced_behind, stored_names, upward_reads
from vmapify.syntax.module import Module, parse
from vmapify.syntax.names import dotted, loads, names_in, stores
from vmapify.syntax.scope import COMPREHENSIONS, Scope, binding_names
from vmapify.syntax.skim import skim

__all__ = [
    "COMPREHENSIONS",
    "Module",
    "Scope",
    "binding_names",
    "dotted",
    "loads",
    "names_in",
    "parse",
    "reads_after",
    "replaced_behind",
    "skim",
    "stored_names",
    "stores",
    "upward_reads",
]
