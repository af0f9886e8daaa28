"""The data port's listener: hands connections over, and answers for itself where no executor can (section 5)."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine

from ..answers import refusal, render_error, request_id_of
from ..errors import WatcherError
from ..handover import Handover
from ..http1 import check_head_size, parse_head
from .executor import Orphan
from .ledger import Ledger
from .serving import PendingRequest, Serving
from .thread_serving import ThreadServing

_BACKLOG = 1024
_ACCEPTS_A_TURN = 64
_HEAD_SECONDS = 10.0
_LINGER_SECONDS = 2.0
_MAX_OWN_CONNECTIONS = 4096

_NEW = Handover()

# The serving that takes requests now, or the code to refuse with.
Target = Callable[[], "Serving | str"]


class DataPort:
    """`port` is the one that was bound."""

    def __init__(self, host: str, port: int, target: Target, ledger: Ledger) -> None:
        self._target = target
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = listen(host, port)
        self.port: int = self._listener.getsockname()[1]

    def start(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def answer(self, request: PendingRequest, error: WatcherError) -> None:
        """A whole answer of the watcher's own, after which the connection ends."""
        if error.status == 503:
            self._ledger.refused()
        answer = render_error(error, request.request_id, close=True, head_only=request.head.method == "HEAD")
        self._spawn(self._send_last(request.sock, answer))

    def finish(self, sock: socket.socket) -> None:
        """Closes a connection once the client has read what was sent."""
        self._spawn(self._send_last(sock, b""))

    def reroute(self, orphan: Orphan) -> None:
        """A connection that an executor was given in vain."""
        orphan.sock.setblocking(False)
        self._spawn(self._serve(orphan.sock, orphan.handover))

    async def close(self) -> None:
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # Out of descriptors: let some be given back before the next attempt.
                self._loop.remove_reader(self._listener)
                self._loop.call_later(0.1, self.start)
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            target = self._target()
            if isinstance(target, ThreadServing) and target.current is not None and target.current.connect(sock, _NEW):
                continue
            sock.setblocking(False)
            if len(self._tasks) >= _MAX_OWN_CONNECTIONS:
                sock.close()
                continue
            self._spawn(self._serve(sock, _NEW))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket, handover: Handover) -> None:
        """Reads a head, then lets whoever serves at that moment take the request."""
        try:
            block, buffered = await asyncio.wait_for(self._read_head(sock, handover.buffered), _HEAD_SECONDS)
            head = parse_head(block)
        except WatcherError as error:
            await self._send_last(sock, render_error(error, request_id_of({}), close=True))
            return
        except (OSError, EOFError, asyncio.TimeoutError):
            sock.close()
            return
        except asyncio.CancelledError:
            sock.close()
            raise
        request_id = handover.request_id or request_id_of(head.headers)
        self._route(PendingRequest(sock, head, request_id, buffered, handover.arrived or time.monotonic()))

    def _route(self, request: PendingRequest) -> None:
        target = self._target()
        if isinstance(target, str):
            self.answer(request, refusal(target))
        else:
            target.offer(request)

    async def _read_head(self, sock: socket.socket, buffered: bytes) -> tuple[bytes, bytes]:
        """The head without its empty line, and all that came. Raises EOFError, WatcherError."""
        while (end := buffered.find(b"\r\n\r\n")) < 0:
            check_head_size(len(buffered))
            data = await self._loop.sock_recv(sock, 65536)
            if not data:
                raise EOFError
            buffered = (buffered + data).lstrip(b"\r\n") if not buffered else buffered + data
        return buffered[:end], buffered

    async def _send_last(self, sock: socket.socket, data: bytes) -> None:
        """Sends, then reads and drops until the client ends: closing with unread input would take the answer from it."""
        try:
            sock.setblocking(False)
            await asyncio.wait_for(self._send_and_drain(sock, data), _LINGER_SECONDS)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            sock.close()

    async def _send_and_drain(self, sock: socket.socket, data: bytes) -> None:
        if data:
            await self._loop.sock_sendall(sock, data)
        sock.shutdown(socket.SHUT_WR)
        while await self._loop.sock_recv(sock, 65536):
            pass


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that does not block. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
