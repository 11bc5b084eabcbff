"""An editor for the tests: the client of pygls, talking to a real `vmapify server` over its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Union

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PATIENCE = 60.0
COMMAND = (sys.executable, "-m", "vmapify", "server")


class Editor:
    """One editor with its server; what the server says is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client: Any = LanguageClient("test", "1", converter_factory=_converter)
        self.shown: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.messages: list[str] = []
        self.progress: list[Any] = []
        self.tokens: list[Any] = []
        self.news = asyncio.Event()
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._published))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._said))
        self.client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(partial(self._created))
        self.client.feature(types.PROGRESS)(partial(self._progressed))
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(partial(self._registered))
        self.watched: list[str] = []

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.shown.setdefault(params.uri, []).append(params)
        self.news.set()

    def _said(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self.news.set()

    def _created(self, params: types.WorkDoneProgressCreateParams) -> None:
        self.tokens.append(params.token)

    def _registered(self, params: types.RegistrationParams) -> None:
        for one in params.registrations:
            options: Any = one.register_options
            self.watched += [watcher["globPattern"] for watcher in options["watchers"]]
        self.news.set()

    def _progressed(self, params: types.ProgressParams) -> None:
        self.progress.append(params.value)
        self.news.set()

    async def until(self, done: Callable[[], Any]) -> Any:
        """What ``done`` gives once it is anything."""
        async with asyncio.timeout(PATIENCE):
            while not (found := done()):
                self.news.clear()
                await self.news.wait()
            return found

    async def found(self, uri: str, version: int | None = None) -> list[types.Diagnostic]:
        """The diagnostics of a text in this version, when nothing follows them for a while."""

        def there() -> list[types.PublishDiagnosticsParams]:
            return [one for one in self.shown.get(uri, []) if version is None or one.version == version]

        await self.until(there)
        count = 0
        while count != len(there()):
            count = len(there())
            await asyncio.sleep(0.7)
        return list(there()[-1].diagnostics)

    def open(self, name: str, text: str, *, write: bool = True, version: int = 1) -> str:
        """Open a file that holds ``text``; gives its URI."""
        path = self.folder / name
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        uri = path.as_uri()
        item = types.TextDocumentItem(uri=uri, language_id="python", version=version, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        return uri

    def type(self, uri: str, version: int, *changes: Any) -> None:
        """Change an open text."""
        held = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        params = types.DidChangeTextDocumentParams(text_document=held, content_changes=list(changes))
        self.client.text_document_did_change(params)

    async def actions(self, uri: str, line: int, only: list[str] | None = None) -> list[types.CodeAction]:
        """What is offered on a line."""
        context = types.CodeActionContext(diagnostics=[], only=only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at(line), context)
        async with asyncio.timeout(PATIENCE):
            return await self.client.text_document_code_action_async(params) or []

    async def hover(self, uri: str, line: int) -> str:
        """What is said where the mouse rests."""
        place = types.Position(line=line, character=6)
        async with asyncio.timeout(PATIENCE):
            answer = await self.client.text_document_hover_async(
                types.HoverParams(types.TextDocumentIdentifier(uri), place)
            )
        return "" if answer is None else answer.contents.value


def _converter() -> Any:
    """The converter of pygls, which takes an action with a command for the command itself."""
    converter = default_converter()

    def action(answer: Any, _: type) -> types.Command | types.CodeAction:
        plain = isinstance(answer.get("command"), str)
        return converter.structure(answer, types.Command if plain else types.CodeAction)

    converter.register_structure_hook(Union[types.Command, types.CodeAction], action)  # noqa: UP007 - as it is registered there
    return converter


def at(line: int) -> types.Range:
    """The beginning of a line."""
    return types.Range(start=types.Position(line=line, character=0), end=types.Position(line=line, character=0))


def replaced(start: tuple[int, int], end: tuple[int, int], text: str) -> Any:
    """A change of a text between two places."""
    place = types.Range(start=types.Position(*start), end=types.Position(*end))
    return types.TextDocumentContentChangePartial(range=place, text=text)


def whole(text: str) -> Any:
    """A change of all of a text."""
    return types.TextDocumentContentChangeWholeDocument(text=text)


@contextlib.asynccontextmanager
async def editor(
    folder: Path, *, options: Any = None, encodings: list[str] | None = None, versions: bool = True
) -> AsyncIterator[Editor]:
    """An editor that has ``folder`` open; at the end it says good-bye, and the server has to end well."""
    one = Editor(folder)
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    await one.client.start_io(*COMMAND, cwd=str(folder), env=environment)
    capabilities = types.ClientCapabilities(
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versions),
        ),
        general=types.GeneralClientCapabilities(position_encodings=encodings),
    )
    async with asyncio.timeout(PATIENCE):
        await one.client.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                process_id=os.getpid(),
                root_uri=folder.as_uri(),
                initialization_options=options,
            )
        )
    one.client.initialized(types.InitializedParams())
    try:
        yield one
        async with asyncio.timeout(PATIENCE):
            await one.client.shutdown_async(None)
            one.client.exit(None)
            code = await one.client._server.wait()
        assert code == 0, "the server did not end well"
    finally:
        with contextlib.suppress(ProcessLookupError):
            one.client._server.kill()
        await one.client._server.wait()
        await one.client.stop()


def applied(text: str, edits: list[types.TextEdit], encoding: str = "utf-16") -> str:
    """A text after an editor has made edits, by its own reckoning of lines and columns."""
    for edit in sorted(edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True):
        start, end = (_index(text, place, encoding) for place in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


def _index(text: str, place: types.Position, encoding: str) -> int:
    rows = text.replace("\r\n", "\r\n\0").replace("\n", "\n\0").replace("\n\0\0", "\n\0").split("\0")
    before = "".join(rows[: place.line])
    if place.line >= len(rows):
        return len(text)
    raw = rows[place.line].encode("utf-16-le" if encoding == "utf-16" else encoding)
    unit = 2 if encoding == "utf-16" else 1
    return len(before) + len(raw[: unit * place.character].decode("utf-16-le" if encoding == "utf-16" else encoding))
