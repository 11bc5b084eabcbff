"""`vmapify server`, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from editor_client import COMMAND, PATIENCE, applied, editor, replaced, whole
from lsprotocol import types

from vmapify.server.rewrites import FIX_ALL, RUNS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

LOOP = """\
import jax
import jax.numpy as jnp


def energies(w: jax.Array, xs: jax.Array) -> jax.Array:
    out = []
    for x in xs:
        out.append(jnp.sum(w * x))
    return jnp.stack(out)
"""
REWRITTEN = """\
import jax
import jax.numpy as jnp


def energies(w: jax.Array, xs: jax.Array) -> jax.Array:
    return jax.vmap(lambda x: jnp.sum(w * x))(xs)
"""
CALLED = LOOP + "\n\nprint(energies(jnp.ones(3), jnp.ones((8, 3))))\n"
STAYS = """\
import jax
import jax.numpy as jnp


def decays(x: jax.Array, steps: jax.Array) -> jax.Array:
    out = []
    for step in steps:
        x = x * step
        out.append(jnp.sum(x))
    return jnp.stack(out)
"""
UNSURE = """\
import jax.numpy as jnp


def norms(rows):
    out = []
    for row in rows:
        out.append(jnp.sum(row))
    return jnp.stack(out)
"""


def in_editor(folder: Path, script: Callable[[Any], Awaitable[None]], **options: Any) -> None:
    """Do what ``script`` does in an editor that has ``folder`` open."""

    async def session() -> None:
        async with editor(folder, **options) as one:
            await script(one)

    asyncio.run(session())


def changed_by(action: types.CodeAction, uri: str) -> list[types.TextEdit]:
    """The edits of an action in one text."""
    assert action.edit is not None
    if action.edit.document_changes is not None:
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.uri == uri
        return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
    assert action.edit.changes is not None
    return list(action.edit.changes[uri])


def of_kind(actions: list[types.CodeAction], kind: str) -> list[types.CodeAction]:
    return [one for one in actions if one.kind is not None and str(getattr(one.kind, "value", one.kind)) == kind]


def test_a_loop_is_shown_and_rewritten(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", LOOP)
        (found,) = await one.found(uri, 1)
        assert (found.code, found.source, found.severity) == ("VM101", "vmapify", types.DiagnosticSeverity.Warning)
        assert found.range == types.Range(types.Position(6, 4), types.Position(6, 16))
        assert found.code_description.href.endswith("/rules/VM101/")
        actions = await one.actions(uri, 6)
        (fix,) = of_kind(actions, "quickfix")
        assert "safe" in fix.title
        assert fix.is_preferred
        assert list(fix.diagnostics or ()) == [found]
        assert applied(LOOP, changed_by(fix, uri)) == REWRITTEN
        assert fix.edit.document_changes[0].text_document.version == 1
        (every,) = await one.actions(uri, 0, only=["source.fixAll"])
        assert every.kind == FIX_ALL
        assert applied(LOOP, changed_by(every, uri)) == REWRITTEN
        assert not of_kind(await one.actions(uri, 0), "quickfix")
        assert {action.command.command for action in of_kind(actions, RUNS)} == {"vmapify.verify", "vmapify.bench"}
        one.type(uri, 2, whole(REWRITTEN))
        assert await one.found(uri, 2) == []
        assert await one.actions(uri, 5) == []

    in_editor(tmp_path, script)


def test_what_is_not_proven_is_not_among_the_safe(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", UNSURE)
        (fix,) = of_kind(await one.actions(uri, 5), "quickfix")
        assert "unverified" in fix.title
        assert not fix.is_preferred
        new = applied(UNSURE, changed_by(fix, uri))
        assert new.startswith("import jax\nimport jax.numpy as jnp\n"), "the import that is missing comes with it"
        assert "jax.vmap" in new
        assert await one.actions(uri, 5, only=[FIX_ALL]) == []

    in_editor(tmp_path, script)


def test_edits_without_versions_for_clients_that_know_none(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", LOOP)
        (fix,) = of_kind(await one.actions(uri, 6), "quickfix")
        assert fix.edit.document_changes is None
        assert applied(LOOP, changed_by(fix, uri)) == REWRITTEN

    in_editor(tmp_path, script, versions=False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_columns_are_counted_as_agreed_on(tmp_path: Path, encoding: str) -> None:
    text = LOOP.replace("    return jnp", "    return '\U0001f600é' and jnp").replace(
        "out = []\n    for", "out = []; '\U0001f600'\n    for"
    )
    row = "    a = '\U0001f600é', jnp.stack([jnp.sin(x) for x in xs])"
    one_line = f"import jax.numpy as jnp\n\n\ndef f(xs):\n{row}\n    return a\n"

    async def script(one: Any) -> None:
        uri = one.open("line.py", one_line)
        (found,) = await one.found(uri, 1)
        start = row.index("jnp.stack")
        units = {"utf-8": len(row[:start].encode()), "utf-16": start + 1, "utf-32": start}[encoding]
        assert found.range.start == types.Position(4, units)
        assert found.range.end.character - units == len("jnp.stack([jnp.sin(x) for x in xs])")
        other = one.open("model.py", text)
        (_,) = await one.found(other, 1)
        # an insertion behind the character that takes two units of UTF-16
        line = text.split("\n").index("    out = []; '\U0001f600'")
        before = text.split("\n")[line]
        column = {"utf-8": len(before.encode()), "utf-16": len(before) + 1, "utf-32": len(before)}[encoding]
        one.type(other, 2, replaced((line, column), (line, column), "  # é"))
        await one.found(other, 2)
        new = text.replace(before, before + "  # é")
        (fix,) = of_kind(await one.actions(other, line + 1), "quickfix")
        result = applied(new, changed_by(fix, other), encoding)
        assert "jax.vmap" in result
        compile(result, "model.py", "exec")

    in_editor(tmp_path, script, encodings=[encoding])


def test_line_ends_of_windows_and_byte_order_marks_stay(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        for name, mark in (("plain.py", ""), ("marked.py", "\ufeff")):
            text = mark + LOOP.replace("\n", "\r\n")
            uri = one.open(name, text)
            (found,) = await one.found(uri, 1)
            assert found.range.end == types.Position(6, 16)
            (fix,) = of_kind(await one.actions(uri, 6), "quickfix")
            assert applied(text, changed_by(fix, uri)) == mark + REWRITTEN.replace("\n", "\r\n")

    in_editor(tmp_path, script)


def test_a_form_feed_ends_no_line(tmp_path: Path) -> None:
    text = "# a\x0cb\u2028c\n" + LOOP

    async def script(one: Any) -> None:
        uri = one.open("model.py", text)
        (found,) = await one.found(uri, 1)
        assert found.range.start == types.Position(7, 4)
        one.type(uri, 2, replaced((8, 35), (8, 35), "  # here"))
        await one.found(uri, 2)
        new = text.replace("out.append(jnp.sum(w * x))", "out.append(jnp.sum(w * x))  # here")
        (fix,) = of_kind(await one.actions(uri, 7), "quickfix")
        result = applied(new, changed_by(fix, uri))
        assert "jax.vmap" in result
        assert result.startswith("# a\x0cb\u2028c\nimport jax\n")

    in_editor(tmp_path, script)


def test_broken_syntax_while_typing(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", LOOP)
        await one.found(uri, 1)
        one.type(uri, 2, replaced((3, 0), (3, 0), "x = (\n"))
        found = await one.found(uri, 2)
        assert [one.code for one in found] == ["VM101", "problem"]
        assert found[0].range.start == types.Position(7, 4), "what is known of the other lines moves with them"
        assert found[1].severity == types.DiagnosticSeverity.Error
        assert await one.actions(uri, 7) == [], "nothing is written into a text that cannot be parsed"
        one.type(uri, 3, replaced((3, 5), (3, 5), ")"))
        assert [one.code for one in await one.found(uri, 3)] == ["VM101"]
        assert of_kind(await one.actions(uri, 7), "quickfix")

    in_editor(tmp_path, script)


def test_only_the_last_of_many_keystrokes_counts(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", LOOP)
        await one.found(uri, 1)
        for version in range(2, 42):
            one.type(uri, version, replaced((4, 0), (4, 0), "#"), replaced((4, 0), (4, 1), ""))
        one.type(uri, 42, replaced((0, 0), (0, 0), "\n"))
        (found,) = await one.found(uri, 42)
        assert found.range.start == types.Position(7, 4)
        versions = [params.version for params in one.shown[uri]]
        assert versions == sorted(versions)
        assert len(versions) < 20

    in_editor(tmp_path, script, options={"debounce": 200})


def test_hovering_explains(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", LOOP)
        text = await one.hover(uri, 6)
        assert "append-then-stack (VM101)" in text
        assert "## Why is this bad?" in text
        assert await one.hover(uri, 0) == ""
        other = one.open("stays.py", STAYS)
        assert "loop-carried-dependency (reason)" in await one.hover(other, 6)

    in_editor(tmp_path, script)


def test_loops_that_stay_are_hints_unless_nobody_wants_them(tmp_path: Path) -> None:
    async def wanted(one: Any) -> None:
        uri = one.open("model.py", STAYS)
        (found,) = await one.found(uri, 1)
        assert found.severity == types.DiagnosticSeverity.Hint
        assert "must stay a loop" in found.message
        assert found.related_information[0].location.range.start.line == 8
        assert await one.actions(uri, 6) == []
        settings = {"vmapify": {"showBlocked": False}}
        one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        await one.until(lambda: one.shown[uri][-1].diagnostics in ([], ()))

    async def unwanted(one: Any) -> None:
        assert await one.found(one.open("model.py", STAYS), 1) == []

    in_editor(tmp_path, wanted)
    in_editor(tmp_path, unwanted, options={"vmapify": {"showBlocked": False}})
    in_editor(tmp_path, wanted, options={"showBlocked": "yes", "debounce": -3, "more": [1]})


def test_the_nearest_settings_decide(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.vmapify]\nextend-exclude = ["left_out.py"]\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "vmapify.toml").write_text('ignore = ["VM101"]\n')

    async def script(one: Any) -> None:
        await one.until(lambda: "**/pyproject.toml" in one.watched)
        assert len(await one.found(one.open("model.py", LOOP), 1)) == 1
        assert await one.found(one.open("left_out.py", LOOP), 1) == []
        uri = one.open("inner/model.py", LOOP)
        assert await one.found(uri, 1) == []
        (inner / "vmapify.toml").write_text('ignroe = ["VM101"]\n')
        changes = [types.FileEvent(uri=(inner / "vmapify.toml").as_uri(), type=types.FileChangeType.Changed)]
        one.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
        await one.until(lambda: one.shown[uri][-1].diagnostics)
        (problem,) = one.shown[uri][-1].diagnostics
        assert "vmapify.toml:1: unknown key `ignroe`" in problem.message
        (inner / "vmapify.toml").write_text("")
        held = types.TextDocumentIdentifier(uri)
        one.client.text_document_did_save(types.DidSaveTextDocumentParams(held))
        await one.until(lambda: [d.code for d in one.shown[uri][-1].diagnostics] == ["VM101"])

    in_editor(tmp_path, script)


def test_suppressed_loops_are_not_shown_and_idle_comments_can_be_removed(tmp_path: Path) -> None:
    silent = LOOP.replace("for x in xs:", "for x in xs:  # vmapify: ignore[VM101] as a reference")
    idle = "import jax\n\nx = 1  # vmapify: ignore[VM101]\n"

    async def script(one: Any) -> None:
        assert await one.found(one.open("silent.py", silent), 1) == []
        uri = one.open("idle.py", idle)
        (found,) = await one.found(uri, 1)
        assert found.code == "VM901"
        assert list(found.tags or ()) == [types.DiagnosticTag.Unnecessary]
        (fix,) = of_kind(await one.actions(uri, 2), "quickfix")
        assert applied(idle, changed_by(fix, uri)) == "import jax\n\nx = 1\n"

    in_editor(tmp_path, script)


def test_a_file_that_was_never_saved_and_one_that_is_closed(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        item = types.TextDocumentItem(uri="untitled:Untitled-1", language_id="python", version=1, text=LOOP)
        one.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        assert len(await one.found("untitled:Untitled-1", 1)) == 1
        uri = one.open("new.py", LOOP, write=False)
        assert len(await one.found(uri, 1)) == 1
        (verify, _) = of_kind(await one.actions(uri, 6), RUNS)
        assert await command(one, verify) is None
        assert any("save the file first" in message for message in one.messages)
        one.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        await one.until(lambda: not one.shown[uri][-1].diagnostics)

    in_editor(tmp_path, script)


async def command(one: Any, action: types.CodeAction, *more: Any) -> Any:
    """The answer to the command of an action."""
    assert action.command is not None
    arguments = [*(action.command.arguments or []), *more]
    async with asyncio.timeout(3 * PATIENCE):
        return await one.client.workspace_execute_command_async(
            types.ExecuteCommandParams(action.command.command, arguments=arguments)
        )


def test_a_rewrite_is_verified_and_timed_in_children(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", CALLED)
        verify, bench = of_kind(await one.actions(uri, 6), RUNS)
        result = await command(one, verify)
        assert result["verdict"] == "identical"
        assert result["verification"]["device"] == "cpu:0"
        kinds = [value["kind"] if isinstance(value, dict) else value.kind for value in one.progress]
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        assert "report" in kinds
        assert any("identical" in message for message in one.messages)
        assert "identical" in await one.hover(uri, 6)
        timed = await command(one, bench, [1, 5])
        assert {row["batch_size"] for row in timed["bench"]["results"][0]["measurements"]} >= {1, 5}
        assert not loads_jax(one.client._server.pid)

    in_editor(tmp_path, script)


def loads_jax(process: int) -> bool:
    """Whether the process has the compiled parts of JAX in its memory, where the system shows it."""
    with contextlib.suppress(psutil.Error, NotImplementedError, AttributeError):
        return any("jaxlib" in part.path for part in psutil.Process(process).memory_maps())
    return False


SLOW = CALLED.replace("import jax\n", "import time\nimport jax\n", 1).replace("print(", "time.sleep(300)\nprint(")


def children(process: int) -> list[psutil.Process]:
    return psutil.Process(process).children(recursive=True)


async def gone(processes: list[psutil.Process]) -> None:
    """Wait until none of the processes is there."""
    async with asyncio.timeout(PATIENCE):
        while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            await asyncio.sleep(0.1)


def test_the_button_cancels_what_runs(tmp_path: Path) -> None:
    async def script(one: Any) -> None:
        uri = one.open("model.py", SLOW)
        verify, _ = of_kind(await one.actions(uri, 7), RUNS)
        asked = asyncio.ensure_future(command(one, verify))
        await one.until(lambda: len(one.progress) > 1)
        while len(running := children(one.client._server.pid)) < 2:
            await asyncio.sleep(0.1)
        token = one.tokens[-1]
        one.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token=token))
        assert await asked is None
        await gone(running)
        assert len(await one.found(uri, 1)) == 1, "the server goes on"

    in_editor(tmp_path, script)


def test_what_runs_ends_with_the_server(tmp_path: Path) -> None:
    async def session() -> None:
        with contextlib.suppress(AssertionError, RuntimeError):
            async with editor(tmp_path) as one:
                uri = one.open("model.py", SLOW)
                verify, _ = of_kind(await one.actions(uri, 7), RUNS)
                asked = asyncio.ensure_future(command(one, verify))
                server = psutil.Process(one.client._server.pid)
                while len(running := children(server.pid)) < 2:
                    await asyncio.sleep(0.1)
                server.kill()
                await gone(running)
                with contextlib.suppress(RuntimeError):
                    await asked
                return

    asyncio.run(session())


NOTEBOOK = "jupyter-notebook"


def cell(uri: str, text: str) -> types.TextDocumentItem:
    return types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)


def test_notebooks_are_looked_at_cell_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "study.ipynb"
    uri = path.as_uri()
    names = [f"vscode-notebook-cell:{path}#{number}" for number in range(4)]
    imports = "%matplotlib inline\nimport jax\nimport jax.numpy as jnp\nxs = jnp.ones((8, 3))"
    loop = "out = []\nfor x in xs:\n    out.append(jnp.sum(x))\nrows = jnp.stack(out)\nrows"
    code, markup = types.NotebookCellKind.Code, types.NotebookCellKind.Markup

    async def script(one: Any) -> None:
        cells = [
            types.NotebookCell(markup, names[0]),
            types.NotebookCell(code, names[1]),
            types.NotebookCell(code, names[2]),
        ]
        held = types.NotebookDocument(uri=uri, notebook_type=NOTEBOOK, version=1, cells=cells)
        texts = [cell(names[1], imports), cell(names[2], loop)]
        one.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(held, texts))
        (found,) = await one.found(names[2])
        assert found.range.start == types.Position(1, 0)
        assert await one.found(names[1]) == []
        (fix,) = of_kind(await one.actions(names[2], 1), "quickfix")
        assert list(fix.edit.changes) == [names[2]]
        assert "jax.vmap" in applied(loop, list(fix.edit.changes[names[2]]))
        assert "append-then-stack" in await one.hover(names[2], 1)
        # a line more in the cell, then a new cell before it, then the loop goes
        version = types.VersionedNotebookDocumentIdentifier(version=2, uri=uri)
        text = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(2, names[2]), [replaced((0, 0), (0, 0), "# é\n")]
        )
        change = types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(text_content=[text]))
        one.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(version, change))
        await one.until(lambda: [d.range.start.line for d in one.shown[names[2]][-1].diagnostics] == [2])
        array = types.NotebookCellArrayChange(start=2, delete_count=0, cells=[types.NotebookCell(code, names[3])])
        structure = types.NotebookDocumentCellChangeStructure(array=array, did_open=[cell(names[3], "xs = 2 * xs")])
        change = types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(structure=structure))
        version = types.VersionedNotebookDocumentIdentifier(version=3, uri=uri)
        one.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(version, change))
        await one.until(lambda: names[3] in one.shown)
        (fix,) = of_kind(await one.actions(names[2], 2), "quickfix")
        assert list(fix.edit.changes) == [names[2]]
        array = types.NotebookCellArrayChange(start=3, delete_count=1, cells=[])
        structure = types.NotebookDocumentCellChangeStructure(
            array=array, did_close=[types.TextDocumentIdentifier(names[2])]
        )
        change = types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(structure=structure))
        version = types.VersionedNotebookDocumentIdentifier(version=4, uri=uri)
        one.client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(version, change))
        await one.until(lambda: not one.shown[names[2]][-1].diagnostics)

    in_editor(tmp_path, script)


GARBAGE = (
    b"hello\r\n\r\n",
    b"Content-Length: 3\r\n\r\n{]}",
    b"Content-Length: 4\r\n\r\n1234",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
    b"\xff" * 100_000 + b"\n",
    b"Content-Length: -5\r\n\r\n",
)


def message(**body: Any) -> bytes:
    text = json.dumps({"jsonrpc": "2.0", **body}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(text), text)


def talk(data: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(COMMAND, input=data, capture_output=True, check=False, timeout=PATIENCE, cwd=folder)


def test_garbage_is_answered_or_ignored_and_never_a_traceback(tmp_path: Path) -> None:
    begin = message(id=1, method="initialize", params={"capabilities": {}, "processId": None, "rootUri": None})
    odd = [
        message(id=2, method="no/such/thing", params={}),
        message(
            method="textDocument/didChange",
            params={"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []},
        ),
        message(method="textDocument/didOpen", params={"nothing": 1}),
        message(
            id=3,
            method="textDocument/hover",
            params={"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}},
        ),
        message(id=4, method="workspace/executeCommand", params={"command": "vmapify.verify", "arguments": [7, {}]}),
        message(id=5, method="workspace/executeCommand", params={"command": "vmapify.verify"}),
        message(id=6, method="textDocument/codeAction", params=[]),
    ]
    end = message(id=7, method="shutdown") + message(method="exit")
    done = talk(b"".join([*GARBAGE, begin, *odd, *GARBAGE, end]), tmp_path)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    answered = {
        number for number in range(1, 8) if b'"id": %d' % number in done.stdout or b'"id":%d' % number in done.stdout
    }
    assert answered == {1, 2, 3, 4, 5, 7}


@pytest.mark.parametrize("tail", [b"", b"Content-Length: 100\r\n\r\n{", b"Content-Length: 99999999999999999\r\n\r\n{"])
def test_the_server_ends_when_its_input_does(tmp_path: Path, tail: bytes) -> None:
    begin = message(id=1, method="initialize", params={"capabilities": {}, "processId": None, "rootUri": None})
    held = {"uri": (tmp_path / "m.py").as_uri(), "languageId": "python", "version": 1, "text": LOOP * 20}
    done = talk(begin + message(method="textDocument/didOpen", params={"textDocument": held}) + tail, tmp_path)
    assert done.returncode == 1, "nobody said good-bye"
    assert b"Traceback" not in done.stderr


def test_the_server_ends_with_its_editor_though_the_pipe_is_held_open(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    try:
        assert server.stdin is not None
        params = {"capabilities": {}, "processId": other.pid, "rootUri": None}
        server.stdin.write(message(id=1, method="initialize", params=params))
        server.stdin.flush()
        time.sleep(1)
        assert server.poll() is None
        other.kill()
        other.wait()
        assert server.wait(timeout=PATIENCE) == 1
    finally:
        other.kill()
        server.kill()
        server.communicate()
        other.wait()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_server_without_a_word(tmp_path: Path, number: signal.Signals) -> None:
    server = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    try:
        assert server.stdin is not None
        assert server.stdout is not None
        params = {"capabilities": {}, "processId": None, "rootUri": None}
        server.stdin.write(message(id=1, method="initialize", params=params))
        server.stdin.flush()
        assert server.stdout.readline().startswith(b"Content-Length")
        server.send_signal(number)
        assert server.wait(timeout=PATIENCE) == 128 + number
    finally:
        server.kill()
        _, errors = server.communicate()
    assert errors == b""


def test_without_pygls_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(\"No module named 'pygls'\", name='pygls')\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        COMMAND, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert done.stderr == "vmapify: the language server needs pygls 2; run `pip install 'vmapify[server]'`\n"
