"""`context`, the second argument of a handler (W6.7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .exchange import Exchange
from .journal import Journal, bounded_json


@dataclass(frozen=True)
class Identity:
    """The function and the content that this executor serves."""

    namespace: str
    name: str
    content: str


class ContextLog:
    """Structured log lines that carry the request's id: a constant message, data in fields."""

    __slots__ = ("_journal", "_request_id")

    def __init__(self, journal: Journal, request_id: str) -> None:
        self._journal = journal
        self._request_id = request_id

    def debug(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        self._write("debug", message, fields)

    def info(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        self._write("info", message, fields)

    def warn(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        self._write("warn", message, fields)

    def error(self, message: str, fields: Mapping[str, Any] | None = None) -> None:
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: Mapping[str, Any] | None) -> None:
        own = {"fields": bounded_json(fields)} if fields else {}
        self._journal.write(level, str(message)[:8192], {"requestId": self._request_id, **own})


class Context:
    """What a handler can know of its invocation."""

    __slots__ = ("request_id", "namespace", "function_name", "content", "log", "traceparent", "_exchange")

    def __init__(self, exchange: Exchange, identity: Identity, journal: Journal) -> None:
        self.request_id = exchange.request_id
        self.namespace = identity.namespace
        self.function_name = identity.name
        self.content = identity.content
        self.log = ContextLog(journal, exchange.request_id)
        self.traceparent = exchange.head.headers.get("traceparent")
        self._exchange = exchange

    @property
    def deadline(self) -> datetime:
        """When the caller gets 504, in UTC."""
        return datetime.now(timezone.utc) + timedelta(seconds=self._exchange.deadline - time.monotonic())

    def remaining_ms(self) -> float:
        """Milliseconds until the deadline, 0 once it has passed."""
        return max(0.0, (self._exchange.deadline - time.monotonic()) * 1000)

    @property
    def cancelled(self) -> threading.Event:
        """Set once the client went away or the deadline has passed."""
        return self._exchange.cancelled
