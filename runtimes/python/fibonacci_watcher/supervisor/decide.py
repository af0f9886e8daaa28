"""What to do with a push: pure, from what the watcher is and what it is asked (W3.3, W3.6, W4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import WatcherError


@dataclass(frozen=True)
class Bound:
    """`uid` is the marker's, `served` the generation and content."""

    uid: str | None
    served: tuple[int, str] | None
    draining: bool


@dataclass(frozen=True)
class Asked:
    act: Literal["specialize", "update"]
    uid: str
    generation: int
    content: str


def decide_push(bound: Bound, asked: Asked) -> Literal["load", "same"]:
    """Raises WatcherError DRAINING, ALREADY_SPECIALIZED, NOT_SPECIALIZED or STALE_GENERATION."""
    if bound.uid is not None and bound.uid != asked.uid:
        raise WatcherError("ALREADY_SPECIALIZED", "This instance belongs to another function for life; take another instance.")
    if asked.act == "update" and bound.served is None:
        raise WatcherError("NOT_SPECIALIZED", "This instance serves no function yet; specialize it first.", status=409)
    if bound.served == (asked.generation, asked.content):
        return "same"
    if bound.served is not None and asked.generation <= bound.served[0]:
        raise WatcherError("STALE_GENERATION", f"This instance has generation {bound.served[0]}; {asked.generation} is not newer.")
    if bound.draining:
        raise WatcherError("DRAINING", "This instance is ending and takes no code any more.")
    return "load"
