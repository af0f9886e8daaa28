"""Signature `event`: `handler(event, context)`, sync or async (section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import isawaitable
from typing import Any

from .connection import Invoke
from .context import Context, Identity
from .event_loop import EventLoop
from .events import to_event
from .exchange import Exchange
from .journal import Journal
from .results import Response, to_piece, to_response


def create_event_invoke(handler: Callable[[Any, Any], Any], identity: Identity, journal: Journal, loop: EventLoop) -> Invoke:
    def invoke(exchange: Exchange) -> str:
        event = to_event(exchange.head, exchange.read_body(), exchange.request_id)
        exchange.enter()
        result = handler(event, Context(exchange, identity, journal))
        if isawaitable(result):
            result = loop.run(result)
        response = to_response(result)
        if isinstance(response.body, bytes):
            exchange.send(response.status, response.headers, response.body)
        else:
            pieces = response.body if isinstance(response.body, Iterator) else loop.iterate(response.body)
            _send_stream(exchange, response, pieces)
        return "ok"

    return invoke


def _send_stream(exchange: Exchange, response: Response, pieces: Iterator[Any]) -> None:
    """The head goes out with the first piece, so that an error before it is still an error."""
    try:
        first = to_piece(next(pieces, b""))
        exchange.write(exchange.begin(response.status, response.headers, None) + exchange.frame(first))
        for piece in pieces:
            exchange.write(exchange.frame(to_piece(piece)))
        exchange.last()
        exchange.write(exchange.end())
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
