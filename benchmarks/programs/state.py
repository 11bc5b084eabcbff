"""Objects that change: what they are, how they are read, the names they go by, and what changes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from programs.draft import Draft, filled, indented
from programs.twists import TABLES, load


@dataclass(frozen=True, slots=True)
class Kept:
    """An object: the statements that make ``$o``, how a number is read from it, what changes it under the name ``$a``.

    ``length`` is how many it has, if that can be asked; ``module`` is what the module says first; ``deeds`` are statements that
    change it.
    """

    name: str
    made: str
    reads: tuple[str, ...]
    changes: tuple[str, ...]
    length: str = ""
    module: str = ""
    deeds: tuple[str, ...] = ()


OBJECTS = (
    Kept(
        "list",
        "$o = [1.0, 2.0, 3.0]",
        ("len($o)", "$o[0]", "$o[-1]", "sum($o)"),
        (
            "$a.append(4.0)",
            "$a.insert(0, 5.0)",
            "$a.extend([1.0])",
            "$a.reverse()",
            "$a.__setitem__(0, $a[0] + 1)",
            "$a.sort(reverse=True)",
            "$a.__iadd__([2.0])",
            "list.append($a, 3.0)",
            "operator.setitem($a, 0, $a[0] + 2)",
            "operator.iadd($a, [1.0])",
        ),
        "len($o)",
        deeds=(
            "$a += [2.0]",
            "$a[0] += 1",
            "$a[1:] = [5.0, 6.0, 7.0]",
            "del $a[0]",
            "$a[:] = $a[::-1]",
            "$a[len($a) :] = [1.0]",
        ),
    ),
    Kept(
        "dict",
        '$o = {"scale": 2.0, "n": 1.0, 0: 3.0}',
        ('$o["scale"]', "len($o)", '$o.get("n", 0.0)', "sum($o.values())"),
        (
            '$a.update(scale=$a["scale"] + 1, n=5.0)',
            "$a.setdefault(len($a), 1.0)",
            '$a.__setitem__("scale", $a["scale"] * 2)',
            "$a.popitem() if len($a) > 2 else $a.update(scale=0.5)",
            'dict.update($a, scale=$a["scale"] + 1)',
            'operator.setitem($a, "scale", len($a) + $a["scale"])',
        ),
        "len($o)",
        deeds=('$a["scale"] += 1', '$a |= {"scale": 7.0}', "del $a[0]", "for key in $a:\n    $a[key] = 4.0"),
    ),
    Kept(
        "defaultdict",
        "$o = collections.defaultdict(float, scale=1.0, n=2.0, m=0.0)",
        ("len($o)", '$o["scale"] + len($o)'),
        ("$a[len($a)]", '$a.update(scale=$a["scale"] + 1)'),
        "len($o)",
    ),
    Kept(
        "NumPy buffer",
        "$o = np.ones(3, np.float32)",
        ("float($o[0])", "float($o.sum())", "jnp.array($o)[0]"),
        (
            "np.add.at($a, 0, 1)",
            "np.add($a, 1, out=$a)",
            "$a.fill($a[0] + 1)",
            "$a.__setitem__(0, $a[0] + 2)",
            "$a.__iadd__(1)",
            "$a.cumsum(out=$a)",
            "$a.put(0, $a[0] + 1)",
            "np.put($a, [0], [7])",
            "np.copyto($a, $a + 1)",
            "np.fill_diagonal($a.reshape(1, 3), $a[0] + 1)",
            "$a.itemset(0, 3) if hasattr($a, 'itemset') else $a.fill(9)",
            "np.multiply.at($a, [0, 1], 2)",
            "np.clip($a + 1, 0, 9, out=$a)",
            "$a[:].fill($a[0] + 1)",
            "$a.reshape(-1).__setitem__(0, $a[0] + 2)",
            "np.putmask($a, $a > 0, $a + 1)",
            "$a.partition(1) or $a.fill($a.sum())",
            "np.random.default_rng(3).shuffle($a) or $a.fill(4)",
        ),
        deeds=(
            "$a += 1",
            "$a[0] += 1",
            "$a[:] = 3",
            "$a[1:] = $a[:-1] + 1",
            "$a[$a > 0] = 5",
            "$a.flat = 2",
            "$a.T[0] = 6",
        ),
    ),
    Kept(
        "instance",
        "$o = Box()",
        ("$o.n", "$o.n * 2"),
        (
            '$a.__setattr__("n", $a.n + 1)',
            'setattr($a, "n", $a.n + 1)',
            "$a.__dict__.update(n=$a.n + 1)",
            "vars($a).update(n=$a.n + 1)",
            "$a.bump()",
            "Box.bump($a)",
            'object.__setattr__($a, "n", $a.n + 1)',
        ),
        "",
        "class Box:\n    def __init__(self):\n        self.n = 1.0\n\n    def bump(self):\n        self.n += 1",
        deeds=("$a.n += 1", "$a.n = 5.0", "$a.n, $a.m = 3.0, 2.0", "for $a.n in (2.0, 3.0):\n    pass"),
    ),
    Kept(
        "class attribute",
        "$o = Totals",
        ("$o.n", "Totals.n"),
        ('setattr($a, "n", $a.n + 1)', "$a.bump()", "type.__setattr__($a, 'n', 5.0)"),
        "",
        "class Totals:\n    n = 1.0\n\n    @classmethod\n    def bump(cls):\n        cls.n += 1",
        deeds=("$a.n += 1", "Totals.n = 4.0"),
    ),
    Kept(
        "deque",
        "$o = collections.deque([1.0, 2.0, 3.0], maxlen=5)",
        ("$o[0]", "len($o)"),
        ("$a.appendleft(4.0)", "$a.append(2.0)", "$a.rotate(1)", "$a.extendleft([9.0])"),
        "len($o)",
    ),
    Kept(
        "set",
        "$o = {1.0, 2.0, 3.0}",
        ("len($o)", "sum($o)"),
        ("$a.add(len($a) + 1.0)", "$a.update({7.0})"),
        "len($o)",
    ),
    Kept(
        "Counter",
        "$o = collections.Counter('aab')",
        ("$o['a']", "sum($o.values())"),
        ("$a.update('a')", "$a.subtract('a')"),
    ),
    Kept("bytearray", "$o = bytearray(b'abc')", ("$o[0]", "len($o)"), ("$a.append(7)", "$a.reverse()"), "len($o)"),
    Kept("function attribute", "def $o(): return 0\n$o.n = 1.0", ("$o.n",), ("setattr($a, 'n', $a.n + 1)",)),
    Kept(
        "namespace",
        "$o = types.SimpleNamespace(n=1.0)",
        ("$o.n",),
        ("setattr($a, 'n', $a.n + 1)", "$a.__dict__.update(n=3.0)"),
        deeds=("$a.n += 1",),
    ),
    Kept(
        "list of lists",
        "$o = [[1.0], [2.0], [3.0]]",
        ("$o[0][0]", "len($o[0])"),
        ("$a[0].append(1.0)", "$a[0].insert(0, 2.0)", "$a.insert(0, [4.0])", "$a[0].__setitem__(0, 6.0)"),
        "len($o)",
        deeds=("$a[0] += [1.0]", "$a[0][0] += 1", "for part in $a:\n    part.append(1.0)"),
    ),
    Kept(
        "list of arrays",
        "$o = [jnp.ones(3), jnp.zeros(3)]",
        ("$o[0][0]", "len($o)"),
        ("$a.reverse()", "$a.append(1)"),
        "len($o)",
    ),
    Kept(
        "module list",
        "$o = KEPT",
        ("len($o)", "$o[0]"),
        ("KEPT.append(4.0)", "$a.insert(0, 3.0)"),
        "len($o)",
        "KEPT = [1.0, 2.0, 3.0]",
        deeds=("KEPT[:0] = [9.0]", "$a += [1.0]"),
    ),
    Kept(
        "module dict",
        "$o = CONFIG",
        ('$o["scale"]', 'CONFIG["scale"]'),
        (
            'CONFIG.update(scale=CONFIG["scale"] + 1)',
            '$a.__setitem__("scale", 5.0)',
            'globals()["CONFIG"].update(scale=4.0)',
        ),
        "",
        'CONFIG = {"scale": 2.0}',
    ),
)

NAMES = load(TABLES / "names")
"""Other names of ``$o``; names of another object, so that changes through them are not seen; ways to count rows."""


@dataclass(frozen=True, slots=True)
class State:
    """An object in a program: how a number is read from it, an expression that changes it, and one for the end of the module."""

    read: str
    change: str
    length: str
    late: str


def add_state(draft: Draft) -> State:
    """An object with another name for it; whoever calls says where it is read and changed."""
    rng = draft.rng
    kept = rng.choice(OBJECTS)
    owned = draft.frame == "method" and kept.made.startswith("$o = ") and rng.random() < 0.6
    own = "owner.kept" if owned else "kept"
    ways = [*NAMES["aliases"], *([] if "attribute" in kept.name else NAMES["copies"])]
    alias = rng.choices(ways, [8 if way.name == "itself" else 1 for way in ways])[0]
    draft.take("object", kept.name + (" of self" if owned else ""))
    draft.take("alias", alias.name)
    if kept.module:
        draft.module.append(kept.module)
    if owned:
        draft.attributes.append(filled(kept.made, o="self.kept"))
        draft.setup.append("owner = self")
    else:
        draft.setup.append(filled(kept.made, o="kept"))
    if alias.setup:
        draft.setup.append(filled(alias.setup, o=own))
    change = _changed(draft, kept, filled(alias.value, o=own))
    outside = kept.made.split()[-1]
    late = filled(rng.choice(kept.changes), a=outside) if outside.isupper() else ""
    return State(filled(rng.choice(kept.reads), o=own), change, filled(kept.length, o=own), late)


def _changed(draft: Draft, kept: Kept, name: str) -> str:
    """An expression that changes what goes by the name: the change itself, a call of what makes it, a bound method."""
    change = draft.rng.choice(kept.changes)
    deed = draft.rng.choice((change, *kept.deeds))
    ways = ["expression", "expression", "expression", "function", "function of a function", "lambda"]
    bound = re.fullmatch(r"\$a\.(\w+)(\(.*\))", change)
    if bound:
        ways += ["bound method", "function with a default"]
    if name == "owner.kept":
        ways += ["own method"] * 6
    way = draft.rng.choice(ways)
    draft.take("changed by", way)
    if way == "function":
        draft.module.append(f"def alter(a):\n{indented([filled(deed, a='a')])}")
        return f"alter({name})"
    if way == "function of a function":
        draft.module.append(f"def deeper(b):\n{indented([filled(deed, a='b')])}\n    return b")
        draft.module.append("def alter(a, times=1):\n    for _ in range(times):\n        deeper(a)")
        return f"alter({name})"
    if way == "lambda":
        draft.setup.append(f"alter = lambda a: {filled(change, a='a')}")
        return f"alter({name})"
    if way == "function with a default":
        draft.setup.append(f"def alter(a={name}):\n    return {filled(change, a='a')}")
        return "alter()"
    if way == "own method":
        draft.methods.append(f"def alter(self):\n{indented([filled(deed, a='self.kept')])}")
        return "owner.alter()"
    if way == "bound method" and bound:
        draft.setup.append(f"alter = {name}.{bound[1]}")
        return f"alter{filled(bound[2], a=name)}"
    return filled(change, a=name)


def read_it(draft: Draft, state: State) -> None:
    """Let the value rest on the object."""
    how = draft.rng.choice(("factor", "name before", "branch", "function", "bound"))
    if how == "bound" and (not state.length or draft.row == "x" or "range(" not in draft.iterable):
        how = "factor"
    draft.take("read", how)
    if how == "bound":
        draft.iterable = f"range({state.length})"
    elif how == "name before":
        draft.prelude.append(f"factor = {state.read}")
        draft.value = f"({draft.value}) * factor"
    elif how == "branch":
        draft.value = f"({draft.value} if {state.read} > 1.5 else ({draft.value}) + 1)"
    elif how == "function":
        draft.setup.append(f"def scaled(v):\n    return v * {state.read}")
        draft.value = f"scaled({draft.value})"
    else:
        draft.value = f"({draft.value}) * ({state.read})"


def add_extent(draft: Draft) -> None:
    """Let statements before the loop decide how many rows are taken."""
    extent = draft.rng.choice(NAMES["extents"])
    draft.take("extent", extent.name)
    draft.setup.append(extent.setup)
    draft.iterable = "range(n_rows)"
