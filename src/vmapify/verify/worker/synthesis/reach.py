"""Call the functions that hold the sites on made-up arguments; the hook judges the sites that this reaches."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..attempt import attempt
from ..calling import module_of, told
from ..channel import Channel
from ..instrument import HOOK
from ..settings import from_environment
from ..stages import STAGES
from ..wall import Walled
from .candidates import parameters
from .search import Arguments, fitting, quiet
from .target import Target, enclosing, in_loop, target_of
from .values import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..plan import Plan, SitePlan
    from ..watch import Watch
    from .search import Trial

SELF = "self"
SHARE = 0.25
"""Part of a site's time that the search for arguments may take."""


def call_made_up(plan: Plan) -> None:
    """Reach every site of the plan's files that can be reached by a call of what holds it."""
    channel = Channel(plan)
    for target in plan.call["targets"]:
        sites = [site for site in plan.sites if site.path == target["file"]]
        if sites:
            channel.send("file", sites=[site.key for site in sites])
            _reach_all(target, sites, channel, plan.seconds)


def _reach_all(target: dict[str, str], sites: list[SitePlan], channel: Channel, seconds: float) -> None:
    """Reach the sites of one file."""
    watch: Watch = getattr(builtins, HOOK).__self__
    with STAGES.stage("import of the user's modules"), from_environment():
        module, trouble = attempt(lambda: module_of(target))
    tree = ast.parse(Path(target["file"]).read_bytes())
    for site in sites:
        why = told(trouble) if trouble is not None else None
        if why is None and not watch.is_done(site.key):
            why = _Search(watch, site, seconds).run(module, tree)
        if why is not None:
            channel.send("unreached", site=site.key, text=why)
    STAGES.tell(channel, None)


class _Search:
    """The search for arguments that lead to one site."""

    def __init__(self, watch: Watch, site: SitePlan, seconds: float) -> None:
        self._watch, self._site, self._seconds = watch, site, seconds * SHARE
        self._repeated = False

    def run(self, module: Any, tree: ast.AST) -> str | None:
        """Reach the site; a line that says why it was not reached."""
        self._repeated = in_loop(tree, self._site.line)
        target = target_of(module, enclosing(tree, self._site.line))
        return target if isinstance(target, str) else self._reach(target)

    def _reach(self, target: Target) -> str | None:
        name = getattr(target.function, "__name__", "the function")
        choices = parameters(target.function)
        if choices is None:
            return f"{name} has no signature"
        if target.owner is not None:
            first = next(iter(choices), SELF)
            choices = {**choices, first: list(target.owner)}
        empty = [parameter for parameter, ways in choices.items() if not ways]
        if empty:
            return f"no value could be made up for `{empty[0]}` of {name}"
        with STAGES.stage("search for arguments"):
            found = fitting(_caller(target.function), choices, self._scout, self._seconds)
        if found is None:
            return f"no made-up arguments were found on which {name} runs"
        arguments, trial = found
        if isinstance(trial.error, Walled):
            return f"{name} does more than compute, so it was stopped: {trial.error}"
        if not trial.reached:
            return self._inside(target, trial)
        self._run(_caller(target.function), arguments, once=not target.inner and not self._repeated)
        return None

    def _inside(self, target: Target, trial: Trial) -> str | None:
        """The site stands in a function that the call returns, alone or among others."""
        name = getattr(target.function, "__name__", "the function")
        returned = trial.result if isinstance(trial.result, (tuple, list)) else [trial.result]
        for one in returned if target.inner else ():
            if callable(one) and getattr(one, "__name__", None) in {target.inner[0], "wrapper"}:
                return self._reach(Target(one, None, target.inner[1:]))
        return f"{name} runs on made-up arguments, but does not come to this loop"

    def _scout(self, call: Callable[[], Any]) -> tuple[bool, Any, BaseException | None]:
        with quiet(), self._watch.scouting() as seen:
            try:
                result, error = attempt(call)
            except Walled as stop:
                result, error = None, stop
        return self._site.key in seen, result, error

    def _run(self, call: Callable[[dict[str, Any]], Any], arguments: Arguments, *, once: bool) -> None:
        """Let the calls be judged; they need not go on behind a site that they reach once."""
        kinds = (False, True) if "output-dtype" in self._site.assumed else (False,)
        for variant, integers in itertools.product(range(len(LENGTHS)), kinds):
            with quiet(), self._watch.ending_at(self._site.key if once else None):
                try:
                    attempt(functools.partial(_on, call, arguments, variant, integers=integers))
                except Walled:
                    return


def _on(call: Callable[[dict[str, Any]], Any], arguments: Arguments, variant: int, *, integers: bool) -> Any:
    return call(arguments.values(variant, integers=integers))


def _caller(function: Any) -> Callable[[dict[str, Any]], Any]:
    """Positionally where it can be, so that decorated and static arguments are found as usual."""
    kinds = {name: one.kind for name, one in inspect.signature(function).parameters.items()}

    def call(values: dict[str, Any]) -> Any:
        named = {name: value for name, value in values.items() if kinds.get(name) is inspect.Parameter.KEYWORD_ONLY}
        return function(*(value for name, value in values.items() if name not in named), **named)

    return call
