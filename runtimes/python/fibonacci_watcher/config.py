"""The watcher's own environment (W1.1): parsed once, every problem named at once."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EXIT_CONFIG = 78
_INSTANCE = re.compile(r"[A-Za-z0-9._:/-]{1,253}")


@dataclass(frozen=True)
class Config:
    instance: str
    scratch: Path
    public_key: bytes
    host: str
    data_port: int
    control_port: int
    memory_limit_bytes: int | None


class ConfigInvalid(Exception):
    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def parse_config(environment: Mapping[str, str]) -> Config:
    """Makes the scratch folder if it is missing. Raises ConfigInvalid with one problem a variable."""
    problems: list[str] = []

    def number(name: str, default: int | None, low: int, high: int) -> int | None:
        text = environment.get(name)
        if text is None or text == "":
            return default
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            problems.append(f"{name} must be an integer from {low} to {high}")
            return default
        return int(text)

    instance = environment.get("FIB_INSTANCE", "")
    if not _INSTANCE.fullmatch(instance):
        problems.append("FIB_INSTANCE is required: the id of this instance, 1 to 253 of A-Z a-z 0-9 . _ : / -")
    scratch = environment.get("FIB_SCRATCH", "")
    if problem := _scratch_problem(scratch):
        problems.append(problem)
    public_key = _decode_key(environment.get("FIB_PUBLIC_KEY", ""))
    if public_key is None:
        problems.append("FIB_PUBLIC_KEY is required: 32 raw bytes of an Ed25519 key, base64url")
    data_port = number("FIB_DATA_PORT", 8080, 0, 65535)
    control_port = number("FIB_CONTROL_PORT", 8081, 0, 65535)
    if data_port == control_port and data_port:
        problems.append(f"FIB_DATA_PORT and FIB_CONTROL_PORT must differ (both are {data_port})")
    memory_limit = number("FIB_MEMORY_LIMIT_BYTES", None, 1, 2**63)
    if problems or public_key is None or data_port is None or control_port is None:
        raise ConfigInvalid(problems)
    host = environment.get("FIB_HOST") or "0.0.0.0"
    return Config(instance, Path(scratch).resolve(), public_key, host, data_port, control_port, memory_limit)


def _scratch_problem(scratch: str) -> str | None:
    if not scratch:
        return "FIB_SCRATCH is required: a writable folder"
    try:
        os.makedirs(scratch, exist_ok=True)
    except OSError:
        return "FIB_SCRATCH must name a folder that is there or can be made"
    return None if os.access(scratch, os.W_OK | os.X_OK) else "FIB_SCRATCH must name a writable folder"


def _decode_key(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == 32 else None
