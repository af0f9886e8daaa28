"""The process that executors are forked from: everything they need is imported, and it never has a second thread.

It is forked itself, from the supervisor before that one starts anything. It holds the executors' lives: they end when it ends,
and it ends when its channel to the supervisor closes (W9.2).
"""

from __future__ import annotations

import asyncio  # noqa: F401 - imported once for all executors, as are the following
import concurrent.futures  # noqa: F401
import ctypes
import datetime  # noqa: F401
import decimal  # noqa: F401
import gc
import hashlib  # noqa: F401
import http.client  # noqa: F401
import inspect  # noqa: F401
import logging  # noqa: F401
import os
import select
import signal
import socket
import sys
import threading
import urllib.parse  # noqa: F401
from dataclasses import dataclass

from .channel import Channel, ChannelClosed, Frame
from .executor.main import run_executor

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """Frames in: `fork` (the executor's id; channel, page, journal, output, error), `kill` (id). Out: `forked`, `exited`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._by_id: dict[int, int] = {}
        self._by_pid: dict[int, int] = {}

    def run(self) -> None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in poll.poll()}
                if wake_read in ready:
                    os.read(wake_read, 4096)
                    self._reap()
                if self._channel.fileno() in ready:
                    for frame in self._channel.receive_ready():
                        self._handle(frame)
        except ChannelClosed:
            pass
        finally:
            self._kill_all()

    def _handle(self, frame: Frame) -> None:
        if frame.kind == "fork":
            self._fork(int(frame.payload), frame.descriptors)
        elif frame.kind == "kill":
            pid = self._by_id.get(int(frame.payload))
            if pid is not None:
                _kill_group(pid)
                _kill(pid)  # it may not lead its group yet

    def _fork(self, id: int, descriptors: tuple[int, ...]) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_executor(parent, descriptors)
        for fd in descriptors:
            os.close(fd)
        self._by_id[id], self._by_pid[pid] = pid, id
        self._channel.send_json("forked", {"id": id, "pid": pid})

    def _become_executor(self, parent: int, descriptors: tuple[int, ...]) -> None:
        status = 1
        try:
            os.setsid()
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._channel.socket.close()
            channel, page, journal, output, error = descriptors
            os.dup2(output, 1)
            os.dup2(error, 2)
            os.close(output)
            os.close(error)
            run_executor(channel, page, journal, parent)
            status = 0
        except BaseException as error_raised:  # noqa: BLE001 - nothing may climb into the zygote's own loop
            os.write(2, f"the executor failed: {error_raised!r}\n".encode())
        finally:
            os._exit(status)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            id = self._by_pid.pop(pid, None)
            if id is None:
                continue  # an orphan of an executor, which this process adopted
            del self._by_id[id]
            _kill_group(pid)  # what the executor started: the group outlives its leader
            self._kill_strangers()
            cpu = usage.ru_utime + usage.ru_stime
            self._channel.send_json("exited", {"id": id, "code": os.waitstatus_to_exitcode(status), "cpuSeconds": cpu})

    def _kill_strangers(self) -> None:
        """Processes that user code started and left: this process is their reaper where the system has such a thing."""
        for pid in _children():
            if pid not in self._by_pid:
                _kill(pid)

    def _kill_all(self) -> None:
        for pid in self._by_pid:
            _kill_group(pid)
            _kill(pid)
        for _ in range(100):
            for pid in _children():
                _kill(pid)
            try:
                if os.wait4(-1, 0)[0] == 0:
                    return
            except ChildProcessError:
                return


def prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the executors watch their parent's id (monitor.py)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except (OSError, ValueError):
        return []


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


@dataclass(frozen=True)
class ZygoteProcess:
    """The supervisor's hold on it."""

    pid: int
    channel: Channel


def start_zygote() -> ZygoteProcess:
    """Forks, so nothing else may have been started yet: no thread, no event loop, no listener."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid != 0:
        theirs.close()
        return ZygoteProcess(pid, Channel(ours))
    status = 1
    try:
        ours.close()
        _become_zygote(Channel(theirs))
        status = 0
    finally:
        os._exit(status)


def _become_zygote(channel: Channel) -> None:
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # What is there by now stays: executors share it, as long as no collection writes to it.
    gc.collect()
    gc.freeze()
    gc.disable()
    Zygote(channel).run()
