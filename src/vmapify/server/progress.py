"""A bar in the editor while something runs, with a button that cancels."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Self

T = TypeVar("T")


class Progress:
    """The bar, if the editor shows any: as long as the context lasts."""

    def __init__(self, server: Any, title: str, *, shown: bool) -> None:
        self._progress, self._title, self._shown = server.work_done_progress, title, shown
        self._token = str(uuid.uuid4())

    async def __aenter__(self) -> Self:
        if self._shown:
            await self._progress.create_async(self._token)
            self._progress.begin(self._token, types.WorkDoneProgressBegin(title=self._title, cancellable=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._shown:
            self._progress.end(self._token, types.WorkDoneProgressEnd())
            self._progress.tokens.pop(self._token, None)

    def tell(self, text: str) -> None:
        """Say what is being done."""
        if self._shown:
            self._progress.report(self._token, types.WorkDoneProgressReport(message=text))

    async def cancellable(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What ``work`` gives; None if the button was pressed."""
        task = asyncio.ensure_future(work)
        pressed = self._progress.tokens.get(self._token)
        loop = asyncio.get_running_loop()
        if pressed is not None:
            pressed.add_done_callback(lambda _: loop.call_soon_threadsafe(task.cancel))
        try:
            return await task
        except asyncio.CancelledError:
            if pressed is None or not pressed.cancelled():
                raise
            return None
        finally:
            task.cancel()
