"""Make the two texts of a site callable on the values of the frame that reached it."""

from __future__ import annotations

import ast
import builtins
import functools
import types
from typing import TYPE_CHECKING, Any

from .attempt import attempt
from .pair import Pair
from .row_count import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .observe import Call
    from .plan import SitePlan

LOCALS = "__vmapify_locals__"
RETURNED = "__vmapify_return__"
FUTURE_FLAGS = 0x1FF0000
"""The bits of a code object's flags that ``from __future__`` imports set, passed on to the region's code."""
setattr(builtins, LOCALS, locals)


def live_values(site: SitePlan, frame: types.FrameType) -> dict[str, Any]:
    """The names that either version reads and the frame binds; at module level only those that hold data."""
    names = _names(site)
    values = dict(frame.f_locals)
    if frame.f_locals is frame.f_globals or frame.f_code.co_name == "<module>":
        wanted = names & values.keys()
        return {name: values[name] for name in sorted(wanted) if not _is_code(values[name])}
    if "super" in names and frame.f_code.co_argcount:
        names |= {frame.f_code.co_varnames[0]}
    return {name: values[name] for name in _ordered(names & values.keys(), frame) if name != "__class__"}


def make_pair(site: SitePlan, frame: types.FrameType, names: Iterable[str]) -> Pair:
    """Compile both texts as functions of the live values, in the globals of the frame."""
    texts = ((site.before, ()), (site.after, site.imports))
    regions = tuple(_compiled(site, text, imports, frame, tuple(names)) for text, imports in texts)
    before, after = (_call(region, tuple(site.live_out), site.returns) for region in regions)
    constants = {name: value for name, value in frame.f_globals.items() if name not in set(names)}
    rows, _ = attempt(lambda: counted(site.before, constants))
    return Pair(before, after, dict(site.lanes), frozenset(site.allowed), regions, counted=rows)


def _compiled(
    site: SitePlan, text: str, imports: tuple[str, ...], frame: types.FrameType, names: tuple[str, ...]
) -> Any:
    tree = ast.parse("\n".join((*imports, text)))
    ast.increment_lineno(tree, site.line - 1 - sum(item.count("\n") + 1 for item in imports))
    body = [_without_return(node) if site.returns and node is tree.body[-1] else node for node in tree.body]
    module = ast.parse(f"def outer(__class__):\n def region(): return {LOCALS}()\n return region")
    outer: Any = module.body[0]
    region = outer.body[0]
    region.args.args = [ast.arg(name) for name in names]
    region.body = [*body, *region.body]
    if site.class_name:
        region = _Mangler(site.class_name).visit(region)
    ast.fix_missing_locations(module)
    flags = frame.f_code.co_flags & FUTURE_FLAGS
    code = compile(module, site.path, "exec", flags=flags, dont_inherit=True)
    space: dict[str, Any] = {}
    exec(code, frame.f_globals, space)  # noqa: S102 (the user's own statements)
    return space["outer"](frame.f_locals.get("__class__"))


def _call(region: Any, wanted: tuple[str, ...], returns: bool) -> Call:
    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        after = region(**inputs)
        outputs = {name: after[name] for name in wanted if name in after}
        return {**outputs, "return": after[RETURNED]} if returns else outputs

    return call


def _without_return(node: ast.stmt) -> ast.stmt:
    value = getattr(node, "value", None) or ast.Constant(None)
    return ast.copy_location(ast.Assign([ast.Name(RETURNED, ast.Store())], value), node)


def named_around(site: SitePlan, values: Iterable[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names in either text besides the live values, in order, and the attributes that they ask anything for."""
    return tuple(sorted(_names(site) - set(values))), _attributes((site.before, site.after))


def _names(site: SitePlan) -> set[str]:
    found = _names_in((site.before, site.after)) | set(site.live_in)
    mangler = _Mangler(site.class_name or "")
    return {mangler.mangled(name) for name in found}


@functools.cache
def _names_in(texts: tuple[str, ...]) -> frozenset[str]:
    nodes = (node for text in texts for node in ast.walk(ast.parse(text)))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


@functools.cache
def _attributes(texts: tuple[str, ...]) -> frozenset[str]:
    nodes = (node for text in texts for node in ast.walk(ast.parse(text)))
    return frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))


def _ordered(names: set[str], frame: types.FrameType) -> list[str]:
    """First the frame's own first argument, which ``super()`` without arguments looks for, then the rest."""
    first = frame.f_code.co_varnames[:1]
    return [name for name in first if name in names] + sorted(names - set(first))


def _is_code(value: Any) -> bool:
    return isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type))


class _Mangler(ast.NodeTransformer):
    """Private names as the compiler spells them inside a class."""

    def __init__(self, class_name: str) -> None:
        self._prefix = f"_{class_name.lstrip('_')}" if class_name.lstrip("_") else ""

    def mangled(self, name: str) -> str:
        """``__name`` as ``_Class__name``; other names unchanged."""
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        return self._prefix + name if private and self._prefix else name

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("id", "attr", "arg", "name"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                setattr(node, field, self.mangled(name))
        return super().generic_visit(node)
