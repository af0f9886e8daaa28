"""Errors that the watcher answers with: the codes of protocol/errors.ts, and the status each has on either port."""

from __future__ import annotations

from typing import Any

STATUS = {
    "BAD_REQUEST": 400,
    "BAD_JSON": 400,
    "BAD_CLOUDEVENT": 400,
    "TOKEN_INVALID": 401,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "STALE_EPOCH": 409,
    "STALE_GENERATION": 409,
    "ALREADY_SPECIALIZED": 409,
    "BODY_TOO_LARGE": 413,
    "PACKAGE_TOO_LARGE": 413,
    "LOAD_FAILED": 422,
    "PACKAGE_INVALID": 422,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL": 500,
    "UPGRADE_UNSUPPORTED": 501,
    "FUNCTION_ERROR": 502,
    "FUNCTION_BAD_RESPONSE": 502,
    "FUNCTION_CRASHED": 502,
    "MEMORY_LIMIT": 502,
    "NOT_SPECIALIZED": 503,
    "DRAINING": 503,
    "EXECUTOR_UNAVAILABLE": 503,
    "EXECUTOR_RETIRED": 503,
    "CONCURRENCY_LIMIT": 503,
    "FUNCTION_TIMEOUT": 504,
}

# Answers by which user code has seen nothing of the request (W5.1).
NOT_STARTED = frozenset({"NOT_SPECIALIZED", "DRAINING", "EXECUTOR_UNAVAILABLE", "EXECUTOR_RETIRED", "CONCURRENCY_LIMIT"})


class WatcherError(Exception):
    """A code of the table and a message with the value and the way out; `details` are fields of the answer's body."""

    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or {}
        self.status = status or STATUS[code]

    def summary(self) -> dict[str, Any]:
        """The form of `lastError` (W2.3)."""
        return {"code": self.code, "message": self.message, **self.details}
