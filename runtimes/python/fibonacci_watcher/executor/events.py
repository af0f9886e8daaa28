"""A request as the event that a handler gets (W6.1 to W6.3)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from ..errors import WatcherError
from ..http1 import RequestHead

_ATTRIBUTE_HEADER = re.compile("ce-([a-z0-9]+)")
_ENCODED = re.compile("(?:%[0-9A-Fa-f]{2})+")


def to_event(head: RequestHead, body: bytes, request_id: str) -> dict[str, Any]:
    """Raises WatcherError BAD_JSON or BAD_CLOUDEVENT."""
    headers = head.headers
    content_type = headers.get("content-type", "")
    media = media_type(content_type)
    if media.startswith("application/cloudevents-batch"):
        raise WatcherError("BAD_CLOUDEVENT", "Batches of CloudEvents are not taken: send one event a request.")
    if media == "application/cloudevents+json":
        return _structured_cloud_event(body)
    if "ce-specversion" in headers:
        return _binary_cloud_event(headers, content_type, body)
    path, _, query = origin_form(head.target).partition("?")
    return {
        "type": "http",
        "id": request_id,
        "method": head.method,
        "path": path,
        "query": _query(query) if query else {},
        "headers": headers,
        "body": convert_body(content_type, body),
    }


def origin_form(target: str) -> str:
    """Path and query of a request target, also of an absolute one."""
    if target.startswith("/") or "://" not in target:
        return target
    rest = target.partition("://")[2]
    return "/" + rest.partition("/")[2]


def scheme_of(head: RequestHead) -> str:
    """The scheme that the client used, as the gateway tells."""
    return "https" if head.headers.get("x-forwarded-proto") == "https" else "http"


def convert_body(content_type: str, body: bytes) -> Any:
    if not body:
        return None
    media = media_type(content_type)
    if media == "application/json" or media.endswith("+json"):
        return _parse_json(body)
    if media.startswith("text/") or media == "application/x-www-form-urlencoded":
        return _decode_text(content_type, body)
    return body


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _decode_text(content_type: str, body: bytes) -> str:
    charset = "utf-8"
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"')
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _query(text: str) -> dict[str, str | list[str]]:
    query: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        known = query.get(name)
        if known is None:
            query[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            query[name] = [known, value]
    return query


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode_json: Callable[[str], Any] = json.JSONDecoder(parse_constant=_reject_constant).decode


def _parse_json(body: bytes) -> Any:
    try:
        return _decode_json(body.decode())
    except (ValueError, RecursionError) as error:
        raise WatcherError("BAD_JSON", f"The content type says JSON and the body is not: {str(error)[:200]}.") from error


def _binary_cloud_event(headers: dict[str, str], content_type: str, body: bytes) -> dict[str, Any]:
    event: dict[str, Any] = {}
    for header, value in headers.items():
        if match := _ATTRIBUTE_HEADER.fullmatch(header):
            event[match[1]] = _attribute(value, match[1])
    # Of these two the message itself tells.
    event.pop("datacontenttype", None)
    if content_type:
        event["datacontenttype"] = content_type
    event["data"] = convert_body(content_type, body)
    return _checked(event)


def _attribute(value: str, name: str) -> str:
    """A header's value: double quotes come off, then one round of percent-decoding (CloudEvents HTTP binding 3.1.3.2)."""

    def decode(encoded: re.Match[str]) -> str:
        try:
            return bytes.fromhex(encoded[0].replace("%", "")).decode()
        except UnicodeDecodeError as error:
            raise WatcherError("BAD_CLOUDEVENT", f"The attribute {name} of the CloudEvent is not UTF-8.") from error

    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return _ENCODED.sub(decode, value)


def _structured_cloud_event(body: bytes) -> dict[str, Any]:
    event = _parse_json(body)
    if not isinstance(event, dict):
        raise WatcherError("BAD_CLOUDEVENT", "A structured CloudEvent is a JSON object.")
    if "data_base64" in event:
        if event.get("data") is not None:
            raise WatcherError("BAD_CLOUDEVENT", "The CloudEvent has both `data` and `data_base64`.")
        try:
            event["data"] = base64.b64decode(event.pop("data_base64"), validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise WatcherError("BAD_CLOUDEVENT", "`data_base64` of the CloudEvent is not base64.") from error
    event.setdefault("data", None)
    return _checked(event)


def _checked(event: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in ("specversion", "id", "source", "type") if not isinstance(event.get(name), str) or not event[name]]
    if missing:
        raise WatcherError("BAD_CLOUDEVENT", f"The CloudEvent lacks {', '.join(missing)}.")
    if event["specversion"] != "1.0":
        raise WatcherError("BAD_CLOUDEVENT", f"The CloudEvent has specversion {event['specversion'][:16]}; this takes 1.0.")
    return event
