"""HTTP/1.1 without input or output: request heads, body framing, response heads. Strict, as RFC 9112 allows a server to be."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus

from .errors import WatcherError

MAX_HEAD_BYTES = 64 * 1024
_MAX_LINE = 4096
_MAX_TRAILERS = 8192

_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/1\.([01])")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
_FORBIDDEN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class RequestHead:
    """One parsed request head. `headers` maps a lower-case name to its value, repetitions joined by `, `, cookies by `; `."""

    __slots__ = ("method", "target", "minor", "headers", "pairs", "content_length", "chunked", "keep_alive", "expects_continue")

    def __init__(self, method: str, target: str, minor: int, pairs: list[tuple[str, str]]) -> None:
        self.method = method
        self.target = target
        self.minor = minor
        self.pairs = pairs
        headers: dict[str, str] = {}
        for name, value in pairs:
            between = "; " if name == "cookie" else ", "
            headers[name] = f"{headers[name]}{between}{value}" if name in headers else value
        self.headers = headers
        self.content_length, self.chunked = _framing(headers, minor)
        connection = headers.get("connection")
        options = () if connection is None else [part.strip().lower() for part in connection.split(",")]
        self.keep_alive = "close" not in options and (minor == 1 or "keep-alive" in options)
        self.expects_continue = minor == 1 and headers.get("expect", "").lower() == "100-continue"

    @property
    def has_body(self) -> bool:
        return self.chunked or self.content_length > 0


def parse_head(block: bytes) -> RequestHead:
    """`block` is all before the empty line. Raises WatcherError BAD_REQUEST, HEADERS_TOO_LARGE."""
    check_head_size(len(block))
    if _FORBIDDEN.search(block):
        raise _malformed("a control character or a bare CR or LF in the head")
    lines = block.decode("latin-1").split("\r\n")
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if request_line is None:
        raise _malformed("the request line is not `METHOD target HTTP/1.1`")
    pairs = []
    match_name = _TOKEN.fullmatch
    hosts = 0
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or match_name(name) is None:
            raise _malformed("a header line is not `name: value`")
        name = name.lower()
        hosts += name == "host"
        pairs.append((name, value.strip(" \t")))
    method, target, minor = request_line.groups()
    if hosts > 1 or (hosts == 0 and minor == "1"):
        raise _malformed("exactly one Host header is needed")
    return RequestHead(method, target, int(minor), pairs)


def check_head_size(size: int) -> None:
    """Raises WatcherError HEADERS_TOO_LARGE."""
    if size > MAX_HEAD_BYTES:
        raise WatcherError("HEADERS_TOO_LARGE", f"The request's head is larger than {MAX_HEAD_BYTES} bytes.")


def _framing(headers: dict[str, str], minor: int) -> tuple[int, bool]:
    encoding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if encoding is not None:
        if length is not None or minor == 0 or encoding.lower() != "chunked":
            raise _malformed("transfer-encoding must be `chunked`, alone, in HTTP/1.1")
        return 0, True
    if length is None:
        return 0, False
    if not (length.isascii() and length.isdigit() and len(length) <= 15):
        raise _malformed("content-length is not one number")
    return int(length), False


def _malformed(problem: str) -> WatcherError:
    return WatcherError("BAD_REQUEST", f"The request is not well-formed HTTP/1.1: {problem}.")


class BodyDecoder:
    """Takes a request body out of its framing: `feed` what arrives, `next` gives a piece, b"" at the end, None if more must be fed."""

    __slots__ = ("_buffer", "_at", "_left", "_chunked", "_state", "_limit", "_total")

    def __init__(self, head: RequestHead, buffered: bytes, limit: int) -> None:
        self._buffer = buffered
        self._at = 0
        self._limit = limit
        self._total = 0
        self._chunked = head.chunked
        self._left = head.content_length
        self._state = "size" if head.chunked else "data" if head.content_length else "end"
        if head.content_length > limit:
            raise too_large(limit)

    @property
    def complete(self) -> bool:
        return self._state == "end"

    @property
    def rest(self) -> bytes:
        """Bytes behind the body, once it is complete: the next request."""
        return self._buffer[self._at :]

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data
        self._at = 0

    def next(self) -> bytes | None:
        """Raises WatcherError BODY_TOO_LARGE or BAD_REQUEST."""
        while True:
            if self._state == "end":
                return b""
            if self._state == "data":
                return self._take_data()
            if not self._advance_chunk():
                return None

    def _take_data(self) -> bytes | None:
        piece = self._buffer[self._at : self._at + self._left]
        if not piece:
            return None
        self._at += len(piece)
        self._left -= len(piece)
        if self._left == 0:
            self._state = "crlf" if self._chunked else "end"
        self._total += len(piece)
        if self._total > self._limit:
            raise too_large(self._limit)
        return piece

    def _advance_chunk(self) -> bool:
        """One step over the framing of a chunked body; False if it needs more bytes."""
        if self._state == "crlf":
            if len(self._buffer) - self._at < 2:
                return False
            if self._buffer[self._at : self._at + 2] != b"\r\n":
                raise _malformed("a chunk does not end with CRLF")
            self._at += 2
            self._state = "size"
        end = self._buffer.find(b"\r\n", self._at)
        if (len(self._buffer) if end < 0 else end) - self._at > _MAX_LINE:
            raise _malformed("a chunk's size line or a trailer is too long")
        if end < 0:
            return False
        line = self._buffer[self._at : end]
        self._at = end + 2
        if self._state == "trailer":
            self._state = "trailer" if line else "end"
            self._total += len(line)
            if self._total > self._limit + _MAX_TRAILERS:
                raise _malformed("too many trailers")
        else:
            self._begin_chunk(line)
        return True

    def _begin_chunk(self, line: bytes) -> None:
        size = _CHUNK_LINE.fullmatch(line)
        if size is None:
            raise _malformed("a chunk's size is not a hexadecimal number")
        self._left = int(size[1], 16)
        if self._total + self._left > self._limit:
            raise too_large(self._limit)
        self._state = "data" if self._left else "trailer"


def too_large(limit: int) -> WatcherError:
    return WatcherError("BODY_TOO_LARGE", f"The body is larger than the {limit} bytes that this function takes.")


def valid_header(name: str, value: str) -> bool:
    """Whether a response may carry it: a token, and a value in latin-1 without control characters."""
    return _TOKEN.fullmatch(name) is not None and _FORBIDDEN_VALUE.search(value) is None


def render_head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """A response head with the empty line; the headers are valid already."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", f"date: {_date(int(time.time()))}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


def render_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    # Not strftime: user code may have set another locale.
    at = time.gmtime(second)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
