"""Every key of ``[tool.vmapify]``: what it must hold, what it does, and an example. The settings reference is made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTPUT_FORMATS = ("text", "concise", "json", "json-lines", "github", "gitlab", "sarif", "junit")


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``kind`` is what its value must be, in words; ``per_file``: the nearest file of each source file decides."""

    kind: str
    text: str
    example: str
    per_file: bool = False


STRINGS = "list of strings"
TABLE = "table of lists of strings"

KEYS: Mapping[str, Key] = {
    "select": Key(STRINGS, "Rules to report: codes, prefixes of codes or names.", '["VM101", "reduction-loop"]', True),
    "extend-select": Key(STRINGS, "Rules to report besides those of `select`.", '["VM9"]', True),
    "ignore": Key(
        STRINGS, "Rules not to report; of two prefixes that match, the longer one decides.", '["VM104"]', True
    ),
    "extend-ignore": Key(STRINGS, "Rules not to report besides those of `ignore`.", '["VM9"]', True),
    "per-file-ignores": Key(
        TABLE,
        "Rules not to report in files that a pattern matches: a name, or with a slash a path from the folder of the settings. "
        "`!` in front means all other files.",
        '{ "tests/*" = ["VM104"] }',
        True,
    ),
    "exclude": Key(
        STRINGS, "Files and folders that a walk leaves out, in place of the usual ones.", '["legacy"]', True
    ),
    "extend-exclude": Key(STRINGS, "Files and folders that a walk leaves out as well.", '["third_party"]', True),
    "force-exclude": Key("boolean", "Leave out what is excluded even where it is named, as pre-commit does.", "true"),
    "respect-gitignore": Key("boolean", "Leave out what git ignores.", "false"),
    "output-format": Key(
        f"one of {', '.join(OUTPUT_FORMATS)}", "How `check` and `fix` report what they found.", '"concise"'
    ),
    "jobs": Key(
        "positive whole number", "Processes to analyse files with; not set: one for each core, if needed.", "4"
    ),
    "cache-dir": Key(
        "string", "Where findings are kept from run to run; inside the folder of the settings.", '".cache/vmapify"'
    ),
    "device": Key("string", "Device that judges: `cpu`, `gpu`, `tpu`, or one such as `cuda:1`.", '"gpu"'),
    "python": Key("string", "Interpreter that can import your code and JAX.", '".venv/bin/python"'),
    "runner": Key("string", "Command that starts the interpreter elsewhere.", '"ssh gpu01"'),
    "run": Key("string", "Program that `fix` records inputs from.", '"pytest -q tests"'),
    "timeout": Key("positive number", "Seconds that the judgement of one loop may take; not set: 60.", "120"),
    "memory-limit": Key("positive number", "Gigabytes that a child process may use; not set: what is free.", "8"),
    "allow-io": Key("boolean", "Let judged code write files, start processes and open sockets.", "true"),
    "min-speedup": Key(
        "number of at least 0",
        "Leave a loop whose rewrite is less than this times as fast; 0: never; not set: where your run gets slower by it.",
        "0.9",
    ),
}
