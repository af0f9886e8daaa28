"""A request as API Gateway's event for an HTTP API, payload format version 2.0 (W7.7)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from .events import media_type, origin_form
from .exchange import Exchange

_STAGE = "$default"
_TEXTUAL = ("application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")


def to_lambda_event(exchange: Exchange, body: bytes, function_name: str) -> dict[str, Any]:
    head = exchange.head
    path, _, query = origin_form(head.target).partition("?")
    headers = {name: value for name, value in head.headers.items() if name != "cookie"}
    event: dict[str, Any] = {"version": "2.0", "routeKey": _STAGE, "rawPath": path, "rawQueryString": query}
    if "cookie" in head.headers:
        event["cookies"] = re.split("; ?", head.headers["cookie"])
    event["headers"] = headers
    parameters = _join(parse_qsl(query, keep_blank_values=True))
    if parameters:
        event["queryStringParameters"] = parameters
    event["requestContext"] = _context(exchange, path, function_name)
    return {**event, **_body(headers.get("content-type", ""), body)}


def _context(exchange: Exchange, path: str, function_name: str) -> dict[str, Any]:
    head = exchange.head
    host = head.headers.get("host", "")
    # Who connected to the gateway: what stands before it in the list is the client's to write.
    source = head.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or exchange.sock.getpeername()[0]
    now = time.time()
    return {
        "accountId": "anonymous",
        "apiId": function_name,
        "domainName": re.sub(r":\d*$", "", host),
        "domainPrefix": re.split("[.:]", host, maxsplit=1)[0],
        "http": {
            "method": head.method,
            "path": path,
            "protocol": f"HTTP/1.{head.minor}",
            "sourceIp": source,
            "userAgent": head.headers.get("user-agent", ""),
        },
        "requestId": exchange.request_id,
        "routeKey": _STAGE,
        "stage": _STAGE,
        "time": _access_log_time(now),
        "timeEpoch": int(now * 1000),
    }


def _body(content_type: str, body: bytes) -> dict[str, Any]:
    """Text where the type says so and the bytes are; else base64."""
    if not body:
        return {"isBase64Encoded": False}
    media = media_type(content_type)
    if media.startswith("text/") or media.endswith(("+json", "+xml")) or media in _TEXTUAL:
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass  # not what its type says
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repetitions are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _access_log_time(now: float) -> str:
    """`12/Mar/2026:19:03:58 +0000`"""
    _, day, month, year, clock, _ = formatdate(now, usegmt=True).split(" ")
    return f"{day}/{month}/{year}:{clock} +0000"
