"""The asyncio loop of an executor: one, in a thread of its own, started when something awaits."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from typing import Any

from .failure import exit_like

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
                threading.Thread(target=_run_forever, args=(self._loop,), name="fibonacci-loop", daemon=True).start()
            return self._loop

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Waits for the result in the calling thread, whose context variables the task has."""
        # A lock and one wake-up each way: `run_coroutine_threadsafe` takes twice the time with its chain of two futures.
        loop = self.start()
        coroutine = awaitable if isinstance(awaitable, Coroutine) else _await(awaitable)
        tasks: list[asyncio.Task[Any]] = []
        done = threading.Lock()

        def begin() -> None:
            task = loop.create_task(coroutine)
            task.add_done_callback(lambda _: done.release())
            tasks.append(task)

        done.acquire()
        loop.call_soon_threadsafe(begin)
        done.acquire()
        return tasks[0].result()

    def iterate(self, iterator: AsyncIterator[Any]) -> Iterator[Any]:
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
            while (item := self.run(step())) is not _END:
                yield item
        finally:
            self.run(close())


def _run_forever(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    except SystemExit as error:
        exit_like(error)
    except BaseException:  # noqa: BLE001 - an executor without its loop is of no use
        os._exit(1)


async def _await(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
