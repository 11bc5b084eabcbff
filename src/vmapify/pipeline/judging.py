"""From settings to a judge: the way into the verifier, taken only when something has to be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmapify.config import Settings
    from vmapify.diagnostic import Site, Verification
    from vmapify.pipeline.fix import Judge


def judge_with(settings: Settings, progress: Callable[[str], None]) -> Judge:
    """A judge that runs both versions of every site under ``settings`` and tells ``progress`` about it."""

    def judge(sites: Sequence[Site]) -> Sequence[Verification]:
        raise NotImplementedError

    return judge
