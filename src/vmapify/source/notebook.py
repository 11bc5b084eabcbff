"""From the text of an ``.ipynb`` file to the Python in it."""

from __future__ import annotations

from json.decoder import JSONDecodeError
from typing import TYPE_CHECKING, Any

from vmapify.diagnostic import Problem
from vmapify.source.cells import CodeCell, Notebook, joined
from vmapify.source.document import Pieces, parse_document

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_JSON = "is not a notebook: notebooks are JSON, and this is none"


OTHERS = {
    *(
        "r",
        "julia",
        "scala",
        "java",
        "kotlin",
        "groovy",
        "clojure",
        "javascript",
        "typescript",
        "c",
        "c++",
        "c++11",
        "c++14",
    ),
    *(
        "c++17",
        "c++20",
        "c++23",
        "c#",
        "f#",
        "powershell",
        "bash",
        "sh",
        "zsh",
        "go",
        "rust",
        "ruby",
        "perl",
        "php",
        "lua",
    ),
    *(
        "haskell",
        "ocaml",
        "sql",
        "sas",
        "stata",
        "matlab",
        "octave",
        "scilab",
        "maxima",
        "prolog",
        "racket",
        "scheme",
        "swift",
    ),
    *(
        "fortran",
        "elixir",
        "erlang",
        "gap",
        "forth",
        "coq",
        "lean",
        "markdown",
        "wolfram language",
        "mathematica",
        "dyalog",
    ),
}
"""Languages of Jupyter kernels that are not Python's; kernels of Python call theirs what they like (``python3``)."""


def read_notebook(path: str, text: str) -> tuple[bytes, Notebook] | Problem:
    """The module that the code cells make, and the notebook; a Problem where there is no notebook to read.

    A notebook in a language that certainly is another than Python has no code cells here.
    """
    try:
        document = parse_document(text)
    except JSONDecodeError as error:
        return Problem(path, error.lineno, f"{_NOT_JSON} ({error.msg}); mend or exclude the file")
    except ValueError as error:  # a number of more digits than Python reads
        return Problem(
            path, None, f"{_NOT_JSON} that can be read ({str(error).partition(';')[0]}); mend or exclude the file"
        )
    except RecursionError:
        return Problem(path, None, f"{_NOT_JSON} that can be read (nested too deeply); exclude the file")
    if not isinstance(document, dict) or not isinstance(cells := document.get("cells"), list):
        return Problem(path, None, _why_no_cells(document))
    code = [] if _language(document) in OTHERS else list(_code(cells))
    try:
        return joined(text, code)
    except UnicodeEncodeError:
        return Problem(path, None, "a cell holds half of a surrogate pair, so it is not text; mend or exclude the file")


def _why_no_cells(document: Any) -> str:
    if isinstance(document, dict) and "worksheets" in document:
        return "is a notebook of format 3; convert it with `jupyter nbconvert --to notebook --inplace`"
    return "is not a notebook: its JSON has no list of cells; exclude the file"


def _language(document: dict[str, Any]) -> str:
    """The kernel's language; Python where the notebook does not say."""
    for entry, key in (("language_info", "name"), ("kernelspec", "language")):
        info = _member(_member(document, "metadata"), entry)
        if isinstance(language := _member(info, key), str):
            return "python" if language.lower() == "ipython" else language.lower()
    return "python"


def _code(cells: list[Any]) -> Iterator[CodeCell]:
    for number, cell in enumerate(cells):
        source, metadata = _member(cell, "source"), _member(cell, "metadata")
        language = _member(_member(metadata, "vscode"), "languageId")
        if _member(cell, "cell_type") == "code" and isinstance(source, Pieces) and language in (None, "python"):
            tags = _member(metadata, "tags")
            yield CodeCell(number, source, isinstance(tags, list) and "raises-exception" in tags)


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
