"""Serves the requests of one connection, one after the other, in a thread of its own."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..answers import refusal, render_error, request_id_of, timeout_header
from ..errors import WatcherError
from ..handover import Handover
from ..http1 import BodyDecoder, RequestHead, check_head_size, parse_head
from .admission import Admission
from .current import current_exchange
from .exchange import Abandoned, ClientGone, Exchange
from .failure import describe, exit_like, stack_of
from .journal import Journal

_TIMEOUT = struct.pack("@ll", 75, 0)
_HEAD_SECONDS = 10.0
_LINGER_SECONDS = 2.0

# Runs user code and answers; gives the outcome, None if user code did not run.
Invoke = Callable[[Exchange], "str | None"]


class BadResponse(Exception):
    """User code gave an answer that cannot be sent (W6.5)."""


@dataclass(frozen=True)
class Service:
    """What a loaded executor serves connections with. `on_begin` and `on_done` are for process mode, where the supervisor watches."""

    invoke: Invoke
    admission: Admission
    journal: Journal
    timeout_seconds: float
    max_body_bytes: int
    on_begin: Callable[[], None] | None = None
    on_done: Callable[[str | None], None] | None = None


class Connection:
    """Where `service.on_done` is set, one request ends the connection."""

    def __init__(self, service: Service, sock: socket.socket, handover: Handover) -> None:
        self._service = service
        self._socket = sock
        self._buffered = handover.buffered
        self._first: Handover | None = handover

    def run(self) -> None:
        outcome: str | None = None
        try:
            # Limits of the kernel's: with Python's own, each read and write would cost a poll as well.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEOUT)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEOUT)
            keep_alive = True
            while keep_alive:
                keep_alive, outcome = self._serve_one()
        except (OSError, Abandoned, ClientGone):
            pass  # the client or the deadline ended it
        except Exception as error:  # noqa: BLE001 - one connection's defect is not the others' end
            self._service.journal.write("error", "connection failed", {"error": describe(error), "stack": stack_of(error)})
        finally:
            self._socket.close()
            if self._service.on_done is not None:
                self._service.on_done(outcome)

    def _serve_one(self) -> tuple[bool, str | None]:
        try:
            head = self._read_head()
        except WatcherError as error:
            self._finish(render_error(error, request_id_of({}), close=True))
            return False, None
        if head is None:
            return False, None
        exchange = self._open(head)
        code = self._service.admission.admit(exchange)
        if code is not None:
            return self._refuse(exchange, code), None
        outcome = None
        token = current_exchange.set(exchange)
        try:
            outcome = self._invoke(exchange)
        finally:
            self._print_rest(exchange)
            current_exchange.reset(token)
            self._service.admission.release(exchange, outcome)
        return self._settle(exchange), outcome

    def _open(self, head: RequestHead) -> Exchange:
        first, self._first = self._first, None
        arrived = first.arrived if first is not None and first.arrived else time.monotonic()
        request_id = first.request_id if first is not None and first.request_id else request_id_of(head.headers)
        given = timeout_header(head.headers)
        seconds = self._service.timeout_seconds if given is None else min(self._service.timeout_seconds, given / 1000)
        exchange = Exchange(self._socket, head, request_id, arrived, arrived + seconds)
        exchange.on_begin = self._on_begin(exchange)
        exchange.on_last = lambda: self._service.admission.free(exchange)
        return exchange

    def _on_begin(self, exchange: Exchange) -> Callable[[], None]:
        def on_begin() -> None:
            """A connection that will not be served any more says so with its last response."""
            if self._service.on_done is not None or self._service.admission.state != "active":
                exchange.keep_alive = False
            if self._service.on_begin is not None:
                self._service.on_begin()

        return on_begin

    def _invoke(self, exchange: Exchange) -> str | None:
        service = self._service
        try:
            if exchange.head.has_body:
                exchange.body = BodyDecoder(exchange.head, self._buffered, service.max_body_bytes)
                self._buffered = b""
            return service.invoke(exchange)
        except WatcherError as error:
            exchange.keep_alive = False
            if exchange.begun:
                raise Abandoned from error
            exchange.send_error(error)
            return "error" if exchange.entered else None
        except (Abandoned, ClientGone):
            exchange.keep_alive = False
            return "ok" if exchange.entered else None
        except SystemExit as error:
            exit_like(error)
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is its answer
            exchange.running = False
            self._fail(exchange, error)
            return "error"

    def _fail(self, exchange: Exchange, error: BaseException) -> None:
        """W6.5, W6.6: the caller gets the first line, the log the stack."""
        if exchange.timed_out:
            exchange.keep_alive = False
            return
        bad = isinstance(error, BadResponse)
        code = "FUNCTION_BAD_RESPONSE" if bad else "FUNCTION_ERROR"
        message = str(error) if bad else describe(error)
        fields = {"message": message} if bad else {"message": message, "stack": stack_of(error)}
        self._service.journal.failure(code, exchange.request_id, time.monotonic() - exchange.arrived, fields)
        if exchange.begun:
            exchange.keep_alive = False
            return  # cut: the caller must not take a part for the whole
        if exchange.body is not None and not exchange.body.complete:
            exchange.keep_alive = False
        exchange.send_error(WatcherError(code, message))

    def _print_rest(self, exchange: Exchange) -> None:
        for level, lines in exchange.unfinished_output():
            self._service.journal.output(level, exchange.request_id, lines)

    def _settle(self, exchange: Exchange) -> bool:
        """After the response: whether the connection takes another request."""
        if exchange.timed_out:
            return False
        body = exchange.body
        if body is not None:
            if not body.complete:
                self._finish(b"")
                return False
            self._buffered = body.rest
        if not exchange.keep_alive:
            self._finish(b"")
        return exchange.keep_alive

    def _refuse(self, exchange: Exchange, code: str) -> bool:
        close = code != "CONCURRENCY_LIMIT" or exchange.head.has_body or not exchange.keep_alive or self._service.on_done is not None
        answer = render_error(refusal(code), exchange.request_id, close=close, head_only=exchange.head.method == "HEAD")
        if close:
            self._finish(answer)
            return False
        self._socket.sendall(answer)
        return True

    def _read_head(self) -> RequestHead | None:
        """The next head, None if the client ended or was silent for too long."""
        buffer = self._buffered.lstrip(b"\r\n")
        began = time.monotonic() if buffer else 0.0
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            check_head_size(len(buffer))
            data = self._socket.recv(65536)
            if not data:
                return None
            buffer = (buffer + data).lstrip(b"\r\n") if not buffer else buffer + data
            began = began or time.monotonic()
            if time.monotonic() - began > _HEAD_SECONDS:
                return None
        self._buffered = buffer[end + 4 :]
        return parse_head(buffer[:end])

    def _finish(self, last: bytes) -> None:
        """Sends the last bytes and lets the client read them: closing with unread input would reset the connection."""
        if last:
            self._socket.sendall(last)
        self._socket.shutdown(socket.SHUT_WR)
        if self._service.on_done is not None:
            return  # the supervisor holds the connection too, and does this
        until = time.monotonic() + _LINGER_SECONDS
        self._socket.settimeout(_LINGER_SECONDS)
        while time.monotonic() < until and self._socket.recv(65536):
            pass
