"""Make values from what ``store`` wrote. Nothing but the sources is executed: no pickle, no ``__init__``, no setters."""

from __future__ import annotations

import base64
import functools
import importlib
import importlib.util
import math
import struct
import sys
import types
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .attempt import attempt
from .code_owner import is_installed
from .store import same_place
from .value_tree.leaves import is_weak

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATORS = {name: getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")}
MAX_WEAK = 4096
NUMBER_DIGITS = 16  # of a float64, in hexadecimal
CONTAINERS = {"list": list, "tuple": tuple, "dict": dict}


class DamagedError(ValueError):
    """The stored data makes no sense: the file is damaged, or was not written by this tool."""


class AbsentError(LookupError):
    """The stored data is sound, but this machine lacks what it names."""


class Restore:
    """The values of one table. ``codes`` are the code objects of the source, ``space`` is its namespace.

    Names are looked up in what the sources have loaded; beyond it only installed packages and those that ``packages``
    names are imported.
    """

    def __init__(
        self, objects: list[Any], codes: list[types.CodeType], space: dict[str, Any], packages: set[str]
    ) -> None:
        self._objects, self._codes, self._space, self._packages = objects, codes, space, packages
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()

    def __call__(self, plain: Any) -> Any:
        """The value of a reference or a tagged number; everything else is what it is."""
        if not isinstance(plain, dict):
            return plain
        ((tag, content),) = plain.items()
        if tag == "ref":
            return self._object(content)
        if tag == "int":
            return int(content, 16)
        if tag == "float":
            return _number(content)
        if tag == "complex":
            return complex(*map(_number, content))
        raise DamagedError(f"unknown tag {tag!r}")

    def _object(self, number: int) -> Any:
        if number not in self._made:
            if number in self._open:
                raise DamagedError("a value that cannot contain itself does")
            self._open.add(number)
            node = self._objects[number]
            make: Callable[[dict[str, Any], int], Any] | None = MAKERS.get(node["kind"])
            if make is None:
                raise DamagedError(f"unknown kind of value {node['kind']!r}")
            self._made[number] = make(self, node, number)  # type: ignore[call-arg,arg-type]
            self._open.discard(number)
        return self._made[number]

    def name(self, module: str, dotted: str) -> Any:
        """What stands in a module under a name."""
        found: Any = self.module(module)
        for part in dotted.split("."):
            if part.startswith("__") or not hasattr(found, part):
                raise AbsentError(f"{module} has no {dotted} here")
            found = getattr(found, part)
        return found

    def module(self, name: str) -> Any:
        """A module that is loaded, or may be."""
        if name not in sys.modules:
            if name.partition(".")[0] not in self._packages and not _installed(name.partition(".")[0]):
                raise AbsentError(f"the inputs need the module {name}, which neither source loads")
            _, error = attempt(lambda: importlib.import_module(name))
            if error is not None:
                raise AbsentError(f"the inputs need the module {name}, which this machine lacks ({error})")
        return sys.modules[name]

    def _class(self, node: dict[str, Any]) -> Any:
        owner = self.name(node["class"]["module"], node["class"]["name"])
        if not isinstance(owner, type):
            raise DamagedError(f"{node['class']['name']} is not a class")
        return owner

    def _bytes(self, node: dict[str, Any], _: int) -> Any:
        return base64.b64decode(node["data"], validate=True)

    def _numbers(self, node: dict[str, Any]) -> Any:
        dtype, shape = _dtype(node["dtype"]), tuple(node["shape"])
        data = base64.b64decode(node["data"], validate=True)
        sound = all(type(extent) is int and extent >= 0 for extent in shape)
        if not sound or dtype.hasobject or len(data) != math.prod(shape) * dtype.itemsize:
            raise DamagedError(f"an array of {dtype}{list(shape)} has {len(data)} bytes")
        return np.frombuffer(bytearray(data), dtype).reshape(shape)

    def _jax(self, node: dict[str, Any], _: int) -> Any:
        host = self._numbers(node)
        value = _weak(host) if node["weak"] else jnp.asarray(host)
        if value.dtype != host.dtype or is_weak(value) != node["weak"]:
            raise AbsentError(f"JAX here makes {value.dtype} of an array that was {host.dtype}")
        return value

    def _key(self, node: dict[str, Any], _: int) -> Any:
        return jax.random.wrap_key_data(jnp.asarray(self(node["data"])), impl=node["impl"])

    def _numpy(self, node: dict[str, Any], _: int) -> Any:
        value = np.asfortranarray(self._numbers(node)) if node["fortran"] else self._numbers(node)
        value.flags.writeable = bool(node["writeable"])
        return value

    def _scalar(self, node: dict[str, Any], _: int) -> Any:
        return self._numbers(node)[()]

    def _generator(self, node: dict[str, Any], _: int) -> Any:
        state = self(node["state"])
        bits = GENERATORS[state["bit_generator"]]()
        bits.state = state
        return np.random.Generator(bits)

    def _sequence(self, node: dict[str, Any], number: int) -> Any:
        owner = self._class(node) if "class" in node else CONTAINERS[node["kind"]]
        if node["kind"] == "tuple":
            fresh = tuple.__new__(owner, [self(item) for item in node["items"]])
        else:
            fresh = self._made[number] = list.__new__(owner)
            list.extend(fresh, [self(item) for item in node["items"]])
        return self._filled(fresh, node)

    def _mapping(self, node: dict[str, Any], number: int) -> Any:
        owner = self._class(node) if "class" in node else dict
        fresh: Any
        fresh = self._made[number] = owner() if owner.__module__ == "collections" else dict.__new__(owner)
        for key, item in node["items"]:
            (type(fresh) if owner.__module__ == "collections" else dict).__setitem__(fresh, self(key), self(item))
        if "factory" in node:
            fresh.default_factory = self(node["factory"])
        return self._filled(fresh, node)

    def _set(self, node: dict[str, Any], _: int) -> Any:
        items = [self(item) for item in node["items"]]
        return set(items) if node["kind"] == "set" else frozenset(items)

    def _instance(self, node: dict[str, Any], number: int) -> Any:
        fresh = self._made[number] = object.__new__(self._class(node))
        return self._filled(fresh, node)

    def _filled(self, fresh: Any, node: dict[str, Any]) -> Any:
        """The object with its attributes: slots by their descriptors, the rest in its dictionary."""
        for name, plain in node.get("fields", {}).items():
            slot = next((vars(base)[name] for base in type(fresh).__mro__ if name in vars(base)), None)
            if isinstance(slot, types.MemberDescriptorType):
                slot.__set__(fresh, self(plain))
            elif name not in {"__dict__", "__class__"}:
                fresh.__dict__[name] = self(plain)
        return fresh

    def _partial(self, node: dict[str, Any], _: int) -> Any:
        owner, (func, args, keywords) = self._class(node), map(self, node["parts"])
        if not issubclass(owner, functools.partial):
            raise DamagedError(f"{owner.__qualname__} is no functools.partial")
        return functools.partial.__new__(owner, func, *args, **keywords)

    def _method(self, node: dict[str, Any], _: int) -> Any:
        owner = self(node["self"])
        function = getattr(type(owner), node["name"], None)
        if not isinstance(function, types.FunctionType):
            raise AbsentError(f"{type(owner).__qualname__} has no method {node['name']} here")
        return types.MethodType(function, owner)

    def _function(self, node: dict[str, Any], number: int) -> Any:
        found = [code for code in self._codes if same_place(code, node["place"])]
        if len(found) != 1 or len(found[0].co_freevars) != len(node["closure"]):
            raise DamagedError(f"the source has no function {node['place'][:2]}")
        cells = tuple(types.CellType() for _ in node["closure"])
        fresh = types.FunctionType(found[0], self._space, found[0].co_name, None, cells)
        self._made[number] = fresh
        for cell, content in zip(cells, node["closure"], strict=True):
            if content != {"empty": True}:
                cell.cell_contents = self(content)
        fresh.__defaults__, fresh.__kwdefaults__ = self(node["defaults"]), self(node["keywords"])
        return fresh


MAKERS: dict[str, Any] = {
    "bytes": Restore._bytes,
    "ellipsis": lambda *_: Ellipsis,
    "slice": lambda restore, node, _: slice(*map(restore, node["parts"])),
    "range": lambda restore, node, _: range(*map(restore, node["parts"])),
    "dtype": lambda _, node, __: _dtype(node["dtype"]),
    "module": lambda restore, node, _: restore.module(node["name"]),
    "name": lambda restore, node, _: restore.name(node["module"], node["name"]),
    "member": lambda restore, node, _: restore._class(node).__members__[node["name"]],
    "jax": Restore._jax,
    "key": Restore._key,
    "numpy": Restore._numpy,
    "numpy scalar": Restore._scalar,
    "generator": Restore._generator,
    "list": Restore._sequence,
    "tuple": Restore._sequence,
    "dict": Restore._mapping,
    "set": Restore._set,
    "frozenset": Restore._set,
    "object": Restore._instance,
    "partial": Restore._partial,
    "method": Restore._method,
    "function": Restore._function,
}


def _dtype(stored: Any) -> Any:
    if isinstance(stored, str):
        return np.dtype(stored)
    return np.dtype([_field(field) for field in stored])


def _field(field: list[Any]) -> Any:
    name, kind, *shape = field
    return (name, kind if isinstance(kind, str) else _dtype(kind), *(tuple(extents) for extents in shape))


def _weak(host: Any) -> Any:
    """An array whose dtype yields to others, as results of Python numbers have it."""
    if host.size > MAX_WEAK:
        raise AbsentError(f"a weakly typed array of {host.size} numbers cannot be made again")
    rows = [jax.lax.broadcast(jnp.asarray(number), (1,)) for number in host.reshape(-1).tolist()]
    return rows[0].reshape(host.shape) if len(rows) == 1 else jax.lax.concatenate(rows, 0).reshape(host.shape)


def _installed(package: str) -> bool:
    spec, error = attempt(lambda: importlib.util.find_spec(package))
    return error is None and spec is not None and is_installed(str(spec.origin))


def _number(digits: str) -> float:
    mark, _, bits = digits.partition(" ")
    if mark == "nan" and bits:
        if len(bits) != NUMBER_DIGITS:
            raise DamagedError(f"{digits!r} is no number")
        found: float = struct.unpack(">d", bytes.fromhex(bits))[0]
        return found
    return float.fromhex(digits)
