"""Names for what the rewrite introduces: one row of an array, the per-example function."""

from __future__ import annotations

import ast
import keyword
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# plural words whose singular no suffix rule gives
IRREGULAR = {
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "axes": "axis",
    "data": "row",
    "batch": "example",
    "bases": "basis",
    "hypotheses": "hypothesis",
    "phases": "phase",
    "spectra": "spectrum",
    "momenta": "momentum",
    "maxima": "maximum",
    "minima": "minimum",
    "children": "child",
    "losses": "loss",
    "masses": "mass",
    "biases": "bias",
    "pos": "position",
    "axis": "axis",
    "basis": "basis",
    "energies": "energy",
    "caches": "cache",
    "pts": "point",
    "radii": "radius",
}
LONG = 12  # letters; with the index behind it a longer name is no help
# words on s that are no plural, or whose singular says nothing
INVARIANT = {
    "series",
    "species",
    "params",
    "obs",
    "loss",
    "mass",
    "bias",
    "gas",
    "bus",
    "lens",
    "atlas",
    "canvas",
    "cos",
    "abs",
    "rhs",
    "lhs",
    "args",
    "kwargs",
    "class",
    "pass",
    "this",
    "ess",
}


def singular(name: str) -> str:
    """One of ``name``: losses, loss; ys, y; batch, example; a singular name stays as it is."""
    name = name.rstrip("_") or name
    for suffix in ("_list", "_arr", "_array", "_batch", "_stack", "_all"):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return singular(name.removesuffix(suffix))
    head, _, last = name.rpartition("_")
    lower = last.lower()
    if lower in INVARIANT:
        one = last
    elif lower in IRREGULAR:
        one = IRREGULAR[lower]
    elif lower.endswith("ies") and len(lower) > 4:
        one = last[:-3] + "y"
    elif lower.endswith(("sses", "xes", "ches", "shes")):
        one = last[:-2]
    elif lower.endswith("s") and len(lower) > 1 and (len(lower) < 5 or not lower.endswith(("ss", "us", "is"))):
        one = last[:-1]
    else:
        one = last
    return f"{head}_{one}" if head else one


def row_name(base: ast.expr | None) -> str:
    """A name for one row of ``base``: ``self.weights`` gives weight, ``jnp.abs(x)`` gives row."""
    match base:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            one = singular(_lower(name.lstrip("_")))
            said = one != name.strip("_") or one in IRREGULAR.values() or isinstance(base, ast.Attribute)
            return one if said and one.isidentifier() and not keyword.iskeyword(one) else "row"
        case ast.Subscript(value=_, slice=ast.Constant(value=str() as name)) if name.isidentifier():
            return singular(name)
        case ast.Subscript(value=inner):
            return row_name(inner)
    return "row"


def read_name(base: ast.expr | None, index: str, axis: int) -> str:
    """A name for ``base[index]`` in the body: x for ``xs[i]``; without a singular u_i for ``u[i]``."""
    match base:
        case ast.Name(id=name) if name.strip("_"):
            name = _lower(name.strip("_"))
            if singular(name) in {name, "row"}:
                return f"{name}_{short(index)}" if len(name) <= LONG else _part(axis)
    return row_name(base)


def _part(axis: int) -> str:
    return {0: "row", 1: "column"}.get(axis, "part")


def short(index: str) -> str:
    """The suffix that stands for a loop index: its name if that is one or two letters, else i."""
    return index if len(index) < 3 and index.isalpha() else "i"


def _lower(name: str) -> str:
    """A constant's name as a variable's: GRIDS gives grids, A stays."""
    return name.lower() if name.isupper() and len(name) > 2 else name


def counted(text: str) -> str | None:
    """What a trip count counts: classes for ``self.num_classes``, ``n_classes`` and ``len(classes)``."""
    found = re.search(r"(?:num|n|nb|number_of)_(\w+)$", text, re.IGNORECASE) or re.search(
        r"(?:len\()?([A-Za-z_]\w*)(?:\)|\.shape\[\d\])$", text
    )
    return found[1] if found else None


def fresh(name: str, taken: Iterable[str], suffix: str = "i") -> str:
    """``name``, with the smallest suffix that makes it differ from every name in ``taken``."""
    used = set(taken)
    for option in (name, f"{name}_{suffix}"):
        if option not in used and not keyword.iskeyword(option):
            return option
    return next(f"{name}_{k}" for k in range(2, len(used) + 3) if f"{name}_{k}" not in used)
