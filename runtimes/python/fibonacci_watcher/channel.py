"""Frames with descriptors over a unix stream socket: 4 bytes length, kind, number of descriptors, payload.

supervisor → zygote     fork, kill
zygote → supervisor     forked, exited
supervisor → executor   load, connection (handover.py; the socket), close (a code), end
executor → supervisor   loaded, failed, took (a connection, before its first byte is read), idle (closed and nothing under way),
                        overrun (a deadline passed: closed by itself), begun and done (process mode: the response, the request)
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

_HEADER = struct.Struct("!IBB")
_KINDS = (
    *("fork", "kill", "forked", "exited"),
    *("load", "connection", "close", "end", "loaded", "failed", "took", "idle", "overrun", "begun", "done"),
)
_MAX_FRAME = 64 * 1024 * 1024
_MAX_DESCRIPTORS = 16


@dataclass(frozen=True)
class Frame:
    kind: str
    payload: bytes
    descriptors: tuple[int, ...]

    def json(self) -> Any:
        return json.loads(self.payload)


def encode(kind: str, payload: bytes, descriptors: int = 0) -> bytes:
    return _HEADER.pack(len(payload), _KINDS.index(kind), descriptors) + payload


class ChannelClosed(Exception):
    """The other side is gone."""


class Channel:
    """One side of the stream. `send` may be called from any thread, `receive` from one."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._descriptors: deque[int] = deque()

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, kind: str, payload: bytes = b"", descriptors: tuple[int, ...] = ()) -> None:
        """Writes all of it. Raises ChannelClosed."""
        data = encode(kind, payload, len(descriptors))
        try:
            with self._lock:
                sent = socket.send_fds(self.socket, [data], descriptors) if descriptors else self.socket.send(data)
                if sent < len(data):
                    self.socket.sendall(data[sent:])
        except OSError as error:
            raise ChannelClosed from error

    def send_json(self, kind: str, value: Any, descriptors: tuple[int, ...] = ()) -> None:
        self.send(kind, json.dumps(value).encode(), descriptors)

    def receive(self) -> Frame:
        """Waits for one frame. Raises ChannelClosed."""
        while (frame := self._next()) is None:
            self._fill(0)
        return frame

    def receive_ready(self) -> list[Frame]:
        """The frames that can be had without waiting. Raises ChannelClosed at the end of the stream."""
        frames: list[Frame] = []
        try:
            self._fill(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return frames
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.popleft())
        self.socket.close()

    def _fill(self, flags: int) -> None:
        space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * array.array("i").itemsize)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(65536, space, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ChannelClosed from error
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                received = array.array("i")
                received.frombytes(content[: len(content) - len(content) % received.itemsize])
                for descriptor in received:
                    os.set_inheritable(descriptor, False)
                    self._descriptors.append(descriptor)
        if not data:
            raise ChannelClosed
        self._buffer += data

    def _next(self) -> Frame | None:
        if len(self._buffer) < _HEADER.size:
            return None
        length, kind, count = _HEADER.unpack_from(self._buffer)
        if length > _MAX_FRAME or kind >= len(_KINDS):
            raise ChannelClosed
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        # Descriptors come in the order of the frames that carry them.
        if count > len(self._descriptors):
            raise ChannelClosed
        descriptors = tuple(self._descriptors.popleft() for _ in range(count))
        return Frame(_KINDS[kind], payload, descriptors)
