"""What to do with a push: pure, from what the watcher is and what it is asked (W3.3, W3.6, W4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import WatcherError


@dataclass(frozen=True)
class Bound:
    """`uid` is the marker's; `generation` and `content` are of what is served, or failed to load at first."""

    uid: str | None
    generation: int | None
    content: str | None
    serving: bool
    draining: bool


@dataclass(frozen=True)
class Asked:
    act: Literal["specialize", "update"]
    uid: str
    generation: int
    content: str


def decide_push(bound: Bound, asked: Asked) -> Literal["load", "same"]:
    """Raises WatcherError DRAINING, ALREADY_SPECIALIZED, NOT_SPECIALIZED or STALE_GENERATION."""
    if bound.draining:
        raise WatcherError("DRAINING", "This instance is ending and takes no code any more.")
    if bound.uid is not None and bound.uid != asked.uid:
        raise WatcherError("ALREADY_SPECIALIZED", "This instance belongs to another function for life; take another instance.")
    if bound.generation is None:
        if asked.act == "update":
            raise WatcherError("NOT_SPECIALIZED", "This instance has no function yet; specialize it first.", status=409)
        return "load"
    if asked.generation == bound.generation and asked.content == bound.content:
        return "same" if bound.serving else "load"
    if asked.generation <= bound.generation:
        raise WatcherError("STALE_GENERATION", f"This instance has generation {bound.generation}; {asked.generation} is not newer.")
    return "load"
