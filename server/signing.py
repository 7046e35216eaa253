"""Signed bodies: `Tici-Signature: t=<Unix seconds>,v1=<hex>`, HMAC-SHA256 over `<t>.<body>`."""

import hashlib
import hmac
import re

TOLERANCE = 300.0
"""Seconds a signature may be old, or ahead."""
_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The header for `body`; the timestamp is signed with it, so that it can age."""
    return f"t={timestamp},v1={_digest(secret, timestamp, body)}"


def is_signed(header: str, secret: str, body: bytes, now: float) -> bool:
    """Whether `header` is a fresh signature of `body`."""
    found = _HEADER.fullmatch(header)
    if found is None or abs(now - int(found[1])) > TOLERANCE:
        return False
    return hmac.compare_digest(found[2], _digest(secret, int(found[1]), body))


def _digest(secret: str, timestamp: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
