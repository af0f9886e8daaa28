"""Starts the watcher and ends it on a signal."""

from __future__ import annotations

import asyncio
import os
import sys

from .config import EXIT_CONFIG, Config, ConfigInvalid, parse_config
from .log import Log, render_line
from .signals import StopSignals, first_of
from .zygote import ZygoteProcess, start_zygote

EXIT_FAILED = 1


async def run(config: Config, zygote: ZygoteProcess) -> int:
    """Until a signal ends it; gives the exit code."""
    # Imported after the zygote was forked, which has no use for it: executors start without this memory.
    from .supervisor.service import WatcherService

    log = Log(1)
    stop = StopSignals()
    service = WatcherService(config, os.environ, zygote, log)
    try:
        await service.start()
        await first_of(stop.drain.wait(), stop.now.wait(), service.lost.wait())
        if stop.drain.is_set():
            await first_of(service.drain(), stop.now.wait())
        return EXIT_FAILED if service.lost.is_set() else 0
    except (OSError, ValueError) as error:
        log.error("not started", error=str(error))
        return EXIT_FAILED
    finally:
        await service.close()
        log.close()


def main() -> None:
    # `python -m` looks for modules in the working folder first: neither the watcher nor user code shall.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    try:
        config = parse_config(os.environ)
    except ConfigInvalid as error:
        line = render_line("error", "configuration invalid", {"code": "CONFIG_INVALID", "problems": error.problems})
        os.write(1, line.encode())
        sys.exit(EXIT_CONFIG)
    os._exit(asyncio.run(run(config, start_zygote())))


if __name__ == "__main__":
    main()
