"""Run the programs that lead to open loops, and collect what the loops find there; nothing is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.diagnostic.facts import Fact, Seen, agreed
from vmapify.verify.interpreter import usable_python, why_unusable
from vmapify.verify.launch import launch
from vmapify.verify.sites import programs_for
from vmapify.verify.why_unreached import demand_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from vmapify.diagnostic import Site
    from vmapify.verify.options import VerifyOptions


def observe_sites(sites: Sequence[Site], options: VerifyOptions) -> dict[int, tuple[Fact, ...]]:
    """What a run showed of the values that each site asks for, by position in ``sites``.

    A site that nothing leads to has no entry: made-up arguments show nothing. What arrivals disagree on is left out.

    Raises:
        ConfigError: the command or the inputs that the user gave fail.
    """
    python = usable_python(options).python
    if why_unusable(python, options.runner) is not None:
        return {}
    found: dict[int, list[dict[str, Any]]] = {}
    for programs, members in programs_for(sites, options, python):
        for program in () if isinstance(programs, str) else programs:
            log, ended = launch(program, [one for one in members if one[0] not in found], options, python)
            demand_evidence(program, log, ended, options, python)
            found |= log.described
    return {key: facts_of(arrivals) for key, arrivals in found.items()}


def facts_of(arrivals: Sequence[dict[str, Any]]) -> tuple[Fact, ...]:
    """What all of the arrivals agree on; nothing if one of the descriptions is none."""
    try:
        seen = [{name: Seen.of_plain(raw) for name, raw in arrival.items()} for arrival in arrivals]
    except (TypeError, KeyError, ValueError, RecursionError):
        return ()
    facts = (_fact(name, [one[name] for one in seen if name in one], len(seen)) for name in seen[0])
    return tuple(fact for fact in facts if fact is not None)


def _fact(name: str, values: list[Seen], arrivals: int) -> Fact | None:
    joined: Seen | None = values[0]
    for value in values[1:]:
        joined = agreed(joined, value) if joined is not None else None
    return Fact(name, joined, arrivals) if joined is not None and len(values) == arrivals else None
