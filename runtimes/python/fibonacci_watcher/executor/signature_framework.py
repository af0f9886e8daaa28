"""Signature `framework`: a function for Functions Framework, served by the framework that its package carries (W7.4 to W7.6)."""

from __future__ import annotations

import importlib
import os
import time
from typing import Any

from ..errors import WatcherError
from .connection import Invoke
from .exchange import Exchange
from .failure import describe, place_of
from .journal import Journal
from .loader import ImportTimes, add_to_path, timed_imports

_FRAMEWORK = "functions_framework"
_TYPE_VARIABLE = "FUNCTION_SIGNATURE_TYPE"
_TYPES = ("http", "cloudevent", "event", "typed")
# The framework marks its answers to functions that failed.
_STATUS_HEADER = "x-google-status"


def load_application(folder: str, handler: str, times: ImportTimes) -> Any:
    """What the framework makes of a target: a WSGI application, or ASGI for `functions_framework.aio`. Raises WatcherError LOAD_FAILED."""
    path, _, target = handler.rpartition(".")
    source = os.path.join(folder, f"{path}.py")
    if not os.path.isfile(source):
        raise _failed(f"The module {path}.py is not in the package; `handler` is `<file without extension>.<target>`.")
    add_to_path(folder)
    with timed_imports(times):
        try:
            framework = importlib.import_module(_FRAMEWORK)
        except ModuleNotFoundError as error:
            if error.name != _FRAMEWORK:
                raise _failed(describe(error)) from error
            raise _failed(f"The package does not carry {_FRAMEWORK}: name functions-framework in its requirements.txt.") from error
        try:
            return framework.create_app(target, source)
        except SystemExit as error:
            raise _failed(f"The module {path}.py ends the process when it loads.", place_of(error, folder)) from error
        except BaseException as error:
            raise _failed(_problem(error, folder), place_of(error, folder)) from error


def is_wsgi(application: Any) -> bool:
    return hasattr(application, "wsgi_app")


def create_framework_invoke(invoke_application: Invoke, journal: Journal) -> Invoke:
    """What the framework says has failed is counted and logged as failed."""

    def invoke(exchange: Exchange) -> str | None:
        outcome = invoke_application(exchange)
        status = next((value for name, value in exchange.sent_headers if name == _STATUS_HEADER), None)
        if status is None:
            return outcome
        message = f"The function failed and its framework has answered ({_STATUS_HEADER}: {status[:32]})."
        journal.failure("FUNCTION_ERROR", exchange.request_id, time.monotonic() - exchange.arrived, {"message": message})
        return "error"

    return invoke


def _problem(error: BaseException, folder: str) -> str:
    wanted = os.environ.get(_TYPE_VARIABLE, "http")
    if wanted not in _TYPES:
        return f"{_TYPE_VARIABLE} must be {', '.join(_TYPES)}, not {wanted[:32]!r}."
    return describe(error).replace(folder + os.sep, "")


def _failed(message: str, details: dict[str, Any] | None = None) -> WatcherError:
    return WatcherError("LOAD_FAILED", message, details or {})
