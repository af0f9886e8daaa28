"""The life of an executor: warm, loaded, serving, closed. Runs in a process that the zygote has just forked."""

from __future__ import annotations

import atexit
import gc
import os
import socket
import sys
import time
from typing import Any

from ..channel import Channel, ChannelClosed, Frame
from ..errors import WatcherError
from ..handover import decode_handover
from ..page import Page
from .admission import Admission
from .asgi_lifespan import Lifespan, LifespanFailed
from .connection import Connection, Invoke, Service
from .context import Identity
from .event_loop import EventLoop
from .failure import describe
from .journal import Journal
from .loader import ImportTimes, load_handler
from .monitor import Monitor
from .output import CapturedOutput
from .signature_asgi import create_asgi_invoke
from .signature_event import create_event_invoke
from .signature_framework import create_framework_invoke, is_wsgi, load_application
from .signature_lambda import create_lambda_invoke
from .signature_wsgi import create_wsgi_invoke
from .workers import Workers

_SPARE_CONNECTIONS = 1024


class Executor:
    """One side of the conversation with the supervisor; the frames are listed in protocol.py."""

    def __init__(self, channel: Channel, page: Page, journal: Journal, parent_pid: int) -> None:
        self._channel = channel
        self._page = page
        self._journal = journal
        self._outputs = (CapturedOutput(journal, "info", 1), CapturedOutput(journal, "error", 2))
        self._monitor = Monitor(page, parent_pid)
        self._loop = EventLoop()
        self._lifespan: Lifespan | None = None
        self._service: Service | None = None
        self._workers = Workers(0)

    def run(self) -> None:
        """Until the channel closes or the supervisor says so."""
        sys.stdout, sys.stderr = self._outputs
        self._monitor.start()
        while True:
            frame = self._channel.receive()
            if frame.kind == "connection":
                self._connect(frame)
            elif frame.kind == "load":
                self._load(frame.json())
            elif frame.kind == "close" and self._service is not None:
                self._service.admission.close(frame.payload.decode())
            elif frame.kind == "end":
                self._end()
                return

    def _load(self, order: dict[str, Any]) -> None:
        times = ImportTimes()
        began = time.perf_counter()
        try:
            invoke = self._load_signature(order, times)
        except WatcherError as error:
            self._channel.send_json("failed", {"code": error.code, "message": error.message, "details": error.details})
            return
        finally:
            for output in self._outputs:
                output.flush_outside()
        one_at_a_time = order["mode"] == "process"
        admission = Admission(
            1 if one_at_a_time else order["concurrency"],
            self._page,
            self._journal,
            on_idle=lambda: self._tell("idle"),
            on_overrun=lambda: self._tell("overrun"),
        )
        self._service = Service(
            invoke,
            admission,
            self._journal,
            order["timeoutMs"] / 1000,
            order["maxBodyBytes"],
            on_begin=(lambda: self._tell("begun")) if one_at_a_time else None,
            on_done=(lambda outcome: self._tell("done")) if one_at_a_time else None,
        )
        self._workers = Workers(order["concurrency"] + _SPARE_CONNECTIONS)
        self._monitor.watch(admission, owns_deadlines=not one_at_a_time)
        seconds = time.perf_counter() - began
        dependencies = min(times.seconds, seconds)
        self._channel.send_json("loaded", {"dependenciesMs": dependencies * 1000, "initMs": (seconds - dependencies) * 1000})

    def _load_signature(self, order: dict[str, Any], times: ImportTimes) -> Invoke:
        function = order["function"]
        identity = Identity(function["namespace"], function["name"], order["content"])
        self._journal.function = f"{identity.namespace}/{identity.name}"
        self._prepare(order)
        signature = order["signature"]
        if signature == "framework":
            application = load_application(order["folder"], order["handler"], times)
            served = create_wsgi_invoke(application) if is_wsgi(application) else self._serve_asgi(application)
            return create_framework_invoke(served, self._journal)
        handler = load_handler(order["folder"], order["handler"], signature, times)
        if signature == "asgi":
            return self._serve_asgi(handler)
        if signature == "wsgi":
            return create_wsgi_invoke(handler)
        if signature == "lambda":
            return create_lambda_invoke(handler, identity, self._journal, order["memoryLimitBytes"])
        return create_event_invoke(handler, identity, self._journal, self._loop)

    def _serve_asgi(self, application: Any) -> Invoke:
        self._lifespan = Lifespan(application)
        self._start_lifespan(self._lifespan)
        return create_asgi_invoke(application, self._lifespan, self._loop)

    def _start_lifespan(self, lifespan: Lifespan) -> None:
        try:
            self._loop.run(lifespan.startup())
        except LifespanFailed as error:
            raise WatcherError("LOAD_FAILED", f"The application refused to start: {error}") from error
        except BaseException as error:
            raise WatcherError("LOAD_FAILED", f"The lifespan of the application failed: {describe(error)}") from error

    @staticmethod
    def _prepare(order: dict[str, Any]) -> None:
        """The environment of user code (W3.7), and its folder."""
        os.environ.clear()
        os.environ.update(order["environment"])
        if hasattr(time, "tzset"):
            time.tzset()
        os.chdir(order["folder"])
        sys.argv = [order["handler"]]
        sys.path[:] = [entry for entry in sys.path if entry != order["ownFolder"]]
        # Beside the code, which is in scratch: the next executor of this revision finds it compiled.
        sys.dont_write_bytecode = False
        gc.enable()

    def _connect(self, frame: Frame) -> None:
        service = self._service
        sock = socket.socket(fileno=frame.descriptors[0])
        sock.setblocking(True)
        self._tell("took")
        if service is None:
            sock.close()
            return
        connection = Connection(service, sock, decode_handover(frame.payload))
        if not self._workers.submit(connection.run):
            sock.close()

    def _end(self) -> None:
        """What user code set up for the end of its process, then the end."""
        try:
            if self._lifespan is not None:
                self._loop.run(self._lifespan.shutdown())
            atexit._run_exitfuncs()
        except BaseException as error:  # noqa: BLE001
            self._journal.write("error", "the function failed while it ended", {"message": describe(error)})
        for output in self._outputs:
            output.flush_outside()

    def _tell(self, kind: str) -> None:
        try:
            self._channel.send(kind)
        except ChannelClosed:
            os._exit(1)


def run_executor(channel_fd: int, page_fd: int, journal_fd: int, parent_pid: int) -> None:
    """Does not return before the executor's end."""
    page = Page(page_fd)
    os.close(page_fd)
    channel = Channel(socket.socket(fileno=channel_fd))
    try:
        Executor(channel, page, Journal(journal_fd), parent_pid).run()
    except ChannelClosed:
        os._exit(1)
