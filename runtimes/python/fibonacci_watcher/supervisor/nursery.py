"""Where executors come from: the zygote, and one executor that is always warm."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from ..channel import Channel, ChannelClosed, Frame
from ..log import Log
from ..memory import cpu_seconds, rss_bytes
from ..page import Page, create_page_file
from ..zygote import ZygoteProcess
from .executor import Executor
from .output_pipes import OutputPipes

PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent.parent)
_REFILL_SECONDS = 0.05
_RESPAWN_SECONDS = 0.2
_END_SECONDS = 2.0


class Nursery:
    """Has executors forked. `on_lost` is called if the zygote dies (it is in reach of user code), and all executors with it."""

    def __init__(self, zygote: ZygoteProcess, scratch: Path, log: Log, on_lost: Callable[[], None]) -> None:
        self._zygote = zygote
        self._scratch = scratch
        self._log = log
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._next_id = 0
        self._executors: dict[int, Executor] = {}
        self._spare: Executor | None = None
        self._channel: Channel | None = zygote.channel
        self._loop.add_reader(zygote.channel, self._read)
        self._refill()

    async def warm(self) -> None:
        """Until an executor waits for code."""
        if self._spare is not None:
            await self._spare.forked

    def take(self) -> Executor:
        """The warm executor; the next one is forked once this one has had time to load."""
        executor = self._spare
        self._spare = None
        if executor is None or executor.dead:
            executor = self._fork()
        self._loop.call_later(_REFILL_SECONDS, self._refill)
        return executor

    def everyone(self) -> list[Executor]:
        return list(self._executors.values())

    def zygote_memory_bytes(self) -> int:
        return rss_bytes(self._zygote.pid) or 0

    def zygote_cpu_seconds(self) -> float:
        return cpu_seconds(self._zygote.pid) or 0.0

    async def close(self) -> None:
        """Ends the zygote and with it every executor."""
        self._stop_channel()
        until = time.monotonic() + _END_SECONDS
        while os.waitpid(self._zygote.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(self._zygote.pid, signal.SIGKILL)
            await asyncio.sleep(0.005)

    def _refill(self) -> None:
        if self._spare is None and self._channel is not None:
            self._spare = self._fork()

    def _fork(self) -> Executor:
        self._next_id += 1
        id = self._next_id
        ours, theirs = socket.socketpair()
        page_fd = create_page_file(self._scratch)
        pipes = OutputPipes(self._log)
        journal, output, error = pipes.write_ends
        executor = Executor(id, Channel(ours), Page(page_fd), pipes, self._kill)
        self._executors[id] = executor
        try:
            if self._channel is None:
                raise ChannelClosed
            self._channel.send("fork", str(id).encode(), (theirs.fileno(), page_fd, journal, output, error))
        except ChannelClosed:
            self._loop.call_soon(self._bury, id, -9, 0.0)
        finally:
            theirs.close()
            os.close(page_fd)
            pipes.forget_write_ends()
        return executor

    def _kill(self, id: int) -> None:
        if self._channel is not None:
            try:
                self._channel.send("kill", str(id).encode())
            except ChannelClosed:
                pass  # the zygote's end is on its way, and takes every executor along

    def _read(self) -> None:
        assert self._channel is not None
        try:
            frames = self._channel.receive_ready()
        except ChannelClosed:
            self._lost()
            return
        for frame in frames:
            self._hear(frame)

    def _hear(self, frame: Frame) -> None:
        if frame.kind == "forked":
            value = frame.json()
            if (executor := self._executors.get(value["id"])) is not None:
                executor.on_forked(value["pid"])
        elif frame.kind == "exited":
            value = frame.json()
            self._bury(value["id"], value["code"], value["cpuSeconds"])

    def _bury(self, id: int, code: int, cpu: float) -> None:
        executor = self._executors.pop(id, None)
        if executor is None:
            return
        executor.on_exited(code, cpu)
        if executor is self._spare:
            self._spare = None
            self._loop.call_later(_RESPAWN_SECONDS, self._refill)

    def _lost(self) -> None:
        self._stop_channel()
        self._spare = None
        for id in list(self._executors):
            self._bury(id, -signal.SIGKILL, 0.0)
        self._log.error("zygote lost")
        self._on_lost()

    def _stop_channel(self) -> None:
        if self._channel is not None:
            self._loop.remove_reader(self._channel)
            self._channel.close()
            self._channel = None
