"""What to say of an exception of user code: to the caller one line, to the log the stack, on loading the place in its files."""

from __future__ import annotations

import os
import traceback
from typing import Any, NoReturn

_MAX_STACK = 16 * 1024
_MAX_MESSAGE = 1024


def describe(error: BaseException) -> str:
    """`<name>: <first line of the message>` (W6.6)."""
    try:
        message = str(error).split("\n", 1)[0]
    except Exception:  # noqa: BLE001 - a __str__ of user code
        message = ""
    name = type(error).__name__
    return f"{name}: {message}"[:_MAX_MESSAGE] if message else name


def stack_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_MAX_STACK:]
    except Exception:  # noqa: BLE001
        return type(error).__name__


def place_of(error: BaseException, folder: str) -> dict[str, Any]:
    """`file` (relative to the package) and `line` of the innermost frame in the package; empty if there is none."""
    if isinstance(error, SyntaxError) and error.filename and _inside(error.filename, folder):
        return {"file": os.path.relpath(error.filename, folder), "line": error.lineno or 1}
    found: dict[str, Any] = {}
    for frame, line in traceback.walk_tb(error.__traceback__):
        if _inside(frame.f_code.co_filename, folder):
            found = {"file": os.path.relpath(frame.f_code.co_filename, folder), "line": line}
    return found


def exit_like(error: SystemExit) -> NoReturn:
    """`sys.exit` in a handler ends the executor, as it would end a program."""
    code = error.code
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder + os.sep)
