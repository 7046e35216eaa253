"""How a sender shows a secret when it opens a connection."""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Iterable

from server.ingest.connector import NotAdmitted, Upgrade
from server.wire.base import ErrorCode

TOKEN = "token"
"""The URL parameter of senders that cannot set a header."""


def tokens(upgrade: Upgrade) -> list[str]:
    """What may be the secret: a Bearer token, a Basic password, the whole header, the URL's `token`."""
    scheme, _, value = upgrade.headers.get("authorization", "").partition(" ")
    shown = [upgrade.query[TOKEN]] if TOKEN in upgrade.query else []
    match scheme.lower():
        case "bearer":
            shown.append(value.strip())
        case "basic":
            shown.append(_password(value.strip()))
        case _ if scheme and not value:
            shown.append(scheme)
    return shown


def check_shown(shown: Iterable[str], secret: str) -> None:
    """Raise NotAdmitted unless one of them is the secret; takes the same time whichever it is."""
    matches = [hmac.compare_digest(one.encode("utf-8", "replace"), secret.encode()) for one in shown]
    if not any(matches):
        message = "show the connector's secret: Bearer token, Basic password, or `token` in the URL"
        raise NotAdmitted(ErrorCode.UNAUTHENTICATED, message)


def _password(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
