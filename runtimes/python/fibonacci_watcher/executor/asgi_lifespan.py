"""The optional `lifespan` protocol of ASGI: start-up before the first request, shutdown after the last (W7.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

VERSIONS = {"version": "3.0", "spec_version": "2.3"}
_SHUTDOWN_SECONDS = 5.0


class LifespanFailed(Exception):
    """The application said `lifespan.startup.failed`."""


class Lifespan:
    """`state` is what the application put into `scope["state"]` at start-up; each request gets a copy."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application
        self._task: asyncio.Task[None] | None = None
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._supported = False
        self.state: dict[str, Any] = {}

    async def startup(self) -> None:
        """An application that raises at once does not support lifespan, which is allowed. Raises LifespanFailed."""
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": self.state}
        self._task = asyncio.ensure_future(self._application(scope, self._incoming.get, self._outgoing.put))
        self._incoming.put_nowait({"type": "lifespan.startup"})
        answer = await self._answer()
        if answer is not None and answer["type"] == "lifespan.startup.failed":
            raise LifespanFailed(answer.get("message", ""))
        self._supported = answer is not None

    async def shutdown(self) -> None:
        if self._supported and self._task is not None and not self._task.done():
            self._incoming.put_nowait({"type": "lifespan.shutdown"})
            await asyncio.wait_for(self._answer(), _SHUTDOWN_SECONDS)

    async def _answer(self) -> dict[str, Any] | None:
        """The application's next message; None if it ended instead."""
        assert self._task is not None
        message = asyncio.ensure_future(self._outgoing.get())
        await asyncio.wait({message, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if message.done():
            return message.result()
        message.cancel()
        self._task.exception()  # looked at, so that asyncio does not log it
        return None
