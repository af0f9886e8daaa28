"""What a push may hold, and what it leads to."""

import hashlib
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from fibonacci_watcher.errors import WatcherError
from fibonacci_watcher.supervisor.decide import Asked, Bound, decide_push
from fibonacci_watcher.supervisor.marker import FunctionRef, read_marker, write_marker
from fibonacci_watcher.supervisor.package import check_package, unpack
from fibonacci_watcher.supervisor.revision import parse_push

DIGEST = "sha256:" + "a" * 64
DOCUMENT = {
    "function": {"namespace": "demo", "name": "hello", "uid": "u1"},
    "generation": 1,
    "content": DIGEST,
    "package": {"digest": DIGEST, "size": 0},
    "handler": "src/main.handler",
    "signature": "event",
    "mode": "thread",
    "concurrency": 1,
    "timeoutMs": 1000,
    "maxBodyBytes": 0,
    "env": {"A": "b"},
}


def code_of(action: Any, *arguments: Any) -> str:
    try:
        action(*arguments)
    except WatcherError as error:
        return error.code
    return "none"


class Document(unittest.TestCase):
    def test_a_push_is_a_line_and_the_package(self) -> None:
        document, package = parse_push(json.dumps(DOCUMENT).encode() + b"\nbytes\n")
        self.assertEqual((document.function.full_name, document.handler, package), ("demo/hello", "src/main.handler", b"bytes\n"))

    def test_each_field_is_checked(self) -> None:
        for change in (
            {"function": {"namespace": "demo", "name": "hello"}},
            {"generation": "1"},
            {"generation": True},
            {"content": "sha256:short"},
            {"package": {"digest": DIGEST, "size": -1}},
            {"handler": "main"},
            {"handler": "../main.handler"},
            {"handler": "/etc/main.handler"},
            {"signature": "other"},
            {"mode": "fiber"},
            {"concurrency": 0},
            {"timeoutMs": 0},
            {"env": {"A": 1}},
            {"env": {"A=B": "1"}},
            {"env": {"A": "\0"}},
        ):
            with self.subTest(str(change)):
                self.assertEqual(code_of(parse_push, json.dumps({**DOCUMENT, **change}).encode() + b"\n"), "BAD_REQUEST")

    def test_a_body_that_is_no_push_is_refused(self) -> None:
        for body in (b"", b"no line feed", b"{}\n", b"[]\n", b"\xff\n", b'"' + b"x" * 2**20 + b'"\n'):
            with self.subTest(body[:10]):
                self.assertEqual(code_of(parse_push, body), "BAD_REQUEST")


def package(*files: tuple[str, bytes], manifest: Any = None) -> bytes:
    header = {"format": 1, "files": [{"path": path, "size": len(data)} for path, data in files]} if manifest is None else manifest
    return json.dumps(header).encode() + b"\n" + b"".join(data for _, data in files)


def check(data: bytes) -> Any:
    return check_package(data, "sha256:" + hashlib.sha256(data).hexdigest(), len(data))


class Package(unittest.TestCase):
    def test_files_come_out_as_they_went_in(self) -> None:
        data = package(("a.py", b"1"), ("lib/b.py", b""), ("lib/c/d.txt", b"\x00\xff"))
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "new"
            unpack(data, check(data), folder)
            self.assertEqual((folder / "a.py").read_bytes(), b"1")
            self.assertEqual((folder / "lib/b.py").read_bytes(), b"")
            self.assertEqual((folder / "lib/c/d.txt").read_bytes(), b"\x00\xff")

    def test_size_and_digest_must_fit(self) -> None:
        data = package(("a", b"1"))
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.assertEqual(code_of(check_package, data, digest, len(data) + 1), "PACKAGE_INVALID")
        self.assertEqual(code_of(check_package, data, DIGEST, len(data)), "PACKAGE_INVALID")

    def test_paths_cannot_leave_the_folder_or_clash(self) -> None:
        for names in (
            ["../a"],
            ["/a"],
            ["a//b"],
            ["a/./b"],
            ["a\\b"],
            ["a\0"],
            [""],
            ["e\u0301"],
            ["b", "a"],
            ["a", "a"],
            ["a", "a/b"],
            ["x" * 300],
        ):
            with self.subTest(str(names)[:40]):
                self.assertEqual(code_of(check, package(*((name, b"") for name in names))), "PACKAGE_INVALID")

    def test_manifests_that_lie_are_refused(self) -> None:
        for manifest in (
            [],
            {"format": 2, "files": []},
            {"format": 1},
            {"format": 1, "files": [{"path": "a"}]},
            {"format": 1, "files": [{"path": "a", "size": -1}]},
            {"format": 1, "files": [{"path": "a", "size": 5}]},
            {"format": 1, "files": [{"path": f"{n:05}", "size": 0} for n in range(10_001)]},
        ):
            with self.subTest(str(manifest)[:60]):
                self.assertEqual(code_of(check, package(manifest=manifest)), "PACKAGE_INVALID")


class Decision(unittest.TestCase):
    OTHER = "sha256:" + "b" * 64

    def decide(self, act: Any, asking: str, generation: int, content: str, **bound: Any) -> str:
        state = Bound(**{"uid": None, "served": None, "draining": False, **bound})
        try:
            return decide_push(state, Asked(act, asking, generation, content))
        except WatcherError as error:
            return error.code

    def test_an_instance_belongs_to_one_function_for_life(self) -> None:
        self.assertEqual(self.decide("specialize", "u1", 1, DIGEST), "load")
        self.assertEqual(self.decide("specialize", "u1", 1, DIGEST, uid="u1"), "load")
        self.assertEqual(self.decide("specialize", "u2", 1, DIGEST, uid="u1"), "ALREADY_SPECIALIZED")

    def test_an_update_needs_something_that_is_served(self) -> None:
        self.assertEqual(self.decide("update", "u1", 1, DIGEST), "NOT_SPECIALIZED")
        self.assertEqual(self.decide("update", "u1", 2, DIGEST, uid="u1"), "NOT_SPECIALIZED")

    def test_generations_only_rise(self) -> None:
        served = {"uid": "u1", "served": (5, DIGEST)}
        for generation, content, outcome in (
            (5, DIGEST, "same"),
            (5, self.OTHER, "STALE_GENERATION"),
            (4, DIGEST, "STALE_GENERATION"),
            (6, DIGEST, "load"),
        ):
            with self.subTest(outcome, generation=generation):
                self.assertEqual(self.decide("update", "u1", generation, content, **served), outcome)

    def test_a_draining_instance_takes_no_code(self) -> None:
        self.assertEqual(self.decide("update", "u1", 6, DIGEST, uid="u1", served=(5, DIGEST), draining=True), "DRAINING")


class Marker(unittest.TestCase):
    def test_it_is_read_as_it_was_written(self) -> None:
        function = FunctionRef("demo", "hello", "u1")
        with tempfile.TemporaryDirectory() as scratch:
            self.assertIsNone(read_marker(Path(scratch)))
            write_marker(Path(scratch), function)
            self.assertEqual(read_marker(Path(scratch)), function)

    def test_one_that_cannot_be_read_is_an_error_and_not_a_fresh_start(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "function.json").write_text("{}")
            with self.assertRaises(ValueError):
                read_marker(Path(scratch))


if __name__ == "__main__":
    unittest.main()
