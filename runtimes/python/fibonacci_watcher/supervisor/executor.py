"""The supervisor's side of one executor process."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..channel import Channel, ChannelClosed, Frame, encode
from ..errors import WatcherError
from ..handover import Handover
from ..memory import cpu_seconds, rss_bytes
from ..page import OpenRequest, Page
from .output_pipes import OutputPipes

_MAX_HANDED = 1024


@dataclass(frozen=True)
class Death:
    """`code` is why the supervisor killed it, None if it ended by itself; `open` is what it had under way."""

    code: str | None
    exit_code: int
    cpu_seconds: float
    open: list[OpenRequest]


def _ignore(*_: object) -> None:
    return None


@dataclass(frozen=True)
class Orphan:
    """A connection that an executor was handed and never took: user code has seen nothing of it."""

    sock: socket.socket
    handover: Handover


@dataclass
class Listener:
    """Who owns an executor hears what becomes of it."""

    idle: Callable[[], None] = _ignore
    overrun: Callable[[], None] = _ignore
    begun: Callable[[], None] = _ignore
    done: Callable[[], None] = _ignore
    died: Callable[[Death], None] = _ignore
    orphaned: Callable[[Orphan], None] = _ignore


@dataclass(eq=False)
class Executor:
    """Sending never waits: what the socket does not take is queued, up to a limit."""

    id: int
    channel: Channel
    page: Page
    pipes: OutputPipes
    kill_process: Callable[[int], None]
    listener: Listener = field(default_factory=Listener)
    pid: int = 0
    dead: bool = False
    ready: bool = False
    # It was told to end: its death is no loss.
    ending: bool = False

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._outgoing: deque[tuple[bytes, socket.socket | None]] = deque()
        self._handed: deque[Orphan] = deque()
        self._writing = False
        self._reading = True
        self._loaded: asyncio.Future[dict[str, float]] | None = None
        self._kill_code: str | None = None
        self.forked: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self.channel, self._read)

    # -- orders

    async def load(self, order: dict[str, Any], timeout_seconds: float) -> dict[str, float]:
        """`dependenciesMs` and `initMs`. Raises WatcherError LOAD_FAILED; the executor is of no use then."""
        self._loaded = self._loop.create_future()
        self._send("load", json.dumps(order).encode())
        try:
            return await asyncio.wait_for(self._loaded, timeout_seconds)
        except asyncio.TimeoutError:
            raise WatcherError("LOAD_FAILED", f"The code did not finish loading within {timeout_seconds:g} s.") from None

    def connect(self, sock: socket.socket, handover: Handover) -> bool:
        """Hands a connection over for good; `orphaned` is heard if the executor dies before it took it. False: it takes none."""
        if self.dead or len(self._handed) >= _MAX_HANDED:
            return False
        self._handed.append(Orphan(sock, handover))
        self._send("connection", handover.encode(), sock)
        return True

    def lend(self, sock: socket.socket, handover: Handover) -> None:
        """Hands a connection over and keeps it as well."""
        self._send("connection", handover.encode(), sock)

    def close(self, code: str) -> None:
        """Refuses requests with `code` from now on; `idle` is heard when nothing is under way."""
        self._send("close", code.encode())

    def end(self) -> None:
        self._send("end")

    def kill(self, code: str | None = None) -> None:
        """`code` is what `died` will say; the first one stands."""
        if not self.dead:
            self._kill_code = self._kill_code or code
            self.kill_process(self.id)

    # -- facts

    def heartbeat_age(self) -> float:
        return time.monotonic() - self.page.heartbeat if self.page.heartbeat else 0.0

    def memory_bytes(self) -> int:
        return (rss_bytes(self.pid) if self.pid else None) or self.page.rss_bytes

    def cpu_seconds(self) -> float:
        return (cpu_seconds(self.pid) if self.pid else None) or 0.0

    # -- what happens to it

    def on_forked(self, pid: int) -> None:
        self.pid = pid
        if not self.forked.done():
            self.forked.set_result(None)

    def on_exited(self, exit_code: int, cpu_seconds: float) -> None:
        """The process is gone: what it said before is heard first."""
        while self._reading and self._read():
            pass
        self.dead = True
        self._stop_channel()
        self.pipes.close()
        if not self.forked.done():
            self.forked.set_result(None)
        if self._loaded is not None and not self._loaded.done():
            problem = f"The process ended with exit code {exit_code} while it loaded the code."
            self._loaded.set_exception(WatcherError("LOAD_FAILED", problem))
        self.listener.died(Death(self._kill_code, exit_code, cpu_seconds, list(self.page.open_requests())))
        while self._handed:
            self.listener.orphaned(self._handed.popleft())

    def _read(self) -> bool:
        """Hears the frames that are there; False if there is none."""
        try:
            frames = self.channel.receive_ready()
        except ChannelClosed:
            self._stop_channel()
            self.kill_process(self.id)  # it cannot be told anything any more
            return False
        for frame in frames:
            self._hear(frame)
        return bool(frames)

    def _hear(self, frame: Frame) -> None:
        if frame.kind in ("loaded", "failed"):
            if self._loaded is None or self._loaded.done():
                return
            answer = frame.json()
            if frame.kind == "loaded":
                self.ready = True
                self._loaded.set_result(answer)
            else:
                self._loaded.set_exception(WatcherError(answer["code"], answer["message"], answer["details"]))
        elif frame.kind == "took":
            if self._handed:
                self._handed.popleft().sock.close()
        elif frame.kind in ("idle", "overrun", "begun", "done"):
            getattr(self.listener, frame.kind)()

    def _stop_channel(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.channel)
            if self._writing:
                self._loop.remove_writer(self.channel)
            self._outgoing.clear()
            self.channel.close()

    def _send(self, kind: str, payload: bytes = b"", sock: socket.socket | None = None) -> None:
        if self._reading:
            self._outgoing.append((encode(kind, payload, 0 if sock is None else 1), sock))
            if not self._writing:
                self._flush()

    def _flush(self) -> None:
        while self._outgoing:
            data, sock = self._outgoing[0]
            try:
                descriptors = [] if sock is None else [sock.fileno()]
                sent = socket.send_fds(self.channel.socket, [data], descriptors, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                self._stop_channel()
                self.kill_process(self.id)
                return
            if sent < len(data):
                self._outgoing[0] = (data[sent:], None)
            else:
                self._outgoing.popleft()
        if bool(self._outgoing) != self._writing:
            self._writing = bool(self._outgoing)
            if self._writing:
                self._loop.add_writer(self.channel, self._flush)
            else:
                self._loop.remove_writer(self.channel)
