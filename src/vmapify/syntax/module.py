"""A parsed file: its tree, the parent of every node, and byte spans."""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from vmapify.diagnostic import Span
from vmapify.source import Cell, cell_at
from vmapify.syntax.counted import count_loops
from vmapify.syntax.tree import linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Block = list[ast.stmt]
_Node = TypeVar("_Node", bound=ast.AST)


class Module:
    """One file as ``ast`` sees it; what is derived from the tree is computed once, when it is asked for.

    ``data`` is UTF-8 without a byte order mark, so ``ast`` column offsets (UTF-8 bytes) index straight into it.
    ``cells`` are those of a notebook, which are run one by one, perhaps more than once. ``counters``: the loops that are
    ``while`` loops in the text, each with the statement that sets its counter. ``unread``: functions that may be parsed
    later (see ``skim``).
    """

    def __init__(
        self,
        path: str,
        data: bytes,
        tree: ast.Module,
        cells: tuple[Cell, ...] = (),
        counters: dict[ast.For, ast.stmt] | None = None,
    ) -> None:
        self.path = path
        self.data = data
        self.tree = tree
        self.cells = cells
        self.counters = counters or {}
        self.unread: list[ast.FunctionDef] = []
        self._several: dict[tuple[type[ast.AST], ...], list[ast.AST]] = {}

    @cached_property
    def line_starts(self) -> list[int]:
        """Byte offset at which each line starts; ``ast`` counts ``\\n``, ``\\r\\n`` and ``\\r`` as line ends."""
        lines = self.data.splitlines(keepends=True)
        ends = accumulate(map(len, lines))
        return [0, *ends] if not lines or lines[-1].endswith((b"\n", b"\r")) else [0, *ends][:-1]

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node, breadth first."""
        while self.unread:
            assert self.unread.pop().end_lineno  # which reads it
        self.parents, nodes = linked(self.tree)
        return nodes

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node but the root."""
        parents, nodes = linked(self.tree)
        if not self.unread:
            self.nodes = nodes
        return parents

    def take_in(self, function: ast.FunctionDef) -> None:
        """A function has been read."""
        if "parents" in vars(self):
            self.parents.update(linked(function)[0])

    def of(self, *kinds: type[_Node]) -> list[_Node]:
        """Every node of exactly one of ``kinds``, breadth first."""
        tables = self._by_kind
        present = [kind for kind in kinds if kind in tables]
        if len(present) <= 1:
            return tables[present[0]] if present else []  # type: ignore[return-value]
        return self._of_several(tuple(present))  # type: ignore[return-value]

    def _of_several(self, kinds: tuple[type[ast.AST], ...]) -> list[ast.AST]:
        if kinds not in self._several:
            self._several[kinds] = [node for node in self.nodes if node.__class__ in kinds]
        return self._several[kinds]

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names that some function declares ``global``."""
        return self._declared(ast.Global) if b"global" in self.data else frozenset()

    @cached_property
    def declared_nonlocal(self) -> frozenset[str]:
        """The names that some function declares ``nonlocal``."""
        return self._declared(ast.Nonlocal) if b"nonlocal" in self.data else frozenset()

    def _declared(self, kind: type[ast.Global | ast.Nonlocal]) -> frozenset[str]:
        nodes = linked(self.tree)[1] if self.unread else self.nodes
        return frozenset(name for node in nodes if isinstance(node, kind) for name in node.names)

    def named(self, name: str) -> list[ast.Name]:
        """Every ``Name`` node for ``name``, breadth first."""
        return self._by_name.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[ast.Name]]:
        tables: dict[str, list[ast.Name]] = {}
        for node in self.of(ast.Name):
            tables.setdefault(node.id, []).append(node)
        return tables

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        tables: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.nodes:
            tables.setdefault(node.__class__, []).append(node)
        return tables

    @cached_property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return [line.decode(errors="replace") for line in self.data.splitlines()]

    def offset(self, line: int, column: int) -> int:
        """Byte offset of a 1-based line and a 0-based UTF-8 column."""
        return self.line_starts[line - 1] + column

    def line_of(self, offset: int) -> int:
        """The 1-based line that holds ``offset``."""
        return bisect_right(self.line_starts, offset)

    def span(self, node: ast.expr | ast.stmt | ast.arg) -> Span:
        """The bytes of ``node``; a decorated definition starts at its first decorator."""
        line, column = node.lineno, node.col_offset
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            line, column = decorators[0].lineno, decorators[0].col_offset - 1
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Span(self.offset(line, column), self.offset(node.end_lineno, node.end_col_offset))

    def text(self, node: ast.expr | ast.stmt | ast.arg) -> str:
        """The source text of ``node``, exactly as written."""
        span = self.span(node)
        return self.data[span.start : span.end].decode()

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, innermost first."""
        parents = self.parents
        while node in parents:
            node = parents[node]
            yield node

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost function around ``node``, None at module or class level."""
        for outer in self.ancestors(node):
            if isinstance(outer, FunctionNode):
                return outer
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class around ``node``."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def qualified_name(self, node: ast.AST) -> str | None:
        """``Model.energies`` for a node inside that method; None at module level."""
        parts = [
            outer.name
            for outer in self.ancestors(node)
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        return ".".join(reversed(parts)) or None

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds ``node`` (the node itself if it is one)."""
        if isinstance(node, ast.stmt):
            return node
        return next(outer for outer in self.ancestors(node) if isinstance(outer, ast.stmt))

    def cell_of(self, node: ast.AST) -> Cell | None:
        """The notebook cell that holds ``node``; None in a plain file."""
        line = getattr(node, "lineno", None)
        return cell_at(self.cells, self.offset(line, node.col_offset)) if self.cells and line else None  # type: ignore[attr-defined]

    def line_in_words(self, line: int) -> str:
        """Where a reader finds a line: ``line 5``, or ``line 2 of cell 3``."""
        cell = cell_at(self.cells, self.line_starts[line - 1])
        if cell is None:
            return f"line {line}"
        return f"line {line - self.line_of(cell.span.start) + 1} of cell {cell.number + 1}"

    def block_of(self, statement: ast.stmt) -> tuple[Block, int]:
        """The list of statements that holds ``statement``, and its index there.

        At the top of a notebook this is the cell: what surrounds it may have run before, later, or again.
        """
        block, index = self.whole_block_of(statement)
        cell = self.cell_of(statement) if block is self.tree.body else None
        if cell is None:
            return block, index
        inside = self.block_in(cell)
        return inside, next(k for k, item in enumerate(inside) if item is statement)

    def block_in(self, cell: Cell) -> Block:
        """The statements of one notebook cell."""
        return [statement for statement in self.tree.body if cell.span.covers(self.span(statement))]

    def shown(self, cell: Cell) -> ast.Expr | None:
        """The last expression of a notebook cell if its value is shown below the cell: a semicolon keeps it quiet."""
        block = self.block_in(cell)
        if not block or not isinstance(last := block[-1], ast.Expr):
            return None
        rest = self.data[self.span(last).end : cell.span.end].lstrip()
        return None if rest.startswith(b";") else last

    def whole_block_of(self, statement: ast.stmt) -> tuple[Block, int]:
        """The list of statements that holds ``statement``, and its index there, across the cells of a notebook."""
        parent = self.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and any(item is statement for item in block):
                return block, next(k for k, item in enumerate(block) if item is statement)
        raise AssertionError(f"{self.path}: statement without a block at line {statement.lineno}")


def parse(path: str, data: bytes, cells: Sequence[Cell] = ()) -> Module:
    """Parse ``data``, which are the ``cells`` of a notebook if there are any.

    Raises:
        SyntaxError: the text is not Python that this interpreter reads, or a statement runs over two cells.
        ValueError: the text holds a NUL byte.
    """
    tree = tree_of(path, data)
    module = Module(path, data, tree, tuple(cells))
    if b"while" in data and (counters := count_loops(module)):
        module = Module(path, data, tree, tuple(cells), counters)
    for statement in tree.body if cells else ():
        span = module.span(statement)
        cell = cell_at(module.cells, span.end)
        if cell is None or (cell_at(module.cells, span.start) or cell) is not cell:
            raise SyntaxError("the last statement of a cell is not complete", (path, statement.lineno, 1, None))
    return module


def tree_of(path: str, data: bytes) -> ast.Module:
    """As ``ast.parse``, without a word.

    Raises:
        SyntaxError: the text is not Python that this interpreter reads.
        ValueError: the text holds a NUL byte.
    """
    with warnings.catch_warnings():
        # a file that is only read must not print its own "invalid escape sequence" warnings
        warnings.simplefilter("ignore")
        return ast.parse(data, filename=path)
