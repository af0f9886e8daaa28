"""SIGTERM asks for a drain; a second one, or SIGINT, ends at once (W9.2)."""

from __future__ import annotations

import asyncio
import signal


class StopSignals:
    def __init__(self) -> None:
        self.drain = asyncio.Event()
        self.now = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self.now.set)

    def _terminate(self) -> None:
        (self.now if self.drain.is_set() else self.drain).set()

    async def wait_for_either(self) -> None:
        waits = {asyncio.ensure_future(self.drain.wait()), asyncio.ensure_future(self.now.wait())}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
