"""Which invocation the running code belongs to: threads and tasks that it starts by itself inherit it where Python does so."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .exchange import Exchange

current_exchange: ContextVar[Exchange | None] = ContextVar("fibonacci_exchange", default=None)
