"""The package format (W3.2): all is checked before the first file is written."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import WatcherError

_MAX_FILES = 10_000
_MAX_PATH_BYTES = 512


@dataclass(frozen=True)
class PackageFile:
    path: str
    start: int
    end: int


def check_package(data: bytes, digest: str, size: int) -> list[PackageFile]:
    """Raises WatcherError PACKAGE_INVALID."""
    if len(data) != size:
        raise _invalid(f"it has {len(data)} bytes, not the {size} announced")
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise _invalid("its digest is another one")
    line_end = data.find(b"\n")
    if line_end < 0:
        raise _invalid("its first line is missing")
    files: list[PackageFile] = []
    offset = line_end + 1
    previous = b""
    for entry in _entries(data[:line_end]):
        path, length = entry["path"], entry["size"]
        key = _check_path(path)
        if key <= previous:
            raise _invalid(f"paths are not sorted, or {path!r} is there twice")
        previous = key
        files.append(PackageFile(path, offset, offset + length))
        offset += length
    if offset != len(data):
        raise _invalid("the files' sizes do not add up to its own")
    _check_folders(files)
    return files


def unpack(data: bytes, files: list[PackageFile], folder: Path) -> None:
    """`folder` is new. Files only, no modes, no links."""
    os.makedirs(folder)
    made = {""}
    for file in files:
        parent = file.path.rpartition("/")[0]
        if parent not in made:
            os.makedirs(folder / parent, exist_ok=True)
            made.add(parent)
        fd = os.open(folder / file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(fd, "wb") as target:
            target.write(memoryview(data)[file.start : file.end])


def _entries(line: bytes) -> list[dict[str, Any]]:
    try:
        header = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid("its first line is not JSON") from error
    files = header.get("files") if isinstance(header, dict) and header.get("format") == 1 else None
    if not isinstance(files, list) or not all(_is_entry(entry) for entry in files):
        raise _invalid('its first line is not {"format":1,"files":[{"path","size"}…]}')
    if len(files) > _MAX_FILES:
        raise _invalid(f"it has {len(files)} files, more than {_MAX_FILES}")
    return files


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        return False
    size = entry.get("size")
    return isinstance(size, int) and not isinstance(size, bool) and size >= 0


def _check_path(path: str) -> bytes:
    try:
        key = path.encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"the path {path!r} is not Unicode") from error
    if not 0 < len(key) <= _MAX_PATH_BYTES or "\\" in path or "\0" in path or path != unicodedata.normalize("NFC", path):
        raise _invalid(f"the path {path!r} is empty, too long, not NFC, or holds a backslash or NUL")
    if any(part in ("", ".", "..") or len(part.encode()) > 255 for part in path.split("/")):
        raise _invalid(f"the path {path!r} is not relative, or has an empty, `.`, `..` or too long part")
    return key


def _check_folders(files: list[PackageFile]) -> None:
    paths = {file.path for file in files}
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent:
            if parent in paths:
                raise _invalid(f"{parent!r} is a file and a folder")
            parent = parent.rpartition("/")[0]


def _invalid(problem: str) -> WatcherError:
    return WatcherError("PACKAGE_INVALID", f"The package is refused: {problem}.")
