"""Objects that change: what they are, how they are read, the names they go by, and what changes them."""

from __future__ import annotations

from dataclasses import dataclass

from programs.draft import Draft, filled
from programs.twists import TABLES, load


@dataclass(frozen=True, slots=True)
class Kept:
    """An object: the statements that make ``$o``, how a number is read from it, what changes it under the name ``$a``.

    ``length`` is how many it has, if that can be asked; ``inside`` says that a change may need more than one expression.
    """

    name: str
    made: str
    reads: tuple[str, ...]
    changes: tuple[str, ...]
    length: str = ""
    module: str = ""


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
    ),
    Kept(
        "class attribute",
        "$o = Totals",
        ("$o.n", "Totals.n"),
        ('setattr($a, "n", $a.n + 1)', "$a.bump()", "type.__setattr__($a, 'n', 5.0)"),
        "",
        "class Totals:\n    n = 1.0\n\n    @classmethod\n    def bump(cls):\n        cls.n += 1",
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
    ),
    Kept(
        "list of lists",
        "$o = [[1.0], [2.0], [3.0]]",
        ("$o[0][0]", "len($o[0])"),
        ("$a[0].append(1.0)", "$a[0].insert(0, 2.0)", "$a.insert(0, [4.0])", "$a[0].__setitem__(0, 6.0)"),
        "len($o)",
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
    """An object in a program: how a number is read from it, and an expression that changes it."""

    read: str
    change: str
    length: str


def add_state(draft: Draft) -> State:
    """An object with another name for it; whoever calls says where it is read and changed."""
    rng = draft.rng
    kept = rng.choice(OBJECTS)
    ways = [*NAMES["aliases"], *([] if "attribute" in kept.name else NAMES["copies"])]
    alias = rng.choices(ways, [8 if way.name == "itself" else 1 for way in ways])[0]
    draft.take("object", kept.name)
    draft.take("alias", alias.name)
    if kept.module:
        draft.module.append(kept.module)
    draft.setup.append(filled(kept.made, o="kept"))
    if alias.setup:
        draft.setup.append(filled(alias.setup, o="kept"))
    change = filled(rng.choice(kept.changes), a=filled(alias.value, o="kept"))
    return State(filled(rng.choice(kept.reads), o="kept"), change, filled(kept.length, o="kept"))


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
