"""The marker of the function that this instance belongs to for life (W3.3)."""

from __future__ import annotations

import json
import os
from pathlib import Path

_NAME = "function.json"


def read_marker(scratch: Path) -> str | None:
    """The function's UID, None if there is no marker. Raises ValueError if there is one that cannot be read."""
    try:
        text = (scratch / _NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    uid = json.loads(text)["uid"]
    if not isinstance(uid, str):
        raise ValueError(f"{_NAME} holds no uid")
    return uid


def write_marker(scratch: Path, uid: str) -> None:
    """Durable when it returns: the file and its name are on the disk."""
    draft = scratch / f".{_NAME}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"uid": uid}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, scratch / _NAME)
    folder = os.open(scratch, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
