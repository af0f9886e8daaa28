"""Signature `wsgi`: a PEP 3333 application (W7.2)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from ..http1 import valid_header
from .connection import BadResponse, Invoke
from .events import origin_form, scheme_of
from .exchange import Exchange

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create_wsgi_invoke(application: Application) -> Invoke:
    def invoke(exchange: Exchange) -> str:
        exchange.enter()
        body = _Input(exchange)
        response = _Response(exchange, body)
        pieces = application(_environ(exchange, body), response.start)
        try:
            if isinstance(pieces, (list, tuple)) and len(pieces) == 1:
                response.only = True
            for piece in pieces:
                response.write(piece)
            response.end()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        exchange.running = False
        return "ok"

    return invoke


class _Response:
    """The head goes out with the first bytes of the body, as PEP 3333 demands."""

    def __init__(self, exchange: Exchange, body: _Input) -> None:
        self._exchange = exchange
        self._body = body
        self._head: tuple[int, list[tuple[str, str]]] | None = None
        self.only = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info is not None:
            try:
                if self._exchange.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise AssertionError("start_response was called twice")
        code = status[:3]
        if not (code.isascii() and code.isdigit() and 200 <= int(code) <= 599):
            raise BadResponse(f"The status must begin with a number from 200 to 599, and is {status[:50]!r}.")
        self._head = int(code), checked_headers(headers)
        return self.write

    def write(self, data: bytes) -> None:
        if not isinstance(data, bytes):
            raise BadResponse(f"A WSGI application yields bytes, not {type(data).__name__}.")
        if data:
            begin = b"" if self._exchange.begun else self._begin(len(data) if self.only else None)
            self._exchange.write(begin + self._exchange.frame(data))

    def end(self) -> None:
        begin = b"" if self._exchange.begun else self._begin(0)
        self._exchange.last()
        self._exchange.write(begin + self._exchange.end())

    def _begin(self, length: int | None) -> bytes:
        if self._body.failed is not None:
            raise self._body.failed  # whatever the application makes of it
        if self._head is None:
            raise BadResponse("The WSGI application did not call start_response.")
        status, headers = self._head
        return self._exchange.begin(status, headers, announced_length(headers, length))


def checked_headers(headers: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    """Lower-case names; raises BadResponse for a name or value that HTTP cannot carry."""
    checked = []
    for name, value in headers:
        if not (isinstance(name, str) and isinstance(value, str) and valid_header(name, value)):
            raise BadResponse(f"The header {str(name)[:100]!r} is not valid.")
        checked.append((name.lower(), value))
    return checked


def announced_length(headers: list[tuple[str, str]], default: int | None) -> int | None:
    for name, value in headers:
        if name == "content-length":
            if not (value.isascii() and value.isdigit()):
                raise BadResponse(f"content-length is not a number: {value[:50]!r}.")
            return int(value)
    return default


class _Input(io.RawIOBase):
    """`wsgi.input`: the body as it comes."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange
        self._piece = b""
        self.failed: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.failed is not None:
            raise self.failed
        if not self._piece:
            self._exchange.running = False
            try:
                self._piece = self._exchange.read_piece()
            except Exception as error:
                self.failed = error
                raise
            self._exchange.running = True
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _environ(exchange: Exchange, body: _Input) -> dict[str, Any]:
    head = exchange.head
    path, _, query = origin_form(head.target).partition("?")
    host, _, port = head.headers.get("host", "localhost").rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": head.target,
        "QUERY_STRING": query,
        "SERVER_NAME": host or port,
        "SERVER_PORT": port if host else "80",
        "SERVER_PROTOCOL": f"HTTP/1.{head.minor}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme_of(head),
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "fibonacci.request_id": exchange.request_id,
    }
    for name, value in head.headers.items():
        if "_" not in name:  # ambiguous with the dash, and so a way around checks
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
