"""The settings of one run, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_EXCLUDE: tuple[str, ...] = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache",
    ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv",
    ".vmapify_cache", ".vscode", "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist",
    "node_modules", "site-packages", "venv",
)  # fmt: skip
"""Directories skipped unless they are named on the command line: ruff's defaults and our own cache."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run may find, where it looks, and how it runs code.

    Codes in ``select`` and ``ignore`` may be prefixes (``VM1``) or rule names. ``timeout`` is in seconds for
    each site, ``memory_limit`` in gigabytes for each child process; ``allow_io`` lifts the wall around judged
    runs. ``min_speedup`` is how many times as fast as the loop a rewrite must be in steady state; 0 asks for nothing, and
    None for no more than that the user's own run does not get noticeably slower.
    ``root`` is the directory of the configuration file, which ``exclude`` patterns with a slash are
    relative to; ``run`` starts in the working directory. ``start`` is the deepest directory that holds everything that
    is looked at. ``file`` is the configuration file, if there is one; ``origins`` says of the settings in it, by key, on which
    line they stand. ``overrides`` are the fields that the command line gives: they go before every file. ``nested``: a
    source file's own nearest configuration file goes before this one. ``shard`` K of N: every Nth file, from the Kth on.
    """

    select: tuple[str, ...] = ("VM",)
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    output_format: str = "text"
    jobs: int | None = None
    cache_dir: str | None = None
    device: str | None = None
    python: str | None = None
    runner: str | None = None
    run: str | None = None
    timeout: float | None = None
    memory_limit: float | None = None
    allow_io: bool = False
    min_speedup: float | None = None
    root: str = "."
    start: str = "."
    file: str | None = None
    origins: tuple[tuple[str, str], ...] = ()
    overrides: tuple[tuple[str, object], ...] = ()
    nested: bool = False
    shard: tuple[int, int] = (1, 1)
