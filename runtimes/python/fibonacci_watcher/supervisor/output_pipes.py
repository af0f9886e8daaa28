"""What an executor prints: its journal (JSON lines), and the raw output of descriptors 1 and 2 (W8.1)."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
from collections.abc import Callable

from ..lines import MAX_LINE_BYTES, LineBuffer
from ..log import Log, render_line

_READ_BYTES = 65536
_MAX_JOURNAL_LINE = 16 * MAX_LINE_BYTES


class OutputPipes:
    """Reads from the loop; `write_ends` (journal, output, error) go to the executor and are closed here by `forget_write_ends`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._function = ""
        self._journal_rest = b""
        pipes = [os.pipe() for _ in range(3)]
        self.write_ends = tuple(write for _, write in pipes)
        texts = [None, RawOutput("info", self._print), RawOutput("error", self._print)]
        self._readers: dict[int, RawOutput | None] = {read: text for (read, _), text in zip(pipes, texts)}
        for fd in self._readers:
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read, fd)

    def belong_to(self, function: str) -> None:
        self._function = function

    def forget_write_ends(self) -> None:
        for fd in self.write_ends:
            os.close(fd)
        self.write_ends = ()

    def close(self) -> None:
        """Prints what is left, and a last line without its end."""
        for fd, raw in list(self._readers.items()):
            while self._read(fd):
                pass
            if raw is not None:
                raw.flush()
        for fd in list(self._readers):
            self._stop(fd)

    def _read(self, fd: int) -> bool:
        """One piece, so that a flood leaves room for the rest of the supervisor."""
        if fd not in self._readers:
            return False
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._stop(fd)
            return False
        raw = self._readers[fd]
        if raw is None:
            self._read_journal(data)
        else:
            raw.feed(data)
        return True

    def _stop(self, fd: int) -> None:
        del self._readers[fd]
        self._loop.remove_reader(fd)
        os.close(fd)

    def _read_journal(self, data: bytes) -> None:
        *lines, rest = (self._journal_rest + data).split(b"\n")
        self._journal_rest = rest if len(rest) <= _MAX_JOURNAL_LINE else b""
        good = [line + b"\n" for line in lines if _is_line(line)]
        if good:
            self._log.put(b"".join(good))

    def _print(self, level: str, lines: list[tuple[str, bool]]) -> None:
        who = {"function": self._function} if self._function else {}
        for line, cut in lines:
            fields = {**who, "line": line, "truncated": True} if cut else {**who, "line": line}
            self._log.put(render_line(level, "function output", fields).encode())


class RawOutput:
    """Bytes of one descriptor as lines."""

    def __init__(self, level: str, sink: Callable[[str, list[tuple[str, bool]]], None]) -> None:
        self._level = level
        self._sink = sink
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines = LineBuffer()

    def feed(self, data: bytes) -> None:
        if lines := self._lines.feed(self._decoder.decode(data)):
            self._sink(self._level, lines)

    def flush(self) -> None:
        if lines := self._lines.flush():
            self._sink(self._level, lines)


def _is_line(line: bytes) -> bool:
    """User code shares the process with the journal's descriptor, so nothing is printed unseen (W1.3)."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("time", "level", "msg"))
