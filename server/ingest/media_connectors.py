"""The connectors of media streams: Twilio and those who speak the same with other names."""

from time import monotonic
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from asr.audio import Encoding
from server.ingest.connector import NotAdmitted, SecretConnector, Upgrade
from server.ingest.dialect import Dialect, Limits
from server.ingest.media_messages import Names
from server.ingest.media_streams import MediaStreamDialect
from server.ingest.shown import check_shown, tokens
from server.ingest.signed_urls import is_one_of, plivo_signature, plivo_spellings, spellings, twilio_signature
from server.wire.base import ErrorCode

_MOST_SIGNATURES = 4
"""Signatures in one header that are looked at: a second one is there while an auth token is being exchanged."""


class MediaStreamConnector(SecretConnector):
    """What all have. Sent as parameters, `external_id`, `queue`, `language`, `direction`, `agent`, `customer`,
    `product` and `task` are fields of the call; any other parameter is kept as its context."""

    tracks: ClassVar[frozenset[str]] = frozenset({"inbound", "outbound"})
    names: ClassVar[Names]

    authorization: Literal["signed", "shown", "parameter"]

    def admit(self, upgrade: Upgrade) -> None:
        """Check the address, and the secret unless it comes with `start`; see `Connector`."""
        super().admit(upgrade)
        if self.secret is not None and self.authorization != "parameter":
            self._check(upgrade, self.secret.get_secret_value())

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """See `Connector`."""
        by_parameter = self.secret if self.authorization == "parameter" else None
        token = by_parameter.get_secret_value() if by_parameter is not None else None
        return MediaStreamDialect(self, self.names, limits, monotonic, token, self.is_big_endian)

    @property
    def is_big_endian(self) -> bool:
        """Whether 16-bit samples come with the high byte first."""
        return False

    def _check(self, upgrade: Upgrade, secret: str) -> None:
        """Raise NotAdmitted unless the upgrade shows that its sender knows the secret."""
        check_shown(tokens(upgrade), secret)


class SigningConnector(MediaStreamConnector):
    """One whose sender signs the URL that it calls."""

    authorization: Literal["signed", "parameter"] = Field(
        "signed",
        description="How its sender proves itself: `signed`, by a signature over the address that it calls, made with "
        "the account's auth token (`secret`), or `parameter`, by the secret itself as the parameter `token`.",
    )
    public_url: str | None = Field(
        None,
        description="What its sender calls this connector by, such as `wss://tici.bank.example/v1/connect/main-line`. "
        "Needed behind a proxy that takes the encryption away or changes the name, since the signature covers it.",
    )

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("wss://", "ws://")):
            raise ValueError("it begins with wss://")
        return url


class TwilioConnector(SigningConnector):
    """Twilio Media Streams, `<Start><Stream>` or `<Connect><Stream>`. The call is its `callSid`, unless a parameter
    names another `external_id`. See [Twilio](twilio.md)."""

    dialect: Literal["twilio"]
    names: ClassVar[Names] = Names(call=("callSid",), parameters=("customParameters",))

    def _check(self, upgrade: Upgrade, secret: str) -> None:
        shown = upgrade.headers.get("x-twilio-signature", "")
        settings = upgrade.headers.get("x-twilio-webhooks-signature-settings", "").upper()
        urls = spellings(self.public_url or upgrade.url)
        algorithm = "HMAC_SHA256" if "ALGORITHM=HMAC_SHA256" in settings.replace(" ", "") else "HMAC_SHA1"
        if not is_one_of(shown, [twilio_signature(url, secret, algorithm) for url in urls]):
            raise NotAdmitted(ErrorCode.UNAUTHENTICATED, _UNSIGNED.format("X-Twilio-Signature"))


class PlivoConnector(SigningConnector):
    """Plivo audio streaming, `<Stream>`. The call is its `callId`. Parameters come in `extraHeaders`, whose names may
    have no `_`: `externalId` is `external_id`. See [Plivo](plivo.md)."""

    dialect: Literal["plivo"]
    names: ClassVar[Names] = Names(call=("callId", "call_id"), parameters=("extra_headers", "extraHeaders"))

    def _check(self, upgrade: Upgrade, secret: str) -> None:
        nonce = upgrade.headers.get("x-plivo-signature-v3-nonce", "")
        right = [plivo_signature(url, nonce, secret) for url in plivo_spellings(self.public_url or upgrade.url)]
        shown = upgrade.headers.get("x-plivo-signature-v3", "").split(",")[:_MOST_SIGNATURES]
        if not nonce or sum(is_one_of(one.strip(), right) for one in shown) == 0:
            raise NotAdmitted(ErrorCode.UNAUTHENTICATED, _UNSIGNED.format("X-Plivo-Signature-V3"))


class ShowingConnector(MediaStreamConnector):
    """One whose sender shows the secret itself."""

    authorization: Literal["shown", "parameter"] = Field(
        "shown",
        description="Where its sender shows the secret: `shown`, in the header `Authorization` (Bearer token or Basic "
        "password) or as `token` in the URL, or `parameter`, as the parameter `token` of the stream.",
    )


class TelnyxConnector(ShowingConnector):
    """Telnyx media streaming, by Call Control or TeXML. The call is its `call_session_id`, which both legs of a
    bridged call share. See [Telnyx](telnyx.md)."""

    dialect: Literal["telnyx"]
    names: ClassVar[Names] = Names(
        call=("call_session_id", "call_control_id", "callSid", "call_sid"),
        parameters=("custom_parameters", "customParameters"),
    )
    byte_order: Literal["little", "big"] = Field(
        "little", description="Byte order of 16-bit samples, where the stream is L16: `little`, or `big` as in RTP."
    )

    @property
    def is_big_endian(self) -> bool:
        """As `byte_order` says."""
        return self.byte_order == "big"


class ExotelConnector(ShowingConnector):
    """Exotel, Stream and Voicebot applets. The call is its `call_sid`. A stream of one track carries the caller, as
    `inbound`. See [Exotel](exotel.md)."""

    dialect: Literal["exotel"]
    names: ClassVar[Names] = Names(
        call=("call_sid", "callSid"),
        parameters=("custom_parameters", "customParameters"),
        encodings={"base64": Encoding.PCM16},
    )


class SignalWireConnector(ShowingConnector):
    """SignalWire, cXML `<Stream>`: `authBearerToken` shows the secret. The call is its `callSid`. See
    [SignalWire](signalwire.md)."""

    dialect: Literal["signalwire"]
    names: ClassVar[Names] = Names(call=("callSid",), parameters=("customParameters", "custom_parameters"))


_UNSIGNED = "`{}` is not that of this address and the connector's secret; behind a proxy, set `public_url`"
