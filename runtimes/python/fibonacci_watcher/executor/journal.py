"""Log lines of an executor: whole JSON lines on a pipe to the supervisor, which prints them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from ..lines import MAX_LINE_BYTES
from ..log import failure_fields, render_line


class Journal:
    """Writes wait for the supervisor, which always reads: a flood slows down user code and nothing else."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self.function = ""

    def write(self, level: str, msg: str, fields: Mapping[str, Any]) -> None:
        self._put(render_line(level, msg, {"function": self.function, **fields}))

    def output(self, level: str, request_id: str | None, lines: list[tuple[str, bool]]) -> None:
        """Lines that user code printed, each with whether it was cut (W8.1)."""
        who = {"function": self.function} if request_id is None else {"function": self.function, "requestId": request_id}
        for start in range(0, len(lines), 64):
            rendered = [
                render_line(level, "function output", {**who, "line": line, "truncated": True} if cut else {**who, "line": line})
                for line, cut in lines[start : start + 64]
            ]
            self._put("".join(rendered))

    def failure(self, code: str, request_id: str, seconds: float, fields: Mapping[str, Any]) -> None:
        """A failed, timed-out or crashed invocation (W8.2)."""
        self.write("error", "invocation failed", {**failure_fields(code, request_id, seconds), **fields})

    def _put(self, text: str) -> None:
        data = text.encode()
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._fd, data) :]
            except OSError:
                return  # the supervisor is gone, and so will be this process


def bounded_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that user code gave, as what JSON can say, and no longer than a line may be."""
    try:
        text = json.dumps(fields, default=str)
    except (TypeError, ValueError, RecursionError) as error:
        return {"unreadable": str(error)}
    if len(text) > MAX_LINE_BYTES:
        return {"truncated": text[:MAX_LINE_BYTES]}
    value = json.loads(text)
    return value if isinstance(value, dict) else {"value": value}
