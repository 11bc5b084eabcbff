"""Values as plain data: what ``JSON`` can hold, in a form from which ``restore`` makes equal values again.

Arrays are stored by their bytes, objects by the name of their class and their attributes, functions, classes and
modules by name, functions that stand inside others by their place in the source and what they close over. What
cannot be stored this way is named; nothing is ever pickled.
"""

from __future__ import annotations

import base64
import collections
import enum
import functools
import importlib
import struct
import sys
import types
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .sampling import is_key
from .value_tree.kinds import attribute_names
from .value_tree.leaves import is_weak

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 2**28
"""Bytes of arrays that one arrival may hold."""
MAX_NODES = 50_000
SMALL = 2**53
PUBLIC = ("jax", "jax.numpy", "jax.nn", "jax.lax", "jax.random", "jax.scipy.special", "jax.tree_util")
"""Where functions of JAX are looked for whose own module is a private one, which other versions may lack."""
BASES: dict[Any, str] = {list: "list", tuple: "tuple", dict: "dict"}


class NotStorableError(Exception):
    """A value that cannot be plain data; the message says which and why."""


class Store:
    """Some values as one table: ``objects`` refer to each other by number, so that aliases and cycles are kept.

    ``code_of`` finds the code objects of a file by its name: functions inside others are stored by their place in it.
    """

    def __init__(self, code_of: Callable[[str], list[types.CodeType]]) -> None:
        self.objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []
        self._code_of = code_of
        self._bytes = 0

    def __call__(self, value: Any, path: str) -> Any:
        """The value itself if JSON has it, else a reference or a tagged number."""
        if value is None or type(value) in {bool, str}:
            return value
        if type(value) is int:
            return value if abs(value) < SMALL else {"int": hex(value)}
        if type(value) is float:
            return {"float": _digits(value)}
        if type(value) is complex:
            return {"complex": [_digits(value.real), _digits(value.imag)]}
        return {"ref": self._number(value, path)}

    def _number(self, value: Any, path: str) -> int:
        if id(value) not in self._numbers:
            if len(self.objects) > MAX_NODES:
                raise NotStorableError(f"{path} holds more than {MAX_NODES} objects")
            self._numbers[id(value)] = len(self.objects)
            self._kept.append(value)
            self.objects.append(None)
            node, error = attempt(lambda: self._node(value, path))
            if isinstance(error, RecursionError):
                raise NotStorableError(f"{path} is nested too deeply")
            if error is not None:
                raise error if isinstance(error, NotStorableError) else _refused(value, path)
            self.objects[self._numbers[id(value)]] = node
        return self._numbers[id(value)]

    def _node(self, value: Any, path: str) -> dict[str, Any]:
        for part in (self._array, self._plain, self._named, self._container, self._callable, self._object):
            node = part(value, path)
            if node is not None:
                return node
        raise _refused(value, path)

    def _array(self, value: Any, path: str) -> dict[str, Any] | None:
        if isinstance(value, jax.core.Tracer):
            raise NotStorableError(f"{path} has no value: it is traced by a JAX transformation")
        if isinstance(value, jax.Array):
            if value.is_deleted():
                raise NotStorableError(f"{path} is a deleted array")
            if is_key(value):
                impl = jax.random.key_impl(value)
                if not isinstance(impl, str):
                    raise NotStorableError(f"{path} is a key of a generator of one's own")
                return {"kind": "key", "impl": impl, "data": self(np.asarray(jax.random.key_data(value)), path)}
            return {"kind": "jax", "weak": is_weak(value), **self._numbers_of(np.asarray(value), path)}
        if isinstance(value, np.generic):
            return {"kind": "numpy scalar", **self._numbers_of(np.asarray(value), path)}
        if type(value) is np.ndarray:
            fortran = value.flags.f_contiguous and not value.flags.c_contiguous
            kind = {"kind": "numpy", "fortran": fortran, "writeable": bool(value.flags.writeable)}
            return kind | self._numbers_of(value, path)
        return None

    def _numbers_of(self, value: Any, path: str) -> dict[str, Any]:
        if value.dtype.hasobject:
            raise NotStorableError(f"{path} is an array of Python objects")
        self._bytes += value.nbytes
        if self._bytes > MAX_BYTES:
            raise NotStorableError(f"its arrays take more than {MAX_BYTES // 2**20} MB")
        data = base64.b64encode(value.tobytes()).decode("ascii")
        return {"dtype": _dtype(value.dtype), "shape": list(value.shape), "data": data}

    def _plain(self, value: Any, path: str) -> dict[str, Any] | None:
        if type(value) is bytes:
            return {"kind": "bytes", "data": base64.b64encode(value).decode("ascii")}
        if value is Ellipsis:
            return {"kind": "ellipsis"}
        if isinstance(value, slice):
            return {"kind": "slice", "parts": [self(part, path) for part in (value.start, value.stop, value.step)]}
        if isinstance(value, range):
            return {"kind": "range", "parts": [self(part, path) for part in (value.start, value.stop, value.step)]}
        if isinstance(value, np.dtype):
            return {"kind": "dtype", "dtype": _dtype(value)}
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return {"kind": "generator", "state": self(state, path)}
        return None

    def _named(self, value: Any, path: str) -> dict[str, Any] | None:
        """What can be imported: modules, and whatever stands in one under its own name."""
        if isinstance(value, types.ModuleType):
            if sys.modules.get(value.__name__) is not value:
                raise NotStorableError(f"{path} is a module that cannot be imported by its name")
            return {"kind": "module", "name": value.__name__}
        if isinstance(value, enum.Enum):
            return {"kind": "member", "class": self._class(type(value), path), "name": value.name}
        if not callable(value) or isinstance(value, types.MethodType):
            return None
        place = place_of(value)
        return None if place is None else {"kind": "name", "module": place[0], "name": place[1]}

    def _class(self, owner: type, path: str) -> dict[str, str]:
        place = place_of(owner)
        if place is None:
            raise NotStorableError(f"{path} is a {owner.__qualname__}, a class that no module holds under its name")
        return {"module": place[0], "name": place[1]}

    def _container(self, value: Any, path: str) -> dict[str, Any] | None:
        if type(value) in {set, frozenset}:
            return {"kind": type(value).__name__, "items": [self(item, path) for item in value]}
        base = next((base for base in BASES if isinstance(value, base)), None)
        if base is None:
            return None
        node: dict[str, Any] = {"kind": BASES[base]}
        if type(value) is not base:
            node["class"] = self._class(type(value), path)
            node["fields"] = self._fields(value, path)
        if base is dict:
            pairs = dict.items(value)
            node["items"] = [[self(key, path), self(item, f"{path}[{key!r}]")] for key, item in pairs]
            if isinstance(value, collections.defaultdict):
                node["factory"] = self(value.default_factory, path)
        else:
            node["items"] = [self(item, f"{path}[{i}]") for i, item in enumerate(base.__iter__(value))]
        return node

    def _callable(self, value: Any, path: str) -> dict[str, Any] | None:
        if isinstance(value, functools.partial):
            parts = [self(part, path) for part in (value.func, value.args, value.keywords)]
            return {"kind": "partial", "class": self._class(type(value), path), "parts": parts}
        if isinstance(value, types.MethodType):
            name = value.__func__.__name__
            if getattr(type(value.__self__), name, None) is not value.__func__:
                return None
            return {"kind": "method", "self": self(value.__self__, path), "name": name}
        if isinstance(value, types.FunctionType):
            return self._function(value, path)
        return None

    def _function(self, value: types.FunctionType, path: str) -> dict[str, Any]:
        """A function that stands inside another one, by its place in a stored source."""
        code = value.__code__
        if len([one for one in self._code_of(code.co_filename) if same_place(one, place_in_source(code))]) != 1:
            raise NotStorableError(
                f"{path} is a function that is not found in the stored sources: {value.__qualname__}"
            )
        cells = []
        for cell in value.__closure__ or ():
            content, error = attempt(functools.partial(getattr, cell, "cell_contents"))
            cells.append({"empty": True} if error is not None else self(content, f"{path} (closure)"))
        return {
            "kind": "function",
            "place": place_in_source(code),
            "defaults": self(value.__defaults__, path),
            "keywords": self(value.__kwdefaults__, path),
            "closure": cells,
        }

    def _object(self, value: Any, path: str) -> dict[str, Any] | None:
        names = attribute_names(value)
        plain = type(value).__flags__ & (1 << 9) and (names or hasattr(value, "__dict__"))
        if not plain or isinstance(value, (type, BaseException, types.FunctionType)) or hasattr(value, "__next__"):
            return None
        return {"kind": "object", "class": self._class(type(value), path), "fields": self._fields(value, path)}

    def _fields(self, value: Any, path: str) -> dict[str, Any]:
        return {name: self(getattr(value, name), f"{path}.{name}") for name in attribute_names(value)}


def place_of(value: Any) -> tuple[str, str] | None:
    """Module and dotted name under which a value is found; None if there is none."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    home = getattr(value, "__module__", None) or type(value).__module__
    if not isinstance(name, str) or not isinstance(home, str) or "<" in name:
        return None
    public = PUBLIC if home.startswith("jax.") else ()
    for module in (*public, home, type(value).__module__):
        if _found(module, name) is value:
            return module, name
    return None


def _found(module: str, name: str) -> Any:
    place, error = attempt(lambda: importlib.import_module(module) if module in PUBLIC else sys.modules.get(module))
    if error is not None or place is None:
        return None
    found: Any = place
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def place_in_source(code: types.CodeType) -> list[Any]:
    """Name, line and variables of a code object: what finds it again in the same text."""
    return [code.co_name, code.co_firstlineno, list(code.co_varnames), list(code.co_freevars)]


def same_place(code: types.CodeType, place: list[Any]) -> bool:
    """Whether a code object stands at this place."""
    return place_in_source(code) == place


def codes_in(code: types.CodeType) -> list[types.CodeType]:
    """All code objects in one, itself excepted."""
    found = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found += [constant, *codes_in(constant)]
    return found


def _dtype(dtype: Any) -> Any:
    """NumPy's own types as in its files, the others (bfloat16, float8) by name."""
    if dtype.kind == "V" and dtype.names is None and dtype.subdtype is None and dtype.name[:4] != "void":
        return dtype.name
    return np.lib.format.dtype_to_descr(dtype)


def _refused(value: Any, path: str) -> NotStorableError:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return NotStorableError(f"{path} is of type {kind}, which plain data cannot hold")


def _digits(value: float) -> str:
    """All of a number; of what is none, the bits, which ``hex`` does not keep."""
    return value.hex() if value == value else f"nan {struct.pack('>d', value).hex()}"  # noqa: PLR0124 - only NaN differs
