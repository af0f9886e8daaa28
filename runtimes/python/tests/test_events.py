import unittest
from typing import Any

from fibonacci_watcher.errors import WatcherError
from fibonacci_watcher.executor.events import to_event
from fibonacci_watcher.http1 import parse_head


def event(*headers: str, target: str = "/", body: bytes = b"") -> dict[str, Any]:
    lines = [f"POST {target} HTTP/1.1", "host: x", *headers]
    return to_event(parse_head("\r\n".join(lines).encode()), body, "r1")


class HttpEvent(unittest.TestCase):
    def test_the_path_stays_as_received_and_the_query_is_decoded(self) -> None:
        made = event(target="/a%20b/?x=1&x=2+3&y=%C3%BC&z=")
        self.assertEqual(made["path"], "/a%20b/")
        self.assertEqual(made["query"], {"x": ["1", "2 3"], "y": "ü", "z": ""})
        self.assertEqual((made["type"], made["id"], made["method"]), ("http", "r1", "POST"))

    def test_an_absolute_target_gives_its_path(self) -> None:
        self.assertEqual(event(target="http://host/a/b?c=d")["path"], "/a/b")

    def test_the_body_follows_the_content_type(self) -> None:
        for content_type, body, expected in (
            ("application/json", b'{"a":[1,null]}', {"a": [1, None]}),
            ("application/problem+json; charset=utf-8", b"2", 2),
            ("text/plain", "ü".encode(), "ü"),
            ("text/plain; charset=latin-1", b"\xfc", "ü"),
            ("application/x-www-form-urlencoded", b"a=b", "a=b"),
            ("application/pdf", b"\xff", b"\xff"),
            ("application/json", b"", None),
        ):
            with self.subTest(content_type):
                self.assertEqual(event(f"content-type: {content_type}", body=body)["body"], expected)

    def test_what_claims_to_be_json_and_is_not_is_refused(self) -> None:
        for body in (b"{", b"NaN", b"\xff", b"[" * 100_000, b"1 2"):
            with self.subTest(body[:5]), self.assertRaises(WatcherError) as caught:
                event("content-type: application/json", body=body)
            self.assertEqual(caught.exception.code, "BAD_JSON")


class CloudEvent(unittest.TestCase):
    BINARY = ("ce-specversion: 1.0", "ce-id: 1", "ce-source: /s", "ce-type: t")

    def test_binary_mode(self) -> None:
        made = event(*self.BINARY, "ce-subject: %E2%82%AC", "content-type: application/json", body=b'{"a":1}')
        self.assertEqual(
            made,
            {
                "specversion": "1.0",
                "id": "1",
                "source": "/s",
                "type": "t",
                "subject": "€",
                "datacontenttype": "application/json",
                "data": {"a": 1},
            },
        )

    def test_structured_mode(self) -> None:
        body = b'{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"AAH/"}'
        made = event("content-type: application/cloudevents+json", body=body)
        self.assertEqual(made["data"], b"\x00\x01\xff")
        self.assertNotIn("data_base64", made)

    def test_required_attributes(self) -> None:
        for missing in ("ce-id: 1", "ce-source: /s", "ce-type: t"):
            with self.subTest(missing), self.assertRaises(WatcherError) as caught:
                event(*(line for line in self.BINARY if line != missing))
            self.assertEqual(caught.exception.code, "BAD_CLOUDEVENT")
            self.assertIn(missing[3:].partition(":")[0], caught.exception.message)

    def test_other_versions_and_other_json_are_refused(self) -> None:
        for body in (b"[]", b'{"specversion":"0.3","id":"1","source":"/s","type":"t"}', b'{"data_base64":"?"}'):
            with self.subTest(body), self.assertRaises(WatcherError) as caught:
                event("content-type: application/cloudevents+json", body=body)
            self.assertEqual(caught.exception.code, "BAD_CLOUDEVENT")


if __name__ == "__main__":
    unittest.main()
