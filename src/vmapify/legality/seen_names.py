"""Who sees a name of the module: ``__all__``, and code that reads the module's variables without naming them as such."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from vmapify.diagnostic import Assumption
from vmapify.loop import REDUCTIONS, Obstacle
from vmapify.syntax import dotted, loads, replaced_behind, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vmapify.loop import LoopModel, Result
    from vmapify.syntax import Module

Read = frozenset[str] | None
"""The names that something reads; None: any."""
NOTHING: frozenset[str] = frozenset()

MODULE_NAMES = "module-names"

OWN_SCOPE = {"locals", "vars", "dir"}
RUNNING_TEXT = {"eval", "exec", "builtins.eval", "builtins.exec"}
IMPORTING = {"importlib.import_module", "importlib.reload", "__import__", "builtins.__import__"}
WHOLE = {"runpy.run_path", "runpy.run_module", "dill.dump_session", "dill.dump_module"}
HANDED_ON = {"globals", "locals", "eval", "exec", "__import__"}
NAMESPACES = {"f_globals", "f_locals", "__globals__"}
LOOKUPS = {"get", "pop", "setdefault", "__getitem__", "__contains__"}
ATTRIBUTES = {"getattr", "hasattr", "setattr", "delattr", "object"}  # `patch.object(module, "rows")`
OF_NAMES = {"numexpr.evaluate", "pandas.eval"}
OF_COLUMNS = {"eval", "query"}
HARMLESS = {"sort", "reverse", "remove", "index", "count", "copy", "clear"}
COUNTING = {"len", "sorted", "set", "frozenset", "tuple", "list", "print"}

_WORDS = (
    *("__all__", "__main__", "__import__", "import_module", "getmodule", "modules", "runpy", "dill"),
    *("globals", "__globals__", "f_globals", "f_locals", "locals", "vars", "dir", "eval", "exec", "query", "evaluate"),
)
LOOKING = re.compile(rb"\b(?:" + "|".join(_WORDS).encode() + rb")\b|>>>")
FROM_MAIN = re.compile(r"\b(?:from\s+__main__\s+import|import\s+__main__)\b")
EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.)(?: (.*))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """One place that sees variables of the module: ``node``, and the names that it reads. ``exports``: it is ``__all__``."""

    node: ast.AST
    read: Read
    exports: bool = False

    def of(self, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that it may read, in order."""
        return sorted(name for name in names if self.read is None or name in self.read)


def changed_names(model: LoopModel, after: list[ast.stmt]) -> set[str]:
    """The names of the module that hold something else than the loop leaves in them, or nothing, once it reads ``after``."""
    gone = stored_names(model.module.tree.body) - stored_names(after)
    kept = {result.name for result in model.results if not _is_list(result)}
    bound = stored_names([model.loop]) if isinstance(model.loop, ast.For) else set()
    lists = {name for result in model.results if _is_list(result) for name in _names_of(result)}
    return gone | (bound - kept) | lists


def _is_list(result: Result) -> bool:
    """Whether the result is collected as rows, not in a buffer or an accumulator of the same value afterwards."""
    return any(sink.node is not None or sink.column is not None for sink in result.sinks) and not any(
        sink.collector == "buffer" or (sink.collector in REDUCTIONS and sink.reduction is not None)
        for sink in result.sinks
    )


def _names_of(result: Result) -> set[str]:
    named = {result.name, result.list_name, *(sink.column for sink in result.sinks)}
    return {name for name in named if name is not None} | stored_names(result.apart)


def left_names(model: LoopModel, names: set[str]) -> set[str]:
    """Those of the module's ``names`` that still are what the loop left when the module has run."""
    return names - replaced_behind(model.module, model.anchor)


def importable(model: LoopModel, names: set[str]) -> set[str]:
    """Those of the module's ``names`` that another module finds there as the loop left them."""
    return set() if model.module.cells or _run_as_script(model) else left_names(model, names)


def _run_as_script(model: LoopModel) -> bool:
    """Whether the loop stands under ``if __name__ == "__main__":``, so that nobody who imports the module runs it."""
    inside: ast.AST = model.anchor
    for outer in model.module.ancestors(model.anchor):
        match outer:
            case ast.If(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])) if inside in outer.body:
                if {ast.unparse(left), ast.unparse(right)} == {"__name__", "'__main__'"}:
                    return True
        inside = outer
    return False


def assumptions(names: set[str]) -> list[Assumption]:
    """What a rewrite rests on that does not leave the importable ``names`` of the module as they are."""
    public = sorted(name for name in names if not name.startswith("_"))
    if not public:
        return []
    *first, last = (f"`{name}`" for name in public)
    if first:
        return [Assumption.of(MODULE_NAMES, "imported-names", names=f"{', '.join(first)} or {last}")]
    return [Assumption.of(MODULE_NAMES, "imported-name", name=last)]


def seen(model: LoopModel, names: set[str]) -> Obstacle | None:
    """What in the file sees one of the module's ``names`` after the loop without naming it as a variable."""
    left = left_names(model, names)
    for look in looks(model.module):
        found = look.of(left if look.exports else names)
        if found:
            return _obstacle(look, found[0], model.module)
    return None


def _obstacle(look: Look, name: str, module: Module) -> Obstacle:
    if look.exports:
        subcode = "exported" if look.read is not None else "exported-perhaps"
        return Obstacle.of("results-used-elsewhere", subcode, look.node, name=name)
    if look.read is None:
        text = ast.unparse(look.node).split("\n", 1)[0][:60]
        return Obstacle.of("results-used-elsewhere", "sees-variables", look.node, look=text)
    if isinstance(look.node, ast.Constant):
        return Obstacle.of("results-used-elsewhere", "read-by-text", look.node, name=name)
    line = module.lines[getattr(look.node, "lineno", 1) - 1].strip()[:60]
    return Obstacle.of("results-used-elsewhere", "read-elsewhere", look.node, line=line, name=name)


def looks_around(scope: ast.AST) -> ast.Call | None:
    """A call that reads variables of the function ``scope`` without naming them: ``locals()``, ``eval("len(rows)")``."""
    for node in walk(scope):
        match node:
            case ast.Call(func=ast.Name(id="locals" | "vars" | "dir"), args=[], keywords=[]):
                return node
            case ast.Call(func=ast.Name(id="eval" | "exec")):
                return node
    return None


def looks(module: Module) -> list[Look]:
    """Every place of the file that sees variables of the module without naming them, ``__all__`` first."""
    if LOOKING.search(module.data) is None:
        return []
    found = [*exports(module), *_dynamic(module, _imported(module))]
    return sorted(found, key=lambda look: (not look.exports, getattr(look.node, "lineno", 0)))


def exports(module: Module) -> Iterator[Look]:
    """What ``__all__`` is said to be, statement by statement; together they list every name that may be in it."""
    for name in module.named("__all__"):
        yield Look(module.statement_of(name), _exported(name, module), exports=True)
    for alias in module.of(ast.alias):
        if "__all__" in {alias.name, alias.asname}:
            yield Look(alias, None, exports=True)


def _exported(name: ast.Name, module: Module) -> Read:
    """The names that one mention of ``__all__`` puts into it."""
    parent = module.parents[name]
    match parent:
        case ast.Assign(targets=[_], value=value) | ast.AugAssign(value=value, op=ast.Add()):
            return _listed(value)
        case ast.AnnAssign(value=value):
            return _listed(value) if value is not None else NOTHING
        case ast.Attribute(attr=method):
            return _added(method, module.parents[parent])
        case ast.Compare() | ast.For() | ast.comprehension() | ast.Delete():
            return NOTHING
        case ast.Call(func=ast.Name(id=function)) if function in COUNTING:
            return NOTHING
        case ast.BinOp(op=ast.Add()) if _own_assignment(parent, module):
            return NOTHING
    return None


def _own_assignment(value: ast.expr, module: Module) -> bool:
    """``__all__ = __all__ + ["a"]``: that statement's target tells what comes in."""
    match module.parents[value]:
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _added(method: str, call: ast.AST) -> Read:
    """``__all__.append("a")``, ``.extend([…])``, ``.insert(0, "a")``."""
    match call:
        case ast.Call() if method in HARMLESS:
            return NOTHING
        case ast.Call(args=[*_, value], keywords=[]) if method in {"append", "insert"}:
            return _listed(ast.List([value], ast.Load()))
        case ast.Call(args=[value], keywords=[]) if method == "extend":
            return _listed(value)
    return None


def _listed(value: ast.expr) -> Read:
    match value:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            names = [one.value for one in elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            return frozenset(names) if len(names) == len(elts) else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _together([_listed(left), _listed(right)])
        case ast.Name(id="__all__"):
            return NOTHING
    return None


def _together(reads: Iterable[Read]) -> Read:
    found: frozenset[str] = NOTHING
    for read in reads:
        if read is None:
            return None
        found |= read
    return found


def _imported(module: Module) -> dict[str, str]:
    """What each imported name of the file stands for, whichever scope imports it."""
    plain = [alias for node in module.of(ast.Import) for alias in node.names if alias.asname is not None]
    taken = [(node, alias) for node in module.of(ast.ImportFrom) if not node.level for alias in node.names]
    return {alias.asname or alias.name: alias.name for alias in plain} | {
        alias.asname or alias.name: f"{node.module}.{alias.name}" for node, alias in taken
    }


def _dynamic(module: Module, imported: dict[str, str]) -> Iterator[Look]:
    qualified = partial(_qualified, imported=imported)
    kinds: list[tuple[type[ast.AST], Callable[..., Read]]] = [
        (ast.Call, partial(_called, qualified=qualified)),
        (ast.Name, partial(_mentioned, qualified=qualified)),
        (ast.Attribute, partial(_mentioned, qualified=qualified)),
        (ast.ImportFrom, _from_main),
        (ast.Import, _main),
        (ast.Constant, _quoted),
    ]
    for kind, reading in kinds:
        for node in module.of(kind):
            read = reading(node, module)
            if read is None or read:
                yield Look(node, read)


def _qualified(node: ast.expr, imported: dict[str, str]) -> str:
    parts = dotted(node)
    return ".".join([imported.get(parts[0], parts[0]), *parts[1:]]) if parts is not None else ""


def _called(call: ast.Call, module: Module, qualified: Callable[[ast.expr], str]) -> Read:
    """What a call reads of the module's variables, by itself or by what is done with what it gives."""
    name = qualified(call.func)
    if name in RUNNING_TEXT:
        return _of_text(call)
    if name in WHOLE or (name == "dir" and _at_module_level(call, module)):
        return None
    if name in {"globals", "builtins.globals"} or (name in OWN_SCOPE and _at_module_level(call, module)):
        return read_of_namespace(call, module)
    if name == "inspect.getmodule" or (name in IMPORTING and call.args and _names_itself(call.args[0], module)):
        return read_of_module(call, module)
    words = r"\w+" if name in OF_NAMES else r"@(\w+)" if name.rpartition(".")[2] in OF_COLUMNS else ""
    return frozenset(word for text in _texts(call) for word in re.findall(words, text)) if words else NOTHING


def _at_module_level(call: ast.Call, module: Module) -> bool:
    return not call.args and not call.keywords and module.function_of(call) is None


def _of_text(call: ast.Call) -> Read:
    """What the text of ``eval`` or ``exec`` reads; None where it is not written out, or looks around itself."""
    match call.args:
        case [ast.Constant(value=str(text)), *_] if LOOKING.search(text.encode()) is None:
            pass
        case _:
            return None
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return None
    return frozenset(loads(tree))


def _texts(call: ast.Call) -> list[str]:
    return [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _names_itself(name: ast.expr, module: Module) -> bool:
    """Whether ``name`` is the name of this module: ``__name__``, or text that may be it."""
    match name:
        case ast.Constant(value=str(text)):
            return text.rpartition(".")[2] in {"__main__", module_name(module.path)}
        case ast.Name(id="__name__") | ast.Attribute(attr="__name__" | "__module__" | "name"):
            return True
    return False


def module_name(path: str) -> str:
    """The last part of the name that the module in the file ``path`` is imported by."""
    file = PurePath(path)
    return file.parent.name if file.stem == "__init__" else file.stem


def _mentioned(node: ast.Name | ast.Attribute, module: Module, qualified: Callable[[ast.expr], str]) -> Read:
    """What is read through ``sys.modules``, through the variables of a frame, or by whom ``globals`` is handed to."""
    if isinstance(node, ast.Attribute) and node.attr in NAMESPACES:
        return read_of_namespace(node, module)
    name = qualified(node).removeprefix("builtins.")
    if name == "sys.modules":
        return _of_modules(node, module)
    parent = module.parents[node]
    handed_on = name in HANDED_ON and isinstance(node.ctx, ast.Load)
    called = isinstance(parent, ast.Call) and parent.func is node
    return None if handed_on and not called and not isinstance(parent, ast.Attribute) else NOTHING


def _of_modules(node: ast.expr, module: Module) -> Read:
    """What is read of this module through ``sys.modules``; a key that is not written out may be its name."""
    match module.parents[node]:
        case ast.Subscript(value=value, slice=key) as entry if value is node:
            return _entry(entry, key, module)
        case ast.Attribute(attr="get" | "pop" | "setdefault") as method:
            match module.parents[method]:
                case ast.Call(args=[key, *_]) as call:
                    return _entry(call, key, module)
        case ast.Compare() | ast.Attribute(attr="keys"):
            return NOTHING
    return None


def _entry(found: ast.expr, key: ast.expr, module: Module) -> Read:
    other = isinstance(key, ast.Constant | ast.JoinedStr) and not _names_itself(key, module)
    return NOTHING if other else read_of_module(found, module)


def _from_main(node: ast.ImportFrom, module: Module) -> Read:  # noqa: ARG001
    return imported_names(node) if node.module == "__main__" and not node.level else NOTHING


def imported_names(node: ast.ImportFrom) -> Read:
    """What ``from m import a, b`` reads of ``m``."""
    names = frozenset(alias.name for alias in node.names)
    return None if "*" in names else names


def _main(node: ast.Import, module: Module) -> Read:
    """``import __main__`` and what is read of it."""
    bound = [alias.asname or alias.name for alias in node.names if alias.name == "__main__"]
    return _together(uses_of(name, module) for name in bound)


def uses_of(name: str, module: Module) -> Read:
    """What the file reads of the module that its variable ``name`` holds."""
    return _together(
        read_of_module(use, module, deep=False) for use in module.named(name) if isinstance(use.ctx, ast.Load)
    )


def _quoted(node: ast.Constant, module: Module) -> Read:  # noqa: ARG001
    """Text that is run later: ``timeit(setup="from __main__ import rows")``, and the examples of a docstring."""
    text = node.value if isinstance(node.value, str) else ""
    if ">>>" in text:
        lines = [line or "" for line in EXAMPLE.findall(text)]
        try:
            return frozenset(upward_reads(ast.parse("\n".join(lines)).body))
        except (SyntaxError, ValueError):
            return frozenset(re.findall(r"\w+", "\n".join(lines)))
    return frozenset(re.findall(r"\w+", text)) if "__main__" in text and FROM_MAIN.search(text) else NOTHING


def read_of_namespace(node: ast.expr, module: Module) -> Read:
    """What is read of the dict of variables that ``node`` gives."""
    match module.parents[node]:
        case ast.Subscript(value=value, slice=ast.Constant(value=str(key))) if value is node:
            return frozenset({key})
        case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()]):
            return frozenset({key})
        case ast.Attribute(attr=method) as parent if method in LOOKUPS:
            match module.parents[parent]:
                case ast.Call(args=[ast.Constant(value=str(key)), *_]):
                    return frozenset({key})
        case ast.Expr():
            return NOTHING
    return None


def read_of_module(node: ast.expr, module: Module, *, deep: bool = True) -> Read:
    """What is read of this module, which ``node`` gives as an object."""
    match module.parents[node]:
        case ast.Attribute(attr="__dict__") as parent:
            return read_of_namespace(parent, module)
        case ast.Attribute(attr=name):
            return frozenset({name})
        case ast.Call(func=function, args=[first, ast.Constant(value=str(name)), *_]) if (
            first is node and (dotted(function) or ("",))[-1] in ATTRIBUTES
        ):
            return frozenset({name})
        case ast.Call(func=ast.Name(id="vars"), args=[_]) as parent:
            return read_of_namespace(parent, module)
        case ast.Assign(targets=[ast.Name(id=name)]) if deep:
            return uses_of(name, module)
        case ast.Expr():
            return NOTHING
    return None
