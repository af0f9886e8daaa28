"""Starts the watcher and ends it on a signal."""

from __future__ import annotations

import asyncio
import os
import sys

from .config import EXIT_CONFIG, Config, ConfigInvalid, parse_config
from .log import Log, render_line
from .signals import StopSignals
from .supervisor.service import WatcherService

EXIT_FAILED = 1


async def run(config: Config) -> int:
    """Until a signal ends it; gives the exit code."""
    log = Log(1)
    stop = StopSignals()
    service = WatcherService(config, os.environ, log)
    try:
        await service.start()
        await stop.wait_for_either()
        if not stop.now.is_set():
            draining = asyncio.ensure_future(service.drain())
            forced = asyncio.ensure_future(stop.now.wait())
            await asyncio.wait({draining, forced}, return_when=asyncio.FIRST_COMPLETED)
        return 0
    except (OSError, ValueError) as error:
        log.error("not started", error=str(error))
        return EXIT_FAILED
    finally:
        await service.close()
        log.close()


def main() -> None:
    try:
        config = parse_config(os.environ)
    except ConfigInvalid as error:
        line = render_line("error", "configuration invalid", {"code": "CONFIG_INVALID", "problems": error.problems})
        os.write(1, line.encode())
        sys.exit(EXIT_CONFIG)
    code = asyncio.run(run(config))
    os._exit(code)


if __name__ == "__main__":
    main()
