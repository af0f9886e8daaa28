"""Thread mode: one executor runs all requests and owns their connections (W5.7)."""

from __future__ import annotations

import asyncio

from ..answers import refusal
from .executor import Death, Executor
from .serving import PendingRequest, Revision, Serving, ServingDeps

_HOLD_SECONDS = 1.0
_LINGER_SECONDS = 5.0


class ThreadServing(Serving):
    def __init__(self, revision: Revision, deps: ServingDeps) -> None:
        super().__init__(revision, deps)
        self.current: Executor | None = None
        self._refusing: str | None = None
        self._replacing: asyncio.Task[None] | None = None
        self._held: set[PendingRequest] = set()

    async def start(self) -> dict[str, float]:
        executor, timings = await self._load_executor()
        self._adopt(executor)
        return timings

    @property
    def available(self) -> bool:
        return self.current is not None or self._failures == 0

    @property
    def in_flight(self) -> int:
        return sum(executor.page.in_flight for executor in self.executors) + len(self._held)

    def offer(self, request: PendingRequest) -> None:
        if self.current is not None and self.current.connect(request.sock, request.handover()):
            return
        if self.current is None and self._replacing is not None and self._failures == 0 and self._refusing is None:
            # A fresh executor is a matter of milliseconds: shorter than a trip to another instance.
            self._held.add(request)
            self._loop.call_later(_HOLD_SECONDS, self._refuse_held, request)
            return
        self._deps.answer(request, refusal(self._refusing or "EXECUTOR_UNAVAILABLE"))

    def close(self, code: str) -> None:
        """An executor that is no longer needed goes on answering on its kept-alive connections for a while."""
        self._refusing = code
        self.retired = self.retired or code == "EXECUTOR_RETIRED"
        for request in list(self._held):
            self._refuse_held(request)
        for executor in self.executors:
            executor.close(code)

    def _adopt(self, executor: Executor) -> None:
        executor.listener.overrun = lambda: self._overrun(executor)
        executor.listener.idle = lambda: self._idle(executor)
        self.current = executor
        self._failures = 0
        if self._refusing is not None:
            executor.close(self._refusing)
        for request in list(self._held):
            self._held.discard(request)
            self.offer(request)

    def _overrun(self, executor: Executor) -> None:
        """A deadline passed in it: it has closed itself, and is killed once its neighbours are done (W5.5)."""
        if self.current is executor:
            self.current = None
            self._deps.ledger.restarts += 1
            self._deps.ledger.last_error = {"code": "FUNCTION_TIMEOUT", "message": self._loss_message("FUNCTION_TIMEOUT")}
            self._replace()

    def _idle(self, executor: Executor) -> None:
        if executor is not self.current:
            executor.kill("FUNCTION_TIMEOUT")
        elif self.retired:
            self.current = None
            self._loop.call_later(_LINGER_SECONDS, self._end_executor, executor)

    def _replace(self) -> None:
        if self._replacing is None and self.current is None and not self.retired:
            self._replacing = self._loop.create_task(self._load_replacement())

    async def _load_replacement(self) -> None:
        try:
            executor, _ = await self._load_executor()
        except Exception as error:  # noqa: BLE001 - the next attempt is the answer to each
            self._load_failed(error)
            for request in list(self._held):
                self._refuse_held(request)
            self._retry(self._replace)
            return
        finally:
            self._replacing = None
        self._adopt(executor)

    def _lost(self, executor: Executor, death: Death, served: bool) -> None:
        if executor is self.current:
            self.current = None
            self._record_loss(death, served)
            if self._failures == 0:
                self._replace()
            else:
                self._retry(self._replace)

    def _refuse_held(self, request: PendingRequest) -> None:
        if request in self._held:
            self._held.discard(request)
            self._deps.answer(request, refusal(self._refusing or "EXECUTOR_UNAVAILABLE"))
