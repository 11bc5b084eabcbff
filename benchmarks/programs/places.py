"""Where in a loop something changes: statements, callees, callbacks, JAX's transforms, methods that operators call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programs.twists import TABLES, Twist, apply, load

if TYPE_CHECKING:
    from programs.draft import Draft

METHODS = {
    "__bool__": ("self", "True", "not acts"),
    "__bool__ of if": ("self", "True", "if acts:\n    pass"),
    "__len__": ("self", "1", "len(acts)"),
    "__getitem__": ("self, key", "1", "acts[0]"),
    "__setitem__": ("self, key, value", "None", "acts[0] = 1"),
    "__delitem__": ("self, key", "None", "del acts[0]"),
    "__call__": ("self", "1", "acts()"),
    "__eq__": ("self, other", "True", "acts == 1"),
    "__ne__": ("self, other", "True", "acts != 1"),
    "__lt__": ("self, other", "True", "acts < 1"),
    "__ge__": ("self, other", "True", "acts >= 1"),
    "__contains__": ("self, key", "True", "1 in acts"),
    "__iter__": ("self", "iter([1])", "list(acts)"),
    "__iter__ of for": ("self", "iter([1])", "for _ in acts:\n    pass"),
    "__iter__ unpacked": ("self", "iter([1])", "(first,) = acts"),
    "__iter__ starred": ("self", "iter([1])", "[*acts]"),
    "__next__": ("self", "1", "next(acts)"),
    "__reversed__": ("self", "iter([1])", "list(reversed(acts))"),
    "__index__": ("self", "0", "[1, 2][acts]"),
    "__index__ of range": ("self", "0", "range(acts)"),
    "__float__": ("self", "1.0", "float(acts)"),
    "__int__": ("self", "1", "int(acts)"),
    "__hash__": ("self", "1", "hash(acts)"),
    "__hash__ of a set": ("self", "1", "{acts}"),
    "__format__": ("self, spec", "'a'", 'f"{acts}"'),
    "__str__": ("self", "'a'", "str(acts)"),
    "__repr__": ("self", "'a'", "'%r' % (acts,)"),
    "__add__": ("self, other", "other", "acts + 1"),
    "__radd__": ("self, other", "other", "1 + acts"),
    "__iadd__": ("self, other", "self", "acts_too = acts\nacts_too += 1"),
    "__mul__": ("self, other", "other", "acts * 2"),
    "__matmul__": ("self, other", "other", "acts @ 2"),
    "__neg__": ("self", "1", "-acts"),
    "__abs__": ("self", "1", "abs(acts)"),
    "__round__": ("self, n=0", "1", "round(acts)"),
    "__divmod__": ("self, other", "1", "divmod(acts, 2)"),
    "__pow__": ("self, other", "1", "acts ** 2"),
    "__and__": ("self, other", "1", "acts & 1"),
    "__getattr__": ("self, key", "1", "acts.anything"),
    "__getattr__ of hasattr": ("self, key", "1", "hasattr(acts, 'anything')"),
    "__setattr__": ("self, key, value", "None", "acts.n = 1"),
    "__delattr__": ("self, key", "None", "del acts.n"),
    "__dir__": ("self", "[]", "dir(acts)"),
    "__array__": ("self, dtype=None, copy=None", "np.ones(1)", "np.asarray(acts)"),
    "__array_ufunc__": ("self, *args, **more", "1", "np.add(np.ones(1), acts)"),
    "__length_hint__": ("self", "1", "operator.length_hint(acts)"),
    "__instancecheck__": ("self, other", "True", "isinstance(1, acts)"),
    "__deepcopy__": ("self, memo", "1", "copy.deepcopy(acts)"),
    "__complex__": ("self", "1j", "complex(acts)"),
    "__bytes__": ("self", "b''", "bytes(acts)"),
    "__trunc__": ("self", "1", "math.trunc(acts)"),
    "__floor__": ("self", "1", "math.floor(acts)"),
    "__fspath__": ("self", "'a'", "__import__('os').fspath(acts)"),
}
"""Arguments of a method, what it returns, and the statement that calls it on ``acts``."""


def _of_a_method(name: str, arguments: str, result: str, statement: str) -> Twist:
    method = f"    def {name.split(maxsplit=1)[0]}({arguments}):\n        $m\n        return {result}"
    return Twist("method", name, setup=f"class Acts:\n{method}\nacts = Acts()", body=statement)


PLACES = load(TABLES / "places") | {"method": tuple(_of_a_method(name, *parts) for name, parts in METHODS.items())}
"""By kind; ``$m`` is the expression that changes something."""


def add_change(draft: Draft, change: str) -> None:
    """Let the expression be evaluated in each round, somewhere."""
    kind = draft.rng.choice(sorted(PLACES))
    place = draft.rng.choice(PLACES[kind])
    draft.take(f"changed in a {kind}", place.name)
    draft.hostile = True
    apply(draft, place, m=change)
