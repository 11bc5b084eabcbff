"""What is made of a batched result, as layers around it: a cast, a container, a reduction, an update of a buffer.

Nothing reads the text that they print; what one has to know of a layer is one of its fields.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Call:
    """``function(*before, rows, *behind)``; of what takes rows up, the last of ``before`` is the accumulator."""

    function: str
    before: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        return f"{self.function}({', '.join((*self.before, rows, *self.behind))})"

    def starting_from(self, start: str) -> Call:
        """The same with another accumulator."""
        return replace(self, before=(*self.before[:-1], start))


@dataclass(frozen=True, slots=True)
class Method:
    """``rows.name(argument)``."""

    name: str
    argument: str = ""

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        return f"{rows}.{self.name}({self.argument})"


@dataclass(frozen=True, slots=True)
class Access:
    """``rows[…]`` or ``rows.x``; ``text`` is what stands behind the rows."""

    text: str

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        return f"{rows}{self.text}"


@dataclass(frozen=True, slots=True)
class Infix:
    """``left + rows``; without ``left`` the sign alone, with ``enclosed`` in parentheses."""

    left: str
    sign: str
    enclosed: bool = False

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        text = f"{self.left} {self.sign} {rows}" if self.left else f"{self.sign}{rows}"
        return f"({text})" if self.enclosed else text

    def starting_from(self, start: str) -> Infix:
        """The same with another accumulator."""
        return replace(self, left=start)


@dataclass(frozen=True, slots=True)
class Update:
    """``name.at[index].method(rows)``."""

    name: str
    index: str
    method: str

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        return f"{self.name}.at[{self.index}].{self.method}({rows})"


@dataclass(frozen=True, slots=True)
class Assignment:
    """The statement ``target = rows`` or, with a ``sign``, ``target += rows``."""

    target: str
    sign: str = ""

    def around(self, rows: str) -> str:
        """The text with ``rows`` inside."""
        return f"{self.target} {self.sign}= {rows}"

    def starting_from(self, start: str) -> Infix:
        """The value that is assigned, with ``start`` for the accumulator."""
        return Infix(start, self.sign)


TakingUp = Call | Infix | Assignment
"""How an accumulator takes up reduced rows."""

Layer = Call | Method | Access | Infix | Update | Assignment


@dataclass(frozen=True, slots=True)
class Restore:
    """What makes of the batched result what the loop made; ``layers`` from the inside out."""

    layers: tuple[Layer, ...] = ()

    def of(self, rows: str) -> str:
        """The text in which ``rows`` stands for the batched result."""
        for layer in self.layers:
            rows = layer.around(rows)
        return rows

    def then(self, *layers: Layer) -> Restore:
        """The same with further ``layers`` around it."""
        return Restore((*self.layers, *layers))

    @property
    def outermost(self) -> Layer | None:
        """The layer around all others; None if the batched result is what the loop made."""
        return self.layers[-1] if self.layers else None


AS_IS = Restore()
"""The batched result itself."""
