"""The thread that keeps time: heartbeat, deadlines, clients that went away, a supervisor that is gone."""

from __future__ import annotations

import os
import socket
import threading
import time

from ..memory import HAS_PROC, own_rss_bytes
from ..page import Page
from .admission import Admission

_TICK_SECONDS = 0.1
_LEAST_SECONDS = 0.001


class Monitor:
    """Beats from the start. Once it watches an admission it looks after that one's clients, and (in thread mode) deadlines."""

    def __init__(self, page: Page, parent_pid: int) -> None:
        self._page = page
        self._parent_pid = parent_pid
        self._admission: Admission | None = None
        self._owns_deadlines = False

    def start(self) -> None:
        self._beat(time.monotonic())
        threading.Thread(target=self._run, name="fibonacci-monitor", daemon=True).start()

    def watch(self, admission: Admission, *, owns_deadlines: bool) -> None:
        self._owns_deadlines = owns_deadlines
        self._admission = admission

    def _run(self) -> None:
        next_tick = 0.0
        while True:
            now = time.monotonic()
            admission = self._admission
            next_deadline = admission.expire(now) if admission is not None and self._owns_deadlines else float("inf")
            if now >= next_tick:
                next_tick = now + _TICK_SECONDS
                self._tick(now, admission)
            pause = max(_LEAST_SECONDS, min(next_tick, next_deadline) - time.monotonic())
            if admission is None:
                time.sleep(pause)
            elif admission.earlier_deadline.wait(pause):
                admission.earlier_deadline.clear()

    def _beat(self, now: float) -> None:
        # Where the supervisor can look by itself, it does.
        self._page.beat(now, 0 if HAS_PROC else own_rss_bytes())

    def _tick(self, now: float, admission: Admission | None) -> None:
        if os.getppid() != self._parent_pid:
            os._exit(1)  # the zygote died, and with it the supervisor's hold on this process
        self._beat(now)
        if admission is not None:
            for exchange in admission.open_exchanges():
                if not exchange.gone and _is_gone(exchange.sock):
                    exchange.cancel()


def _is_gone(sock: socket.socket) -> bool:
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
