"""The result of a handler as the response (W6.4, W6.5)."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from ..http1 import valid_header
from .connection import BadResponse

Headers = list[tuple[str, str]]

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_JSON = "application/json"
_STREAM_PIECE = 65536


@dataclass
class Response:
    """`body` is bytes, or an iterator or async iterator of strings and bytes."""

    status: int
    headers: Headers
    body: bytes | Iterator[Any] | AsyncIterator[Any]


def to_response(result: Any) -> Response:
    """Raises BadResponse for what cannot be sent."""
    if isinstance(result, dict):
        if "statusCode" in result:
            return _with_status(result, result["statusCode"])
        if all(isinstance(result.get(name), str) for name in ("specversion", "id", "source", "type")):
            return _cloud_event(result)
    content_type, body = _convert(result)
    headers = [] if content_type is None else [("content-type", content_type)]
    return Response(204 if result is None else 200, headers, body)


def to_piece(piece: Any) -> bytes:
    """One piece of a streamed body."""
    if isinstance(piece, str):
        return encode_text(piece)
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise BadResponse(f"A streamed body holds strings and bytes, not {type(piece).__name__}.")


def _with_status(result: dict[Any, Any], status: Any) -> Response:
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise BadResponse(f"statusCode must be an integer from 200 to 599, and is {str(status)[:20]!r}.")
    headers = to_headers(result.get("headers"))
    content_type, body = _convert(result.get("body"))
    if content_type is not None and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    return Response(status, headers, body)


def to_headers(given: Any) -> Headers:
    headers: Headers = []
    if given is None:
        return headers
    if not isinstance(given, dict):
        raise BadResponse(f"headers must be a dict, and is {type(given).__name__}.")
    for name, value in given.items():
        for text in value if isinstance(value, (list, tuple)) else () if value is None else (value,):
            if isinstance(text, (int, float)) and not isinstance(text, bool):
                text = str(text)
            if not isinstance(name, str) or not isinstance(text, str) or not valid_header(name, text):
                raise BadResponse(f"The header {str(name)[:100]!r} is not a valid name with a string, a number or a list of strings.")
            headers.append((name.lower(), text))
    return headers


def _cloud_event(event: dict[str, Any]) -> Response:
    """Binary mode: attributes become `ce-` headers."""
    data, declared = event.get("data"), event.get("datacontenttype")
    content_type, body = _convert(data)
    if isinstance(declared, str):
        content_type = declared
        if isinstance(data, str) and declared.partition(";")[0].strip().endswith("json"):
            body = dump_json(data)
    attributes = {name: value for name, value in event.items() if name not in ("data", "datacontenttype") and value is not None}
    headers = to_headers({f"ce-{name}": _attribute(value) for name, value in attributes.items()})
    if content_type is not None:
        headers += to_headers({"content-type": content_type})
    return Response(204 if data is None else 200, headers, body)


def _attribute(value: Any) -> str:
    """An attribute's value as a header: percent-encoded as the CloudEvents HTTP binding says."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int)):
        raise BadResponse(f"An attribute of a CloudEvent is a string, an integer or a boolean, not {type(value).__name__}.")
    return "".join(
        char if "\x20" < char < "\x7f" and char not in '"%' else "".join(f"%{byte:02X}" for byte in encode_text(char))
        for char in str(value)
    )


def _convert(value: Any) -> tuple[str | None, bytes | Iterator[Any] | AsyncIterator[Any]]:
    """Content type, where the value tells one, and body."""
    if value is None:
        return None, b""
    if isinstance(value, str):
        return _TEXT, encode_text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _BYTES, bytes(value)
    if isinstance(value, (dict, list, tuple, int, float)):
        return _JSON, dump_json(value)
    if isinstance(value, io.IOBase) or (hasattr(value, "read") and callable(value.read)):
        return None, _read_pieces(value)
    if hasattr(value, "__next__") or hasattr(value, "__anext__"):
        return None, value
    if hasattr(value, "__aiter__"):
        return None, value.__aiter__()
    kind = type(value).__name__
    raise BadResponse(f"A handler returns None, a string, bytes, JSON values, an iterator or a dict with statusCode, not {kind}.")


def _read_pieces(file: Any) -> Iterator[Any]:
    """A file's pieces as they can be had: `read1` does not wait for a full one."""
    read = getattr(file, "read1", file.read)
    try:
        while piece := read(_STREAM_PIECE):
            yield piece
    finally:
        if hasattr(file, "close"):
            file.close()


def dump_json(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadResponse(f"The result cannot be JSON: {str(error)[:200]}.") from error


def encode_text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
