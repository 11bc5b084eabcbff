"""Reading Python: one parsed file, its scopes and imports, and byte spans for its nodes. Never imports user code."""

from vmapify.syntax.flow import reads_after, replaced_behind, stored_names, upward_reads
from vmapify.syntax.module import Module, parse
from vmapify.syntax.names import dotted, last_name, loads, names_in, root_name, stores
from vmapify.syntax.scope import COMPREHENSIONS, Scope, binding_names
from vmapify.syntax.skim import skim
from vmapify.syntax.structure import code_key, is_full_slice, same_code

__all__ = [
    "COMPREHENSIONS",
    "Module",
    "Scope",
    "binding_names",
    "code_key",
    "dotted",
    "is_full_slice",
    "last_name",
    "loads",
    "names_in",
    "parse",
    "reads_after",
    "replaced_behind",
    "root_name",
    "same_code",
    "skim",
    "stored_names",
    "stores",
    "upward_reads",
]
