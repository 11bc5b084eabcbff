"""Other files of the project that import a name of the module."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from vmapify.diagnostic import Reason
from vmapify.infer.importers import Imported, importers
from vmapify.legality.seen_names import NOTHING, Look, exports, imported_names, read_of_module, read_of_namespace
from vmapify.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer import Project
    from vmapify.legality.seen_names import Read
    from vmapify.loop import LoopModel
    from vmapify.syntax import Module

BY_NAME = {"import_module", "__import__", "run_module"}
RUN = {"run_module", "run_path"}
FROM = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+([^\n;]*)")


def imported(model: LoopModel, project: Project, names: set[str], changed: set[str]) -> Reason | None:
    """The place in another file that imports one of the importable ``names`` of the module, or in its own one of ``changed``."""
    public = frozenset(name for name in names if not name.startswith("_"))
    listed = any(True for _ in exports(model.module))  # `import *` takes what that lists, which has been asked
    whole = NOTHING if listed else public
    wanted = Imported.of(project)
    for module in importers(project, names | changed) if names else ():
        resolver = project.of(module)
        for look in _looks(module, resolver, wanted, whole):
            found = look.of(changed if resolver is project else names)  # its own import may read before it binds anew
            if look.read is not None and found:
                return _reason(look, found[0], module)
    return None


def _reason(look: Look, name: str, module: Module) -> Reason:
    line = getattr(look.node, "lineno", 1)
    text = module.lines[line - 1].strip()[:60]
    return Reason.of("results-used-elsewhere", "imported", module.path, line, line=text, name=name)


def _looks(module: Module, project: Project, wanted: Imported, whole: Read) -> Iterator[Look]:
    """The reads of the module ``wanted`` in another; ``whole`` is what ``import *`` takes of it."""
    bound = _bound(module, project)
    for statement in module.of(ast.ImportFrom):
        if wanted.is_called(project.absolute(statement.module, statement.level), project):
            read = imported_names(statement)
            yield Look(statement, whole if read is None else read)
    variables: list[ast.Name | ast.Attribute] = [*module.of(ast.Name), *module.of(ast.Attribute)]
    for node in variables:
        if wanted.is_called(_full_name(node, bound), project):
            yield Look(node, read_of_module(node, module))
    for call in module.of(ast.Call):
        yield Look(call, _called(call, module, project, wanted))
    for entry in module.of(ast.Subscript):
        yield Look(entry, _entry(entry, module, project, wanted))
    for text in module.of(ast.Constant):
        yield Look(text, _quoted(text, project, wanted))


def _bound(module: Module, project: Project) -> dict[str, str]:
    """The absolute dotted name of what each import of the file binds, in whatever scope."""
    found: dict[str, str] = {}
    for node in module.of(ast.Import):
        for alias in node.names:
            root = alias.name.split(".")[0]
            found[alias.asname or root] = alias.name if alias.asname is not None else root
    for statement in module.of(ast.ImportFrom):
        base = project.absolute(statement.module, statement.level)
        found |= {alias.asname or alias.name: f"{base}.{alias.name}".lstrip(".") for alias in statement.names}
    return found


def _full_name(node: ast.Name | ast.Attribute, bound: dict[str, str]) -> str:
    parts = dotted(node) if isinstance(node.ctx, ast.Load) else None
    return ".".join([bound[parts[0]], *parts[1:]]) if parts is not None and parts[0] in bound else ""


def _called(call: ast.Call, module: Module, project: Project, wanted: Imported) -> Read:
    """``import_module("m").rows``, ``runpy.run_path("m.py")["rows"]``."""
    name = (dotted(call.func) or ("",))[-1]
    match call.args:
        case [ast.Constant(value=str(text)), *_] if name in BY_NAME | RUN:
            file = text.removesuffix(".py").replace("/", ".") if name == "run_path" else text
            level = len(file) - len(file.lstrip("."))
            if wanted.is_called(project.absolute(file[level:], level if name in BY_NAME else 0), project):
                return read_of_namespace(call, module) if name in RUN else read_of_module(call, module)
    return NOTHING


def _entry(entry: ast.Subscript, module: Module, project: Project, wanted: Imported) -> Read:
    """``sys.modules["m"].rows``."""
    match entry:
        case ast.Subscript(value=ast.Name(id="modules") | ast.Attribute(attr="modules"), slice=ast.Constant(str(key))):
            return read_of_module(entry, module) if wanted.is_called(key, project) else NOTHING
    return NOTHING


def _quoted(text: ast.Constant, project: Project, wanted: Imported) -> Read:
    """``patch("package.m.rows")``, ``timeit(setup="from m import rows")``, examples of a docstring."""
    if not isinstance(text.value, str) or wanted.parts[-1] not in text.value:
        return NOTHING
    owner, _, name = text.value.rpartition(".")
    if owner and name.isidentifier() and wanted.is_called(owner, project):
        return frozenset({name})
    taken = [names for base, names in FROM.findall(text.value) if wanted.is_called(base, project)]
    return frozenset(word for names in taken for word in re.findall(r"\w+", names))
