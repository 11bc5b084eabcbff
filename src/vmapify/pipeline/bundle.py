"""Bundles: write what was judged with its inputs into one file, and judge such a file again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmapify import __version__
from vmapify.config import ConfigError
from vmapify.diagnostic import Problem, Verification
from vmapify.pipeline.rewriting import Rewritten, rewrite_file
from vmapify.pipeline.verifier import verify_options
from vmapify.report.verification import Recorded, VerifyReport, VerifyResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Finding, Site
    from vmapify.report import Report
    from vmapify.verify import Entry

ENVIRONMENT = {
    "device_kind": "another device",
    "jax": "another JAX",
    "matmul_precision": "another precision of matrix products",
    "enable_x64": "another setting of 64-bit types",
}
"""What evidence holds for, and what to call it when it is not the same."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """What a run leaves for a bundle: the sites in order, and the inputs of each by its number."""

    sites: list[Site]
    stored: dict[int, list[dict[str, Any]]]


def keep_fix(path: str, report: Report, shelf: Shelf, root: Path) -> None:
    """Write a bundle of everything that ``fix`` judged. Raises ConfigError."""
    judged = {_place(one.site): one for one in report.findings if one.site is not None and one.verification is not None}
    entries = [
        _region(judged[_place(site)], shelf.stored.get(key, []), report, root)
        for key, site in enumerate(shelf.sites)
        if _place(site) in judged
    ]
    _write(path, entries)


def _place(site: Site) -> tuple[str, int | None, int, int, str]:
    return site.path, site.cell, site.line, site.column, site.after


def _region(finding: Finding, stored: list[dict[str, Any]], report: Report, root: Path) -> Entry:
    from vmapify.verify import Entry, module_name, plain_site  # noqa: PLC0415 - only what runs code pays for it

    site, verification = finding.site, finding.verification
    assert site is not None
    assert verification is not None
    source = report.sources[finding.path]
    new = rewrite_file(source, [finding], root)
    notebook = "it stands in a notebook" if site.cell is not None else None
    return Entry(
        kind="region",
        path=finding.path,
        function=finding.function,
        line=source.data[: finding.loop.start].count(b"\n") + 1,
        before=source.data.decode("utf-8"),
        after=new.new.decode("utf-8") if isinstance(new, Rewritten) else "",
        after_module=module_name(Path(finding.path))[0],
        region={**plain_site(0, site), "path": finding.path},
        names=(),
        arrivals=() if notebook else _arrivals(stored),
        recorded=dataclasses.asdict(verification),
        missing=notebook or _missing(stored),
    )


def keep_verify(
    path: str,
    files: tuple[str, str],
    results: Sequence[tuple[str | None, Verification, int]],
    names: tuple[str, ...],
    stored: Mapping[int, list[dict[str, Any]]],
) -> None:
    """Write a bundle of what ``verify`` judged: name (None for a whole file), verdict and number of each. Raises ConfigError."""
    from vmapify.verify import Entry, module_name  # noqa: PLC0415

    texts = [Path(file).read_text(encoding="utf-8-sig") for file in files]
    entries = [
        Entry(
            kind="script" if name is None else "function",
            path=files[1],
            function=name,
            line=None,
            before=texts[0],
            after=texts[1],
            after_module=module_name(Path(files[1]))[0],
            region=None,
            names=names,
            arrivals=_arrivals(stored.get(key, [])),
            recorded=dataclasses.asdict(verification),
            missing=_missing(stored.get(key, [])),
        )
        for name, verification, key in results
    ]
    _write(path, entries)


def _arrivals(stored: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {**{name: one[name] for name in ("inputs", "settings", "module", "report")}, "kind": _kind(one)}
        for one in stored
        if "inputs" in one
    )


def _kind(stored: dict[str, Any]) -> str:
    return str(stored["report"]["inputs"]) if stored["report"] else "recorded"


def _missing(stored: list[dict[str, Any]]) -> str | None:
    """Why the inputs of some judgement are not there."""
    if not stored:
        return "it was not reached"
    return next((one["missing"] for one in stored if "missing" in one), None)


def _write(path: str, entries: Sequence[Entry]) -> None:
    from vmapify.verify import write_bundle  # noqa: PLC0415

    try:
        write_bundle(path, __version__, entries)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); name another --bundle") from None


def replay(path: str, settings: Settings, progress: Callable[[str], None]) -> VerifyReport:
    """Judge again, here, what a bundle holds, and compare with what it says."""
    from vmapify.verify import judge_again, read_bundle  # noqa: PLC0415

    entries = read_bundle(path)
    if isinstance(entries, Problem):
        return VerifyReport(problems=(entries,))
    progress(f"verifying {len(entries)} rewrites again")
    found = judge_again(path, entries, verify_options(settings, None))
    progress("")
    if isinstance(found, Problem):
        return VerifyReport(problems=(found,))
    return VerifyReport(
        tuple(
            VerifyResult(
                _shown(entry),
                entry.function or "the file as a whole",
                verification,
                _compared(entry, verification, reports),
                *_texts(entry),
            )
            for entry, (verification, reports) in zip(entries, found, strict=True)
        )
    )


def _texts(entry: Entry) -> tuple[str, str]:
    if entry.region is not None:
        return entry.region["before"], entry.region["after"]
    return entry.before, entry.after


def _shown(entry: Entry) -> str:
    return entry.path if entry.line is None else f"{entry.path}:{entry.line}"


def _compared(entry: Entry, verification: Verification, reports: Sequence[dict[str, Any]]) -> Recorded:
    """The recorded verdict next to the one found here, and what may have made a difference."""
    before = entry.recorded
    other = tuple(
        f"{words}: {getattr(verification, name)} instead of {before.get(name)}"
        for name, words in ENVIRONMENT.items()
        if verification.device is not None and before.get(name) not in {None, getattr(verification, name)}
    )
    recorded = [arrival["report"] for arrival in entry.arrivals]
    pairs = list(zip(recorded, reports, strict=False)) if len(recorded) == len(reports) else []
    sums = [tuple(one.get("digests") or {"": None} for one in pair) for pair in pairs if None not in pair]
    known = bool(sums) and not any(None in one.values() for pair in sums for one in pair)
    bits = all(old == new for old, new in sums) if known else None
    return Recorded(str(before.get("verdict")), before.get("device"), before.get("jax"), bits, other, entry.missing)
