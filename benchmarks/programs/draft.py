"""A program while it is put together, and the text that comes of it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

ALWAYS = ("import jax", "import jax.numpy as jnp", "import numpy as np")
ON_SIGHT = (
    "builtins",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "functools",
    "itertools",
    "math",
    "operator",
    "random",
    "re",
    "types",
    "typing",
    "warnings",
)
"""Modules that a program imports if it names them."""


@dataclass(frozen=True, slots=True)
class Program:
    """``name`` is unique among all programs of a seed; ``hostile`` if it holds something that is meant to go wrong."""

    name: str
    text: str
    ingredients: tuple[str, ...]
    hostile: bool


@dataclass(slots=True)
class Draft:
    """Parts of ``main`` and of its module; every entry of a list is a statement, however many lines it has.

    ``value`` is what the loop computes from ``row``, and ``gives`` what that is: ``scalar``, ``vector``, ``matrix`` or
    ``pair``. ``index`` is the name that counts the rows, empty if there is none. ``in_statements`` if ``body`` binds
    names that are read outside of it, so that a comprehension cannot take its place. In the frame ``method`` the body stands
    in a method of a class that has ``methods`` more, and whose ``__init__`` sets ``attributes``. ``tail`` is what the module
    says in the end.
    """

    rng: random.Random
    module: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    setup: list[str] = field(default_factory=list)
    prelude: list[str] = field(default_factory=list)
    target: str = "x"
    iterable: str = "xs"
    row: str = "x"
    index: str = ""
    kind: str = "float"
    rank: str = "vector"
    body: list[str] = field(default_factory=list)
    value: str = "x"
    gives: str = "vector"
    loop: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    hostile: bool = False
    in_statements: bool = False
    frame: str = "main"
    attributes: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)

    def take(self, group: str, name: str) -> None:
        """Note an ingredient; they are counted in groups."""
        self.used.append(f"{group}: {name}")

    def names(self) -> str:
        """The loop's own names as they are passed on."""
        return self.target.strip("()")


def filled(text: str, /, **words: str) -> str:
    """The text with ``$name`` replaced, by a block as deep as where it stands."""
    for name, word in words.items():
        if "\n" in word:
            pattern = re.compile(rf"^([ ]*)\${name}\b", re.MULTILINE)
            text = pattern.sub(lambda found, word=word: textwrap.indent(word, found[1]), text)
    return Template(text).substitute(words)


def indented(statements: list[str]) -> str:
    """The statements as the body of something."""
    return textwrap.indent("\n".join(statements), "    ")


def text_of(draft: Draft) -> str:
    """The whole program."""
    result = ", ".join(draft.returns)
    body = [*draft.setup, *draft.prelude, *draft.loop, *draft.after, f"return {result}"]
    parts = [*draft.module, *_framed(draft, indented(body)), *draft.tail]
    return with_imports("\n\n\n".join(parts) + "\n")


def _framed(draft: Draft, body: str) -> list[str]:
    """``main``, and what it calls if it does not hold the body itself."""
    given = ", ".join(draft.parameters)
    handed = ", ".join(re.split("[:=]", parameter)[0] for parameter in draft.parameters)
    if draft.frame == "main":
        return [f"def main({given}):\n{body}"]
    if draft.frame == "function":
        return [f"def run({given}):\n{body}", f"def main({given}):\n    return run({handed})"]
    if draft.frame == "method":
        first = [f"def __init__(self):\n{indented(draft.attributes)}"] if draft.attributes else []
        run = f"def run({', '.join(['self', *draft.parameters])}):\n{body}"
        methods = textwrap.indent("\n\n".join([*first, *draft.methods, run]), "    ")
        return [f"class Task:\n{methods}", f"def main({given}):\n    return Task().run({handed})"]
    return [f"def main({given}):\n    def run():\n{textwrap.indent(body, '    ')}\n\n    return run()"]


def with_imports(text: str) -> str:
    """The text below the imports that it needs."""
    wanted = [f"import {name}" for name in ON_SIGHT if re.search(rf"(?<![\w.]){name}\.", text)]
    always = [line for line in ALWAYS if re.search(rf"\b{line.split()[-1]}\b", text)]
    return "\n".join([*wanted, *always]) + "\n\n\n" + text
