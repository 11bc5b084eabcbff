"""The workload as the last judge: run once more with all rewrites in place, does it end, print and leave what it did?"""

from __future__ import annotations

import base64
import dataclasses
import difflib
import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmapify.verify import workload as workloads
from vmapify.verify.interpreter import chosen_python
from vmapify.verify.launch import launch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vmapify.diagnostic import Site
    from vmapify.source import SourceFile
    from vmapify.verify.channel import Log
    from vmapify.verify.options import VerifyOptions
    from vmapify.verify.process import Ended
    from vmapify.verify.workload import Workload

    Path = tuple[str | int, ...]

CLOSE = 1e-3
"""How far numbers may be apart, relative to themselves: rounding adds up over a whole program. The rewrites were held to much
finer bounds before, each on its own."""
CANCELLED = 1e-5
"""How far the numbers of an array may be apart, relative to the largest one of their row, whatever their own size: what is left
where large ones cancel. The sum of some thousand float32 numbers of that size is off by as much. Numbers of other rows are
other quantities, and say nothing of it; nor does this bound hide a small number beside a large one that is another."""
ROUNDED = 1e-6
"""The same of printed numbers, relative to the largest one of the line, of which there are fewer digits. A number that stands
alone counts as the rest of numbers around 1."""
LONGER = 3.0
"""How many times as long as the run in which the loops were judged a program may take."""
SHOWN = 60
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w])")
UNITS = r"ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|it/s|s/it"
DURATION = re.compile(rf"\b\d+(?:\.\d+)?\s?(?:{UNITS})\b|\b\d+:\d\d(?::\d\d)?(?:\.\d+)?\b")
OUTCOMES = "passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?"
TESTS = re.compile(rf"\b\d+ (?:{OUTCOMES})\b")
TOOK = r"in \d+(?:\.\d+)?\s?s(?:econds?)?(?: \(\d+:\d\d:\d\d\))?"
CLOSING = re.compile(
    rf"=*\s?(?:no tests ran|Ran \d+ tests?|\d+ (?:{OUTCOMES})(?:, \d+ (?:{OUTCOMES}))*) {TOOK}\s?=*", re.ASCII
)
"""The last line of pytest's and unittest's runs."""
PROGRESS = re.compile(r"\b(?:it/s|s/it)\b|%\|")
"""A bar that is drawn again and again, as often as there is time for."""
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Footprint:
    """How a program ended, what it printed, and what each of its processes leaves: values by name, and files written."""

    code: int
    printed: str
    processes: tuple[dict[str, Any], ...]

    def told(self) -> str:
        """In a few words."""
        tests = TESTS.findall((self.printed.strip().splitlines() or [""])[-1])
        if tests:
            return ", ".join(tests)
        lines = self.printed.count("\n")
        parts = [f"exit status {self.code}"] if self.code else []
        parts.append(f"{lines or 'no'} line{'' if lines == 1 else 's'} printed")
        return ", ".join(parts)

    def compared(self) -> tuple[int, int, int]:
        """How many values and files there are to compare, and how many values cannot be."""
        values, files = sum(one["compared"] for one in self.processes), sum(len(one["files"]) for one in self.processes)
        return values, files, sum(one["left_out"]["count"] for one in self.processes)


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that led to some sites, and took ``seconds`` while they were judged.

    ``left`` is what it leaves; why that is not known where it did not end by itself.
    """

    workload: Workload
    sites: tuple[Site, ...]
    seconds: float
    left: Footprint | str


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two footprints part, and how in words."""

    where: Path
    text: str


def footprint_of(log: Log, ended: Ended) -> Footprint | str:
    """What a run of a program leaves; why that is not known if it was ended, or could not say."""
    if ended.stopped is not None:
        return ended.stopped
    if not all(one["whole"] for one in log.footprints):
        return "what it leaves could not be recorded"
    return Footprint(ended.code, ended.printed, tuple(log.footprints))


def run_again(ran: Ran, new: Sequence[SourceFile], options: VerifyOptions) -> Footprint | str:
    """What the program leaves with the new texts in place; why that is not known if it did not end by itself."""
    python = chosen_python(options)
    workload, replaced = ran.workload, {}
    for source in new:
        if source.cells:
            if source.path == workload.title:
                workload = workloads.notebook(source, options, python)
        else:
            replaced[source.path] = source.data.decode("utf-8")
    workload = dataclasses.replace(workload, watched=ran.workload.watched, stop=False)
    limit = max(options.timeout, LONGER * ran.seconds)
    options = dataclasses.replace(options, store=False, workload_timeout=limit)
    return footprint_of(*launch(workload, [], options, python, replaced=replaced))


def differences(before: Footprint, after: Footprint, gone: frozenset[str] = frozenset()) -> list[Difference]:
    """Where two runs of a program part, worst first. Names in ``gone`` need not be there, nor hold the same, afterwards."""
    found = []
    if before.code != after.code:
        found.append(Difference(("ends",), f"it ends with exit status {after.code} instead of {before.code}"))
    found += _printed(before.printed, after.printed)
    if len(before.processes) != len(after.processes):
        text = f"it has {len(after.processes)} processes instead of {len(before.processes)}"
        found.append(Difference(("processes",), text))
    for number, (ours, theirs) in enumerate(zip(*_side_by_side(before, after), strict=True)):
        found += _values(number, ours["values"], theirs["values"], gone)
        found += _contents(number, ours["files"], theirs["files"])
        changed = sorted(set(ours["files"]) ^ set(theirs["files"]))
        found += [Difference(("writes", number, path), f"only one of both runs writes {path}") for path in changed]
    return found


def apart(
    before: Footprint, after: Footprint, again: Footprint | None, gone: frozenset[str] = frozenset()
) -> list[Difference]:
    """What differs beyond what differs between two runs of the program as it was, ``before`` and ``again``.

    Where these print different numbers of lines, the lines that both print must still come, and in their order.
    """
    found = differences(before, after, gone)
    if again is None:
        return found
    known = {one.where for one in differences(before, again)}
    left = [one for one in found if one.where not in known and not (one.where[0] == "prints" and ("prints",) in known)]
    mine, theirs, other = (_lines(one.printed) for one in (before, again, after))
    if ("prints",) in known:
        return left + list(_lost(mine, theirs, other))
    varying = [where[1] for where in known if where[0] == "prints" and isinstance(where[1], int)]
    lines = [(mine[k], theirs[k], other[k]) for k in sorted(varying) if k < len(other)]
    changed = (line for line in lines if not _alike_where_it_holds(*line))
    return left + [
        Difference(("prints", "varies"), f"it prints {_short(new)} instead of {_short(old)}") for old, _, new in changed
    ]


def _alike_where_it_holds(before: str, again: str, after: str) -> bool:
    """Whether a line with numbers that change from run to run is as before in all others; other words may be any."""
    words = [NUMBER.sub("#", line).split() for line in (before, again, after)]
    numbers = [NUMBER.findall(line) for line in (before, again, after)]
    if words[0] != words[1] or len(numbers[0]) != len(numbers[1]):
        return True
    if words[0] != words[2] or len(numbers[0]) != len(numbers[2]):
        return False
    rows = zip(*numbers, strict=True)
    return all(_near(old, new) for old, repeated, new in rows if old == repeated or _near(old, repeated))


def is_telling(before: Footprint, again: Footprint | None) -> bool:
    """Whether a run that agrees shows anything: something is compared, and no kind of it is set aside as a whole."""
    aside = {one.where for one in differences(before, again)} if again is not None else set()
    values, files, _ = before.compared()
    something = before.printed.strip() or values or files
    return bool(something) and aside.isdisjoint({("prints",), ("processes",), ("ends",)})


def _side_by_side(before: Footprint, after: Footprint) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The processes of both runs; where their numbers differ, those that ended last: the programs themselves."""
    if len(before.processes) == len(after.processes):
        return list(before.processes), list(after.processes)
    return list(before.processes[-1:]), list(after.processes[-1:])


def _lost(before: Sequence[str], again: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """The first line that two runs of the program print, and the third does not."""
    blocks = difflib.SequenceMatcher(None, before, again, autojunk=False).get_matching_blocks()
    rest = iter(after)
    for line in (line for block in blocks for line in before[block.a : block.a + block.size]):
        if not any(_alike(line, other) for other in rest):
            yield Difference(("prints", "lost"), f"it no longer prints {_short(line)}")
            return


def _printed(before: str, after: str) -> Iterator[Difference]:
    for place, text in _lines_apart(before, after):
        yield Difference(("prints", *place), f"it prints {text}")


def _lines_apart(before: str, after: str) -> Iterator[tuple[Path, str]]:
    """The numbers of the lines that do not say the same, and how; an empty path where there are more or fewer of them."""
    ours, theirs = _lines(before), _lines(after)
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
        if not _alike(mine, other):
            yield (number,), f"{_short(other)} instead of {_short(mine)}"
    if len(ours) != len(theirs):
        yield (), f"{len(theirs)} lines instead of {len(ours)}"


def _lines(text: str) -> list[str]:
    """What is drawn over stays with its line."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _alike(mine: str, other: str) -> bool:
    """Whether two lines say the same, but for addresses, the rounding of numbers, and how long tests or a bar took."""
    if mine == other:
        return True
    texts = [_lasting(line) for line in (mine, other)]
    words = [re.sub(r"\s+", "", NUMBER.sub("#", text)) for text in texts]
    numbers = [NUMBER.findall(text) for text in texts]
    if words[0] != words[1] or len(numbers[0]) != len(numbers[1]):
        return False
    rest = _rest(numbers[0])
    return all(_near(a, b, rest) for a, b in zip(*numbers, strict=True))


def _lasting(line: str) -> str:
    """A line without what another run of the same program may change: the last state of every bar, and no durations there."""
    *drawn, last = line.split("\r")
    kept = [text for text in drawn if not PROGRESS.search(text)]
    if CLOSING.fullmatch(last.strip()):
        last = re.sub(TOOK, "in …", last)
    elif PROGRESS.search(last):
        last = DURATION.sub("…", last)
    return ADDRESS.sub("@", "\r".join([*kept, last]))


def _rest(numbers: Sequence[str]) -> float:
    """The size of what rounding leaves of zero beside these numbers; whole ones count something else."""
    sizes = [abs(float(one)) for one in numbers if not _is_whole(one)]
    return ROUNDED * (max((size for size in sizes if size < float("inf")), default=0.0) if len(sizes) > 1 else 1.0)


def _near(mine: str, other: str, rest: float = ROUNDED) -> bool:
    if _is_whole(mine) and _is_whole(other):
        return _digits(mine) == _digits(other)
    return _close(float(mine), float(other), CLOSE, rest)


def _close(mine: float, other: float, relative: float, rest: float) -> bool:
    """Whether two numbers are one but for rounding, or both no more than the ``rest`` that it leaves of zero."""
    if mine == other or max(abs(mine), abs(other)) <= rest:
        return True
    return abs(mine - other) <= relative * abs(mine) < float("inf")


def _is_whole(number: str) -> bool:
    return not any(mark in number for mark in ".eE")


def _digits(number: str) -> str:
    """A whole number as one text; Python reads some thousand digits only."""
    digits = number.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if number.startswith("-") and digits != "0" else digits


def _contents(number: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    for path in sorted(set(ours) & set(theirs)):
        if text := _file_apart(ours[path], theirs[path]):
            yield Difference(("writes", number, path), f"it writes other contents to {path}: {text}")


def _file_apart(mine: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """How what two runs have written to a file parts; what could not be read is never the same."""
    kinds = mine["kind"], other["kind"]
    if "unread" in kinds:
        return "it cannot be read"
    if mine == other:
        return None
    if "gone" in kinds:
        return "it is there in only one of both runs"
    if kinds == ("text", "text"):
        texts = (_inflated(one["text"]).decode("utf-8", "replace") for one in (mine, other))
        return next((text for _, text in _lines_apart(*texts)), None)
    if kinds == ("arrays", "arrays"):
        return _arrays_apart(mine["arrays"], other["arrays"])
    sizes = [f"{one['size']} bytes" if "size" in one else f"{len(one['arrays'])} arrays" for one in (mine, other)]
    return f"the same {sizes[1]} no more" if sizes[0] == sizes[1] else f"{sizes[1]} instead of {sizes[0]}"


def _arrays_apart(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in ours or name not in theirs:
            return f"{name} is there in only one of both runs"
        if text := _parted(ours[name], theirs[name]):
            return text
    return None


def _values(
    number: int, ours: Mapping[str, Any], theirs: Mapping[str, Any], gone: frozenset[str]
) -> Iterator[Difference]:
    for name in sorted((ours.keys() | theirs.keys()) - gone):
        if name not in theirs or name not in ours:
            yield Difference(("leaves", number, name), f"{name} is there in only one of both runs")
        elif text := _parted(ours[name], theirs[name]):
            yield Difference(("leaves", number, name), text)


def _parted(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> str | None:
    """How two values differ; None if they do not."""
    for mine, other in zip(ours, theirs, strict=False):
        labels = [leaf["label"].removesuffix(" weakly typed") for leaf in (mine, other)]
        if mine["path"] != other["path"] or labels[0] != labels[1]:
            return f"{mine['path']} is {labels[1]} instead of {labels[0]}"
        if mine.get("checksum") != other.get("checksum"):
            return f"{mine['path']} is {_short(other['text'])} instead of {_short(mine['text'])}"
        if "numbers" in mine and (text := _numbers_apart(mine, other)):
            return f"{mine['path']} {text}"
    return None if len(ours) == len(theirs) else f"{ours[0]['path']} has {len(theirs)} parts instead of {len(ours)}"


def _numbers_apart(mine: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    ours, theirs = _unpacked(mine["numbers"]), _unpacked(other["numbers"])
    close, rest = max(CLOSE, 2 * mine["rounding"]), max(CANCELLED, mine["rounding"])
    least = ROUNDED if len(ours) == 1 else 0.0
    for a, b, scale in zip(ours, theirs, _unpacked(mine["scales"]), strict=True):
        both = a != a and b != b  # noqa: PLR0124 (NaN)
        if not both and not _close(a, b, close, least) and not abs(a - b) <= rest * scale:
            return f"holds {b:.8g} instead of {a:.8g}"
    return _sums_apart(_unpacked(mine["blocks"]), _unpacked(other["blocks"]), close)


def _sums_apart(ours: Sequence[float], theirs: Sequence[float], close: float) -> str | None:
    """Of each block there are three numbers: the sum, the sum of absolute values, and how many are not finite."""
    for start in range(0, len(ours), 3):
        (total, size, others), now = ours[start : start + 3], theirs[start : start + 3]
        if others != now[2]:
            return f"holds {now[2]:.0f} numbers that are not finite instead of {others:.0f}"
        for a, b in ((total, now[0]), (size, now[1])):
            if a != b and not abs(a - b) <= close * size:
                return f"holds numbers that sum up to {b:.8g} instead of {a:.8g}"
    return None


def _unpacked(text: str) -> tuple[float, ...]:
    data = _inflated(text)
    return struct.unpack(f"<{len(data) // 8}d", data)


def _inflated(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
