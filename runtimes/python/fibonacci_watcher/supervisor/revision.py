"""The body of a push: one line of JSON, the load document, then the package (W3.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import WatcherError
from .marker import FunctionRef

MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_DOCUMENT_BYTES = 1024 * 1024
# Those of all languages: loading says which ones Python has.
SIGNATURES = ("event", "fetch", "asgi", "wsgi", "http", "framework", "lambda")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HANDLER = re.compile(r"[^.\s\\][^\s\\]*\.[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class LoadDocument:
    function: FunctionRef
    generation: int
    content: str
    digest: str
    size: int
    handler: str
    signature: str
    mode: str
    concurrency: int
    timeout_ms: int
    max_body_bytes: int
    env: dict[str, str]


def parse_push(body: bytes) -> tuple[LoadDocument, bytes]:
    """The document and the package's bytes, which are not looked at. Raises WatcherError BAD_REQUEST."""
    end = body.find(b"\n", 0, _MAX_DOCUMENT_BYTES + 1)
    if end < 0:
        raise _bad(f"the first line, at most {_MAX_DOCUMENT_BYTES} bytes, must be the load document")
    try:
        value = json.loads(body[:end].decode())
    except (ValueError, RecursionError) as error:
        raise _bad("the first line is not JSON") from error
    return _parse_document(value), body[end + 1 :]


def _parse_document(value: Any) -> LoadDocument:
    function, package = _object(value, "function"), _object(value, "package")
    document = LoadDocument(
        function=FunctionRef(
            _field(function, "function.namespace", _is_text),
            _field(function, "function.name", _is_text),
            _field(function, "function.uid", _is_text),
        ),
        generation=_field(value, "generation", lambda v: _is_integer(v, 0)),
        content=_field(value, "content", _is_digest),
        digest=_field(package, "package.digest", _is_digest),
        size=_field(package, "package.size", lambda v: _is_integer(v, 0)),
        handler=_field(value, "handler", lambda v: _is_text(v) and _HANDLER.fullmatch(v) is not None),
        signature=_field(value, "signature", lambda v: v in SIGNATURES),
        mode=_field(value, "mode", lambda v: v in ("thread", "process")),
        concurrency=_field(value, "concurrency", lambda v: _is_integer(v, 1)),
        timeout_ms=_field(value, "timeoutMs", lambda v: _is_integer(v, 1)),
        max_body_bytes=_field(value, "maxBodyBytes", lambda v: _is_integer(v, 0)),
        env=_field(value, "env", _is_environment),
    )
    if any(part in ("", ".", "..") for part in document.handler.rpartition(".")[0].split("/")):
        raise _bad("handler must name a file inside the package")
    return document


def _object(value: Any, name: str) -> dict[str, Any]:
    part = value.get(name) if isinstance(value, dict) else None
    if not isinstance(part, dict):
        raise _bad(f"{name} must be an object")
    return part


def _field(value: dict[str, Any], path: str, fits: Callable[[Any], bool]) -> Any:
    part = value.get(path.rpartition(".")[2])
    if not fits(part):
        raise _bad(f"{path} is missing or wrong")
    return part


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1024 and value.isprintable()


def _is_integer(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**53


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_environment(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name and "=" not in name and "\0" not in name and isinstance(text, str) and "\0" not in text for name, text in value.items()
    )


def _bad(problem: str) -> WatcherError:
    return WatcherError("BAD_REQUEST", f"The body is not a revision (load document, line feed, package): {problem}.")
