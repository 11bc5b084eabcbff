"""What tells one arrival at a site from another: classes, callables, static values, structures, dtypes, shapes, numbers.

Two arrivals of one *kind* run the same code on arrays of the same dtypes and ranks: classes with the same methods, the same
functions down to what they close over, the same flags. Within a kind, shapes and values may differ.
"""

from __future__ import annotations

import array
import collections
import enum
import hashlib
import re
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .attempt import attempt
from .code_owner import is_the_users, of_the_user
from .reached import closed_over, code_in, places_of_class, places_of_function
from .sampling import is_key
from .settings import snapshot
from .value_tree.kinds import attribute_names, take_apart
from .value_tree.leaves import is_weak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .progress import Identities
    from .reached import Place
    from .value_tree.kinds import Node

STATIC = (bool, type(None), type(Ellipsis))
VARIED = (int, float, complex, str, bytes, range, slice)
PLAIN = (int, float, complex, str, bytes)
MOST_PARTS = 20_000
"""Parts that are looked at; the fingerprint of an arrival with more is incomplete."""
LONG = 64
"""Characters of a static value that are kept as they are; entries from which on plain numbers in a list are one part."""
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
SMALL = 2**20
"""Bytes of an array of JAX whose values are read; a larger one is another arrival's only if it is another object."""
LARGE = 2**22
"""Bytes of a host array whose values are read. A larger one may hold others each time."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``kind`` is equal for arrivals of one kind, ``numbers`` too for those with the same shapes and values.

    Arrivals with equal fingerprints that are not ``complete`` may differ in what was not looked at.
    """

    kind: str
    numbers: str
    complete: bool = True


def fingerprint(values: dict[str, Any], around: Iterable[Place], identities: Identities) -> Fingerprint:
    """The fingerprint of live values, of what else the region reads by name, and of JAX's settings."""
    reader = _Reader(identities)

    def read() -> None:
        reader.add_all(values.items())
        reader.add_all((place.name, place.value) for place in around)

    _, error = attempt(read)
    reader.kind.append(f"{sorted(snapshot().items())} {'' if error is None else type(error).__name__}")
    return Fingerprint(_joined(reader.kind), _joined(reader.numbers), error is None and not reader.cut)


class _Reader:
    """Writes down what it is given in two lists of lines."""

    def __init__(self, identities: Identities) -> None:
        self.kind: list[str] = []
        self.numbers: list[str] = []
        self._identities = identities
        self._seen: dict[int, int] = {}
        self._held: list[Any] = []
        self._left = MOST_PARTS
        self.unread = False

    @property
    def cut(self) -> bool:
        """Whether there was more than is looked at."""
        return self._left < 0 or self.unread

    def add_all(self, named: Iterable[tuple[str, Any]]) -> None:
        """Named values with everything in them, and the code that they bring along."""
        for name, value in named:
            self.kind.append(name)
            self._add(value)

    def _add(self, value: Any) -> None:
        self._left -= 1
        if self._left < 0:
            return
        owner = type(value)
        if owner in STATIC or isinstance(value, np.dtype):
            self.kind.append(f"{owner.__qualname__} {_short(value)}")
        elif owner in VARIED or _is_scalar(value):
            self.kind.append(owner.__qualname__)
            self.numbers.append(_short(value))
        elif isinstance(value, (jax.Array, np.ndarray)):
            self._array(value)
        elif id(value) in self._seen:
            self.kind.append(f"as {self._seen[id(value)]}")
        else:
            self._seen[id(value)] = len(self._seen)
            self._held.append(value)
            self._once(value)

    def _array(self, value: Any) -> None:
        weak = isinstance(value, jax.Array) and is_weak(value)
        self.kind.append(f"{type(value).__qualname__} {value.dtype} {value.ndim}{' weak' if weak else ''}")
        self.numbers.append(str(value.shape))
        if isinstance(value, np.ndarray):
            self._host(value)
        elif _is_there(value):
            self.numbers.append(self._content(value))

    def _content(self, value: jax.Array) -> str:
        """What tells the values of an array from others: the same program may do another thing with them."""
        if value.nbytes > SMALL:
            return f"large {self._identities.of_passing(value)}"
        data, error = attempt(lambda: np.asarray(jax.random.key_data(value) if is_key(value) else value))
        if error is not None:
            self.unread = True
            return "unread"
        return hashlib.sha256(data.tobytes()).hexdigest()

    def _host(self, value: np.ndarray) -> None:
        """It may be changed in place, so that it matters which others are the same one."""
        known = self._seen.get(id(value))
        self.kind.append(f"{value.flags.writeable}{'' if known is None else f' as {known}'}")
        if known is not None:
            return
        self._seen[id(value)] = len(self._seen)
        self._held.append(value)
        if value.dtype.hasobject:
            self._all("objects", value.reshape(-1))
        elif value.nbytes <= LARGE:
            self.numbers.append(hashlib.sha256(value.tobytes()).hexdigest())
        else:
            self.unread = True
        if type(value) is not np.ndarray:
            self._class_of(value)
            self._attributes(value)

    def _once(self, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            self.kind.append(value.__name__)
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self.kind.append(f"class {self._identities.of(value)}")
            self._places(places_of_class(value))
        elif isinstance(value, types.MethodType):
            self._all("method", (value.__func__, value.__self__))
        elif isinstance(value, PLAIN):
            self._named_number(value)
        else:
            self._object(value)

    def _class_of(self, value: Any) -> None:
        owner = type(value)
        self.kind.append(f"{owner.__qualname__} {self._identities.of(owner)}")
        if is_the_users(owner):
            self._add(owner)

    def _attributes(self, value: Any) -> None:
        self.add_all((name, getattr(value, name)) for name in attribute_names(value))

    def _named_number(self, value: Any) -> None:
        """A number or text of a class of its own, with attributes; members of enumerations are flags."""
        self._class_of(value)
        base = next(base for base in PLAIN if isinstance(value, base))
        (self.kind if isinstance(value, enum.Enum) else self.numbers).append(_short(value, base.__repr__))
        self._attributes(value)

    def _function(self, value: types.FunctionType) -> None:
        """The user's own by its code and what that reads, others as they are: they do not change from call to call."""
        if of_the_user(value.__code__.co_filename):
            self.kind.append(f"function {self._identities.of(value.__code__)}")
            self._places(places_of_function(value))
        else:
            self.kind.append(f"library {self._identities.of(value.__code__)}")
            self._all("closure", closed_over(value))

    def _object(self, value: Any) -> None:
        self._class_of(value)
        node = take_apart(value)
        if isinstance(value, (list, collections.deque)):
            self._list(value)
        elif isinstance(value, enum.Enum):
            self.kind.append(f"the {self._identities.of(value)}")
            self._attributes(value)
        elif node is not None:
            self._node(node)
        elif isinstance(value, (set, frozenset)):
            self._set(value)
        elif isinstance(value, (bytearray, array.array)):
            self.numbers.append(_short(value))
        elif inner := code_in(value):
            self._all("wrapper", inner)
        elif callable(value):
            self.kind.append(f"the {self._identities.of(value)}")
        if node is not None and (inner := code_in(value)):
            self._all("wrapper", inner)
        if isinstance(value, (dict, list, tuple, collections.deque)) and hasattr(value, "__dict__"):
            self._attributes(value)

    def _node(self, node: Node) -> None:
        """The label, without the addresses in it, and the names of the parts; what a pytree's static fields hold counts."""
        label = ADDRESS.sub("", node.label)
        names = " ".join(name for name, _ in node.children if not name.startswith("["))
        self._all(f"{_short(label, str)} {names}", node.parts)
        if node.static is not None:
            self._all("static", (node.static,))

    def _set(self, value: Any) -> None:
        plain = [part for part in value if isinstance(part, (*VARIED, *STATIC))]
        self.numbers.append(_short(sorted(map(repr, plain))))
        others = sorted((part for part in value if not isinstance(part, (*VARIED, *STATIC))), key=self._identities.of)
        self._all("members", others)

    def _list(self, value: Any) -> None:
        """Lists of more or fewer entries of one kind are of one kind."""
        self.numbers.append(str(len(value)))
        if (
            len(value) > LONG
            and len(owners := set(map(type, value))) == 1
            and (owner := owners.pop()) in (*PLAIN, bool)
        ):
            self.kind += ["entry", owner.__qualname__]
            self.numbers.append(_digest(value, owner))
            return
        outer = self.kind
        kinds: list[list[str]] = []
        for part in value:
            self.kind = []
            self._add(part)
            if [self.kind] != kinds[-1:]:
                kinds.append(self.kind)
        self.kind = outer
        for kind in kinds:
            self.kind += ["entry", *kind]

    def _all(self, title: str, parts: Iterable[Any]) -> None:
        self.kind.append(title)
        for part in parts:
            self._add(part)

    def _places(self, found: Iterable[Place]) -> None:
        self.add_all((place.name, place.value) for place in found)


def _joined(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _short(value: Any, shown: Callable[[Any], str] = repr) -> str:
    text = shown(value)
    return text if len(text) <= LONG else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _digest(numbers: Any, owner: type) -> str:
    """A checksum of many numbers or texts of one type."""
    data, error = attempt(lambda: array.array("d" if owner is float else "q", numbers).tobytes())
    if owner not in {float, int} or error is not None:
        data = repr(numbers).encode("utf-8", "replace")
    return hashlib.sha256(data).hexdigest()


def _is_scalar(value: Any) -> bool:
    """Whether a value is a scalar of NumPy's, without attributes of its own."""
    return isinstance(value, np.generic) and not hasattr(value, "__dict__")


def _is_there(value: jax.Array) -> bool:
    """Whether an array has values that can be read here."""
    return not isinstance(value, jax.core.Tracer) and not value.is_deleted() and bool(value.is_fully_addressable)
