"""What IPython understands and Python does not: ``%magics``, ``!commands``, ``help?`` and whole ``%%cells``.

Each is replaced by a Python stand-in of the same length that calls something unknown with every name the original
mentions, so that byte offsets stay what they are and whoever asks who reads a name gets an honest answer.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from dataclasses import dataclass
from typing import Literal

from vmapify.diagnostic import Span

PYTHON_CELLS = frozenset({"capture", "debug", "ipytest", "prun", "time", "timeit"})
"""Cell magics whose body is Python that shares the notebook's names."""
AUTOMATIC = frozenset(
    {
        "alias", "autocall", "automagic", "bookmark", "cat", "cd", "clear", "conda", "config", "cp", "dhist", "dirs",
        "env", "history", "less", "ll", "load", "load_ext", "logstart", "ls", "lsmagic", "mamba", "man", "matplotlib",
        "micromamba", "mkdir", "more", "mv", "notebook", "pastebin", "pdef", "pdoc", "pfile", "pinfo", "pip", "popd",
        "prun", "psearch", "psource", "pushd", "pwd", "pycat", "pylab", "quickref", "recall", "rehashx", "reload_ext",
        "rerun", "reset", "rm", "rmdir", "run", "save", "sc", "set_env", "store", "sx", "system", "tb", "time",
        "timeit", "unalias", "unload_ext", "uv", "who", "who_ls", "whos", "xdel", "xmode",
    }
)  # fmt: skip
"""Line magics that work without their percent sign in a cell of one line."""

_SUSPECT = re.compile(rb"^[ \t\f]*[%!?,;/]|=[ \t]*[%!]|\?[ \t]*\r?$", re.MULTILINE)
_CELL_MAGIC = re.compile(rb"(?:[ \t\f]*(?:\r\n|\r|\n))*[ \t]*%%(?P<name>[^\s]*)[^\r\n]*")
_LINE = re.compile(rb"(?:[^\r\n\\]|\\(?:\r\n|\r|\n|[^\r\n]|$))*")  # a backslash at its end joins the next one
_TIMED = re.compile(rb"%time[ \t]+(?![-\s])(?P<code>[^\r\n]+)")
_ASSIGNED = re.compile(rb"=[ \t]*(?=![^=]|%[A-Za-z_])")
_HELP = re.compile(rb"\?{1,2}[ \t]*(?=[\r\n]|$)")
_TOKEN = re.compile(
    rb"""(?P<comment>\#[^\r\n]*)
    |(?P<string>\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}
        |"(?:[^"\\\r\n]|\\(?:\r\n|.))*"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*')
    |(?P<joined>\\(?:\r\n|\r|\n))
    |(?P<newline>\r\n|\r|\n)
    |(?P<open>[(\[{])|(?P<close>[)\]}])
    |(?P<compare>[=!<>]=)
    |(?P<other>[^\#"'\\\r\n()\[\]{}=!<>?]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_START = re.compile(rb"[ \t\f]*")
_NAME = re.compile(rb"%%?([A-Za-z_]\w*)")
_WORD = re.compile(r"\w+")
_LINE_END = re.compile(rb"(\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Magic:
    """One stretch of IPython's own syntax. ``effect``: a whole cell, a command, or (``timed``) Python that is timed.

    ``name`` is that of a ``%magic``, empty for everything else.
    """

    span: Span
    effect: Literal["cell", "command", "timed"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Masked:
    """A cell as Python reads it, of the same length; ``timed`` if ``%%timeit`` runs it as a function of its own."""

    data: bytes
    magics: tuple[Magic, ...] = ()
    timed: bool = False


def masked(cell: bytes) -> Masked:
    """``cell`` with IPython's syntax replaced; as it is where there is none."""
    if not _SUSPECT.search(cell):
        return _automatic(cell)
    if is_python(cell):
        return Masked(cell)
    first = _CELL_MAGIC.match(cell)
    if first is None:
        return _replaced(cell, list(_lines(cell, 0)))
    name = first["name"].decode("utf-8", "replace")
    if name not in PYTHON_CELLS:
        return _replaced(cell, [_Found(cell.index(b"%%"), len(cell), "cell")])
    header = _Found(cell.index(b"%%"), first.end(), "command")
    whole = _replaced(cell, [header, *_lines(cell, first.end())])
    return Masked(whole.data, whole.magics, timed=name == "timeit")


def left_out(cell: bytes) -> Masked:
    """``cell`` as something unknown that reads every name in it."""
    return _replaced(cell, [_Found(0, len(cell), "cell")]) if cell.strip() else Masked(cell)


def is_python(code: bytes) -> bool:
    """Whether Python can parse ``code``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code.decode("utf-8"))
    except (SyntaxError, ValueError):
        return False
    return True


def _automatic(cell: bytes) -> Masked:
    """``pip install jax`` alone in a cell."""
    line = cell.strip()
    words = line.split(maxsplit=1)
    if len(words) < 2 or b"\n" in line or words[0].decode("utf-8", "replace") not in AUTOMATIC or is_python(line):
        return Masked(cell)
    at = cell.index(line)
    return _replaced(cell, [_Found(at, at + len(line), "command", named=True)])


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch to replace. ``assigned``: it stands behind ``name =``; ``named``: a command without its sign."""

    start: int
    end: int
    effect: Literal["cell", "command", "timed"]
    assigned: bool = False
    named: bool = False


def _lines(cell: bytes, at: int) -> list[_Found]:
    """The magics of a cell from ``at`` on, found at the starts of statements and behind assignments."""
    found: list[_Found] = []
    while at < len(cell):
        blank = _START.match(cell, at)
        assert blank is not None
        start = blank.end()
        if cell[start : start + 1] in (b"%", b"!", b"?", b",", b";", b"/"):
            at = _line_end(cell, start)
            found.append(_Found(start, at, "timed" if _is_timed(cell[start:at]) else "command"))
        else:
            more, at = _statement(cell, start)
            found += more
    return found


def _statement(cell: bytes, start: int) -> tuple[list[_Found], int]:
    """What one logical line holds, and where the next one begins."""
    at, depth = start, 0
    while at < len(cell):
        if depth == 0 and (assigned := _ASSIGNED.match(cell, at)):
            end = _line_end(cell, assigned.end())
            return [_Found(assigned.end(), end, "command", assigned=True)], end
        if depth == 0 and _HELP.match(cell, at):
            end = _line_end(cell, at)
            return [_Found(start, end, "command")], end
        token = _TOKEN.match(cell, at)
        assert token is not None
        at = token.end()
        depth += (token.lastgroup == "open") - (token.lastgroup == "close" and depth > 0)
        if token.lastgroup == "newline" and depth == 0:
            break
    return [], at


def _line_end(cell: bytes, at: int) -> int:
    line = _LINE.match(cell, at)
    assert line is not None
    return line.end()


def _is_timed(line: bytes) -> bool:
    """``%time`` before simple statements on one line: they run as they would without it."""
    timed = _TIMED.fullmatch(line)
    return timed is not None and is_python(b"True;" + timed["code"])


def _replaced(cell: bytes, found: list[_Found]) -> Masked:
    pieces: list[bytes] = []
    magics: list[Magic] = []
    done = 0
    for one in found:
        line = cell[one.start : one.end]
        text = b"True;" + line[5:] if one.effect == "timed" else _stand_in(line, one)
        pieces += [cell[done : one.start], text]
        name = _NAME.match(line)
        magics.append(Magic(Span(one.start, one.end), one.effect, name[1].decode() if name else ""))
        done = one.end
    return Masked(b"".join([*pieces, cell[done:]]), tuple(magics))


def _stand_in(line: bytes, found: _Found) -> bytes:
    """Python of the same length, lines kept, that reads every name in ``line``."""
    parts = _LINE_END.split(line)
    lines, ends = parts[::2], [*parts[1::2], b""]
    words = _words(line, found)
    filled, left = _packed([len(one) for one in lines], words)
    if left and len(lines) == 1:
        short = b"".join(b"+" + word for word in words)
        if found.assigned and words:
            short = words[0] + b"()"
        filled = [short if 0 < len(short) <= len(line) else b"0"]
    padded = [text + b" " * (len(one) - len(text)) for text, one in zip(filled, lines, strict=True)]
    return b"".join(text + end for text, end in zip(padded, ends, strict=True))


def _words(line: bytes, one: _Found) -> list[bytes]:
    """The names that a line may read: all its words but the command itself, each once."""
    text = line.decode("utf-8")
    command = re.match(r"\w+" if one.named else r"(?:%%|%|!!|!)[\w.]+", text)
    names = dict.fromkeys(
        word
        for word in _WORD.findall(text, command.end() if command else 0)
        if word.isidentifier() and not keyword.iskeyword(word)
    )
    return [name.encode() for name in names]


def _packed(rooms: list[int], words: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """``_(a, b)`` over lines of the given lengths, and the words that found no room."""
    filled: list[bytes] = []
    left = list(words)
    for k, room in enumerate(rooms):
        text = b"" if k else b"_("
        tail = b")" if k == len(rooms) - 1 else b""
        while left and len(text) + len(left[0]) + (len(left) < len(words)) + len(tail) <= room:
            text += (b"," if len(left) < len(words) else b"") + left.pop(0)
        filled.append(text + tail)
    fits = all(len(text) <= room for text, room in zip(filled, rooms, strict=True))
    return (filled, left) if fits else ([b"0"[:room] for room in rooms], left or [b""])
