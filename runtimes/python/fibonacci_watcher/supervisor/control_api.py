"""The control API: paths, methods, who may call them, what they answer (section 2)."""

from __future__ import annotations

import json
import time
from typing import Literal

from ..errors import WatcherError
from ..log import Log
from .control_port import Answer, ControlRequest, json_answer
from .revision import MAX_BODY_BYTES, parse_push
from .status import Facts
from .token import Claims, TokenVerifier
from .watcher import Watcher

_MAX_DRAIN_BODY = 4096
_MAX_DRAIN_MS = 24 * 3600 * 1000
_METHODS = {
    "/_/health": "GET",
    "/_/ready": "GET",
    "/_/status": "GET",
    "/metrics": "GET",
    "/_/specialize": "POST",
    "/_/update": "POST",
    "/_/drain": "POST",
}


class ControlApi:
    def __init__(self, watcher: Watcher, facts: Facts, verifier: TokenVerifier, log: Log) -> None:
        self._watcher = watcher
        self._facts = facts
        self._verifier = verifier
        self._log = log

    async def handle(self, request: ControlRequest) -> Answer:
        """Raises WatcherError; anything else that goes wrong is INTERNAL and logged."""
        try:
            return await self._route(request)
        except (WatcherError, OSError, EOFError):
            raise
        except Exception as error:
            self._log.error("control request failed", path=request.path, error=repr(error))
            raise WatcherError("INTERNAL", "A defect in the watcher; its log tells more.") from error

    async def _route(self, request: ControlRequest) -> Answer:
        path = request.path
        method = _METHODS.get(path)
        if method is None:
            raise WatcherError("NOT_FOUND", "The control port has nothing at this path.")
        if request.head.method != method and not (method == "GET" and request.head.method == "HEAD"):
            raise WatcherError("METHOD_NOT_ALLOWED", f"{path} takes {method} only.")
        if path == "/_/health":
            return json_answer({"status": "ok"})
        if path == "/_/ready":
            return json_answer({"status": self._watcher.state}, 200 if self._watcher.available else 503)
        if path == "/_/status":
            return json_answer(self._facts.status())
        if path == "/metrics":
            return Answer(200, "text/plain; version=0.0.4; charset=utf-8", self._facts.metrics().encode())
        if path == "/_/drain":
            return await self._drain(request)
        return await self._push("specialize" if path == "/_/specialize" else "update", request)

    async def _push(self, act: Literal["specialize", "update"], request: ControlRequest) -> Answer:
        claims = self._authorize(act, request)
        try:
            body = await request.read_body(MAX_BODY_BYTES)
        except WatcherError as error:
            if error.code == "BODY_TOO_LARGE":
                raise WatcherError("PACKAGE_TOO_LARGE", f"The body is larger than {MAX_BODY_BYTES} bytes (64 MiB).") from error
            raise
        document, package = parse_push(body)
        _check_claim("sub", claims.sub, document.function.uid)
        _check_claim("digest", claims.digest, document.digest)
        self._watcher.accept_epoch(claims.epoch)
        return json_answer(await self._watcher.push(act, document, package, request.began))

    async def _drain(self, request: ControlRequest) -> Answer:
        claims = self._authorize("drain", request)
        if self._watcher.function is not None:
            _check_claim("sub", claims.sub, self._watcher.function.uid)
        body = await request.read_body(_MAX_DRAIN_BODY)
        try:
            value = json.loads(body or b"{}")
        except (ValueError, RecursionError) as error:
            raise WatcherError("BAD_REQUEST", "The body is not JSON.") from error
        timeout = value.get("timeoutMs", 0) if isinstance(value, dict) else None
        if isinstance(timeout, bool) or not isinstance(timeout, int) or not 0 <= timeout <= _MAX_DRAIN_MS:
            raise WatcherError("BAD_REQUEST", f'The body is {{"timeoutMs": N}} with an integer from 0 to {_MAX_DRAIN_MS}.')
        self._watcher.accept_epoch(claims.epoch)
        return json_answer({"inFlight": await self._watcher.drain(timeout / 1000)})

    def _authorize(self, act: str, request: ControlRequest) -> Claims:
        """Before the body is used. Raises WatcherError TOKEN_INVALID, STALE_EPOCH."""
        claims = self._verifier.verify(request.head.headers.get("authorization"), act, time.time())
        self._watcher.check_epoch(claims.epoch)
        return claims


def _check_claim(name: str, claimed: str | None, actual: str) -> None:
    if claimed != actual:
        raise WatcherError("TOKEN_INVALID", f"The token is refused: claim `{name}` does not fit the body.")
