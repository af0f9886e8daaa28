"""How long to wait before an executor is loaded again (W5.8)."""

from __future__ import annotations

_FIRST_SECONDS = 0.1
_MOST_SECONDS = 10.0


def backoff_seconds(failures: int) -> float:
    """After so many failures in a row: 0, 0.1, 0.2, 0.4 … 10."""
    return 0.0 if failures == 0 else min(_MOST_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures - 1, 20))
