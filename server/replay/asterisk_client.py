"""The sending side of Asterisk's WebSocket channel and of its AudioSocket. Without I/O."""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from server.ingest.audiosocket_frames import RATES, Frame, Kind
from server.ingest.chan_websocket import FORMATS, SUBPROTOCOL
from server.replay.audio import CallAudio
from server.replay.client import OneWayClient
from server.replay.errors import BadOptionError
from server.replay.l16_client import basic, frames
from server.replay.options import CallOptions


class ChanWebSocketClient(OneWayClient):
    """One channel."""

    hangs_up = True
    subprotocols = (SUBPROTOCOL,)

    def __init__(self, options: CallOptions, track: str, sample_rate: int) -> None:
        """Raises BadOptionError for a format that Asterisk does not have."""
        self.options = options
        self.url = options.url_with({"external_id": options.external_id, "track": track, **options.said_of_call()})
        names = [name for name, described in FORMATS.items() if described == (options.encoding, sample_rate)]
        if not names:
            raise BadOptionError(f"Asterisk has no format for {options.encoding} at {sample_rate} Hz")
        self._format = names[0]
        self._frame_bytes = sample_rate // 50 * (2 if options.encoding == "pcm16" else 1)

    @property
    def headers(self) -> Mapping[str, str]:
        """The secret as the password of its client."""
        return basic(self.options.secret) if self.options.secret else {}

    def opening(self, position: int) -> list[str]:
        """`MEDIA_START`."""
        channel = f"connection_id:{uuid4()} channel:WebSocket/tici/0x1 channel_id:tici-1.1"
        return [f"MEDIA_START {channel} format:{self._format} optimal_frame_size:{self._frame_bytes} ptime:20"]

    def pieces(self, audio: CallAudio, start: int, end: int) -> list[bytes]:
        """Frames of 20 ms."""
        return frames(audio, start, end, self.options.encoding)


class AudioSocketClient(OneWayClient):
    """One channel over TCP. The call's UUID is the external id, or made from it."""

    def __init__(self, options: CallOptions, track: str, sample_rate: int) -> None:
        """`track`: the last digit of the UUID. Raises BadOptionError for a format that AudioSocket does not have."""
        kinds = [kind for kind, rate in RATES.items() if rate == sample_rate]
        if options.encoding != "pcm16" or not kinds:
            raise BadOptionError(f"AudioSocket carries pcm16 only, and not at {sample_rate} Hz")
        self.options = options
        self.url = options.url
        self._kind = kinds[0]
        self._uuid = UUID(str(_uuid_of(options.external_id))[:-1] + track)

    def opening(self, position: int) -> list[bytes]:
        """The UUID."""
        return [Frame(Kind.UUID, self._uuid.bytes).encode()]

    def pieces(self, audio: CallAudio, start: int, end: int) -> list[bytes]:
        """Frames of 20 ms."""
        return [Frame(self._kind, piece).encode() for piece in frames(audio, start, end, self.options.encoding)]

    def ending(self) -> list[bytes]:
        """The hang-up."""
        return [Frame(Kind.HANGUP).encode()]


def _uuid_of(external_id: str) -> UUID:
    try:
        return UUID(external_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, external_id)
