"""Whose a file of code is: the standard library's, an installed package's, the judge's, or the user's."""

from __future__ import annotations

import functools
import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import types

HERE = str(Path(__file__).parent) + os.sep
STANDARD = tuple(
    {
        str(Path(folder)) + os.sep
        for folder in (str(Path(os.__file__).parent), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
        if folder
    }
)
INSTALLED = frozenset(("site-packages", "dist-packages"))
"""Folders that installers fill. Only whole names count: a folder of the user's may be called ``my-packages``."""


@functools.lru_cache(maxsize=4096)
def is_installed(file: str) -> bool:
    """Whether a file belongs to an installed package."""
    return not INSTALLED.isdisjoint(re.split(r"[\\/]", file))


def is_standard(file: str) -> bool:
    """Whether a file, or what stands for it in frozen code, belongs to the standard library."""
    return file.startswith((*STANDARD, "<frozen"))


def is_the_judges(file: str) -> bool:
    """Whether a file is one of the worker's own."""
    return file.startswith(HERE)


@functools.lru_cache(maxsize=4096)
def of_the_user(file: str) -> bool:
    """Whether a file is neither the standard library's, nor an installed package's, nor the worker's own."""
    return not is_standard(file) and not is_the_judges(file) and not is_installed(file)


def is_users_module(module: types.ModuleType) -> bool:
    """Whether a module is the user's; a namespace package has folders only, the cells of a notebook have nothing."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return of_the_user(file)
    if module.__name__ == "__main__":
        return True
    return any(of_the_user(f"{folder}{os.sep}") for folder in list(getattr(module, "__path__", None) or ()))


def is_the_users(owner: type) -> bool:
    """Whether a class was defined in a module of the user's."""
    module = sys.modules.get(owner.__module__)
    return module is not None and is_users_module(module)
