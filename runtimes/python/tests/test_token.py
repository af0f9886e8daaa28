import base64
import json
import unittest
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fibonacci_watcher.errors import WatcherError
from fibonacci_watcher.supervisor.token import TokenVerifier

NOW = 1_000_000.0
CLAIMS = {
    "iss": "fibonacci-scaler",
    "aud": "i1",
    "act": "specialize",
    "sub": "u1",
    "epoch": 3,
    "exp": NOW + 60,
    "digest": "sha256:x",
}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Token(unittest.TestCase):
    def setUp(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.verifier = TokenVerifier(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), "i1")

    def sign(self, header: Any = None, key: Ed25519PrivateKey | None = None, **claims: Any) -> str:
        given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
        body = f"{encode(json.dumps(header or {'alg': 'EdDSA', 'typ': 'JWT'}).encode())}.{encode(json.dumps(given).encode())}"
        return f"Bearer {body}.{encode((key or self.key).sign(body.encode()))}"

    def problem(self, authorization: str | None, act: str = "specialize") -> str:
        with self.assertRaises(WatcherError) as caught:
            self.verifier.verify(authorization, act, NOW)
        self.assertEqual((caught.exception.code, caught.exception.status), ("TOKEN_INVALID", 401))
        return caught.exception.message

    def test_a_good_token_gives_its_claims(self) -> None:
        claims = self.verifier.verify(self.sign(), "specialize", NOW)
        self.assertEqual((claims.sub, claims.epoch, claims.digest), ("u1", 3, "sha256:x"))
        self.assertIsNone(self.verifier.verify(self.sign(act="drain", digest=None), "drain", NOW).digest)

    def test_the_message_names_the_claim_and_never_the_token(self) -> None:
        for name, value in (
            ("iss", "other"),
            ("aud", "i2"),
            ("act", "update"),
            ("exp", NOW),
            ("exp", None),
            ("exp", "later"),
            ("epoch", -1),
            ("epoch", True),
            ("epoch", 1.5),
            ("sub", None),
            ("digest", None),
        ):
            with self.subTest(name, value=value):
                token = self.sign(**{name: value})
                message = self.problem(token)
                self.assertIn(f"`{name}`", message)
                self.assertNotIn(token.partition(".")[2][:20], message)

    def test_other_algorithms_keys_and_forms_are_refused(self) -> None:
        good = self.sign()
        unsigned = f"Bearer {encode(json.dumps({'alg': 'none'}).encode())}.{good.split('.')[1]}."
        for authorization in (
            None,
            "",
            "Basic x",
            "Bearer",
            "Bearer a.b",
            "Bearer ü.b.c",
            good[:-4],
            unsigned,
            self.sign({"alg": "HS256", "typ": "JWT"}),
            self.sign({"alg": "EdDSA", "typ": "JWT", "crit": ["x"]}),
            self.sign(key=Ed25519PrivateKey.generate()),
        ):
            with self.subTest(str(authorization)[:30]):
                self.problem(authorization)


if __name__ == "__main__":
    unittest.main()
