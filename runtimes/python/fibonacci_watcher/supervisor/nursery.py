"""Where executors come from: the zygote process, and one executor that is always warm."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

from ..channel import Channel, ChannelClosed, Frame
from ..log import Log
from ..memory import cpu_seconds, rss_bytes
from ..page import Page, create_page_file
from .executor import Executor
from .output_pipes import OutputPipes

PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent.parent)
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from fibonacci_watcher.zygote import main; main(int(sys.argv[2]))"
_RESPAWN_SECONDS = 0.2


class Nursery:
    """Starts the zygote, again if it dies, and forks executors from it."""

    def __init__(self, scratch: Path, environment: dict[str, str], log: Log) -> None:
        self._scratch = scratch
        self._environment = environment
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._next_id = 0
        self._executors: dict[int, Executor] = {}
        self._spare: Executor | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._closing = False

    def start(self) -> None:
        """Begins at once: the zygote imports while the supervisor does other things."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-B", "-I", "-c", _BOOT, PACKAGE_PARENT, str(theirs.fileno())]
        self._process = subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()
        self._channel = Channel(ours)
        self._loop.add_reader(ours, self._read)
        self._spare = self._fork()

    async def warm(self) -> None:
        """Until an executor waits for code."""
        if self._spare is not None:
            await self._spare.forked

    def take(self) -> Executor:
        """The warm executor; the next one is forked once this turn of the loop is over."""
        executor = self._spare
        self._spare = None
        if executor is None or executor.dead:
            executor = self._fork()
        self._loop.call_later(0.05, self._refill)
        return executor

    def everyone(self) -> list[Executor]:
        return list(self._executors.values())

    def zygote_memory_bytes(self) -> int:
        return (rss_bytes(self._process.pid) or 0) if self._process is not None else 0

    def zygote_cpu_seconds(self) -> float:
        return (cpu_seconds(self._process.pid) or 0.0) if self._process is not None else 0.0

    async def close(self) -> None:
        """Ends the zygote and with it every executor."""
        self._closing = True
        if self._channel is not None:
            self._stop_channel()
        if self._process is not None:
            process = self._process
            try:
                await asyncio.to_thread(process.wait, 3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _refill(self) -> None:
        if self._spare is None and not self._closing and self._channel is not None:
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
        """The zygote died (it is in reach of user code): its executors died with it, another one takes over."""
        self._stop_channel()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._spare = None
        for id in list(self._executors):
            self._bury(id, -9, 0.0)
        if not self._closing:
            self._log.error("zygote lost")
            self._loop.call_later(_RESPAWN_SECONDS, self._restart)

    def _restart(self) -> None:
        if not self._closing:
            self.start()

    def _stop_channel(self) -> None:
        if self._channel is not None:
            self._loop.remove_reader(self._channel)
            self._channel.close()
            self._channel = None
