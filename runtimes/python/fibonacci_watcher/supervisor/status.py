"""`/_/status` and `/metrics` (W2.3, W2.4)."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from .. import RUNTIME
from ..config import Config
from ..memory import own_rss_bytes
from ..page import BUCKETS, OUTCOMES, Totals
from .nursery import Nursery
from .thread_serving import ThreadServing
from .watcher import Watcher


class Facts:
    """Figures of the supervisor and everything that it started."""

    def __init__(self, config: Config, watcher: Watcher, nursery: Nursery) -> None:
        self._config = config
        self._watcher = watcher
        self._nursery = nursery

    def status(self) -> dict[str, Any]:
        watcher = self._watcher
        serving = watcher.serving
        document = None if serving is None else serving.document
        totals = self._totals()
        counts = dict(zip(OUTCOMES, totals.outcomes))
        return {
            "instance": self._config.instance,
            "runtime": RUNTIME,
            "state": watcher.state,
            "function": None if watcher.function is None else asdict(watcher.function),
            "content": None if document is None else document.content,
            "generation": 0 if document is None else document.generation,
            "epoch": watcher.epoch,
            "inFlight": watcher.in_flight,
            "concurrency": 0 if document is None else document.concurrency,
            "invocations": {
                "total": counts["ok"] + counts["error"] + counts["timeout"],
                "failed": counts["error"],
                "timedOut": counts["timeout"],
            },
            "restarts": watcher.ledger.restarts,
            "memoryBytes": self._memory_bytes(),
            "cpuSeconds": round(self._cpu_seconds(), 3),
            "heartbeatAgeMs": self._heartbeat_age_ms(),
            "startedAt": watcher.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "lastError": watcher.ledger.last_error,
        }

    def metrics(self) -> str:
        """Prometheus text, version 0.0.4."""
        function = self._watcher.function
        label = "" if function is None else f'function_name="{function.full_name}"'
        totals = self._totals()
        lines = ["# TYPE function_watcher_invocations_total counter"]
        for outcome, count in zip(OUTCOMES, totals.outcomes):
            lines.append(_sample("function_watcher_invocations_total", label, count, f'outcome="{outcome}"'))
        lines.append("# TYPE function_watcher_duration_seconds histogram")
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), totals.buckets):
            total += count
            lines.append(_sample("function_watcher_duration_seconds_bucket", label, total, f'le="{bound}"'))
        lines.append(_sample("function_watcher_duration_seconds_sum", label, totals.duration_seconds))
        lines.append(_sample("function_watcher_duration_seconds_count", label, total))
        for name, kind, value in (
            ("function_watcher_in_flight", "gauge", self._watcher.in_flight),
            ("function_watcher_executor_restarts_total", "counter", self._watcher.ledger.restarts),
            ("function_watcher_cpu_seconds_total", "counter", round(self._cpu_seconds(), 3)),
            ("function_watcher_memory_bytes", "gauge", self._memory_bytes()),
        ):
            lines += [f"# TYPE {name} {kind}", _sample(name, label, value)]
        return "\n".join(lines) + "\n"

    def _totals(self) -> Totals:
        return self._watcher.ledger.totals(self._nursery.everyone())

    def _memory_bytes(self) -> int:
        executors = sum(executor.memory_bytes() for executor in self._nursery.everyone())
        return own_rss_bytes() + self._nursery.zygote_memory_bytes() + executors

    def _cpu_seconds(self) -> float:
        times = os.times()
        living = sum(executor.cpu_seconds() for executor in self._nursery.everyone())
        return times.user + times.system + self._nursery.zygote_cpu_seconds() + living + self._watcher.ledger.past_cpu_seconds

    def _heartbeat_age_ms(self) -> int:
        serving = self._watcher.serving
        if serving is None:
            executors = self._nursery.everyone()
        else:
            executors = [serving.current] if isinstance(serving, ThreadServing) and serving.current else list(serving.executors)
        return round(max((executor.heartbeat_age() for executor in executors), default=0.0) * 1000)


def _sample(name: str, label: str, value: float, more: str = "") -> str:
    labels = ",".join(part for part in (label, more) if part)
    return f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"
