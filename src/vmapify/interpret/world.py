"""The closed world: what a file must not hold if anything in it is to be certain, and which packages the tables know."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.doubt import Doubt
from vmapify.interpret import settings
from vmapify.syntax import Scope

if TYPE_CHECKING:
    from vmapify.syntax import Module

KNOWN = frozenset(
    {"jax", "numpy", "math", "functools", "itertools", "operator", "collections", "abc", "dataclasses", "typing"}
)
"""Packages whose behaviour is in the tables; their source is not read."""

# several paths to one object
ALIASES = {
    "jax.numpy.ndarray": "jax.Array",
    "jax.tree_util.tree_map": "jax.tree.map",
    "jax.tree_map": "jax.tree.map",
    **{
        f"jax.tree_util.tree_{name}": f"jax.tree.{name}"
        for name in ("leaves", "flatten", "unflatten", "structure", "reduce")
    },
    "jax.random.PRNGKeyArray": "jax.Array",
    "jax.remat": "jax.checkpoint",
    "jax.ad_checkpoint.checkpoint": "jax.checkpoint",
    "jax.util.partial": "functools.partial",
}

# what reaches into scopes, classes or modules by another way than by their names: as a name, an attribute, or a text
_OPEN = {
    *("globals", "locals", "setattr", "delattr", "__import__", "__builtins__", "settrace", "setprofile"),
    *("import_module", "monkeypatch", "_getframe", "_current_frames", "currentframe", "f_back", "tb_frame"),
    *("__dict__", "__class__", "__globals__", "__code__", "__closure__", "__defaults__", "__kwdefaults__", "__bases__"),
    *("__setattr__", "__delattr__", "f_locals", "f_globals", "f_builtins", "__mro__", "__func__", "__self__"),
    *("__getattribute__", "__subclasses__", "__annotate__", "cell_contents", "get_referrers", "get_referents"),
}
# words that mean other things, too: such a function as a name, and as an attribute of `builtins`
_OPEN_NAMES = {"exec", "eval", "vars", "compile", "reload", "patch"}
_OPEN_ATTRIBUTES = {"exec", "vars", "modules", "patch", "reload"}
_BY_TEXT = {"getattr", "attrgetter", "methodcaller"}
# attributes that only describe
_DESCRIBING = {"__name__", "__qualname__", "__doc__", "__module__", "__wrapped__", "__version__", "__all__"}


def is_known(name: str) -> bool:
    """Whether the tables know the package of module ``name``."""
    return name.partition(".")[0] in KNOWN


def canonical(name: str) -> str:
    """One name for what several paths lead to."""
    return ALIASES.get(name, name)


def opening(module: Module) -> tuple[ast.AST, str] | None:
    """Where a file reaches into scopes, classes or modules in a way that names nothing, and how; None if nowhere."""
    for name in module.of(ast.Name):
        if name.id in _OPEN or name.id in _OPEN_NAMES:
            return name, name.id
    for attribute in module.of(ast.Attribute):
        if attribute.attr in _OPEN or attribute.attr in _OPEN_ATTRIBUTES or _is_special_store(attribute):
            return attribute, attribute.attr
    for constant in module.of(ast.Constant):
        word = constant.value
        if isinstance(word, str) and (word in _OPEN or (word in _OPEN_NAMES and _is_looked_up(module, constant))):
            return constant, word
    return _opening_import(module)


def _is_special_store(node: ast.Attribute) -> bool:
    """``type(x).__mul__ = f``: what an operator does."""
    is_special = node.attr.startswith("__") and node.attr.endswith("__") and node.attr not in _DESCRIBING
    return is_special and not isinstance(node.ctx, ast.Load)


def _is_looked_up(module: Module, constant: ast.Constant) -> bool:
    """Whether a text is the name of an attribute that is asked for."""
    call = module.parents.get(constant)
    return isinstance(call, ast.Call) and _last(call.func) in _BY_TEXT


def _opening_import(module: Module) -> tuple[ast.AST, str] | None:
    """``from builtins import setattr as put``, or a module of all builtins that is more than read from by names."""
    for statement in module.of(ast.ImportFrom):
        for alias in statement.names:
            if alias.name in _OPEN or (statement.module == "builtins" and alias.name in _OPEN_NAMES | {"*"}):
                return alias, alias.name
    names = {one.asname or one.name for node in module.of(ast.Import) for one in node.names if one.name == "builtins"}
    for use in module.of(ast.Name):
        above = module.parents.get(use)
        if use.id in names and not (isinstance(above, ast.Attribute) and above.attr not in _OPEN_NAMES):
            return use, "builtins"
    return None


def doubt(module: Module) -> Doubt | None:
    """Why nothing in a file is certain; None if it can be followed."""
    found = opening(module)
    if found is not None:
        node, name = found
        return Doubt("open-world", name, module.path, getattr(node, "lineno", 0))
    setting = settings.changed(module)
    return Doubt("settings", "", module.path, getattr(setting, "lineno", 0)) if setting is not None else None


def stored_attributes(module: Module) -> frozenset[str]:
    """The names of all attributes that a file stores to, other than those of the first parameter of a method.

    That parameter is an object, unless the file hands on classes that it does not name: then it may be a class as well.
    """
    stores = [node for node in module.of(ast.Attribute) if not isinstance(node.ctx, ast.Load)]
    plain = not _hands_on_made_classes(module)
    return frozenset(node.attr for node in stores if not (plain and _is_of_object(module, node)))


def _is_of_object(module: Module, node: ast.Attribute) -> bool:
    """Whether a store is ``self.name = …`` in a method, where nothing else binds ``self``."""
    if not isinstance(node.value, ast.Name):
        return False
    name = node.value.id
    for around in module.ancestors(node):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            bindings = Scope.of(around).bindings.get(name) if not isinstance(around, ast.ClassDef) else None
            if bindings is not None:
                return len(bindings) == 1 and _is_receiver(module, around, bindings[0])
    return False


def _is_receiver(module: Module, function: ast.AST, binding: ast.AST) -> bool:
    """Whether ``binding`` is the first parameter of a method that is called on objects."""
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    parameters = [*function.args.posonlyargs, *function.args.args]
    marks = {_last(part.func if isinstance(part, ast.Call) else part) for part in function.decorator_list}
    is_method = isinstance(module.parents.get(function), ast.ClassDef) and not marks & {"classmethod", "staticmethod"}
    return is_method and bool(parameters) and parameters[0] is binding


def _hands_on_made_classes(module: Module) -> bool:
    """Whether a class that no name of its own means goes where it may be changed: ``cls`` or ``type(x)``."""
    for node in (*module.named("cls"), *(call for call in module.named("type"))):
        used: ast.AST | None = node
        if node.id == "type":
            used = module.parents.get(node)
            if not (isinstance(used, ast.Call) and used.func is node and len(used.args) == 1):
                continue
        if isinstance(node.ctx, ast.Load) and used is not None and _is_handed_on(module, used):
            return True
    return False


def handed_on(module: Module) -> frozenset[str]:
    """The names of all classes that go where they may be changed, or be called by another name: ``dataclass(C)``.

    Every name that is used so is one of them, of a class or not.
    """
    return frozenset(node.id for node in module.of(ast.Name) if _is_load(node) and _is_handed_on(module, node)) | {
        node.attr for node in module.of(ast.Attribute) if _is_load(node) and _is_handed_on(module, node)
    }


def _is_load(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_handed_on(module: Module, node: ast.AST) -> bool:
    """Whether what ``node`` means is used for more than to call, compare, derive from or describe with it."""
    below, above = node, module.parents.get(node)
    while isinstance(above, ast.Tuple | ast.BinOp | ast.Subscript | ast.List | ast.Starred):
        below, above = above, module.parents.get(above)
    match above:
        case ast.Call(func=called):
            is_test = _last(called) in _TESTS and not any(
                one.name == _last(called) for one in module.of(ast.FunctionDef)
            )
            return not (called is below or is_test)
        case ast.keyword() | ast.NamedExpr() | ast.Return() | ast.Yield() | ast.Lambda() | ast.Dict() | ast.Set():
            return True
        case ast.Assign(value=value) | ast.AugAssign(value=value):
            return value is below and not _is_union(below)
        case ast.AnnAssign(value=value):
            return value is below
        case ast.For(iter=value) | ast.comprehension(iter=value) | ast.withitem(context_expr=value):
            return value is below
        case ast.IfExp(test=test):
            return test is not below
        case ast.BoolOp() | ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            return True
        case ast.arguments() | ast.Await() | ast.YieldFrom():
            return True
    return False


# functions that only look at a class, or only tell JAX about it
_TESTS = {
    *("isinstance", "issubclass", "super", "cast", "TypeVar", "NewType", "register_pytree_node"),
    *("register_pytree_with_keys", "register_dataclass", "register_static", "hasattr", "len", "print", "repr", "str"),
}


def _is_union(node: ast.AST) -> bool:
    """``A | B``, which is another object."""
    return isinstance(node, ast.BinOp | ast.Subscript)


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def stored_in_modules(module: Module) -> frozenset[str]:
    """The names of all attributes of modules that a file stores to: ``jnp.tanh = mine``.

    A module is known by the name that an import binds. Where such a name is used for more than to read an attribute, any
    other name may be one for the module, too.
    """
    aliases = {alias.asname or alias.name.partition(".")[0] for alias in module.of(ast.alias)}
    uses = [node for node in module.of(ast.Name) if node.id in aliases and isinstance(node.ctx, ast.Load)]
    modules = {alias.asname or alias.name.partition(".")[0] for node in module.of(ast.Import) for alias in node.names}
    if any(use.id in modules and not isinstance(module.parents.get(use), ast.Attribute) for use in uses):
        return stored_attributes(module)
    stores = [node for node in module.of(ast.Attribute) if not isinstance(node.ctx, ast.Load)]
    return frozenset(node.attr for node in stores if _root(node) in aliases)


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes starts from."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
