"""One request and its response on a connection: who may answer it, how its body is read, how the answer is framed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from ..answers import render_error
from ..errors import WatcherError
from ..http1 import BodyDecoder, RequestHead, render_chunk, render_head
from ..lines import LineBuffer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY = frozenset({204, 304})
# Set by the watcher or meaningless across the hop; the rest of user code's headers pass.
_OWN_HEADERS = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade", "x-request-id"})


class Abandoned(Exception):
    """The request was answered or cut by the watcher; whatever user code still says is void."""


class ClientGone(Exception):
    """The connection broke: there is nobody to answer. Not an OSError, which user code may raise by itself."""


class Exchange:
    """Times are seconds of `time.monotonic`. The first to `claim` it may begin the response: user code, or the deadline."""

    def __init__(self, sock: socket.socket, head: RequestHead, request_id: str, arrived: float, deadline: float) -> None:
        self.sock = sock
        self.head = head
        self.request_id = request_id
        self.arrived = arrived
        self.deadline = deadline
        self.slot = 0
        self.keep_alive = head.keep_alive
        self.body: BodyDecoder | None = None
        self.gone = False
        self.timed_out = False
        self.begun = False
        self.sent_headers: list[tuple[str, str]] = []
        self.entered = False
        # Whether user code has the floor, and not the client: only then does a passed deadline cost the executor.
        self.running = False
        self.on_begin: Callable[[], None] | None = None
        # Called before the last bytes are sent, where user code has ended by then: whoever reads them finds the slot free.
        self.on_last: Callable[[], None] | None = None
        self.on_cancel: Callable[[], None] | None = None
        self._claim = threading.Lock()
        self._cancelled: threading.Event | None = None
        self._chunked = False
        self._left: int | None = None
        self._continued = not head.expects_continue
        self._output: dict[str, LineBuffer] = {}

    def enter(self) -> None:
        """User code is about to see the request."""
        self.entered = self.running = True

    # -- cancellation

    @property
    def cancelled(self) -> threading.Event:
        """Made when it is asked for: most handlers never do."""
        if self._cancelled is None:
            event = threading.Event()
            self._cancelled = event
            if self.gone:
                event.set()
        return self._cancelled

    def cancel(self) -> None:
        """Tells user code that nobody waits any more. May be called again."""
        if self.gone:
            return
        self.gone = True
        if self._cancelled is not None:
            self._cancelled.set()
        if self.on_cancel is not None:
            self.on_cancel()

    # -- request body

    def continue_bytes(self) -> bytes:
        """What must be sent before the body is read: `100 Continue`, once, if the client waits for it."""
        if self._continued or self.begun:
            return b""
        self._continued = True
        return CONTINUE

    def read_piece(self) -> bytes:
        """The next piece of the body, b"" at its end; waits. Raises WatcherError for a bad or too large body, ClientGone."""
        body = self.body
        if body is None:
            return b""
        while (piece := body.next()) is None:
            if go_on := self.continue_bytes():
                self.send_raw(go_on)
            try:
                data = self.sock.recv(65536)
            except OSError as error:
                raise ClientGone from error
            if not data:
                raise ClientGone
            body.feed(data)
        return piece

    def read_body(self) -> bytes:
        if self.body is None:
            return b""
        first = self.read_piece()
        if not first or self.body.complete:
            return first
        pieces = [first]
        while piece := self.read_piece():
            pieces.append(piece)
        return b"".join(pieces)

    # -- response

    def claim(self) -> None:
        """Takes the right to answer. Raises Abandoned if the deadline was first."""
        if not self._claim.acquire(blocking=False):
            raise Abandoned
        if self.on_begin is not None:
            self.on_begin()
        self.begun = True

    def send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """A whole response at once. `headers` are valid and lower-case."""
        self.claim()
        self.last()
        head = self._head(status, headers, None if status in NO_BODY else len(body))
        self.send_raw(head if self._bodiless(status) else head + body)

    def begin(self, status: int, headers: list[tuple[str, str]], length: int | None) -> bytes:
        """Begins a streamed response and gives the head's bytes, to be sent with the first piece."""
        self.claim()
        if self._bodiless(status):
            self._left = 0
            return self._head(status, headers, None if status in NO_BODY else length)
        self._left = length
        if length is None:
            self._chunked = self.head.minor == 1
            self.keep_alive = self.keep_alive and self._chunked
        return self._head(status, headers, length)

    def frame(self, data: bytes) -> bytes:
        """A piece as it goes over the wire. Bytes above the announced length are dropped."""
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        return render_chunk(data) if self._chunked and data else data

    def last(self) -> None:
        """User code has ended, the response is about to."""
        self.running = False
        if self.on_last is not None:
            self.on_last()

    def end(self) -> bytes:
        """The last bytes of a streamed response. Raises Abandoned if less than the announced length was sent."""
        if self._left:
            raise Abandoned
        return b"0\r\n\r\n" if self._chunked else b""

    def write(self, data: bytes) -> None:
        """Sends what `begin`, `frame` and `end` gave; waits for a slow client."""
        if data:
            was_running, self.running = self.running, False
            self.send_raw(data)
            self.running = was_running

    def send_raw(self, data: bytes) -> None:
        """Raises ClientGone."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise ClientGone from error

    def send_error(self, error: WatcherError) -> None:
        self.claim()
        self.last()
        self.send_raw(render_error(error, self.request_id, close=not self.keep_alive, head_only=self.head.method == "HEAD"))

    def expire(self, error: WatcherError) -> None:
        """The deadline: 504 if the response has not begun; the connection is cut either way. Never waits."""
        self.timed_out = True
        try:
            if self._claim.acquire(blocking=False):
                answer = render_error(error, self.request_id, close=True, head_only=self.head.method == "HEAD")
                self.sock.send(answer, socket.MSG_DONTWAIT)
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client is gone already
        self.cancel()

    def _bodiless(self, status: int) -> bool:
        return status in NO_BODY or self.head.method == "HEAD"

    def _head(self, status: int, headers: list[tuple[str, str]], length: int | None) -> bytes:
        sent = [pair for pair in headers if pair[0] not in _OWN_HEADERS and not pair[0].startswith("fibonacci-")]
        self.sent_headers = sent
        if length is not None:
            sent.append(("content-length", str(length)))
        elif self._chunked:
            sent.append(("transfer-encoding", "chunked"))
        sent.append(("x-request-id", self.request_id))
        if not self.keep_alive:
            sent.append(("connection", "close"))
        elif self.head.minor == 0:
            sent.append(("connection", "keep-alive"))
        return render_head(status, sent)

    # -- output of user code

    def output_buffer(self, level: str) -> LineBuffer:
        buffer = self._output.get(level)
        if buffer is None:
            buffer = self._output[level] = LineBuffer()
        return buffer

    def unfinished_output(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """What was printed without a line feed, by level."""
        return [(level, lines) for level, buffer in self._output.items() if (lines := buffer.flush())]
