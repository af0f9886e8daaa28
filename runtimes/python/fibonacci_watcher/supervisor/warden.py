"""Looks at every executor, over and over: memory (W5.9) and heartbeat (W9.3)."""

from __future__ import annotations

import asyncio

from .executor import Executor
from .watcher import Watcher

_INTERVAL_SECONDS = 0.1
# A heartbeat comes every 0.1 s; on a busy machine it may be late.
_SLACK_SECONDS = 1.0


def decide_kill(memory_bytes: int, heartbeat_age: float, memory_limit: int | None, timeout_seconds: float) -> str | None:
    """The code to kill an executor with, None to leave it alone."""
    if memory_limit is not None and memory_bytes > memory_limit:
        return "MEMORY_LIMIT"
    if heartbeat_age > timeout_seconds + _SLACK_SECONDS:
        return "FUNCTION_TIMEOUT"
    return None


class Warden:
    def __init__(self, watcher: Watcher, memory_limit: int | None) -> None:
        self._watcher = watcher
        self._memory_limit = memory_limit
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            servings = [*self._watcher.retired]
            if self._watcher.serving is not None:
                servings.append(self._watcher.serving)
            for serving in servings:
                for executor in list(serving.executors):
                    self._look(executor, serving.document.timeout_ms / 1000)

    def _look(self, executor: Executor, timeout_seconds: float) -> None:
        memory = executor.memory_bytes() if self._memory_limit is not None else 0
        age = executor.heartbeat_age() if executor.ready else 0.0
        code = decide_kill(memory, age, self._memory_limit, timeout_seconds)
        if code is not None:
            executor.kill(code)
