"""`sys.stdout` and `sys.stderr` of user code: complete lines go to the journal with the request they belong to (W8.1)."""

from __future__ import annotations

import io
import threading
from typing import Any

from ..lines import LineBuffer
from .current import current_exchange
from .journal import Journal


class CapturedOutput(io.TextIOBase):
    """A text stream; what is printed within an invocation waits for its line feed in that invocation's own buffer."""

    def __init__(self, journal: Journal, level: str, fd: int) -> None:
        super().__init__()
        self._journal = journal
        self._level = level
        self._fd = fd
        self._outside = LineBuffer()
        self._lock = threading.Lock()
        self.buffer = _CapturedBytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def fileno(self) -> int:
        return self._fd

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        exchange = current_exchange.get()
        with self._lock:
            lines = (self._outside if exchange is None else exchange.output_buffer(self._level)).feed(text)
        if lines:
            self._journal.output(self._level, None if exchange is None else exchange.request_id, lines)
        return len(text)

    def flush_outside(self) -> None:
        """Prints what was begun outside of invocations."""
        with self._lock:
            lines = self._outside.flush()
        if lines:
            self._journal.output(self._level, None, lines)


class _CapturedBytes(io.RawIOBase):
    def __init__(self, text: CapturedOutput) -> None:
        super().__init__()
        self._text = text

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raw = bytes(data)
        self._text.write(raw.decode("utf-8", "replace"))
        return len(raw)
