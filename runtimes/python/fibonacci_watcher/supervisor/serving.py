"""One revision being served: what thread mode and process mode have in common."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..answers import timeout_message
from ..errors import WatcherError
from ..handover import Handover
from ..http1 import RequestHead
from ..log import Log
from .backoff import backoff_seconds
from .executor import Death, Executor, Orphan
from .ledger import Ledger
from .nursery import Nursery
from .revision import LoadDocument

LOAD_SECONDS = 30.0
END_SECONDS = 6.0


@dataclass(frozen=True)
class Revision:
    document: LoadDocument
    folder: Path
    order: dict[str, Any]


@dataclass(eq=False)
class PendingRequest:
    """A connection whose first request's head was read; `buffered` is all that came, the head included."""

    sock: socket.socket
    head: RequestHead
    request_id: str
    buffered: bytes
    arrived: float

    def handover(self) -> Handover:
        return Handover(self.arrived, self.request_id, self.buffered)


@dataclass(frozen=True)
class ServingDeps:
    nursery: Nursery
    ledger: Ledger
    log: Log
    # Answers, and closes the connection; closes it once the client has read what an executor answered.
    answer: Callable[[PendingRequest, WatcherError], None]
    finish: Callable[[socket.socket], None]
    # Routes a connection once more that an executor never took.
    reroute: Callable[[Orphan], None]


class Serving(ABC):
    """Owns the executors of one revision. `on_empty` is called when a retired one has none left."""

    def __init__(self, revision: Revision, deps: ServingDeps) -> None:
        self.revision = revision
        self.document = revision.document
        self.executors: set[Executor] = set()
        self.retired = False
        self._deps = deps
        self._loop = asyncio.get_running_loop()
        self._failures = 0
        self._retry_pending = False
        self.on_empty: Callable[[], None] | None = None

    # -- the life of the revision

    @abstractmethod
    async def start(self) -> dict[str, float]:
        """Until the first executor serves. Raises WatcherError LOAD_FAILED."""

    @abstractmethod
    def offer(self, request: PendingRequest) -> None:
        """Takes the request over: hands it to an executor, holds it for one that is loading, or refuses it."""

    @abstractmethod
    def close(self, code: str) -> None:
        """Refuses new requests with `code`; those under way go on."""

    @property
    @abstractmethod
    def available(self) -> bool:
        """Whether an executor is up, or one is loading for the first time since the last was."""

    @property
    @abstractmethod
    def in_flight(self) -> int: ...

    @property
    def function(self) -> str:
        return self.document.function.full_name

    def end(self) -> None:
        """Lets what is left end by itself, for so long."""
        for executor in list(self.executors):
            self._end_executor(executor)

    def kill(self) -> None:
        for executor in list(self.executors):
            executor.ending = True
            executor.kill()

    # -- executors

    async def _load_executor(self) -> tuple[Executor, dict[str, float]]:
        """A fresh executor with the code loaded."""
        executor = self._deps.nursery.take()
        executor.pipes.belong_to(self.function)
        executor.listener.died = lambda death: self._died(executor, death)
        executor.listener.orphaned = self._deps.reroute
        self.executors.add(executor)
        try:
            return executor, await executor.load(self.revision.order, LOAD_SECONDS)
        except BaseException:
            executor.kill()
            raise

    def _end_executor(self, executor: Executor) -> None:
        """Lets it end by itself, for so long."""
        executor.ending = True
        executor.end()
        self._loop.call_later(END_SECONDS, executor.kill)

    def _died(self, executor: Executor, death: Death) -> None:
        self.executors.discard(executor)
        self._deps.ledger.bury(executor, death, self.function)
        served = sum(executor.page.totals().outcomes) > 0 or bool(death.open)
        executor.page.close()
        if not executor.ending:
            self._lost(executor, death, served)
        if not self.executors and self.on_empty is not None:
            self.on_empty()

    @abstractmethod
    def _lost(self, executor: Executor, death: Death, served: bool) -> None:
        """An executor's process has ended. `served`: it had done, or was doing, some work."""

    def _record_loss(self, death: Death, served: bool) -> None:
        """A loss that nobody asked for: counted, told, and paid for with a wait if it had not served anything."""
        code = death.code or "FUNCTION_CRASHED"
        self._deps.ledger.restarts += 1
        self._deps.ledger.last_error = {"code": code, "message": self._loss_message(code, death.exit_code)}
        if code != "FUNCTION_TIMEOUT":
            self._deps.log.error("executor lost", function=self.function, code=code, exitCode=death.exit_code)
        self._failures = 0 if served else self._failures + 1

    def _loss_message(self, code: str, exit_code: int = 0) -> str:
        """Why an executor is gone, for callers and `lastError`."""
        if code == "FUNCTION_TIMEOUT":
            return timeout_message(self.document.timeout_ms)
        if code == "MEMORY_LIMIT":
            return "The function's process passed its memory limit and was ended."
        return f"The function's process ended with {f'signal {-exit_code}' if exit_code < 0 else f'exit code {exit_code}'}."

    def _retry(self, action: Callable[[], None]) -> None:
        """Calls `action` after the back-off; one call is pending at most."""
        if self._retry_pending or self.retired:
            return
        self._retry_pending = True

        def run() -> None:
            self._retry_pending = False
            if not self.retired:
                action()

        self._loop.call_later(backoff_seconds(self._failures), run)

    def _load_failed(self, error: Exception) -> None:
        self._failures += 1
        known = error if isinstance(error, WatcherError) else WatcherError("INTERNAL", repr(error))
        self._deps.ledger.last_error = known.summary()
        self._deps.log.error("executor not loaded", function=self.function, code=known.code, error=known.message, attempt=self._failures)
