import io
import unittest
from typing import Any

from fibonacci_watcher.executor.connection import BadResponse
from fibonacci_watcher.executor.results import to_piece, to_response

EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


class Results(unittest.TestCase):
    def test_each_kind_of_result(self) -> None:
        text, octets, json = "text/plain; charset=utf-8", "application/octet-stream", "application/json"
        for result, status, content_type, body in (
            (None, 204, None, b""),
            ("ü", 200, text, "ü".encode()),
            (b"\x00", 200, octets, b"\x00"),
            (bytearray(b"a"), 200, octets, b"a"),
            ({"a": "ü"}, 200, json, '{"a":"ü"}'.encode()),
            ([1, 2.5], 200, json, b"[1,2.5]"),
            (False, 200, json, b"false"),
            ({"statusCode": 404}, 404, None, b""),
            ({"statusCode": 200, "body": {"a": 1}}, 200, json, b'{"a":1}'),
            ({"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>"}, 200, "text/html", b"<p>"),
            ({**EVENT, "data": {"a": 1}}, 200, json, b'{"a":1}'),
            ({**EVENT, "datacontenttype": "application/json", "data": "x"}, 200, "application/json", b'"x"'),
        ):
            with self.subTest(repr(result)):
                response = to_response(result)
                self.assertEqual((response.status, dict(response.headers).get("content-type"), response.body), (status, content_type, body))

    def test_a_lone_surrogate_does_not_break_the_answer(self) -> None:
        self.assertEqual(to_response("a\ud800").body, "a\ufffd".encode())
        self.assertEqual(to_response(["\ud800"]).body, b'["\\ud800"]')

    def test_header_values_are_strings_numbers_or_lists_and_null_is_left_out(self) -> None:
        response = to_response({"statusCode": 200, "headers": {"A": "1", "b": 7, "c": ["x", "y"], "d": None}})
        self.assertEqual(response.headers, [("a", "1"), ("b", "7"), ("c", "x"), ("c", "y")])

    def test_streams(self) -> None:
        for result in (iter(["a", b"b"]), io.BytesIO(b"ab"), {"statusCode": 200, "body": (piece for piece in ("a", "b"))}):
            body = to_response(result).body
            self.assertEqual(b"".join(to_piece(piece) for piece in body), b"ab")  # type: ignore[union-attr]

    def test_a_cloud_event_has_its_attributes_as_headers(self) -> None:
        headers = dict(to_response({**EVENT, "subject": 'a "€"', "count": 2, "flag": True, "none": None}).headers)
        self.assertEqual(headers["ce-subject"], "a%20%22%E2%82%AC%22")
        self.assertEqual((headers["ce-count"], headers["ce-flag"]), ("2", "true"))
        self.assertNotIn("ce-none", headers)

    def test_what_cannot_be_sent(self) -> None:
        circular: dict[str, Any] = {}
        circular["self"] = circular
        for result in (
            circular,
            object(),
            len,
            float("nan"),
            {"a": {1, 2}},
            {(1, 2): 3},
            {"statusCode": 99},
            {"statusCode": 600},
            {"statusCode": "200"},
            {"statusCode": None},
            {"statusCode": 200, "headers": [1]},
            {"statusCode": 200, "headers": {"x": {}}},
            {"statusCode": 200, "headers": {"x": "a\r\nb"}},
            {"statusCode": 200, "headers": {"x": True}},
            {"statusCode": 200, "body": object()},
            {**EVENT, "bad name": "x"},
        ):
            with self.subTest(str(result)[:60]), self.assertRaises(BadResponse):
                to_response(result)
        with self.assertRaises(BadResponse):
            to_piece({})


if __name__ == "__main__":
    unittest.main()
