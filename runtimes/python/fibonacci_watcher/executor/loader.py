"""Loads the module of a handler and finds the export (W3.4)."""

from __future__ import annotations

import builtins
import importlib
import inspect
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import WatcherError
from .failure import describe, place_of

_DEPENDENCIES = "site-packages"
_ARGUMENTS = {"event": 2, "wsgi": 2, "asgi": 3, "lambda": 2}


class ImportTimes:
    """Seconds spent in the outermost imports that the module makes: the dependencies' part of loading."""

    def __init__(self) -> None:
        self.seconds = 0.0


def load_handler(folder: str, handler: str, signature: str, times: ImportTimes) -> Callable[..., Any]:
    """`handler` is `<path without extension>.<export>`. Raises WatcherError LOAD_FAILED with file and line where known."""
    path, _, export = handler.rpartition(".")
    if signature not in _ARGUMENTS:
        raise WatcherError("LOAD_FAILED", f"Python has no signature {signature}; use event, asgi, wsgi, lambda or framework.")
    name = path.replace("/", ".")
    add_to_path(folder)
    if not _exists(folder, path):
        raise WatcherError("LOAD_FAILED", f"The module {path}.py is not in the package; `handler` is `<file without extension>.<export>`.")
    # A module of the package goes before one of the same name that the watcher has imported already.
    sys.modules.pop(name.partition(".")[0], None)
    try:
        with timed_imports(times):
            module = importlib.import_module(name)
    except SystemExit as error:
        raise WatcherError("LOAD_FAILED", f"The module {path}.py ends the process when it loads.", place_of(error, folder)) from error
    except BaseException as error:
        raise WatcherError("LOAD_FAILED", describe(error), place_of(error, folder)) from error
    found = getattr(module, export, None)
    file = {"file": f"{path}.py"} if os.path.exists(os.path.join(folder, f"{path}.py")) else {}
    if found is None:
        raise WatcherError("LOAD_FAILED", f"The module {path}.py has no export named {export}.", file)
    if problem := _misfit(found, signature):
        raise WatcherError("LOAD_FAILED", f"{handler} is not a handler of signature {signature}: {problem}.", file)
    return found  # type: ignore[no-any-return]


def add_to_path(folder: str) -> None:
    """The package's modules go before all others; its `site-packages` before those of the image, after the standard library (W3.8)."""
    dependencies = os.path.join(folder, _DEPENDENCIES)
    if os.path.isdir(dependencies):
        of_image = (place for place, entry in enumerate(sys.path) if os.path.basename(entry) in (_DEPENDENCIES, "dist-packages"))
        sys.path.insert(next(of_image, len(sys.path)), dependencies)
    sys.path.insert(0, folder)


def _exists(folder: str, path: str) -> bool:
    place = os.path.join(folder, path)
    return os.path.isfile(f"{place}.py") or os.path.isfile(os.path.join(place, "__init__.py"))


def _misfit(found: Any, signature: str) -> str | None:
    if not callable(found):
        return f"it is of type {type(found).__name__} and cannot be called"
    count = _ARGUMENTS[signature]
    try:
        inspect.signature(found).bind(*([None] * count))
    except TypeError:
        return f"it must take {count} arguments"
    except ValueError:
        return None  # a callable that does not tell its arguments
    return None


@contextmanager
def timed_imports(times: ImportTimes) -> Iterator[None]:
    """Adds up imports made by code, not nested ones; the import of the module itself goes another way."""
    original = builtins.__import__
    depth = 0

    def timed_import(*args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        depth += 1
        began = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            depth -= 1
            if depth == 0:
                times.seconds += time.perf_counter() - began

    builtins.__import__ = timed_import
    try:
        yield
    finally:
        builtins.__import__ = original
