"""The small pure rules: back-off, what the warden kills, request ids, deadlines, who may answer."""

import socket
import unittest

from fibonacci_watcher.answers import render_error, request_id_of, timeout_header
from fibonacci_watcher.errors import NOT_STARTED, STATUS, WatcherError
from fibonacci_watcher.executor.exchange import Abandoned, Exchange
from fibonacci_watcher.http1 import parse_head
from fibonacci_watcher.supervisor.backoff import backoff_seconds
from fibonacci_watcher.supervisor.warden import decide_kill


class Rules(unittest.TestCase):
    def test_the_back_off_goes_from_nothing_to_ten_seconds(self) -> None:
        self.assertEqual([backoff_seconds(failures) for failures in (0, 1, 2, 3, 7, 8, 1000)], [0.0, 0.1, 0.2, 0.4, 6.4, 10.0, 10.0])

    def test_the_warden_kills_for_memory_and_for_silence(self) -> None:
        self.assertIsNone(decide_kill(100, 0.5, 100, 1.0))
        self.assertEqual(decide_kill(101, 0.5, 100, 1.0), "MEMORY_LIMIT")
        self.assertIsNone(decide_kill(101, 0.5, None, 1.0))
        self.assertEqual(decide_kill(0, 3.0, None, 1.0), "FUNCTION_TIMEOUT")

    def test_a_request_id_is_kept_if_it_is_well_formed(self) -> None:
        self.assertEqual(request_id_of({"x-request-id": "a.B_9:-"}), "a.B_9:-")
        for given in ("", "a b", "x" * 129, "é"):
            made = request_id_of({"x-request-id": given})
            self.assertNotEqual(made, given)
            self.assertRegex(made, r"^[0-9a-f]{32}$")

    def test_a_timeout_header_is_an_integer_from_one_or_ignored(self) -> None:
        self.assertEqual(timeout_header({"fibonacci-timeout-ms": "250"}), 250)
        for text in ("", "0", "-1", "1.5", "1e3", "abc", "١"):
            self.assertIsNone(timeout_header({"fibonacci-timeout-ms": text}))


class Answers(unittest.TestCase):
    def test_an_error_carries_its_code_and_the_mark_where_user_code_saw_nothing(self) -> None:
        for code in STATUS:
            text = render_error(WatcherError(code, "why"), "id-1", close=True).decode()
            self.assertIn(f"\r\nfibonacci-error: {code}\r\n", text)
            self.assertIn("\r\nx-request-id: id-1\r\n", text)
            self.assertEqual("\r\nfibonacci-not-started: 1\r\n" in text, code in NOT_STARTED)

    def test_head_gets_no_body(self) -> None:
        self.assertTrue(render_error(WatcherError("INTERNAL", "why"), "id-1", close=False, head_only=True).endswith(b"\r\n\r\n"))


class WhoAnswers(unittest.TestCase):
    def setUp(self) -> None:
        self.client, server = socket.socketpair()
        self.addCleanup(self.client.close)
        self.addCleanup(server.close)
        head = parse_head(b"GET / HTTP/1.1\r\nhost: x")
        self.exchange = Exchange(server, head, "id-1", 0.0, 1.0)

    def test_after_the_deadline_user_code_is_not_heard(self) -> None:
        self.exchange.expire(WatcherError("FUNCTION_TIMEOUT", "late"))
        with self.assertRaises(Abandoned):
            self.exchange.send(200, [], b"too late")
        answer = self.client.recv(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 504 "))
        self.assertNotIn(b"too late", answer)
        self.assertTrue(self.exchange.cancelled.is_set())

    def test_a_response_that_has_begun_is_cut_and_gets_no_second_head(self) -> None:
        self.exchange.write(self.exchange.begin(200, [], None) + self.exchange.frame(b"one"))
        self.exchange.expire(WatcherError("FUNCTION_TIMEOUT", "late"))
        received = b""
        while piece := self.client.recv(65536):
            received += piece
        self.assertTrue(received.endswith(b"3\r\none\r\n"))
        self.assertNotIn(b"504", received)

    def test_user_code_cannot_forge_the_watchers_headers(self) -> None:
        given = [
            ("fibonacci-not-started", "1"),
            ("x-request-id", "forged"),
            ("transfer-encoding", "chunked"),
            ("content-length", "9"),
            ("x-mine", "1"),
        ]
        self.exchange.send(200, given, b"ok")
        answer = self.client.recv(65536).decode()
        self.assertNotIn("fibonacci-", answer)
        self.assertNotIn("forged", answer)
        self.assertNotIn("transfer-encoding", answer)
        self.assertIn("content-length: 2\r\n", answer)
        self.assertIn("x-mine: 1\r\n", answer)

    def test_less_than_the_announced_length_is_no_whole_answer(self) -> None:
        self.exchange.begin(200, [], 10)
        self.assertEqual(self.exchange.frame(b"123456789012"), b"1234567890")
        self.assertEqual(self.exchange.end(), b"")
        other = Exchange(self.exchange.sock, self.exchange.head, "id-2", 0.0, 1.0)
        other.begin(200, [], 10)
        other.frame(b"1")
        with self.assertRaises(Abandoned):
            other.end()


if __name__ == "__main__":
    unittest.main()
