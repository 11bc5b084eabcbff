"""Answers an editor: pygls around what the neighbours find, show, write and run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psutil
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from vmapify import __version__
from vmapify.server import rewrites, shown
from vmapify.server.analyst import Analysis, Analyst, Superseded
from vmapify.server.documents import SUFFIX, Document, HeldCell, Replaced
from vmapify.server.jobs import JobError, run_job
from vmapify.server.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vmapify.diagnostic import Finding
    from vmapify.server.documents import Snapshot

T = TypeVar("T")

DEBOUNCE = 0.02
"""Seconds without another keystroke after which a text is looked at."""
SIZES = (1, 10, 100, 1000)
"""Numbers of rows that `vmapify.bench` measures, unless others are asked for."""
PARENT = 2.0
"""Seconds between two looks whether the editor is still there."""
WATCHED = ("**/*.py", "**/pyproject.toml", "**/vmapify.toml")
CELL = "vscode-notebook-cell"
PYTHON = "python"


class Open:
    """A document with what is going on about it. ``analysis`` is the last one of all of its text."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.analysis: Analysis | None = None
        self.task: asyncio.Task[None] | None = None
        self.current = threading.Event()
        self.judged: dict[int, str] = {}

    def supersede(self) -> None:
        """The text has changed: what is being done about it is for nothing."""
        self.current.clear()
        self.current = threading.Event()
        self.current.set()
        self.judged.clear()
        if self.task is not None:
            self.task.cancel()


class Service:
    """Answers one editor.

    Texts are kept in `documents`, and asked for as wholes: pygls counts form feeds among the line ends, and moves the places of
    a change about while it makes it.
    """

    def __init__(self) -> None:
        self.ended_well = False
        self._server = LanguageServer("vmapify", __version__, types.TextDocumentSyncKind.Full, _notebooks())
        self._open: dict[str, Open] = {}
        self._analyst = Analyst()
        self._thread = ThreadPoolExecutor(1, "analysis")
        self._blocked, self._debounce = True, DEBOUNCE
        self._editor = rewrites.Editor("utf-16", versions=False)
        self._running = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self._register()

    def run(self, stream: Any) -> None:
        """Answer what comes in ``stream`` until the editor says that it is enough, or is gone."""
        self._server.start_io(stream)
        for one in self._open.values():
            one.supersede()

    def _register(self) -> None:
        actions = types.CodeActionOptions(code_action_kinds=list(rewrites.KINDS))
        for name, answer, options in (
            (types.INITIALIZE, self._begin, None),
            (types.INITIALIZED, self._begun, None),
            (types.SHUTDOWN, self._shut_down, None),
            (types.TEXT_DOCUMENT_DID_OPEN, self._opened, None),
            (types.TEXT_DOCUMENT_DID_CHANGE, self._changed, None),
            (types.TEXT_DOCUMENT_DID_SAVE, self._forget, None),
            (types.TEXT_DOCUMENT_DID_CLOSE, self._closed, None),
            (types.NOTEBOOK_DOCUMENT_DID_OPEN, self._notebook_opened, None),
            (types.NOTEBOOK_DOCUMENT_DID_CHANGE, self._notebook_changed, None),
            (types.NOTEBOOK_DOCUMENT_DID_SAVE, self._forget, None),
            (types.NOTEBOOK_DOCUMENT_DID_CLOSE, self._notebook_closed, None),
            (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self._forget, None),
            (types.WORKSPACE_DID_CHANGE_CONFIGURATION, self._configured, None),
            (types.TEXT_DOCUMENT_CODE_ACTION, self._actions, actions),
            (types.TEXT_DOCUMENT_HOVER, self._hover, None),
        ):
            self._server.feature(name, options)(partial(answer))  # pygls marks what it is given, and no method can be
        self._server.command(rewrites.VERIFY)(partial(self._verify))
        self._server.command(rewrites.BENCH)(partial(self._bench))

    # what the editor says of itself

    def _begin(self, params: Any) -> None:
        folders = [to_fs_path(one.uri) for one in params.workspace_folders or []]
        root = to_fs_path(params.root_uri) if params.root_uri else params.root_path
        self._analyst = Analyst([one for one in (*folders, root) if one])
        edits = getattr(params.capabilities.workspace, "workspace_edit", None)
        encoding = _word(self._server.workspace.position_encoding or "utf-16")
        self._editor = rewrites.Editor(encoding, versions=bool(getattr(edits, "document_changes", None)))
        self._set(params.initialization_options)
        if params.process_id:
            self._watch = asyncio.ensure_future(_end_after(params.process_id))

    async def _begun(self, _: Any) -> None:
        """Ask to be told when files change that what is shown may rest on."""
        workspace = getattr(self._server.client_capabilities, "workspace", None)
        watching = getattr(workspace, "did_change_watched_files", None)
        if getattr(watching, "dynamic_registration", None):
            watchers = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(one) for one in WATCHED])
            wanted = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watchers)
            await self._server.client_register_capability_async(types.RegistrationParams([wanted]))

    def _shut_down(self, _: Any) -> None:
        self.ended_well = True

    def _set(self, options: Any) -> None:
        """Take the options that the editor sends, by themselves or below ``vmapify``; what does not fit is left out."""
        own = _member(options, "vmapify") or options
        blocked, debounce = _member(own, "showBlocked"), _member(own, "debounce")
        self._blocked = blocked if isinstance(blocked, bool) else self._blocked
        if isinstance(debounce, int | float) and not isinstance(debounce, bool) and 0 <= debounce <= 10_000:
            self._debounce = debounce / 1000

    def _configured(self, params: Any) -> None:
        self._set(params.settings)
        self._forget(params)

    def _forget(self, _: Any) -> None:
        """Files have changed on the disk, or settings: look at everything again."""
        self._thread.submit(self._analyst.forget)
        for one in self._open.values():
            self._look(one, 0.0)

    # what is open

    def _opened(self, params: Any) -> None:
        held = params.text_document
        path = _path(held.uri)
        if held.language_id != PYTHON or held.uri.startswith(CELL) or path.endswith(SUFFIX):
            return
        document = Document(held.uri, path, held.version, encoding=self._editor.encoding)
        document.put(held.uri, held.text)
        self._take(document)

    def _changed(self, params: Any) -> None:
        one = self._open.get(params.text_document.uri)
        if one is not None:
            one.document.version = params.text_document.version
            one.document.change(one.document.uri, _changes(params.content_changes))
            self._look(one, self._debounce)

    def _closed(self, params: Any) -> None:
        self._drop(params.text_document.uri)

    def _notebook_opened(self, params: Any) -> None:
        held = params.notebook_document
        path = _path(held.uri)
        path = path if path.endswith(SUFFIX) else f"{path}{SUFFIX}"
        document = Document(held.uri, path, held.version, encoding=self._editor.encoding)
        document.arrange(0, 0, _cells(held.cells))
        for cell in params.cell_text_documents:
            document.put(cell.uri, cell.text)
        self._take(document)

    def _notebook_changed(self, params: Any) -> None:
        one = self._open.get(params.notebook_document.uri)
        if one is None:
            return
        one.document.version = params.notebook_document.version
        cells = params.change.cells
        if cells is not None and cells.structure is not None:
            self._rearranged(one.document, cells.structure)
        for text in cells.text_content or () if cells is not None else ():
            one.document.change(text.document.uri, _changes(text.changes))
        self._look(one, self._debounce)

    def _rearranged(self, document: Document, structure: Any) -> None:
        array = structure.array
        document.arrange(array.start, array.delete_count, _cells(array.cells or ()))
        for cell in structure.did_open or ():
            document.put(cell.uri, cell.text)
        for cell in structure.did_close or ():
            document.drop(cell.uri)
            self._publish(cell.uri, [])

    def _notebook_closed(self, params: Any) -> None:
        self._drop(params.notebook_document.uri)

    def _take(self, document: Document) -> None:
        self._open[document.uri] = one = Open(document)
        self._look(one, 0.0)

    def _drop(self, uri: str) -> None:
        one = self._open.pop(uri, None)
        if one is not None:
            one.supersede()
            for shown_in in one.document.snapshot().uris:
                self._publish(shown_in, [])

    def _holding(self, uri: str) -> Open | None:
        return next((one for one in self._open.values() if one.document.holds(uri)), None)

    # looking

    def _look(self, one: Open, delay: float) -> None:
        one.supersede()
        one.task = asyncio.ensure_future(self._looked(one, one.document.snapshot(), delay))

    async def _looked(self, one: Open, snapshot: Snapshot, delay: float) -> None:
        """Show what is found: at once where something changed, then in all of the text."""
        await asyncio.sleep(delay)
        asked = one.current.is_set
        if one.analysis is not None:
            glance = partial(self._analyst.glance, snapshot, one.analysis, asked, blocked=self._blocked)
            if (seen := await self._in_thread(glance)) is not None:
                self._show(seen)
        whole = await self._in_thread(partial(self._analyst.look, snapshot, asked, blocked=self._blocked))
        if whole is not None:
            broken = whole.source is not None and any(not found.is_note for found in whole.problems)
            if broken and one.analysis is not None and snapshot.cells is None:
                remembered = partial(self._analyst.remembered, whole, one.analysis, blocked=self._blocked)
                self._show(await self._in_thread(remembered) or whole)
                return
            one.analysis = whole
            self._show(whole)

    async def _in_thread(self, work: Callable[[], T]) -> T | None:
        """What ``work`` gives; None if nobody wants it any more."""

        def guarded() -> T | None:
            try:
                return work()
            except Superseded:
                return None

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)

    async def _known(self, one: Open) -> Analysis | None:
        """The analysis of the text as it is now; None where it cannot be looked at."""
        while (task := one.task) is not None:
            await asyncio.wait({task})
            if task is one.task:
                break
        known = one.analysis
        return known if known is not None and known.snapshot.texts == one.document.snapshot().texts else None

    def _show(self, analysis: Analysis) -> None:
        version = None if analysis.snapshot.cells is not None else analysis.snapshot.version
        for uri, found in shown.diagnostics(analysis, self._editor.encoding).items():
            self._publish(uri, found, version)

    def _publish(self, uri: str, found: Sequence[Any], version: int | None = None) -> None:
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=list(found), version=version)
        )

    # answering

    async def _actions(self, params: Any) -> list[Any] | None:
        one = self._holding(params.text_document.uri)
        analysis = await self._known(one) if one is not None else None
        if analysis is None:
            return None
        only = None if params.context.only is None else [_word(kind) for kind in params.context.only]
        uri, place = params.text_document.uri, params.range
        near = [f for f in analysis.findings if rewrites.within(f, analysis, uri, place, self._editor.encoding)]
        found: list[Any] = []
        if rewrites.is_wanted(rewrites.KINDS[0].value, only):
            found += [rewrites.fix_one(finding, analysis, self._editor) for finding in near]
        if rewrites.is_wanted(rewrites.RUNS, only):
            found += [action for finding in near for action in rewrites.runs(finding, analysis)]
        if rewrites.is_wanted(rewrites.FIX_ALL, only):
            found.append(await self._in_thread(partial(rewrites.fix_all, analysis, self._editor)))
        return [action for action in found if action is not None]

    async def _hover(self, params: Any) -> Any:
        one = self._holding(params.text_document.uri)
        analysis = await self._known(one) if one is not None else None
        if one is None or analysis is None or analysis.source is None:
            return None
        line, encoding = params.position.line, self._editor.encoding
        place = types.Range(start=params.position, end=params.position)
        for finding in analysis.findings:
            if rewrites.within(finding, analysis, params.text_document.uri, place, encoding):
                judged = one.judged.get(finding.loop.start, "")
                return shown.hover([finding], analysis, line, encoding, judged)
        return None

    # running

    async def _verify(self, *arguments: Any) -> Any:
        return await self._run("verify", "Verifying the rewrite", arguments[:2], {})

    async def _bench(self, *arguments: Any) -> Any:
        sizes = arguments[2] if len(arguments) > 2 else None
        fits = isinstance(sizes, list | tuple) and all(isinstance(size, int) and size > 0 for size in sizes)
        return await self._run(
            "bench", "Timing loop and rewrite", arguments[:2], {"sizes": sizes if fits and sizes else SIZES}
        )

    async def _run(self, command: str, title: str, arguments: Sequence[Any], more: Mapping[str, Any]) -> Any:
        """What the process that runs both versions says; None if it was cancelled, or there is nothing to run."""
        found = await self._to_run(arguments)
        if isinstance(found, str):
            self._say(found, types.MessageType.Warning)
            return None
        one, finding = found
        request = {"command": command, "path": one.document.path, "start": finding.loop.start, **more}
        folder = one.analysis.settings.root if one.analysis is not None else os.getcwd()  # noqa: PTH109
        try:
            async with self._progress(title) as progress, self._running:
                result = await progress.cancellable(run_job(request, folder, progress.tell))
        except JobError as error:
            self._say(str(error), types.MessageType.Error)
            return None
        if result is None:
            return None
        if command == "verify" and one.analysis is not None and finding in one.analysis.findings:
            one.judged[finding.loop.start] = result["text"]
        self._say(result["text"].partition("\n")[0], types.MessageType.Info)
        self._server.window_log_message(types.LogMessageParams(type=types.MessageType.Info, message=result["text"]))
        return result

    async def _to_run(self, arguments: Sequence[Any]) -> tuple[Open, Finding] | str:
        """The loop that is meant, or why it cannot be run."""
        uri, start = (*arguments, None, None)[:2]
        one = self._holding(uri) if isinstance(uri, str) else None
        analysis = await self._known(one) if one is not None else None
        if one is None or analysis is None:
            return "vmapify: open the file first, and mend its syntax"
        found = [item for item in analysis.findings if item.loop.start == start and item.site is not None]
        if not found:
            return "vmapify: the loop is not there any more"
        if not await asyncio.to_thread(_is_saved, analysis):
            return "vmapify: save the file first; what is run is the file on the disk"
        return one, found[0]

    def _progress(self, title: str) -> Progress:
        window = getattr(self._server.client_capabilities, "window", None)
        return Progress(self._server, title, shown=bool(getattr(window, "work_done_progress", None)))

    def _say(self, text: str, kind: Any) -> None:
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=text))


async def _end_after(process: int) -> None:
    """End with the editor, even if somebody else holds its end of the pipe."""
    while psutil.pid_exists(process):
        await asyncio.sleep(PARENT)
    os._exit(1)


def _notebooks() -> Any:
    cells = [types.NotebookCellLanguage(language=PYTHON)]
    selector = types.NotebookDocumentFilterWithNotebook(
        notebook=types.NotebookDocumentFilterPattern(pattern=f"**/*{SUFFIX}"), cells=cells
    )
    return types.NotebookDocumentSyncOptions(notebook_selector=[selector], save=True)


def _cells(cells: Sequence[Any]) -> list[HeldCell]:
    return [HeldCell(one.document, one.kind == types.NotebookCellKind.Code) for one in cells]


def _changes(changes: Sequence[Any]) -> list[Replaced]:
    return [_change(one) for one in changes]


def _change(change: Any) -> Replaced:
    place = getattr(change, "range", None)
    if place is None:
        return Replaced(change.text)
    return Replaced(change.text, (place.start.line, place.start.character), (place.end.line, place.end.character))


def _path(uri: str) -> str:
    """Where a document stands; one that was never saved, in the working directory."""
    return to_fs_path(uri) or os.path.abspath(uri.rpartition(":")[2].rpartition("/")[2] or "untitled")  # noqa: PTH100


def _word(kind: Any) -> str:
    return str(getattr(kind, "value", kind))


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else getattr(value, key, None)


def _is_saved(analysis: Analysis) -> bool:
    """Whether the file on the disk says what the editor does: for a notebook, in its Python."""
    from vmapify.source import SourceFile, read  # noqa: PLC0415

    with contextlib.suppress(OSError):
        saved = read(analysis.snapshot.path)
        return isinstance(saved, SourceFile) and analysis.source is not None and saved.data == analysis.source.data
    return False
