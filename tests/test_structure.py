"""Which pieces of code are the same, whatever they look like."""

from __future__ import annotations

import ast

import pytest

from vmapify.syntax import code_key, is_full_slice, last_name, root_name, same_code


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("xs[i]", "xs [ i ]"),
        ("rows['a']", 'rows["a"]'),
        ("a + b", "((a) + b)"),
        ("f(a, b=1)", "f(  # all of them\n a,\n b=1,\n)"),
        ("x[0x10]", "x[16]"),
        ("u'a'", "'a'"),
        ("'a' 'b'", "'ab'"),
    ],
)
def test_spelling_is_no_part_of_code(one: str, other: str) -> None:
    assert same_code(_expression(one), _expression(f"({other})"))
    assert len({code_key(_expression(one)), code_key(_expression(f"({other})"))}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "True"),
        ("1", "1.0"),
        ("'a'", "b'a'"),
        ("None", "..."),
        ("xs[i]", "xs.i"),
        ("xs[:]", "xs[::1]"),
        ("xs[1:]", "xs[:1]"),
        ("f(a, b)", "f((a, b))"),
        ("f(*a)", "f(a)"),
        ("f(a)(b)", "f(a, b)"),
        ("[a, [b]]", "[[a], b]"),
        ("[[a], []]", "[[], [a]]"),
        ("a < b < c", "(a < b) < c"),
        ("a - b - c", "a - (b - c)"),
        ("{a: b}", "{a, b}"),
        ("lambda a, b: a", "lambda a, *b: a"),
        ("lambda a, /: a", "lambda a: a"),
        ("[a for a in b if c]", "[a for a in b for c in d]"),
        ("f'{a}'", "f'{a!r}'"),
        ("f'{a:3}'", "f'{a}'"),
    ],
)
def test_other_code_is_not_the_same(one: str, other: str) -> None:
    assert not same_code(_expression(one), _expression(other))


def test_reading_and_setting_a_place_are_the_same_place() -> None:
    statement = ast.parse("self.xs[0] = self.xs[0]").body[0]
    assert isinstance(statement, ast.Assign)
    assert same_code(statement.targets[0], statement.value)


def test_a_long_sum_has_a_key() -> None:
    text = " + ".join(["a"] * 900)
    assert same_code(_expression(text), _expression(text))
    assert not same_code(_expression(text), _expression(f"{text} + a"))


@pytest.mark.parametrize(
    ("text", "full"), [(":", True), ("::", True), ("::1", False), ("0:", False), (":n", False), ("i", False)]
)
def test_full_slices(text: str, full: bool) -> None:
    node = _expression(f"xs[{text}]")
    assert isinstance(node, ast.Subscript)
    assert is_full_slice(node.slice) is full


@pytest.mark.parametrize(
    ("text", "last", "root"),
    [
        ("xs", "xs", "xs"),
        ("self.xs", "xs", "self"),
        ("xs.shape[0]", None, "xs"),
        ("f(x).norm", "norm", None),
        ("(a or b).c", "c", None),
    ],
)
def test_names_of_a_place(text: str, last: str | None, root: str | None) -> None:
    assert (last_name(_expression(text)), root_name(_expression(text))) == (last, root)
