"""Published packages, fetched by pip and unpacked side by side, as a tree to measure on.

    python benchmarks/packages.py FOLDER benchmarks/packages.txt benchmarks/more_packages.txt

A list names a package a line, ``name==version``; ``# wheel`` behind it takes the wheel instead of the source archive. Only
files of Python and notebooks are unpacked, each package into a folder of its own. What is there already is not fetched again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIXES = (".py", ".ipynb")


def fetch(lists: Iterable[Path], folder: Path, most: int | None = None) -> Path:
    """``folder``, with the first ``most`` packages of the lists in it; one that cannot be had is told of and left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for pin, wheel in [*pins(lists)][:most]:
        if not (folder / pin).exists() and not _fetched(pin, folder / pin, wheel=wheel):
            sys.stderr.write(f"{pin} could not be fetched\n")
    return folder


def pins(lists: Iterable[Path]) -> Iterator[tuple[str, bool]]:
    """Each package that is named, and whether its wheel is wanted."""
    for path in lists:
        for line in path.read_text().splitlines():
            pin, _, note = line.partition("#")
            if pin.strip():
                yield pin.strip(), "wheel" in note


def _fetched(pin: str, target: Path, *, wheel: bool) -> bool:
    kind = ["--only-binary", ":all:"] if wheel else ["--no-binary", pin.partition("==")[0]]
    with tempfile.TemporaryDirectory() as name:
        words = [*_pip(), "download", "-q", "--no-deps", "-d", name, *kind, pin]
        if subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            return False
        partial = target.with_name(f"{target.name}.partial")
        for archive in Path(name).iterdir():
            for path, content in _sources(archive):
                place = partial / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        partial.mkdir(parents=True, exist_ok=True)
        partial.rename(target)
    return True


def _pip() -> list[str]:
    """This interpreter's pip, or the one on the path: environments are made without it, too."""
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if (found := shutil.which("pip")) is None:
        raise SystemExit("there is no pip to fetch packages with; install it, or name a tree")
    return [found]


def _sources(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Path and contents of each source file of an archive; a source archive's own top folder is left out."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if path := _wanted(name, top=archive.suffix == ".zip"):
                    yield path, opened.read(name)
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            stream = opened.extractfile(member) if member.isfile() else None
            if stream is not None and (path := _wanted(member.name, top=True)):
                yield path, stream.read()


def _wanted(name: str, *, top: bool) -> PurePosixPath | None:
    """Where a source file goes; None for any other, and for one that would go elsewhere than below the folder."""
    path = PurePosixPath(name)
    if path.suffix not in SUFFIXES or path.is_absolute() or ".." in path.parts:
        return None
    parts = path.parts[1:] if top else path.parts
    return PurePosixPath(*parts) if parts else None


def main() -> None:
    """Fetch what the lists name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    options = parser.parse_args()
    fetch(options.lists, options.folder)


if __name__ == "__main__":
    main()
