"""Threads that serve connections; one that has finished waits for the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

_IDLE_SECONDS = 30.0

Job = Callable[[], None]


class Workers:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, job: Job) -> bool:
        """False, and nothing is run, above the limit or the system's."""
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._threads >= self._limit:
                return False
            elif not self._start():
                return False
        self._jobs.put(job)
        return True

    def _start(self) -> bool:
        try:
            threading.Thread(target=self._run, name="fibonacci-connection", daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            return False
        self._threads += 1
        return True

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    # A job may have been promised to an idle worker in this very moment.
                    if self._idle > 0 and self._jobs.empty():
                        self._idle -= 1
                        self._threads -= 1
                        return
                continue
            job()
            with self._lock:
                self._idle += 1
