"""The running watcher: everything that is started, in order, and ended in the other order."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from ..config import Config
from ..log import Log
from ..zygote import ZygoteProcess
from .control_api import ControlApi
from .control_port import ControlPort
from .data_port import DataPort
from .ledger import Ledger
from .nursery import Nursery
from .serving import ServingDeps
from .status import Facts
from .token import TokenVerifier
from .warden import Warden
from .watcher import Watcher, base_environment

_END_SECONDS = 1.0


class WatcherService:
    """`start` raises OSError if a port is taken, ValueError if the marker in scratch cannot be read. `lost` is set when it cannot go on."""

    def __init__(self, config: Config, environment: Mapping[str, str], zygote: ZygoteProcess, log: Log) -> None:
        self._config = config
        self._log = log
        self._base = base_environment(str(config.scratch), environment)
        _clear(config.scratch)
        self.lost = asyncio.Event()
        self._nursery = Nursery(zygote, config.scratch, log, self.lost.set)

    async def start(self) -> None:
        config, log = self._config, self._log
        ledger = Ledger(log)
        self._watcher = Watcher(config, self._base, self._nursery, ledger, log)
        self._data = DataPort(config.host, config.data_port, self._watcher.target, ledger)
        self._watcher.connect(ServingDeps(self._nursery, ledger, log, self._data.answer, self._data.finish, self._data.reroute))
        api = ControlApi(
            self._watcher,
            Facts(config, self._watcher, self._nursery),
            TokenVerifier(config.public_key, config.instance),
            log,
        )
        self._control = ControlPort(config.host, config.control_port, api.handle)
        # The first thread takes a millisecond to import and start; the first specialization shall not pay for it.
        await asyncio.gather(self._nursery.warm(), asyncio.to_thread(_nothing))
        await self._control.start()
        self._data.start()
        self._warden = Warden(self._watcher, config.memory_limit_bytes)
        log.info("listening", instance=config.instance, dataPort=self._data.port, controlPort=self._control.port)

    async def drain(self) -> None:
        """Within the function's timeout; then lets executors end by themselves for a moment."""
        serving = self._watcher.serving
        await self._watcher.drain(0 if serving is None else serving.document.timeout_ms / 1000)
        if serving is None:
            return
        serving.end()
        until = time.monotonic() + _END_SECONDS
        while serving.executors and time.monotonic() < until:
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """At once: no process is left."""
        await self._nursery.close()


def _nothing() -> None:
    return None


def _clear(scratch: Path) -> None:
    """What an earlier life of this instance left, but for its marker and what user code keeps in its home."""
    shutil.rmtree(scratch / "revisions", ignore_errors=True)
