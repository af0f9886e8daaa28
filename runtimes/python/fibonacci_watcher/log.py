"""Log lines (W1.3): one JSON object each, written by a thread so that a slow reader never blocks the supervisor."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

_MAX_PENDING_BYTES = 8 * 1024 * 1024


def render_line(level: str, msg: str, fields: Mapping[str, Any]) -> str:
    """The line with its line feed. Keys of `fields` cannot replace time, level and msg."""
    time = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    own = {"time": time, "level": level, "msg": msg}
    return json.dumps({**own, **fields, **own}, separators=(",", ":")) + "\n"


def failure_fields(code: str, request_id: str, seconds: float) -> dict[str, Any]:
    """Of the line that each failed, timed-out or crashed invocation gets (W8.2)."""
    return {"code": code, "requestId": request_id, "durationMs": round(seconds * 1000, 1)}


class Log:
    """Lines wait in a bounded queue; what does not fit is dropped and counted, the watcher's own lines last."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._queue: deque[bytes] = deque()
        self._pending = 0
        self._dropped = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def info(self, msg: str, **fields: Any) -> None:
        self.put(render_line("info", msg, fields).encode(), own=True)

    def error(self, msg: str, **fields: Any) -> None:
        self.put(render_line("error", msg, fields).encode(), own=True)

    @property
    def pending_bytes(self) -> int:
        return self._pending

    def put(self, data: bytes, *, own: bool = False) -> None:
        """Whole lines. `own` ones may use twice the room."""
        with self._changed:
            if self._pending + len(data) > _MAX_PENDING_BYTES * (2 if own else 1):
                self._dropped += data.count(b"\n")
                return
            self._queue.append(data)
            self._pending += len(data)
            self._changed.notify()

    def close(self, timeout_seconds: float = 1.0) -> None:
        """Writes what waits, as far as the reader takes it in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing:
                    self._changed.wait()
                if not self._queue:
                    return
                data = self._queue.popleft()
                dropped, self._dropped = self._dropped, 0
            if dropped:
                data += render_line("warn", "log lines dropped", {"lines": dropped}).encode()
            size = len(data)
            try:
                while data:
                    data = data[os.write(self._fd, data) :]
            except OSError:
                return
            finally:
                with self._changed:
                    self._pending -= size
