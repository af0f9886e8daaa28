"""The control port: a small HTTP/1.1 server for the control API (section 2)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..answers import request_id_of
from ..errors import WatcherError
from ..http1 import MAX_HEAD_BYTES, BodyDecoder, RequestHead, parse_head, render_head
from .data_port import listen

_HEAD_SECONDS = 75.0
_BODY_SECONDS = 60.0
_LINGER_SECONDS = 2.0


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class ControlRequest:
    """`read_body` is called at most once, with the most bytes that it may have. `began` is of `time.monotonic`."""

    head: RequestHead
    path: str
    began: float
    read_body: Callable[[int], Awaitable[bytes]]


Handler = Callable[[ControlRequest], Awaitable[Answer]]


def json_answer(value: object, status: int = 200) -> Answer:
    return Answer(status, "application/json", json.dumps(value).encode())


class ControlPort:
    """`port` is the one that was bound."""

    def __init__(self, host: str, port: int, handle: Handler) -> None:
        self._handle = handle
        self._listener = listen(host, port)
        self._server: asyncio.Server | None = None
        self.port: int = self._listener.getsockname()[1]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, sock=self._listener, limit=MAX_HEAD_BYTES)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.CancelledError):
            pass  # the client went away or was too slow, or the watcher ends
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; False once the connection has to end."""
        body: _Body | None = None
        request_id = request_id_of({})
        keep_alive = False
        head_only = False
        try:
            head = await _read_head(reader)
            request_id = request_id_of(head.headers)
            keep_alive, head_only = head.keep_alive, head.method == "HEAD"
            body = _Body(head, reader, writer)
            answer = await self._handle(ControlRequest(head, head.target.partition("?")[0], time.monotonic(), body.read))
        except WatcherError as error:
            value = {"code": error.code, "message": error.message, "requestId": request_id, **error.details}
            answer = json_answer(value, error.status)
        unread = body is None or not body.complete
        keep_alive = keep_alive and not unread
        headers = [("content-type", answer.content_type), ("content-length", str(len(answer.body))), ("x-request-id", request_id)]
        if not keep_alive:
            headers.append(("connection", "close"))
        writer.write(render_head(answer.status, headers) + (b"" if head_only else answer.body))
        await writer.drain()
        if unread:
            await _linger(reader, writer)
        return keep_alive


async def _read_head(reader: asyncio.StreamReader) -> RequestHead:
    try:
        block = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
    except asyncio.LimitOverrunError as error:
        raise WatcherError("HEADERS_TOO_LARGE", f"The request's head is larger than {MAX_HEAD_BYTES} bytes.") from error
    return parse_head(block[:-4])


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lets the client read the answer before the connection, with its unread input, is closed."""
    if writer.can_write_eof():
        writer.write_eof()
    until = time.monotonic() + _LINGER_SECONDS
    while (left := until - time.monotonic()) > 0:
        if not await asyncio.wait_for(reader.read(65536), left):
            return


class _Body:
    """A request body, read only if it is wanted."""

    def __init__(self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = head
        self._reader = reader
        self._writer = writer
        self.complete = not head.has_body

    async def read(self, limit: int) -> bytes:
        """Raises WatcherError BODY_TOO_LARGE or BAD_REQUEST, TimeoutError."""
        if self.complete:
            return b""
        decoder = BodyDecoder(self._head, b"", limit)
        if self._head.expects_continue:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await asyncio.wait_for(self._collect(decoder), _BODY_SECONDS)
        # Bytes behind a chunked body are lost with the decoder, so the connection ends there.
        self.complete = not self._head.chunked
        return body

    async def _collect(self, decoder: BodyDecoder) -> bytes:
        if not self._head.chunked:
            return await self._reader.readexactly(self._head.content_length)
        pieces: list[bytes] = []
        while (piece := decoder.next()) != b"":
            if piece is not None:
                pieces.append(piece)
                continue
            data = await self._reader.read(65536)
            if not data:
                raise EOFError
            decoder.feed(data)
        return b"".join(pieces)
