"""A page of memory that supervisor and executor share: counters, a heartbeat and the requests under way.

The executor writes, the supervisor reads: no message a request, and the figures outlive an executor that was killed.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
OUTCOMES = ("ok", "error", "timeout", "refused")
SLOTS = 1024

_COUNTERS = 0
_BUCKETS = 8
_HEARTBEAT, _DURATION, _RSS, _IN_FLIGHT = 40, 41, 42, 43
_SLOTS_AT = 512
_SLOT_BYTES = 144
_PAGE_BYTES = _SLOTS_AT + SLOTS * _SLOT_BYTES


@dataclass
class Totals:
    """Sums over executors, living and dead."""

    outcomes: list[int]
    buckets: list[int]
    duration_seconds: float = 0.0

    @staticmethod
    def zero() -> Totals:
        return Totals([0] * len(OUTCOMES), [0] * (len(BUCKETS) + 1))

    def add(self, other: Totals) -> None:
        self.outcomes = [a + b for a, b in zip(self.outcomes, other.outcomes)]
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets)]
        self.duration_seconds += other.duration_seconds

    def count(self, outcome: str, seconds: float | None = None) -> None:
        self.outcomes[OUTCOMES.index(outcome)] += 1
        if seconds is not None:
            self.buckets[bisect_left(BUCKETS, seconds)] += 1
            self.duration_seconds += seconds


@dataclass(frozen=True)
class OpenRequest:
    request_id: str
    arrived: float


def create_page_file(scratch: Path) -> int:
    """A descriptor of an unnamed file of the page's size."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("fibonacci-page")
    else:
        fd, name = tempfile.mkstemp(dir=scratch)
        os.unlink(name)
    os.ftruncate(fd, _PAGE_BYTES)
    return fd


class Page:
    """The view of one side. Times are seconds of `time.monotonic`, which all processes of a machine share."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, _PAGE_BYTES)
        view = memoryview(self._memory)
        self._whole = view[:_SLOTS_AT].cast("q")
        self._real = view[:_SLOTS_AT].cast("d")
        self._starts = view[_SLOTS_AT:].cast("d")

    @property
    def heartbeat(self) -> float:
        return self._real[_HEARTBEAT]

    def beat(self, now: float, rss_bytes: int) -> None:
        self._real[_HEARTBEAT] = now
        self._whole[_RSS] = rss_bytes

    @property
    def rss_bytes(self) -> int:
        return self._whole[_RSS]

    @property
    def in_flight(self) -> int:
        return self._whole[_IN_FLIGHT]

    @in_flight.setter
    def in_flight(self, number: int) -> None:
        self._whole[_IN_FLIGHT] = number

    def count(self, outcome: str, seconds: float | None = None) -> None:
        self._whole[_COUNTERS + OUTCOMES.index(outcome)] += 1
        if seconds is not None:
            self._whole[_BUCKETS + bisect_left(BUCKETS, seconds)] += 1
            self._real[_DURATION] += seconds

    def totals(self) -> Totals:
        counters = self._whole[_COUNTERS : _COUNTERS + len(OUTCOMES)].tolist()
        buckets = self._whole[_BUCKETS : _BUCKETS + len(BUCKETS) + 1].tolist()
        return Totals(counters, buckets, self._real[_DURATION])

    def open_slot(self, slot: int, request_id: str, arrived: float) -> None:
        if slot < SLOTS:
            start = _SLOTS_AT + slot * _SLOT_BYTES
            self._memory[start + 8 : start + _SLOT_BYTES] = request_id.encode("latin-1").ljust(_SLOT_BYTES - 8, b"\0")
            self._starts[slot * (_SLOT_BYTES // 8)] = arrived

    def close_slot(self, slot: int) -> None:
        if slot < SLOTS:
            self._starts[slot * (_SLOT_BYTES // 8)] = 0.0

    def open_requests(self) -> Iterator[OpenRequest]:
        step = _SLOT_BYTES // 8
        for slot, arrived in enumerate(self._starts[::step].tolist()):
            if arrived > 0:
                start = _SLOTS_AT + slot * _SLOT_BYTES
                request_id = self._memory[start + 8 : start + _SLOT_BYTES].rstrip(b"\0").decode("latin-1")
                yield OpenRequest(request_id, arrived)

    def close(self) -> None:
        for view in (self._whole, self._real, self._starts):
            view.release()
        self._memory.close()
