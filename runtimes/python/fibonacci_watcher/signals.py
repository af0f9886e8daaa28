"""SIGTERM asks for a drain; a second one, or SIGINT, ends at once (W9.2)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable


class StopSignals:
    def __init__(self) -> None:
        self.drain = asyncio.Event()
        self.now = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self.now.set)

    def _terminate(self) -> None:
        (self.now if self.drain.is_set() else self.drain).set()


async def first_of(*events: Awaitable[object]) -> None:
    """Until one of them has come; the others are given up."""
    waits = [asyncio.ensure_future(event) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
