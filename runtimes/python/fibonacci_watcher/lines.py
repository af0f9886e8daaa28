"""Output of user code as lines of bounded length (W8.1)."""

from __future__ import annotations

MAX_LINE_BYTES = 64 * 1024


class LineBuffer:
    """Splits text into lines of at most 64 KiB; the rest of a longer line is dropped."""

    __slots__ = ("_parts", "_length", "_cut")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._cut = False

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """The lines that are complete now, each with whether it was cut."""
        *complete, rest = text.split("\n")
        lines = []
        for part in complete:
            self._append(part)
            lines.append(self._take())
        self._append(rest)
        return lines

    def flush(self) -> list[tuple[str, bool]]:
        return [self._take()] if self._parts else []

    def _append(self, text: str) -> None:
        room = MAX_LINE_BYTES - self._length
        if len(text) > room:
            text, self._cut = text[:room], True
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _take(self) -> tuple[str, bool]:
        line, cut = "".join(self._parts), self._cut
        self._parts, self._length, self._cut = [], 0, False
        data = line.encode("utf-8", "replace")
        if len(data) > MAX_LINE_BYTES:
            return data[:MAX_LINE_BYTES].decode("utf-8", "ignore"), True
        return line, cut
