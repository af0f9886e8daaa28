"""The watcher's state and what may be done to it: specialize, update, drain."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from ..config import Config
from ..errors import WatcherError
from ..log import Log
from .decide import Asked, Bound, decide_push
from .ledger import Ledger
from .marker import FunctionRef, read_marker, write_marker
from .nursery import PACKAGE_PARENT, Nursery
from .package import check_package, unpack
from .process_serving import ProcessServing
from .revision import LoadDocument
from .serving import Revision, Serving, ServingDeps
from .thread_serving import ThreadServing

_SMALL_PACKAGE_BYTES = 256 * 1024

Act = Literal["specialize", "update"]


def base_environment(scratch: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What user code gets beside its own variables (W3.7)."""
    return {
        "PATH": environment.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": environment.get("LANG", "C.UTF-8"),
        "TZ": environment.get("TZ", "UTC"),
    }


class Watcher:
    """One function for life; at most one revision serves, older ones finish what they have."""

    def __init__(self, config: Config, environment: dict[str, str], nursery: Nursery, ledger: Ledger, log: Log) -> None:
        self._config = config
        self._environment = environment
        self._nursery = nursery
        self._log = log
        self._deps: ServingDeps | None = None
        self._lock = asyncio.Lock()
        self._folders = 0
        self.function: FunctionRef | None = read_marker(config.scratch)
        self._failed = False
        self._loading = False
        self.ledger = ledger
        self.draining = False
        self.serving: Serving | None = None
        self.retired: set[Serving] = set()
        self.epoch = 0
        self.started_at = datetime.now(timezone.utc)

    def connect(self, deps: ServingDeps) -> None:
        """Data port and watcher know each other."""
        self._deps = deps

    @property
    def state(self) -> str:
        if self.draining:
            return "draining"
        if self.serving is not None:
            return "ready" if self.serving.available else "loading"
        if self._loading:
            return "loading"
        return "failed" if self._failed else "idle"

    @property
    def available(self) -> bool:
        """It serves its function, or may be given any."""
        return self.state == "ready" or (self.state == "idle" and self.function is None)

    @property
    def in_flight(self) -> int:
        servings = [*self.retired] if self.serving is None else [self.serving, *self.retired]
        return sum(serving.in_flight for serving in servings)

    def target(self) -> Serving | str:
        """Who takes a request now, or the code to refuse it with (W5.1)."""
        if self.draining:
            return "DRAINING"
        return "NOT_SPECIALIZED" if self.serving is None else self.serving

    def check_epoch(self, epoch: int) -> None:
        """Raises WatcherError STALE_EPOCH (W2.8)."""
        if epoch < self.epoch:
            raise WatcherError("STALE_EPOCH", f"Epoch {epoch} is over: this instance has taken an order of epoch {self.epoch}.")

    def accept_epoch(self, epoch: int) -> None:
        """Raises WatcherError STALE_EPOCH."""
        self.check_epoch(epoch)
        self.epoch = epoch

    async def push(self, act: Act, document: LoadDocument, package: bytes, began: float) -> dict[str, Any]:
        """The answer of W3.5. `began` is when the request came, in seconds of `time.monotonic`."""
        async with self._lock:
            if decide_push(self._bound(), Asked(act, document.function.uid, document.generation, document.content)) == "same":
                return _answer(document, 0.0, {"dependenciesMs": 0.0, "initMs": 0.0})
            try:
                return await self._load(document, package, began)
            except WatcherError as error:
                self._failed = self.serving is None
                self.ledger.last_error = error.summary()
                fields = {"function": document.function.full_name, "code": error.code, "error": error.message, **error.details}
                self._log.error("revision refused", **fields)
                raise

    async def drain(self, timeout_seconds: float) -> int:
        """Refuses new requests from now on; gives what is still under way at the end of the time (W9.1)."""
        self.draining = True
        if self.serving is not None:
            self.serving.close("DRAINING")
        until = time.monotonic() + timeout_seconds
        while self.in_flight > 0 and time.monotonic() < until:
            await asyncio.sleep(0.02)
        return self.in_flight

    def _bound(self) -> Bound:
        served = None if self.serving is None else self.serving.document
        return Bound(
            None if self.function is None else self.function.uid,
            None if served is None else (served.generation, served.content),
            self.draining,
        )

    async def _load(self, document: LoadDocument, package: bytes, began: float) -> dict[str, Any]:
        assert self._deps is not None
        self._folders += 1
        folder = self._config.scratch / "revisions" / str(self._folders)
        self._loading = True
        try:
            await self._write(document, package, folder)
            self.function = document.function
            serving = self._create_serving(Revision(document, folder, self._order(document, str(folder))), self._deps)
            code_ms = (time.monotonic() - began) * 1000
            try:
                timings = await serving.start()
            except BaseException:
                serving.kill()
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                raise
        finally:
            self._loading = False
        self._serve(serving)
        return _answer(document, code_ms, timings)

    async def _write(self, document: LoadDocument, package: bytes, folder: Path) -> None:
        """Checks all before the first byte is written; marker and files go to the disk side by side."""
        # A small package is done before a thread would have begun; a large one must not hold up the loop.
        aside = _at_once if len(package) <= _SMALL_PACKAGE_BYTES else asyncio.to_thread
        files = await aside(check_package, package, document.digest, document.size)
        marking = asyncio.ensure_future(self._mark(document))
        try:
            await aside(unpack, package, files, folder)
            await marking
        except OSError as error:
            raise WatcherError("INTERNAL", f"The package cannot be written to the scratch folder: {error.strerror}.") from error

    async def _mark(self, document: LoadDocument) -> None:
        if self.function is None:
            await asyncio.to_thread(write_marker, self._config.scratch, document.function)

    def _order(self, document: LoadDocument, folder: str) -> dict[str, Any]:
        """What an executor is told to load."""
        own = {"FIB_FUNCTION": document.function.full_name, "FIB_CONTENT": document.content}
        return {
            "function": {"namespace": document.function.namespace, "name": document.function.name},
            "content": document.content,
            "folder": folder,
            "ownFolder": PACKAGE_PARENT,
            "handler": document.handler,
            "signature": document.signature,
            "mode": document.mode,
            "concurrency": document.concurrency,
            "timeoutMs": document.timeout_ms,
            "maxBodyBytes": document.max_body_bytes,
            "memoryLimitBytes": self._config.memory_limit_bytes,
            "environment": {**self._environment, **document.env, **own},
        }

    @staticmethod
    def _create_serving(revision: Revision, deps: ServingDeps) -> Serving:
        return (ProcessServing if revision.document.mode == "process" else ThreadServing)(revision, deps)

    def _serve(self, serving: Serving) -> None:
        """New requests go to it from this moment; the one before finishes what it has (W4.1)."""
        before, self.serving, self._failed = self.serving, serving, False
        self.ledger.last_error = None
        if before is not None:
            self.retired.add(before)
            before.on_empty = lambda: self._forget(before)
            before.close("EXECUTOR_RETIRED")
            if not before.executors:
                self._forget(before)
        if self.draining:
            serving.close("DRAINING")

    def _forget(self, serving: Serving) -> None:
        if serving in self.retired:
            self.retired.discard(serving)
            shutil.rmtree(serving.revision.folder, ignore_errors=True)


async def _at_once(action: Callable[..., Any], *arguments: Any) -> Any:
    await asyncio.sleep(0)
    return action(*arguments)


def _answer(document: LoadDocument, code_ms: float, timings: dict[str, float]) -> dict[str, Any]:
    rounded = {"codeMs": round(code_ms, 3), **{name: round(value, 3) for name, value in timings.items()}}
    return {"content": document.content, "generation": document.generation, "timings": rounded}
