import unittest

from fibonacci_watcher.errors import WatcherError
from fibonacci_watcher.http1 import BodyDecoder, RequestHead, parse_head, render_head, valid_header

HEAD = b"POST /a?b HTTP/1.1\r\nhost: x\r\n"


def head_with(*lines: bytes) -> RequestHead:
    return parse_head(HEAD + b"\r\n".join(lines))


def decode(head: RequestHead, *arrivals: bytes, limit: int = 1000) -> tuple[bytes, bytes]:
    """The body and what is left behind it."""
    decoder = BodyDecoder(head, b"", limit)
    body, waiting = b"", list(arrivals)
    while (piece := decoder.next()) != b"":
        if piece is None:
            decoder.feed(waiting.pop(0))
        else:
            body += piece
    return body, decoder.rest


class ParseHead(unittest.TestCase):
    def test_names_are_lower_case_and_repetitions_are_joined(self) -> None:
        head = head_with(b"X-Test: 1 ", b"x-test:2", b"Cookie: a=1", b"cookie: b=2")
        self.assertEqual(head.headers, {"host": "x", "x-test": "1, 2", "cookie": "a=1; b=2"})
        self.assertEqual((head.method, head.target, head.minor), ("POST", "/a?b", 1))

    def test_keep_alive_follows_version_and_connection_header(self) -> None:
        self.assertTrue(head_with(b"a: b").keep_alive)
        self.assertFalse(head_with(b"connection: upgrade, Close").keep_alive)
        self.assertFalse(parse_head(b"GET / HTTP/1.0").keep_alive)
        self.assertTrue(parse_head(b"GET / HTTP/1.0\r\nconnection: keep-alive").keep_alive)

    def test_what_is_ambiguous_or_malformed_is_refused(self) -> None:
        for name, block in {
            "two hosts": HEAD + b"host: y",
            "no host": b"GET / HTTP/1.1\r\na: b",
            "length and chunked": HEAD + b"content-length: 1\r\ntransfer-encoding: chunked",
            "two lengths": HEAD + b"content-length: 1\r\ncontent-length: 2",
            "length with a sign": HEAD + b"content-length: +1",
            "another coding": HEAD + b"transfer-encoding: gzip, chunked",
            "chunked in 1.0": b"POST / HTTP/1.0\r\ntransfer-encoding: chunked",
            "space before the colon": HEAD + b"a : b",
            "folded line": HEAD + b"a: b\r\n c",
            "bare line feed": HEAD + b"a: b\nc: d",
            "NUL": HEAD + b"a: b\0",
            "no version": b"GET /",
            "version 2": b"GET / HTTP/2.0\r\nhost: x",
            "space in the target": b"GET /a b HTTP/1.1\r\nhost: x",
        }.items():
            with self.subTest(name), self.assertRaises(WatcherError) as caught:
                parse_head(block)
            self.assertEqual(caught.exception.code, "BAD_REQUEST")


class Body(unittest.TestCase):
    def test_a_body_of_known_length_ends_where_the_next_request_begins(self) -> None:
        self.assertEqual(decode(head_with(b"content-length: 5"), b"ab", b"cdeGET"), (b"abcde", b"GET"))

    def test_a_chunked_body_may_be_split_anywhere(self) -> None:
        head = head_with(b"transfer-encoding: chunked")
        wire = b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: x\r\n\r\nrest"
        self.assertEqual(decode(head, wire), (b"abcde", b"rest"))
        for size in (1, 2, 3, 7):
            pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
            self.assertEqual(decode(head, *pieces)[0], b"abcde")

    def test_a_body_over_the_limit_is_refused_as_soon_as_it_is_known(self) -> None:
        with self.assertRaises(WatcherError) as caught:
            BodyDecoder(head_with(b"content-length: 11"), b"", 10)
        self.assertEqual(caught.exception.code, "BODY_TOO_LARGE")
        with self.assertRaises(WatcherError) as caught:
            decode(head_with(b"transfer-encoding: chunked"), b"b\r\n", limit=10)
        self.assertEqual(caught.exception.code, "BODY_TOO_LARGE")

    def test_broken_chunks_are_refused(self) -> None:
        for wire in (b"xyz\r\n", b"-1\r\n", b"1\r\nab\r\n", b"1" * 5000, b"0\r\n" + b"a: b\r\n" * 3000):
            with self.subTest(wire[:10]), self.assertRaises(WatcherError) as caught:
                decode(head_with(b"transfer-encoding: chunked"), wire)
            self.assertEqual(caught.exception.code, "BAD_REQUEST")


class Render(unittest.TestCase):
    def test_a_head_has_status_date_and_headers(self) -> None:
        text = render_head(404, [("a", "1"), ("a", "2")]).decode()
        self.assertRegex(text, r"^HTTP/1\.1 404 Not Found\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\na: 1\r\na: 2\r\n\r\n$")

    def test_header_values_cannot_break_out(self) -> None:
        self.assertTrue(valid_header("x-a", "plain é"))
        for name, value in (("x a", "1"), ("", "1"), ("x", "a\r\nb"), ("x", "a\nb"), ("x", "\0"), ("x", "✓")):
            self.assertFalse(valid_header(name, value), (name, value))


if __name__ == "__main__":
    unittest.main()
