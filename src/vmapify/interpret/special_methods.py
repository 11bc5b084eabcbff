"""The special methods of Python's data model, by what the interpreter makes of a class that defines them.

A test compares this list with what Python has, and fails for a new one until somebody has thought about it.
"""

from __future__ import annotations

REFUSED = frozenset(
    {
        *("__new__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__init_subclass__"),
        *("__class_getitem__", "__set_name__", "__get__", "__set__", "__delete__", "__del__", "__mro_entries__"),
        *("__prepare__", "__jax_array__", "__array__", "__array_priority__", "__array_ufunc__", "__array_function__"),
        *("__instancecheck__", "__subclasscheck__", "__subclasshook__", "__class__"),
    }
)
"""What changes how objects are made, read, stored to or asked for: a class that defines one is not modelled."""

FOLLOWED = frozenset({"__init__", "__post_init__", "__call__"})
"""What is run where Python runs it."""

OPAQUE = frozenset(
    {
        *("__abs__", "__add__", "__aiter__", "__and__", "__anext__", "__await__", "__bool__", "__bytes__", "__ceil__"),
        *("__complex__", "__contains__", "__copy__", "__deepcopy__", "__delitem__", "__dir__", "__divmod__"),
        *("__aenter__", "__aexit__", "__enter__", "__eq__", "__exit__", "__float__", "__floor__", "__floordiv__"),
        *("__format__", "__fspath__", "__ge__", "__getformat__", "__getitem__", "__getnewargs__", "__getstate__"),
        *("__gt__", "__hash__", "__iadd__", "__iand__", "__ifloordiv__", "__ilshift__", "__imatmul__", "__imod__"),
        *("__imul__", "__index__", "__int__", "__invert__", "__ior__", "__ipow__", "__irshift__", "__isub__"),
        *("__iter__", "__itruediv__", "__ixor__", "__le__", "__len__", "__length_hint__", "__lshift__", "__lt__"),
        *("__matmul__", "__missing__", "__mod__", "__mul__", "__ne__", "__neg__", "__next__", "__or__", "__pos__"),
        *("__pow__", "__radd__", "__rand__", "__rdivmod__", "__reduce__", "__reduce_ex__", "__repr__"),
        *("__reversed__", "__rfloordiv__", "__rlshift__", "__rmatmul__", "__rmod__", "__rmul__", "__ror__"),
        *("__round__", "__rpow__", "__rrshift__", "__rshift__", "__rsub__", "__rtruediv__", "__rxor__"),
        *("__setitem__", "__setstate__", "__sizeof__", "__str__", "__sub__", "__truediv__", "__trunc__", "__xor__"),
        *("__buffer__", "__release_buffer__", "__replace__"),
    }
)
"""What an object of a class of the project is never asked for: the operation that would ask for it is not modelled."""

DESCRIBING = frozenset({"__doc__", "__module__", "__qualname__", "__slots__"})
"""What a class may say of itself without changing what its objects are or do."""

HARMLESS = FOLLOWED | OPAQUE | DESCRIBING
"""What a class may define and still be modelled; with any other special name it is not."""

ATTRIBUTES = frozenset(
    {
        *("__abstractmethods__", "__alloc__", "__annotate__", "__annotations__", "__args__", "__base__", "__bases__"),
        *("__basicsize__", "__builtins__", "__cause__", "__closure__", "__code__", "__context__", "__defaults__"),
        *("__dict__", "__dictoffset__", "__file__", "__firstlineno__", "__flags__", "__func__"),
        *("__globals__", "__isabstractmethod__", "__itemsize__", "__kwdefaults__", "__loader__"),
        *("__mro__", "__name__", "__notes__", "__package__", "__self__", "__self_class__"),
        *("__spec__", "__static_attributes__", "__suppress_context__", "__text_signature__", "__thisclass__"),
        *("__traceback__", "__type_params__", "__weakref__", "__weakrefoffset__", "__wrapped__"),
        *("__objclass__", "__origin__", "__parameters__", "__subclasses__", "__typing_unpacked_tuple_args__"),
        "__unpacked__",
    }
)
"""What describes a class, function, module or error, and is no method."""
