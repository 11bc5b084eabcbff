"""Modules that are only followed: read as far as somebody asks for."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING
from weakref import ref

from vmapify.source.contents import heads
from vmapify.syntax.module import Module, parse, tree_of
from vmapify.syntax.tree import walk
from vmapify.syntax.unread import put_off

if TYPE_CHECKING:
    from vmapify.source.contents import Place

# what cannot be read by itself does nobody knows what
_CLOSED = "def unread(*args, **kwargs):\n    return unread_code(*args, **kwargs)\n"


def skim(path: str, data: bytes) -> Module:
    """As ``parse``, but most functions are parsed when one of their parts is asked for.

    Where a class or another statement around functions ends is not known of such a module.

    Raises:
        SyntaxError: the text outside of functions is not Python that this interpreter reads.
        ValueError: the text holds a NUL byte.
    """
    found = heads(data)
    if found is None:
        return parse(path, data)
    try:
        module = Module(path, data, tree_of(path, found.text))
    except SyntaxError:
        return parse(path, data)
    stubs = [one for one in walk(module.tree) if isinstance(one, ast.FunctionDef) and one.lineno in found.places]
    if len(stubs) < len(found.places):
        return parse(path, data)  # some of what looks like a function stands in a string
    taken_in = partial(_taken_in, ref(module))  # a module that its functions hold would outlive its use
    for stub in stubs:
        place = found.places[stub.lineno]
        put_off(stub, partial(_read, path, data, module.counters, stub.lineno, place), taken_in)
    module.unread += stubs
    return module


def _taken_in(module: ref[Module], function: ast.FunctionDef) -> None:
    if (present := module()) is not None:
        present.take_in(function)


def _read(path: str, data: bytes, counters: dict[ast.For, ast.stmt], line: int, place: Place) -> ast.FunctionDef:
    """The function at ``place``, which begins in ``line``, at the position it has in the file."""
    text = data[place.start : place.end]
    indented = text.startswith((b" ", b"\t"))
    try:
        small = parse(path, (b"\n" * (line - 2) + b"if 1:\n" if indented else b"\n" * (line - 1)) + text)
    except (SyntaxError, ValueError, RecursionError):
        return _closed(line)
    block = small.tree.body[0].body if indented else small.tree.body  # type: ignore[attr-defined]
    if len(block) != 1 or not isinstance(block[0], ast.FunctionDef):
        return _closed(line)
    counters.update(small.counters)
    return block[0]


def _closed(line: int) -> ast.FunctionDef:
    function = ast.parse(_CLOSED).body[0]
    assert isinstance(function, ast.FunctionDef)
    ast.increment_lineno(function, line - 1)
    return function
