"""The requests under way in this executor, and whether another may begin (W5.1, W5.4, W5.5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..answers import timeout_message
from ..errors import WatcherError
from ..page import Page
from .exchange import Exchange
from .journal import Journal

_SOON_SECONDS = 0.1
_PATIENCE_SECONDS = 0.005


class Admission:
    """`state` is "active", or the code with which requests are refused from now on: DRAINING, EXECUTOR_RETIRED."""

    def __init__(self, limit: int, page: Page, journal: Journal, on_idle: Callable[[], None], on_overrun: Callable[[], None]) -> None:
        self._limit = limit
        self._page = page
        self._journal = journal
        self._on_idle = on_idle
        self._on_overrun = on_overrun
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._open: set[Exchange] = set()
        self._running: set[Exchange] = set()
        self._slots = list(range(2 * limit - 1, -1, -1))
        self._state = "active"
        self.earlier_deadline = threading.Event()

    @property
    def state(self) -> str:
        return self._state

    def admit(self, exchange: Exchange) -> str | None:
        """None, or the code to refuse with: user code sees nothing of the request."""
        with self._lock:
            if self._full and self._state == "active":
                # An application may end a moment after the response that brought this client here.
                self._freed.wait(_PATIENCE_SECONDS)
            code = self._state if self._state != "active" else "CONCURRENCY_LIMIT" if self._full else None
            if code is not None:
                self._page.count("refused")
                return code
            exchange.slot = self._slots.pop()
            self._open.add(exchange)
            self._running.add(exchange)
            self._page.in_flight = len(self._open)
            self._page.open_slot(exchange.slot, exchange.request_id, exchange.arrived)
        if exchange.deadline - exchange.arrived < _SOON_SECONDS:
            self.earlier_deadline.set()
        return None

    def free(self, exchange: Exchange) -> None:
        """User code has ended: another request may begin, though this one's response is still to be sent."""
        with self._lock:
            self._running.discard(exchange)
            self._freed.notify()

    def release(self, exchange: Exchange, outcome: str | None) -> None:
        """Ends a request; `outcome` is "ok" or "error", None if user code did not run. Nothing if its deadline was first."""
        with self._lock:
            if exchange not in self._open:
                return
            self._forget(exchange)
            if outcome is not None:
                self._page.count(outcome, time.monotonic() - exchange.arrived)
            idle = self._state != "active" and not self._open
        if idle:
            self._on_idle()

    def close(self, code: str) -> None:
        """Refuses with `code` from now on, and tells when nothing is under way."""
        with self._lock:
            if self._state != "EXECUTOR_RETIRED":
                self._state = code
            idle = not self._open
        if idle:
            self._on_idle()

    def expire(self, now: float) -> float:
        """Ends what has passed its deadline; gives the next deadline."""
        with self._lock:
            expired = [exchange for exchange in self._open if exchange.deadline <= now]
            for exchange in expired:
                self._forget(exchange)
                if exchange.entered:
                    self._page.count("timeout", now - exchange.arrived)
            overrun = any(exchange.running for exchange in expired)
            if overrun:
                self._state = "EXECUTOR_RETIRED"
            idle = bool(expired) and self._state != "active" and not self._open
            next_deadline = min((exchange.deadline for exchange in self._open), default=float("inf"))
        if overrun:
            self._on_overrun()
        for exchange in expired:
            if exchange.entered:
                self._journal.failure("FUNCTION_TIMEOUT", exchange.request_id, now - exchange.arrived, {})
            exchange.expire(timeout_error(exchange))
        if idle:
            self._on_idle()
        return next_deadline

    def open_exchanges(self) -> list[Exchange]:
        with self._lock:
            return list(self._open)

    @property
    def _full(self) -> bool:
        return len(self._running) >= self._limit or not self._slots

    def _forget(self, exchange: Exchange) -> None:
        self._open.discard(exchange)
        self._running.discard(exchange)
        self._freed.notify()
        self._slots.append(exchange.slot)
        self._page.in_flight = len(self._open)
        self._page.close_slot(exchange.slot)


def timeout_error(exchange: Exchange) -> WatcherError:
    milliseconds = round((exchange.deadline - exchange.arrived) * 1000)
    return WatcherError("FUNCTION_TIMEOUT", timeout_message(milliseconds))
