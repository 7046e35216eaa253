"""The connector of Genesys Cloud, by AudioHook."""

import base64
import binascii
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, field_validator, model_validator

from server.ingest.audiohook import AudioHookDialect
from server.ingest.audiohook_media import CHANNELS
from server.ingest.audiohook_settings import AudioHookSettings
from server.ingest.audiohook_signature import Nonces, NotSigned, SignedRequest, verify
from server.ingest.connector import NotAdmitted, SecretConnector, Upgrade
from server.ingest.dialect import Dialect, Limits
from server.wire.base import ErrorCode

_SHORTEST_SECRET = 16
_ORGANIZATION = "audiohook-organization-id"
_SESSION = "audiohook-session-id"


class AudioHookConnector(SecretConnector):
    """Genesys Cloud, integration AudioHook Monitor. Its `secret` is the integration's client secret, base64 as it is
    typed there; every request is signed with it, and no signature counts twice. The call's external id is the
    conversation id. See [Genesys](genesys.md)."""

    tracks: ClassVar[frozenset[str]] = frozenset(CHANNELS)

    dialect: Literal["audiohook"]
    api_key: str | None = Field(None, min_length=1, description="The integration's API key. Needed with a secret.")
    organization: str | None = Field(
        None, description="The only Genesys organisation (its id) that may connect. Empty: any that has the secret."
    )
    public_url: str | None = Field(
        None,
        description="The address that Genesys calls, as it is typed there, where a proxy in front of this node changes "
        "host or path: the signature covers both. Empty: as the request says.",
    )
    customer: Literal["ani", "dnis"] | None = Field(
        None,
        description="Which number of the participant names the customer: `ani` calls, `dnis` is called. Empty: neither "
        "is kept.",
    )
    transcripts: bool = Field(False, description="Whether Genesys is told the committed utterances.")
    interims: bool = Field(False, description="Whether it is told words being spoken, once a second and channel.")
    suggestions: bool = Field(False, description="Whether it is told the suggestions raised in the conversation.")
    _nonces: Nonces = PrivateAttr(default_factory=Nonces)

    @field_validator("secret")
    @classmethod
    def _long_base64(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(_decoded(secret)) < _SHORTEST_SECRET:
            raise ValueError(f"it must hold {_SHORTEST_SECRET} bytes or more")
        return secret

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, url: str | None) -> str | None:
        if url is not None and not (urlsplit(url).scheme in ("ws", "wss") and urlsplit(url).netloc):
            raise ValueError("write the whole address, such as wss://tici.bank.example/v1/connect/genesys")
        return url

    @model_validator(mode="after")
    def _key_for_secret(self) -> "AudioHookConnector":
        if self.secret is not None and self.api_key is None:
            raise ValueError("with a secret, give the `api_key` that belongs to it")
        return self

    def admit(self, upgrade: Upgrade) -> None:
        """Check the address, the organisation and the signature; see `Connector`."""
        super().admit(upgrade)
        if self.secret is not None and self.api_key is not None:
            request = SignedRequest(self._url(upgrade), upgrade.headers)
            try:
                verify(request, self.api_key, _decoded(self.secret), self._nonces, upgrade.now)
            except NotSigned as error:
                raise NotAdmitted(ErrorCode.UNAUTHENTICATED, str(error)) from None
        elif self.api_key is not None and upgrade.headers.get("x-api-key") != self.api_key:
            raise NotAdmitted(ErrorCode.UNAUTHENTICATED, "this is not the API key of the connector")
        organization = upgrade.headers.get(_ORGANIZATION, "")
        if self.organization is not None and organization.lower() != self.organization.lower():
            raise NotAdmitted(ErrorCode.FORBIDDEN, "this connector is for another organisation")

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """See `Connector`."""
        specs = self.leg_specs(list(self.legs))
        settings = AudioHookSettings(
            legs=dict(zip(self.legs, specs, strict=True)),
            queue=self.queue,
            language=self.language,
            direction=self.direction,
            customer=self.customer,
            session_id=upgrade.headers.get(_SESSION),
            organization_id=upgrade.headers.get(_ORGANIZATION),
            authentic=self.guarded,
            transcripts=self.transcripts,
            interims=self.interims,
            suggestions=self.suggestions,
        )
        return AudioHookDialect(settings, limits)

    def _url(self, upgrade: Upgrade) -> str:
        """What the sender called, with the authority that it named."""
        called = urlsplit(self.public_url or upgrade.url)
        host = called.netloc if self.public_url is not None else upgrade.headers.get("host", called.netloc)
        # A signature knows no WebSocket, and the default port is the same.
        scheme = {"ws": "http", "wss": "https"}.get(called.scheme, called.scheme)
        query = urlsplit(upgrade.url).query
        return f"{scheme}://{host}{called.path}" + (f"?{query}" if query else "")


def _decoded(secret: SecretStr) -> bytes:
    try:
        return base64.b64decode(secret.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64: copy the client secret as it is typed at Genesys") from None
