"""Which client plays which part of a call, by dialect."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from server.ingest.chan_websocket import IN, OUT
from server.ingest.l16 import LEFT, RIGHT
from server.replay.asterisk_client import AudioSocketClient, ChanWebSocketClient
from server.replay.audio import CallAudio
from server.replay.audiohook_client import AudioHookClient
from server.replay.client import StreamClient
from server.replay.errors import BadOptionError
from server.replay.l16_client import FREESWITCH, JAMBONZ, VONAGE, L16Client, L16Vendor
from server.replay.media_client import EXOTEL, PLIVO, SIGNALWIRE, TELNYX, TWILIO, MediaClient, Vendor
from server.replay.native_client import NativeClient
from server.replay.options import CallOptions, ClientDialect, Sockets
from server.replay.vosk_client import VoskClient

Parts = list[tuple[StreamClient, CallAudio]]
"""The sockets of a call: each client, and the legs that it plays."""


def clients_for(audio: CallAudio, options: CallOptions) -> Parts:
    """The sockets that the call needs. Raises BadOptionError."""
    return _MAKERS[options.dialect](audio, options)


def parts(audio: CallAudio, options: CallOptions) -> list[CallAudio]:
    """The call as a whole, or leg by leg, as the options want it."""
    return [audio.only(leg) for leg in audio.tracks] if options.sockets is Sockets.PER_LEG else [audio]


def _native(audio: CallAudio, options: CallOptions) -> Parts:
    return [(NativeClient(options, list(part.tracks), part.sample_rate), part) for part in parts(audio, options)]


def _vosk(audio: CallAudio, options: CallOptions) -> Parts:
    if options.encoding != "pcm16":
        raise BadOptionError("the Vosk dialect carries pcm16 only")
    return [(VoskClient(options, leg, audio.sample_rate), audio.only(leg)) for leg in audio.tracks]


def _media(vendor: Vendor, audio: CallAudio, options: CallOptions) -> Parts:
    names = dict(zip(audio.tracks, ("inbound", "outbound"), strict=False))
    return [
        (MediaClient(vendor, options, {leg: names[leg] for leg in part.tracks}, part.sample_rate), part)
        for part in parts(audio, options)
    ]


def _audiohook(audio: CallAudio, options: CallOptions) -> Parts:
    if len(parts(audio, options)) > 1:
        raise BadOptionError("an AudioHook session carries all legs of its call over one socket")
    return [(AudioHookClient(options, list(audio.tracks), audio.sample_rate), audio)]


def _l16(vendor: L16Vendor, audio: CallAudio, options: CallOptions) -> Parts:
    split = len(audio.tracks) > 1 and (options.sockets is Sockets.PER_LEG or not vendor.stereo)
    played = [audio.only(leg) for leg in audio.tracks] if split else [audio]
    tracks = (LEFT, RIGHT) if split else (None,)
    return [
        (L16Client(vendor, options, list(part.tracks), track, part.sample_rate), part)
        for part, track in zip(played, tracks, strict=True)
    ]


def _asterisk(
    client: type[ChanWebSocketClient | AudioSocketClient],
    tracks: tuple[str, str],
    audio: CallAudio,
    options: CallOptions,
) -> Parts:
    played = zip(audio.tracks, tracks, strict=False)
    return [(client(options, track, audio.sample_rate), audio.only(leg)) for leg, track in played]


_MAKERS: Mapping[ClientDialect, Callable[[CallAudio, CallOptions], Parts]] = MappingProxyType(
    {
        ClientDialect.NATIVE: _native,
        ClientDialect.VOSK: _vosk,
        ClientDialect.TWILIO: partial(_media, TWILIO),
        ClientDialect.TELNYX: partial(_media, TELNYX),
        ClientDialect.PLIVO: partial(_media, PLIVO),
        ClientDialect.EXOTEL: partial(_media, EXOTEL),
        ClientDialect.SIGNALWIRE: partial(_media, SIGNALWIRE),
        ClientDialect.JAMBONZ: partial(_l16, JAMBONZ),
        ClientDialect.FREESWITCH: partial(_l16, FREESWITCH),
        ClientDialect.VONAGE: partial(_l16, VONAGE),
        ClientDialect.CHAN_WEBSOCKET: partial(_asterisk, ChanWebSocketClient, (IN, OUT)),
        ClientDialect.AUDIOSOCKET: partial(_asterisk, AudioSocketClient, ("1", "2")),
        ClientDialect.AUDIOHOOK: _audiohook,
    }
)
