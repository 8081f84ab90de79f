"""The work a provider does between requests: started here, and all of it stopped when the provider is."""

import asyncio
from collections.abc import Coroutine


class Background:
    """Owns running coroutines, so that none is collected early and none outlives the provider."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Cancel everything and wait until it has ended."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
