"""Process mode: each request has an executor to itself; the supervisor keeps the time and can answer for it (W5.5, W5.7)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from ..answers import refusal, timeout_header, timeout_message
from ..errors import WatcherError
from .executor import Death, Executor
from .serving import PendingRequest, Revision, Serving, ServingDeps

_PATIENCE_SECONDS = 0.005


@dataclass(eq=False)
class _Flight:
    request: PendingRequest
    milliseconds: int
    timer: asyncio.TimerHandle | None = None
    executor: Executor | None = None
    begun: bool = False


class ProcessServing(Serving):
    """Executors are loaded as they are needed, and one more, up to the concurrency."""

    def __init__(self, revision: Revision, deps: ServingDeps) -> None:
        super().__init__(revision, deps)
        self._idle: list[Executor] = []
        self._busy: dict[Executor, _Flight] = {}
        self._waiting: deque[_Flight] = deque()
        self._loading = 0
        self._refusing: str | None = None

    async def start(self) -> dict[str, float]:
        self._loading += 1
        try:
            executor, timings = await self._load_executor()
        finally:
            self._loading -= 1
        self._adopt(executor)
        self._loop.call_later(0.05, self._grow)
        return timings

    @property
    def available(self) -> bool:
        return bool(self._idle or self._busy) or self._failures == 0

    @property
    def in_flight(self) -> int:
        return len(self._busy) + len(self._waiting)

    def offer(self, request: PendingRequest) -> None:
        code = self._refusal()
        if code == "CONCURRENCY_LIMIT":
            # The client of a request that has just been answered may be here before its executor's word.
            self._loop.call_later(_PATIENCE_SECONDS, self._offer_again, request)
        elif code is not None:
            self._deps.answer(request, refusal(code))
        else:
            self._admit(request)

    def _offer_again(self, request: PendingRequest) -> None:
        code = self._refusal()
        if code is not None:
            self._deps.answer(request, refusal(code))
        else:
            self._admit(request)

    def _refusal(self) -> str | None:
        if self._refusing is not None:
            return self._refusing
        if self.in_flight >= self.document.concurrency:
            return "CONCURRENCY_LIMIT"
        return "EXECUTOR_UNAVAILABLE" if not self._idle and self._failures > 0 else None

    def _admit(self, request: PendingRequest) -> None:
        given = timeout_header(request.head.headers)
        milliseconds = self.document.timeout_ms if given is None else min(given, self.document.timeout_ms)
        left = milliseconds / 1000 - (time.monotonic() - request.arrived)
        flight = _Flight(request, milliseconds)
        flight.timer = self._loop.call_later(max(0.0, left), self._expire, flight)
        self._waiting.append(flight)
        self._dispatch()

    def close(self, code: str) -> None:
        self._refusing = code
        if code == "EXECUTOR_RETIRED":
            self.retired = True
            self._end_idle()

    def _dispatch(self) -> None:
        while self._waiting and self._idle:
            flight, executor = self._waiting.popleft(), self._idle.pop()
            request = flight.request
            flight.executor = executor
            self._busy[executor] = flight
            executor.lend(request.sock, request.handover())
        self._grow()

    def _grow(self) -> None:
        """One executor more than requests, so that the next one finds code that is loaded."""
        if self._failures > 0:
            self._retry(self._load_more)
            return
        self._load_more()

    def _load_more(self) -> None:
        wanted = 0 if self.retired and not self._waiting else min(self.document.concurrency, self.in_flight + 1)
        while len(self._idle) + len(self._busy) + self._loading < wanted:
            self._loading += 1
            self._loop.create_task(self._load_one())

    async def _load_one(self) -> None:
        try:
            executor, _ = await self._load_executor()
        except Exception as error:  # noqa: BLE001 - the next attempt is the answer to each
            self._load_failed(error)
            self._retry(self._load_more)
            return
        finally:
            self._loading -= 1
        self._adopt(executor)

    def _adopt(self, executor: Executor) -> None:
        executor.listener.begun = lambda: self._begun(executor)
        executor.listener.done = lambda: self._done(executor)
        self._failures = 0
        self._release(executor)

    def _begun(self, executor: Executor) -> None:
        if (flight := self._busy.get(executor)) is not None:
            flight.begun = True

    def _done(self, executor: Executor) -> None:
        flight = self._busy.pop(executor, None)
        if flight is not None:
            _stop(flight)
            self._deps.finish(flight.request.sock)
            self._release(executor)

    def _release(self, executor: Executor) -> None:
        self._idle.append(executor)
        self._dispatch()
        if self.retired and not self._waiting:
            self._end_idle()

    def _end_idle(self) -> None:
        if not self._waiting:
            while self._idle:
                self._end_executor(self._idle.pop())

    def _expire(self, flight: _Flight) -> None:
        if flight.executor is not None:
            flight.executor.kill("FUNCTION_TIMEOUT")
            return
        self._waiting.remove(flight)
        request = flight.request
        self._deps.ledger.failed("FUNCTION_TIMEOUT", request.request_id, time.monotonic() - request.arrived, self.function)
        self._deps.answer(request, _timeout(flight.milliseconds))

    def _lost(self, executor: Executor, death: Death, served: bool) -> None:
        if executor in self._idle:
            self._idle.remove(executor)
            self._record_loss(death, served)
            self._grow()
            return
        flight = self._busy.pop(executor, None)
        if flight is None:
            return  # it was loading, or ended on request
        self._record_loss(death, served)
        if death.open or death.code is not None:
            self._answer_for(flight, death)
        else:
            # It ended before it took the request up: user code has seen nothing of it.
            flight.executor = None
            self._waiting.appendleft(flight)
        self._grow()

    def _answer_for(self, flight: _Flight, death: Death) -> None:
        _stop(flight)
        request = flight.request
        code = death.code or "FUNCTION_CRASHED"
        if not death.open:
            self._deps.ledger.failed(code, request.request_id, time.monotonic() - request.arrived, self.function)
        if flight.begun:
            request.sock.close()
        elif code == "FUNCTION_TIMEOUT":
            self._deps.answer(request, _timeout(flight.milliseconds))
        else:
            self._deps.answer(request, WatcherError("FUNCTION_CRASHED", self._loss_message(code, death.exit_code)))


def _stop(flight: _Flight) -> None:
    if flight.timer is not None:
        flight.timer.cancel()


def _timeout(milliseconds: int) -> WatcherError:
    return WatcherError("FUNCTION_TIMEOUT", timeout_message(milliseconds))
