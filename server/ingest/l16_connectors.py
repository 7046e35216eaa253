"""The connectors of the L16 socket: jambonz, FreeSWITCH and Vonage."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import jwt
from pydantic import Field, field_validator

from server.ids import new_id
from server.ingest.connector import NotAdmitted, SecretConnector, Upgrade
from server.ingest.dialect import Dialect, Limits
from server.ingest.l16 import MIXED, TRACKS, L16Dialect, MixType
from server.ingest.shown import check_shown, tokens
from server.wire.base import ErrorCode
from server.wire.events import Role

SUBPROTOCOLS = frozenset({"audio.jambonz.org", "audio.drachtio.org"})
TOKEN_AGE = 300.0
"""Seconds that a signed token may be old, and by which clocks may differ."""
_L16 = re.compile(r"audio/l16(?:\s*;\s*(?P<parameters>.*))?", re.IGNORECASE | re.DOTALL)
_RATE = re.compile(r"\s*rate\s*=\s*\"?(\d{1,6})\"?\s*", re.IGNORECASE)


class L16Connector(SecretConnector):
    """What all have. The tracks `left` and `right` are those of a stereo stream, `mixed` is both parties in one
    channel, `mono` is one party; a mono stream may also call itself `left` or `right` by `track` in its URL, as one of
    two streams of a call does."""

    tracks: ClassVar[frozenset[str]] = TRACKS
    sample_rate: int = Field(8000, description="Sample rate in Hz, where the sender does not say.")
    mix_type: MixType = Field(
        MixType.MONO, description="What the channels carry, where the sender does not say: `mono`, `mixed` or `stereo`."
    )

    @field_validator("legs")
    @classmethod
    def _mixed_is_mixed(cls, legs: dict[str, Role]) -> dict[str, Role]:
        if legs.get(MIXED, Role.MIXED) is not Role.MIXED:
            raise ValueError("on the track `mixed` both parties speak: its role is `mixed`")
        return legs

    def may_join(self, upgrade: Upgrade) -> bool:
        """A stream that says which track it is may be the second one of its call."""
        return "track" in upgrade.query or super().may_join(upgrade)

    def admit(self, upgrade: Upgrade) -> None:
        """Check the address, and the secret where there is one; see `Connector`."""
        super().admit(upgrade)
        if self.secret is not None:
            self._check_secret(upgrade, self.secret.get_secret_value())

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """See `Connector`."""
        return L16Dialect(self, self, upgrade.query, limits, new_id)

    def _check_secret(self, upgrade: Upgrade, secret: str) -> None:
        check_shown(tokens(upgrade), secret)

    @property
    def describes(self) -> bool:
        """See `Format`."""
        return True

    def said(self, message: Mapping[str, Any]) -> dict[str, Any] | str:
        """See `Format`."""
        raise NotImplementedError


class JambonzConnector(L16Connector):
    """jambonz, verb `listen` (or `stream`): its `wsAuth` shows the secret as the password. The call is the `callSid`,
    unless the verb's `metadata` (or the URL) names another `external_id`. See [jambonz](jambonz.md)."""

    dialect: Literal["jambonz"]

    def subprotocol(self, upgrade: Upgrade) -> str | None:
        """See `Connector`."""
        return _spoken(upgrade)

    def said(self, message: Mapping[str, Any]) -> dict[str, Any] | str:
        """Its own names, and ours for what an application adds.

        Not `direction`: with a nested `listen` it is that of the leg dialled, which is outbound in an inbound call.
        """
        own = {
            "external_id": message.get("callSid") or message.get("call_sid"),
            "sample_rate": message.get("sampleRate") or message.get("sample_rate"),
            "mix_type": message.get("mixType") or message.get("mix_type"),
        }
        added = _ours(message, "external_id", "queue", "language", "agent", "customer")
        if own["sample_rate"] is None or own["mix_type"] is None:
            return "the first message of jambonz has `sampleRate` and `mixType`"
        return own | added


class FreeSwitchConnector(L16Connector):
    """FreeSWITCH, `mod_audio_fork` and `mod_audio_stream`: the secret is shown as `token` in the URL, or in the header
    `Authorization`. Its first message is whatever the command says: an object with our names (`external_id`, `agent`,
    …) is read, anything else is not, and none is needed, since the URL can say the same. See
    [FreeSWITCH](freeswitch.md)."""

    dialect: Literal["freeswitch"]

    def subprotocol(self, upgrade: Upgrade) -> str | None:
        """See `Connector`."""
        return _spoken(upgrade)

    @property
    def describes(self) -> bool:
        """See `Format`."""
        return False

    def said(self, message: Mapping[str, Any]) -> dict[str, Any] | str:
        """See `Format`."""
        names = ("external_id", "queue", "language", "direction", "agent", "customer", "sample_rate", "mix_type")
        return _ours(message, *names)


class VonageConnector(L16Connector):
    """Vonage Voice, endpoint `websocket`: it signs a token with the secret, or shows the secret itself
    (`authorization`). What the endpoint's `headers` say with our names (`external_id`, `agent`, …) is read. See
    [Vonage](vonage.md)."""

    dialect: Literal["vonage"]
    authorization: Literal["signed", "shown"] = Field(
        "signed",
        description="How its sender proves itself: `signed`, by a token that Vonage signs with the account's signature "
        "secret, or `shown`, by the secret itself as Bearer token or `token` in the URL.",
    )
    mix_type: MixType = Field(
        MixType.MIXED,
        description="What the one channel carries: `mixed`, or `mono` where the stream hears one party only.",
    )

    def said(self, message: Mapping[str, Any]) -> dict[str, Any] | str:
        """See `Format`."""
        if message.get("event") != "websocket:connected":
            return "the first message of Vonage is the event `websocket:connected`"
        rate = l16_rate(message.get("content-type"))
        if rate is None:
            return "`content-type`: audio/l16 with its rate is due, such as audio/l16;rate=16000"
        names = ("external_id", "queue", "language", "direction", "agent", "customer")
        return _ours(message, *names) | {"sample_rate": rate}

    def _check_secret(self, upgrade: Upgrade, secret: str) -> None:
        if self.authorization == "signed":
            _check_signed(upgrade, secret)
        else:
            super()._check_secret(upgrade, secret)


def l16_rate(content_type: object) -> int | None:
    """The Hz of a media type such as `audio/l16;rate=16000` with one channel; None for any other."""
    found = _L16.fullmatch(content_type.strip()) if isinstance(content_type, str) else None
    if found is None:
        return None
    rates = [match for one in (found["parameters"] or "").split(";") if (match := _RATE.fullmatch(one))]
    return int(rates[0][1]) if len(rates) == 1 else None


def _ours(message: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: message[name] for name in names if name in message}


def _spoken(upgrade: Upgrade) -> str | None:
    return next((offered for offered in upgrade.subprotocols if offered in SUBPROTOCOLS), None)


def _check_signed(upgrade: Upgrade, secret: str) -> None:
    """Raise NotAdmitted unless a fresh token (HS256) comes with the request."""
    scheme, _, token = upgrade.headers.get("authorization", "").partition(" ")
    refused = NotAdmitted(ErrorCode.UNAUTHENTICATED, "no valid token of Vonage: is this its signature secret?")
    if scheme.lower() != "bearer":
        raise refused
    # The time is compared with the request's own below.
    options: Any = {"require": ["iat"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        claims = jwt.decode(token.strip(), secret, algorithms=["HS256"], options=options | {"verify_aud": False})
        issued, expires = float(claims["iat"]), float(claims.get("exp", upgrade.now))
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise refused from error
    if not abs(upgrade.now - issued) <= TOKEN_AGE or not upgrade.now <= expires + TOKEN_AGE:
        raise NotAdmitted(ErrorCode.UNAUTHENTICATED, "the token of Vonage is too old, or the clocks differ")
