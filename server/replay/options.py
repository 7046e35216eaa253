"""How a call is to be played."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit, urlunsplit

from server.wire.events import Role


class ClientDialect(StrEnum):
    """What the sender speaks."""

    NATIVE = "native"
    VOSK = "vosk"
    TWILIO = "twilio"
    TELNYX = "telnyx"
    PLIVO = "plivo"
    EXOTEL = "exotel"
    SIGNALWIRE = "signalwire"
    JAMBONZ = "jambonz"
    FREESWITCH = "freeswitch"
    VONAGE = "vonage"
    CHAN_WEBSOCKET = "chan-websocket"
    AUDIOSOCKET = "audiosocket"
    AUDIOHOOK = "audiohook"

    @property
    def encoding(self) -> str:
        """How its senders write samples, where nothing else is asked for."""
        return "mulaw" if self in _MULAW else "pcm16"


_MULAW = frozenset(
    {
        ClientDialect.TWILIO,
        ClientDialect.TELNYX,
        ClientDialect.PLIVO,
        ClientDialect.SIGNALWIRE,
        ClientDialect.AUDIOHOOK,
    }
)


class Sockets(StrEnum):
    """One socket for all legs (interleaved), or one per leg."""

    SHARED = "shared"
    PER_LEG = "per-leg"


@dataclass(frozen=True, slots=True)
class CallOptions:
    """`chunk`: seconds of audio per message; `retry_seconds`: how long a lost connection is tried again."""

    url: str
    external_id: str
    dialect: ClientDialect = ClientDialect.NATIVE
    sockets: Sockets = Sockets.SHARED
    key: str | None = None
    agent: str | None = None
    customer: str | None = None
    queue: str = "default"
    language: str = "zh"
    encoding: str = "pcm16"
    speed: float = 1.0
    chunk: float = 0.1
    retry_seconds: float = 30.0
    secret: str | None = None
    """What a phone system's connector knows its sender by."""

    @property
    def headers(self) -> dict[str, str]:
        """The key as a header, if there is one."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def said_of_call(self) -> dict[str, str]:
        """What is known of the call besides its id, by name."""
        said = {"agent": self.agent, "customer": self.customer, "language": self.language}
        said |= {"queue": self.queue if self.queue != "default" else None}
        return {name: value for name, value in said.items() if value is not None}

    def url_with(self, query: dict[str, str]) -> str:
        """The URL with more query parameters."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(query)]))))

    def http_url(self, path: str) -> str:
        """The same server's HTTP address of `path`."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme.replace("ws", "http", 1), parts.netloc, path, "", ""))


def role_of(leg: str) -> Role:
    """The role that a leg's name says, else unknown."""
    return Role(leg) if leg in set(Role) else Role.UNKNOWN
