"""Ingredients that are kept in ``tables``, a file a group; single ones that make a rewrite wrong, or might."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from programs.draft import Draft, filled

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class Twist:
    """What is added to the module, to ``main`` before the loop, to the loop, behind it, and to the results.

    ``value`` is what becomes of the value ``$v`` of a row ``$x``; ``$i`` is the name that counts the rows, for those that
    need an ``index``. ``array`` and ``number`` are expressions, and ``parameter``
    is one of ``main``, of ingredients that keep something. ``tail`` ends the module.
    """

    group: str
    name: str
    needs: str = ""
    module: str = ""
    setup: str = ""
    body: str = ""
    value: str = "$v"
    after: str = ""
    result: str = ""
    array: str = ""
    number: str = ""
    parameter: str = ""
    tail: str = ""


def load(folder: Path) -> dict[str, tuple[Twist, ...]]:
    """The ingredients of a folder of TOML files, by the name of the file: a table each, with the fields of ``Twist``."""
    return {path.stem: tuple(_of_file(path)) for path in sorted(folder.glob("*.toml"))}


def _of_file(path: Path) -> list[Twist]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    group = path.stem.replace("_", " ")
    return [
        Twist(group, name, **{key: text.strip("\n") for key, text in parts.items()}) for name, parts in tables.items()
    ]


TWISTS = load(TABLES / "twists")


def add_twist(draft: Draft) -> None:
    """One of the ingredients, all groups alike."""
    group = draft.rng.choice(sorted(TWISTS))
    twist = draft.rng.choice([twist for twist in TWISTS[group] if twist.needs != "index" or draft.index])
    draft.take(twist.group, twist.name)
    draft.hostile = True
    draft.in_statements |= bool(twist.body) or twist.group == "after"
    apply(draft, twist)


def apply(draft: Draft, twist: Twist, **words: str) -> None:
    """Add it; ``words`` are what its text names besides ``$v``, ``$x`` and ``$i``."""
    words |= {"v": f"({draft.value})", "x": draft.row, "i": draft.index}
    draft.value = filled(twist.value, **words)
    for statements, text in (
        (draft.module, twist.module),
        (draft.setup, twist.setup),
        (draft.body, twist.body),
        (draft.after, twist.after),
        (draft.returns, twist.result),
        (draft.parameters, twist.parameter),
        (draft.tail, twist.tail),
    ):
        if text:
            statements.append(filled(text, **words))
