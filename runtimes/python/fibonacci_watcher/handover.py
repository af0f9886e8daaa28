"""What goes with a connection from supervisor to executor."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_FIXED = struct.Struct("!dB")


@dataclass(frozen=True)
class Handover:
    """`arrived` (of `time.monotonic`) and `request_id` are of the first request, 0 and "" if nothing was `buffered`."""

    arrived: float = 0.0
    request_id: str = ""
    buffered: bytes = b""

    def encode(self) -> bytes:
        request_id = self.request_id.encode("ascii")
        return _FIXED.pack(self.arrived, len(request_id)) + request_id + self.buffered


def decode_handover(payload: bytes) -> Handover:
    arrived, length = _FIXED.unpack_from(payload)
    end = _FIXED.size + length
    return Handover(arrived, payload[_FIXED.size : end].decode("ascii"), payload[end:])
