"""The asyncio loop of an executor: one, in a thread of its own, started when something awaits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import Any

from .exchange import Abandoned, Exchange

_END = object()


class EventLoop:
    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def start(self) -> asyncio.AbstractEventLoop:
        """The running loop; thread-safe."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._run, args=(self._loop,), name="fibonacci-loop", daemon=True).start()
            return self._loop

    def run(self, awaitable: Awaitable[Any], exchange: Exchange | None = None) -> Any:
        """Waits for the result in the calling thread. Raises Abandoned if the exchange was cancelled meanwhile."""
        coroutine = awaitable if isinstance(awaitable, Coroutine) else _await(awaitable)
        future = asyncio.run_coroutine_threadsafe(coroutine, self.start())
        try:
            return future.result()
        except CancelledError:
            if exchange is not None and exchange.timed_out:
                raise Abandoned from None
            raise

    def iterate(self, iterator: AsyncIterator[Any], exchange: Exchange) -> Iterator[Any]:
        """An async iterator for a thread: the next item is asked for when it is wanted."""

        async def step() -> Any:
            try:
                return await iterator.__anext__()
            except StopAsyncIteration:
                return _END

        async def close() -> None:
            aclose = getattr(iterator, "aclose", None)
            if aclose is not None:
                await aclose()

        try:
            while (item := self.run(step(), exchange)) is not _END:
                yield item
        finally:
            self.run(close(), exchange)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
