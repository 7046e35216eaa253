"""Signatures over the URL of an upgrade, as Twilio and Plivo make them with the account's auth token."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit, urlunsplit

_PORTS = {"wss": 443, "https": 443, "ws": 80, "http": 80}
_SCHEMES = {"ws": ("ws", "wss", "http", "https"), "wss": ("wss", "https")}


def twilio_signature(url: str, secret: str, algorithm: str = "HMAC_SHA1") -> str:
    """`X-Twilio-Signature` of an upgrade; `algorithm`: `HMAC_SHA1`, or `HMAC_SHA256` for a shared key."""
    digest = hashlib.sha256 if algorithm == "HMAC_SHA256" else hashlib.sha1
    return b64encode(hmac.new(secret.encode(), url.encode(), digest).digest()).decode()


def plivo_signature(url: str, nonce: str, secret: str) -> str:
    """`X-Plivo-Signature-V3` of an upgrade, which is a GET."""
    parts = urlsplit(url)
    query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True)))
    signed = f"{urlunsplit((parts.scheme, parts.netloc, parts.path, '', ''))}{'?' * bool(query)}{query}.{nonce}"
    return b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()).decode()


def spellings(url: str) -> list[str]:
    """The URL as its sender may have written it: an upgrade is also a GET by `https`, and a standard port is optional.

    Where the URL is `ws`, a proxy may have taken the encryption away.
    """
    parts = urlsplit(url)
    host = _bracketed(parts.hostname or "")
    port = _port(url) if _port(url) not in (None, *_PORTS.values()) else None
    paths = dict.fromkeys([parts.path, parts.path.rstrip("/") + "/"])
    found: list[str] = []
    for scheme in _SCHEMES.get(parts.scheme, (parts.scheme,)):
        netlocs = [f"{host}:{port}"] if port else [host, f"{host}:{_PORTS.get(scheme, 443)}"]
        found += [urlunsplit((scheme, netloc, path, parts.query, "")) for netloc in netlocs for path in paths]
    return found


def plivo_spellings(url: str) -> list[str]:
    """The same for Plivo, whose own package checks the address by `http` and with `/websocket` at its end."""
    parts = urlsplit(url)
    ends = dict.fromkeys([parts.path, parts.path.rstrip("/") + "/websocket"])
    return [one for path in ends for one in spellings(urlunsplit(("ws", parts.netloc, path, parts.query, "")))]


def is_one_of(shown: str, signatures: Iterable[str]) -> bool:
    """Whether a signature was shown; takes the same time whichever it is."""
    given = shown.encode("utf-8", "replace")
    return sum(hmac.compare_digest(given, signature.encode()) for signature in signatures) > 0


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
