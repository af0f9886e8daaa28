"""Control tokens: JWTs signed with Ed25519 (W2.6 to W2.8)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import WatcherError

_ISSUER = "fibonacci-scaler"
_MAX_TOKEN = 8192


@dataclass(frozen=True)
class Claims:
    sub: str
    epoch: int
    digest: str | None


class TokenVerifier:
    def __init__(self, public_key: bytes, instance: str) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(public_key)
        self._instance = instance

    def verify(self, authorization: str | None, act: str, now: float) -> Claims:
        """`now` is in seconds since 1970. Raises WatcherError TOKEN_INVALID, which names what did not fit, never the token."""
        if authorization is None or authorization[:7].lower() != "bearer ":
            _refuse("the header `authorization: Bearer <token>` is missing")
        token = authorization[7:].strip()
        parts = token.split(".")
        if len(parts) != 3 or len(token) > _MAX_TOKEN:
            _refuse("it is not a JWT")
        header = _decode_object(parts[0])
        if header.get("alg") != "EdDSA":
            _refuse("`alg` is not EdDSA")
        if header.get("typ", "JWT") != "JWT" or "crit" in header:
            _refuse("its header asks for more than a plain JWT")
        try:
            self._key.verify(_decode(parts[2]), f"{parts[0]}.{parts[1]}".encode("ascii"))
        except (InvalidSignature, UnicodeEncodeError):
            _refuse("the signature does not fit")
        return self._check(_decode_object(parts[1]), act, now)

    def _check(self, claims: dict[str, Any], act: str, now: float) -> Claims:
        for name, wanted in (("iss", _ISSUER), ("aud", self._instance), ("act", act)):
            if claims.get(name) != wanted:
                _refuse(f"claim `{name}` does not fit")
        expires, epoch, subject, digest = (claims.get(name) for name in ("exp", "epoch", "sub", "digest"))
        if isinstance(expires, bool) or not isinstance(expires, (int, float)) or not expires > now:
            _refuse("claim `exp` has passed or is missing")
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            _refuse("claim `epoch` is not an integer from 0")
        if not isinstance(subject, str) or not subject:
            _refuse("claim `sub` is missing")
        if act != "drain" and not isinstance(digest, str):
            _refuse("claim `digest` is missing")
        return Claims(subject, epoch, digest if isinstance(digest, str) else None)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        _refuse("it is not base64url")


def _decode_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(text))
    except (ValueError, RecursionError):
        _refuse("it holds no JSON")
    if not isinstance(value, dict):
        _refuse("it holds no JSON object")
    return value


def _refuse(problem: str) -> NoReturn:
    raise WatcherError("TOKEN_INVALID", f"The token is refused: {problem}.")
