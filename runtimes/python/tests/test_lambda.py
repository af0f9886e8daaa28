import socket
import unittest
from typing import Any

from fibonacci_watcher.executor.connection import BadResponse
from fibonacci_watcher.executor.exchange import Exchange
from fibonacci_watcher.executor.lambda_event import to_lambda_event
from fibonacci_watcher.executor.signature_lambda import to_lambda_response
from fibonacci_watcher.http1 import parse_head

JSON = [("content-type", "application/json")]
TEXT = [("content-type", "text/plain; charset=utf-8")]


class Results(unittest.TestCase):
    def test_what_has_no_status_is_the_body_of_a_200(self) -> None:
        cases: list[tuple[Any, bytes]] = [
            (None, b"null"),
            ("plain", b"plain"),
            (42, b"42"),
            ([1, {"a": 2}], b'[1,{"a":2}]'),
            ({"headers": {"a": "1"}}, b'{"headers":{"a":"1"}}'),
        ]
        for result, body in cases:
            with self.subTest(result):
                response = to_lambda_response(result)
                self.assertEqual((response.status, response.headers, response.body), (200, JSON, body))

    def test_the_body(self) -> None:
        cases: list[tuple[dict[str, Any], bytes]] = [
            ({}, b""),
            ({"body": None}, b""),
            ({"body": "grün"}, "grün".encode()),
            ({"body": "AAH/", "isBase64Encoded": True}, b"\x00\x01\xff"),
            ({"body": "", "isBase64Encoded": True}, b""),
            ({"body": "AAH/", "isBase64Encoded": "true"}, b"AAH/"),
            ({"body": "\ud800"}, "\ufffd".encode()),
        ]
        for part, body in cases:
            with self.subTest(part):
                response = to_lambda_response({"statusCode": "201", **part})
                self.assertEqual((response.status, response.headers, response.body), (201, TEXT, body))

    def test_several_values_win_and_cookies_join_those_of_the_headers(self) -> None:
        given = {
            "statusCode": 200,
            "headers": {"X-One": "lost", "set-cookie": "a=1", "x-absent": None, "x-off": False},
            "multiValueHeaders": {"x-one": ["1", 2]},
            "cookies": ["b=2"],
        }
        expected = [("set-cookie", "a=1"), ("x-off", "false"), ("x-one", "1"), ("x-one", "2"), ("set-cookie", "b=2"), *TEXT]
        self.assertEqual(to_lambda_response(given).headers, expected)

    def test_what_cannot_be_sent_is_refused(self) -> None:
        cases: list[tuple[Any, str]] = [
            ({"statusCode": 1000}, "from 200 to 599"),
            ({"statusCode": 101}, "from 200 to 599"),
            ({"statusCode": True}, "from 200 to 599"),
            ({"statusCode": None}, "from 200 to 599"),
            ({"statusCode": " 200"}, "from 200 to 599"),
            ({"statusCode": "²00"}, "from 200 to 599"),
            ({"statusCode": 200, "body": {}}, "json.dumps"),
            ({"statusCode": 200, "body": b"x"}, "not bytes"),
            ({"statusCode": 200, "body": "a b", "isBase64Encoded": True}, "not base64"),
            ({"statusCode": 200, "body": "QQ", "isBase64Encoded": True}, "not base64"),
            ({"statusCode": 200, "body": "ü", "isBase64Encoded": True}, "not base64"),
            ({"statusCode": 200, "cookies": "a=1"}, "cookies"),
            ({"statusCode": 200, "cookies": [1]}, "cookies"),
            ({"statusCode": 200, "cookies": ["a=1\r\nx: 1"]}, "set-cookie"),
            ({"statusCode": 200, "headers": {"x": "a\nb"}}, "header"),
            ({"statusCode": 200, "headers": {"x": {}}}, "header"),
            ({"statusCode": 200, "headers": {"": "x"}}, "header"),
            ({"statusCode": 200, "headers": ["x"]}, "headers"),
            ({1, 2}, "JSON"),
            (float("nan"), "JSON"),
        ]
        for result, reason in cases:
            with self.subTest(str(result)), self.assertRaisesRegex(BadResponse, reason):
                to_lambda_response(result)


class Event(unittest.TestCase):
    def event(self, target: str, *headers: str, body: bytes = b"") -> dict[str, Any]:
        head = parse_head("\r\n".join([f"POST {target} HTTP/1.1", "host: [::1]:8080", *headers]).encode())
        with socket.socket() as sock:
            return to_lambda_event(Exchange(sock, head, "r-1", 0.0, 1.0), body, "fn")

    def test_repetitions_and_odd_names(self) -> None:
        event = self.event("/?__proto__=1&a=1&a=%zz&a=", "x-forwarded-for: 203.0.113.9,  198.51.100.7 ")
        self.assertEqual(event["queryStringParameters"], {"__proto__": "1", "a": "1,%zz,"})
        self.assertEqual(event["requestContext"]["http"]["sourceIp"], "198.51.100.7")
        self.assertEqual((event["requestContext"]["domainName"], event["requestContext"]["domainPrefix"]), ("[::1]", "["))

    def test_what_is_not_the_text_that_its_type_says_comes_unharmed(self) -> None:
        event = self.event("/", "x-forwarded-for: 192.0.2.1", "content-type: text/plain", body=b"\xff\xfe\x00")
        self.assertEqual((event["body"], event["isBase64Encoded"]), ("//4A", True))
