"""The marker of the function that this instance belongs to for life (W3.3)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_NAME = "function.json"


@dataclass(frozen=True)
class FunctionRef:
    namespace: str
    name: str
    uid: str

    @property
    def full_name(self) -> str:
        """`<namespace>/<name>`, as in labels and logs."""
        return f"{self.namespace}/{self.name}"


def read_marker(scratch: Path) -> FunctionRef | None:
    """None if there is no marker. Raises ValueError if there is one that cannot be read."""
    try:
        text = (scratch / _NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    value = json.loads(text)
    if not isinstance(value, dict) or not all(isinstance(value.get(field), str) for field in ("namespace", "name", "uid")):
        raise ValueError(f"{_NAME} in the scratch folder does not name a function")
    return FunctionRef(value["namespace"], value["name"], value["uid"])


def write_marker(scratch: Path, function: FunctionRef) -> None:
    """Durable when it returns: the file and its name are on the disk."""
    draft = scratch / f".{_NAME}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(file, json.dumps(asdict(function)).encode())
        os.fsync(file)
    finally:
        os.close(file)
    os.replace(draft, scratch / _NAME)
    folder = os.open(scratch, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
