"""Signature `asgi`: an ASGI 3 application (W7.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from ..errors import WatcherError
from ..http1 import BodyDecoder
from .asgi_lifespan import VERSIONS, Lifespan
from .asgi_socket import AsyncSocket
from .connection import BadResponse, Invoke
from .event_loop import EventLoop
from .events import origin_form, scheme_of
from .exchange import Abandoned, ClientGone, Exchange
from .signature_wsgi import announced_length, checked_headers

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]


def create_asgi_invoke(application: Application, lifespan: Lifespan, loop: EventLoop) -> Invoke:
    def invoke(exchange: Exchange) -> str:
        exchange.enter()
        cycle = _Cycle(exchange, loop.start())
        try:
            loop.run(cycle.run(application, _scope(exchange, lifespan.state)))
        except OSError as error:
            if cycle.broken:
                raise ClientGone from error
            raise
        exchange.running = False
        return "ok"

    return invoke


class _Cycle:
    """One request's `receive` and `send`, on the loop."""

    def __init__(self, exchange: Exchange, loop: asyncio.AbstractEventLoop) -> None:
        self._exchange = exchange
        self._socket = AsyncSocket(exchange.sock, loop)
        self._start: Message | None = None
        self._ended = False
        self._disconnected = asyncio.Event()
        self._requested = False
        self._unreadable: WatcherError | None = None
        self.broken = False
        exchange.on_cancel = lambda: _call(loop, self._disconnected.set)
        if exchange.gone:
            self._disconnected.set()

    async def run(self, application: Application, scope: Message) -> None:
        try:
            await application(scope, self.receive, self.send)
            if self._start is None:
                raise BadResponse("The ASGI application ended without a response.")
            if not self._ended:
                if not self._exchange.begun:
                    raise BadResponse("The ASGI application ended before its response was complete.")
                raise Abandoned
        finally:
            self._disconnected.set()
            self._socket.close()
            if self._unreadable is not None and not self._exchange.begun:
                raise self._unreadable  # whatever the application makes of it

    async def receive(self) -> Message:
        body = self._exchange.body
        if not self._requested:
            piece = b"" if body is None else await self._read_piece()
            if piece is not None:
                self._requested = body is None or body.complete
                return {"type": "http.request", "body": piece, "more_body": not self._requested}
            self._requested = True
            self._disconnected.set()
        await self._disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._ended:
            await self._send_body(self._start, message.get("body", b""), bool(message.get("more_body", False)))
        else:
            raise RuntimeError(f"{kind} is not expected now")

    async def _send_body(self, start: Message, body: bytes, more: bool) -> None:
        exchange = self._exchange
        data = b""
        if self._unreadable is not None:
            raise self._unreadable
        if not exchange.begun:
            status = start["status"]
            if not isinstance(status, int) or not 200 <= status <= 599:
                raise BadResponse(f"The status must be a number from 200 to 599, and is {str(status)[:20]}.")
            headers = checked_headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ()))
            data = exchange.begin(status, headers, announced_length(headers, None if more else len(body)))
        data += exchange.frame(bytes(body))
        if not more:
            self._ended = True
            data += exchange.end()
        await self._transfer(self._socket.send_all(data))

    async def _read_piece(self) -> bytes | None:
        """The next piece of the body; None if the client went away."""
        body = self._exchange.body
        assert body is not None
        while (piece := self._next_piece(body)) is None:
            if go_on := self._exchange.continue_bytes():
                await self._transfer(self._socket.send_all(go_on))
            data = await self._transfer(self._socket.receive())
            if not data:
                return None
            body.feed(data)
        return piece

    def _next_piece(self, body: BodyDecoder) -> bytes | None:
        try:
            return body.next()
        except WatcherError as error:
            self._unreadable = error
            raise

    async def _transfer(self, work: Awaitable[Any]) -> Any:
        self._exchange.running = False
        try:
            return await work
        except OSError:
            self.broken = True
            raise
        finally:
            self._exchange.running = True


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(action)
    except RuntimeError:
        pass  # the loop is closed: the executor ends


def _scope(exchange: Exchange, state: dict[str, Any]) -> Message:
    head = exchange.head
    path, _, query = origin_form(head.target).partition("?")
    scope: Message = {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": f"1.{head.minor}",
        "method": head.method,
        "scheme": scheme_of(head),
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.pairs],
        "client": None,
        "server": None,
        "state": dict(state),
        "fibonacci.request_id": exchange.request_id,
    }
    return scope
