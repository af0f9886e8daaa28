"""Waiting for a blocking socket on an asyncio loop, while its thread stands aside."""

from __future__ import annotations

import asyncio
import socket


class AsyncSocket:
    """`close` ends every wait; it does not close the socket."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = sock
        self._loop = loop
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._closed = False

    async def receive(self) -> bytes:
        """What is there, waiting for a first byte; b"" at the end."""
        while not self._closed:
            try:
                return self._socket.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._reading = self._loop.create_future()
                self._loop.add_reader(self._socket, _wake, self._reading)
                try:
                    await self._reading
                finally:
                    self._loop.remove_reader(self._socket)
        return b""

    async def send_all(self, data: bytes) -> None:
        """Raises OSError when the connection is broken or closed."""
        view = memoryview(data)
        while view:
            if self._closed:
                raise ConnectionResetError("the request has ended")
            try:
                view = view[self._socket.send(view, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                self._writing = self._loop.create_future()
                self._loop.add_writer(self._socket, _wake, self._writing)
                try:
                    await self._writing
                finally:
                    self._loop.remove_writer(self._socket)

    def close(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        for waiting in (self._reading, self._writing):
            if waiting is not None:
                _wake(waiting)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
