"""What this watcher has counted: figures of executors that are gone, refusals of the supervisor, restarts, the last error."""

from __future__ import annotations

import time
from typing import Any

from ..log import Log, failure_fields
from ..page import Totals
from .executor import Death, Executor


class Ledger:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._past = Totals.zero()
        self.past_cpu_seconds = 0.0
        self.restarts = 0
        self.last_error: dict[str, Any] | None = None

    def refused(self) -> None:
        self._past.count("refused")

    def failed(self, code: str, request_id: str, seconds: float, function: str) -> None:
        """An invocation that ended without a word of its executor; logged once (W8.2)."""
        self._past.count("timeout" if code == "FUNCTION_TIMEOUT" else "error", seconds)
        self._log.error("invocation failed", function=function, **failure_fields(code, request_id, seconds))

    def bury(self, executor: Executor, death: Death, function: str) -> None:
        """Takes over a dead executor's figures; what it had under way has failed with it."""
        self._past.add(executor.page.totals())
        self.past_cpu_seconds += death.cpu_seconds
        now = time.monotonic()
        for request in death.open:
            self.failed(death.code or "FUNCTION_CRASHED", request.request_id, now - request.arrived, function)

    def totals(self, living: list[Executor]) -> Totals:
        totals = Totals.zero()
        totals.add(self._past)
        for executor in living:
            totals.add(executor.page.totals())
        return totals
