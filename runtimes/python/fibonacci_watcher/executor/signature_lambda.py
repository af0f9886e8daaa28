"""Signature `lambda`: `handler(event, context)` as AWS Lambda calls it behind an HTTP API (W7.7 to W7.9)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from .connection import BadResponse, Invoke
from .context import Context, Identity
from .exchange import Exchange
from .journal import Journal
from .lambda_event import to_lambda_event
from .results import Response, dump_json, encode_text, to_headers

_MIB = 1024 * 1024

Handler = Callable[[Any, Any], Any]


class LambdaContext:
    """A handler's second argument. `memory_limit_in_mb` is text and "0" without a limit; handlers may set attributes of their own."""

    def __init__(self, context: Context, memory_limit_bytes: int | None) -> None:
        name = f"{context.namespace}:function:{context.function_name}"
        self._context = context
        self.function_name = context.function_name
        self.function_version = context.content
        self.invoked_function_arn = f"arn:fibonacci:lambda::{name}"
        self.memory_limit_in_mb = str((memory_limit_bytes or 0) // _MIB)
        self.aws_request_id = context.request_id
        self.log_group_name = f"/fibonacci/{context.namespace}/{context.function_name}"
        self.log_stream_name = context.content
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        return int(self._context.remaining_ms())


def create_lambda_invoke(handler: Handler, identity: Identity, journal: Journal, memory_limit_bytes: int | None) -> Invoke:
    def invoke(exchange: Exchange) -> str:
        event = to_lambda_event(exchange, exchange.read_body(), identity.name)
        exchange.enter()
        response = to_lambda_response(handler(event, LambdaContext(Context(exchange, identity, journal), memory_limit_bytes)))
        assert isinstance(response.body, bytes)
        exchange.send(response.status, response.headers, response.body)
        return "ok"

    return invoke


def to_lambda_response(result: Any) -> Response:
    """By the rules of payload format version 2.0, with `multiValueHeaders` of 1.0. Raises BadResponse for what cannot be sent."""
    if not isinstance(result, dict) or "statusCode" not in result:
        body = encode_text(result) if isinstance(result, str) else dump_json(result)
        return Response(200, [("content-type", "application/json")], body)
    several = _headers(result.get("multiValueHeaders"))
    named = {name for name, _ in several}
    headers = [(name, value) for name, value in _headers(result.get("headers")) if name not in named] + several
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise BadResponse("cookies must be a list of strings.")
    headers += to_headers({"set-cookie": cookies})
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return Response(_status(result["statusCode"]), headers, _body(result.get("body"), result.get("isBase64Encoded")))


def _headers(given: Any) -> list[tuple[str, str]]:
    """Booleans are said as in JSON."""
    if isinstance(given, dict):
        given = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return to_headers(given)


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:
        raise BadResponse(f"statusCode must be from 200 to 599, and is {str(value)[:20]!r}.")
    return value


def _body(body: Any, is_base64: Any) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadResponse(f"body must be a string, not {type(body).__name__}: json.dumps it.")
    if is_base64 is not True:
        return encode_text(body)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadResponse("isBase64Encoded is true and the body is not base64.") from error
