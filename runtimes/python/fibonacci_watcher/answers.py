"""Answers that the watcher itself makes on the data port (W5.1 to W5.3)."""

from __future__ import annotations

import json
import os
import re

from .errors import NOT_STARTED, WatcherError
from .http1 import render_head

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_id_of(headers: dict[str, str]) -> str:
    """The caller's `x-request-id` if it is well-formed, else a new one."""
    given = headers.get("x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return os.urandom(16).hex()


def timeout_header(headers: dict[str, str]) -> int | None:
    """Milliseconds of `fibonacci-timeout-ms`; anything but an integer from 1 is ignored (W5.4)."""
    text = headers.get("fibonacci-timeout-ms", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    return int(text) or None


def timeout_message(milliseconds: int) -> str:
    return f"The function did not answer within {milliseconds} ms; make it faster, or raise `timeout`."


def render_error(error: WatcherError, request_id: str, *, close: bool, head_only: bool = False) -> bytes:
    """A whole response: status, `fibonacci-error`, the marker if user code saw nothing, and the error as JSON."""
    body = json.dumps({"code": error.code, "message": error.message, "requestId": request_id, **error.details}).encode()
    headers = [
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        ("fibonacci-error", error.code),
        ("x-request-id", request_id),
    ]
    if error.code in NOT_STARTED:
        headers.append(("fibonacci-not-started", "1"))
    if close:
        headers.append(("connection", "close"))
    head = render_head(error.status, headers)
    return head if head_only else head + body


REFUSALS = {
    "NOT_SPECIALIZED": "This instance has no function yet; send the request to another one.",
    "DRAINING": "This instance is ending; send the request to another one.",
    "EXECUTOR_UNAVAILABLE": "This instance is starting an executor; send the request to another one.",
    "EXECUTOR_RETIRED": "This connection belongs to an executor that was replaced; send the request on a new one.",
    "CONCURRENCY_LIMIT": "This instance runs as many requests as it takes; send the request to another one.",
}


def refusal(code: str) -> WatcherError:
    return WatcherError(code, REFUSALS[code])
