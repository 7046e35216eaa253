"""Who is at the door: session cookies for people, keys for senders, signed links for customers."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from time import time

from fastapi import HTTPException, Request, WebSocket
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from starlette.requests import HTTPConnection

from server.pace import Lockout, Pace
from server.settings import Settings
from server.signing import is_signed
from server.store import KeyInfo, Store, UserRecord
from server.wire.base import ErrorCode, Problem

COOKIE = "tici_session"


def cookie_name(connection: HTTPConnection) -> str:
    """The session cookie's name: over TLS one that no other host and no page without TLS can set."""
    return f"__Host-{COOKIE}" if is_secure(connection) else COOKIE


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the connection is encrypted, as far as this node or the proxy before it says."""
    return connection.url.scheme in ("https", "wss")


class Refusal(HTTPException):
    """What was asked is not done; becomes a ProblemResponse."""

    def __init__(self, status: int, code: ErrorCode, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.problem = Problem(code=code, message=message)


class Denied(Refusal):
    """The caller may not do this."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(401 if code is ErrorCode.UNAUTHENTICATED else 403, code, message)


def load_secret(settings: Settings) -> bytes:
    """The signing key: from the settings, or made at first start and kept in the data directory (mode 0600)."""
    given = settings.secret.get_secret_value()
    if given:
        return given.encode()
    path = settings.data_dir / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(f"{path}.part")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_hex(32))
        partial.replace(path)
    return path.read_text().strip().encode()


@dataclass(frozen=True, slots=True)
class ChatLinks:
    """Signed links that let one customer into one chat."""

    secret: bytes
    hours: float

    def make(self, conversation_id: str) -> str:
        """The path of the customer's page."""
        return f"/chat?token={self._serializer().dumps(conversation_id)}"

    def read(self, token: str) -> str:
        """The conversation a token was made for. Raises Denied."""
        try:
            value = self._serializer().loads(token, max_age=int(self.hours * 3600))
        except SignatureExpired as error:
            raise Denied(ErrorCode.UNAUTHENTICATED, "this chat link has expired") from error
        except BadSignature as error:
            raise Denied(ErrorCode.UNAUTHENTICATED, "this chat link is not valid") from error
        return str(value)

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="chat", signer_kwargs={"digest_method": hashlib.sha256})


class Doorkeeper:
    """Tells who a connection belongs to."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self.lockout = Lockout(settings.login_attempts, settings.lockout_seconds)
        self.chat_pace = Pace()

    async def person(self, connection: HTTPConnection) -> UserRecord:
        """The logged-in person, who has a password of their own. Raises Denied, also for another site's page."""
        user = await self.newcomer(connection)
        if user.must_change_password:
            raise Denied(ErrorCode.PASSWORD_CHANGE, "choose your own password first: POST /v1/session/password")
        return user

    async def newcomer(self, connection: HTTPConnection) -> UserRecord:
        """The logged-in person, who may still have a temporary password. Raises Denied."""
        self.check_origin(connection)
        user = await self.logged_in(connection)
        if user is None:
            raise Denied(ErrorCode.UNAUTHENTICATED, "log in first")
        return user

    async def logged_in(self, connection: HTTPConnection) -> UserRecord | None:
        """Whose session the connection began with; None once it is over."""
        token = connection.cookies.get(cookie_name(connection))
        return await self._store.sessions.get(token) if token else None

    async def key(self, connection: HTTPConnection, scope: str) -> KeyInfo:
        """The sender's key. Raises Denied."""
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        info = await self._store.keys.verify(secret.strip()) if scheme.lower() == "bearer" and secret else None
        if info is None:
            raise Denied(ErrorCode.UNAUTHENTICATED, "send a valid key in the header `Authorization: Bearer …`")
        if not info.allows(scope):
            raise Denied(ErrorCode.FORBIDDEN, f"this key lacks the scope `{scope}`")
        return info

    async def signed(self, request: Request, body: bytes, scope: str) -> KeyInfo:
        """The key that signed the body: its id in `Tici-Key`, the signature in `Tici-Signature`. Raises Denied."""
        found = await self._store.keys.signing(request.headers.get("tici-key", ""))
        header = request.headers.get("tici-signature", "")
        if found is None or not is_signed(header, found[1], body, time()):
            raise Denied(ErrorCode.UNAUTHENTICATED, "sign the body with a valid key (`Tici-Key`, `Tici-Signature`)")
        if not found[0].allows(scope):
            raise Denied(ErrorCode.FORBIDDEN, f"this key lacks the scope `{scope}`")
        return found[0]

    async def check_queue(self, key: KeyInfo, queue: str) -> None:
        """Refuse a key that is not for this queue or its team. Raises Denied."""
        policy = await self._store.queue_policy(queue, key.tenant)
        if not key.reach.covers(key.tenant, policy.team, queue, None):
            raise Denied(ErrorCode.FORBIDDEN, "this key is not for this queue")

    def check_origin(self, connection: HTTPConnection) -> None:
        """Refuse requests that another site's page made: sockets always, HTTP where it changes something.

        Browsers name the page in `Origin`; where one leaves it out, `Sec-Fetch-Site` and `Referer` tell. What has
        none of them was not sent by a page.
        """
        reads = isinstance(connection, Request) and connection.method in ("GET", "HEAD", "OPTIONS")
        origin = connection.headers.get("origin")
        if reads:
            return
        if origin is None and isinstance(connection, WebSocket):
            raise Denied(ErrorCode.FORBIDDEN, "a browser must send its Origin")
        if not (self._is_ours(connection, origin) if origin is not None else self._seems_ours(connection)):
            raise Denied(ErrorCode.FORBIDDEN, "this origin is not allowed")

    def _is_ours(self, connection: HTTPConnection, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        same = host == connection.headers.get("host") and (scheme == "https" or not is_secure(connection))
        return same or origin in self._settings.allowed_origins

    def _seems_ours(self, connection: HTTPConnection) -> bool:
        if connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return False
        referer = connection.headers.get("referer")
        return referer is None or self._is_ours(connection, "/".join(referer.split("/")[:3]))
