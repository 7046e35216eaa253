"""Whether a request was signed with a shared secret: HTTP message signatures (RFC 9421) as AudioHook uses them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    VerifyResult,
)
from http_message_signatures.algorithms import HMAC_SHA256

COVERED = (
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
)
"""What a signature has to cover; more is welcome."""
MAX_AGE = 10
"""Seconds that a signature may be old."""
MAX_SKEW = 3
"""Seconds by which the clocks may differ."""
SHORTEST_NONCE = 22
LONGEST_NONCE = 256


class NotSigned(Exception):
    """The signature does not hold. The message is for the sender and repeats nothing of the request."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as its signature sees it. `url`: the absolute one that the sender called; names of `headers` in lower
    case."""

    url: str
    headers: Mapping[str, str]
    method: str = "GET"

    @property
    def request_target(self) -> str:
        """Path and query as they stand in the request's first line."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Nonces:
    """Those that were seen, each for as long as its signature could be used again."""

    def __init__(self, most: int = 100_000) -> None:
        """With `most` of them in mind no further one is taken. Only what was really signed gets here."""
        self._most = most
        self._until: dict[str, float] = {}

    def take(self, nonce: str, now: float) -> bool:
        """Whether it is new; it will not be again. `now`: Unix seconds."""
        for old, until in list(self._until.items()):
            if until >= now:
                break
            del self._until[old]
        if nonce in self._until or len(self._until) >= self._most:
            return False
        self._until[nonce] = now + MAX_AGE + MAX_SKEW
        return True


def verify(request: SignedRequest, api_key: str, secret: bytes, nonces: Nonces, now: float) -> None:
    """Raise NotSigned unless who has the secret of `api_key` signed the request, just now and for the first time.

    `now`: Unix seconds. An unknown key costs as much time as a wrong secret.
    """
    if "signature" not in request.headers or "signature-input" not in request.headers:
        raise NotSigned("the request is not signed: set the client secret at the sender")
    known = compare_digest(request.headers.get("x-api-key", "").encode(), api_key.encode())
    # What an unknown key signed is as wrong as what a wrong secret did, and takes as long to find out.
    result = check(request, api_key, secret if known else secrets.token_bytes(32), now, COVERED)
    nonce = result.nonce or ""
    if not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        raise NotSigned(f"the signature's nonce must have {SHORTEST_NONCE} characters or more")
    if not nonces.take(nonce, now):
        raise NotSigned("the signature was used before")


def check(request: SignedRequest, key_id: str, secret: bytes, now: float, covered: Sequence[str]) -> VerifyResult:
    """The request's one signature; raises NotSigned unless it holds and covers what it has to."""
    verifier = _Verifier(signature_algorithm=HMAC_SHA256, key_resolver=_OneKey(key_id, secret))
    verifier.now = now
    try:
        (result,) = verifier.verify(request, max_age=timedelta(seconds=MAX_AGE), require_components=covered)
    except _OutOfTime as error:
        raise NotSigned(str(error)) from None
    except (HTTPMessageSignaturesException, ValueError):
        raise NotSigned("the signature is not valid") from None
    return result


class _OutOfTime(InvalidSignature):
    pass


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key_id: str, secret: bytes) -> None:
        self._key_id = key_id
        self._secret = secret

    def resolve_public_key(self, key_id: str) -> bytes:
        known = compare_digest(key_id.encode(), self._key_id.encode())
        return self._secret if known else secrets.token_bytes(32)

    def resolve_private_key(self, key_id: str) -> bytes:
        raise NotImplementedError


class _Verifier(HTTPMessageVerifier):
    """By the clock of `now`; a signature may be `MAX_AGE` old to the second."""

    now = 0.0

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Raise InvalidSignature unless the signature is valid now."""
        created, expires = sig_input.params.get("created"), sig_input.params.get("expires")
        if type(created) is not int or (expires is not None and type(expires) is not int):
            raise InvalidSignature("it has no time")
        if not created - MAX_SKEW <= self.now:
            raise _OutOfTime("the signature is of a time to come: set the clocks")
        limit = created + MAX_AGE if expires is None else min(created + MAX_AGE, expires)
        if self.now > limit:
            raise _OutOfTime("the signature is too old: set the clocks, or look at what holds the request up")
