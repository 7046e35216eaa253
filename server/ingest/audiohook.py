"""Genesys AudioHook, version 2: https://developer.genesys.cloud/devapps/audiohook

The client opens a session in text messages, sends binary audio once that was `opened`, and closes it; each side
numbers its messages. What was heard goes back as `event` messages where the connector says so. A session that breaks
the protocol is told to `disconnect`; it is the client that closes the socket.
"""

from enum import Enum, auto

from asr.audio import bytes_per_sample
from server.ingest.audiohook_back import BackChannel
from server.ingest.audiohook_media import ENCODINGS, MediaClock, choose_media
from server.ingest.audiohook_messages import (
    RATE,
    ClientError,
    ClientMessage,
    Close,
    Hole,
    Media,
    Open,
    Ping,
    Update,
    read_message,
)
from server.ingest.audiohook_settings import AudioHookSettings, Spoken, tags_of
from server.ingest.audiohook_voice import Voice
from server.ingest.dialect import (
    Action,
    Audio,
    ChangeLanguage,
    CloseWithin,
    CutUtterance,
    EndAudio,
    Limits,
    Missing,
    OpenCall,
    Refuse,
    Reply,
    SendText,
    Tell,
)
from server.ingest.dialect import Close as CloseSocket
from server.ingest.frames import to_audio, too_large
from server.ingest.parsing import json_object, parse_start
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Event

LONGEST = 24 * 3600 * RATE
"""Samples that a client may say its stream has."""
UNREST = RATE
"""Samples by which the client's position may be ahead of what came before something is taken to be missing."""
PATIENCE = 5.0
"""Seconds that a client has for closing the socket."""
_TOO_MANY = 429
_REASONS = {ErrorCode.UNAUTHENTICATED: "unauthorized", ErrorCode.SUPERSEDED: "completed"}


class _State(Enum):
    NEW = auto()
    OPENING = auto()
    OPEN = auto()
    PAUSED = auto()
    ENDING = auto()
    GIVEN_UP = auto()
    CLOSED = auto()


class AudioHookDialect:
    """One AudioHook session."""

    def __init__(self, settings: AudioHookSettings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits
        self._voice = Voice(settings.session_id)
        self._clock = MediaClock()
        self._spoken = Spoken(settings.language, limits.languages)
        self._back = BackChannel(settings, self._voice, self._clock, self._spoken)
        self._state = _State.NEW
        self._opening: Open | None = None
        self._media: Media | None = None
        self._told_to_leave = False

    # --- what the client says

    def receive_text(self, text: str) -> list[Action]:
        """Take a message; see `Dialect`."""
        if self._state is _State.CLOSED:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self._refuse(too_large(size, self._limits.max_frame_bytes))
        message = read_message(json_object(text))
        if self._state is _State.GIVEN_UP:
            return self._hear_last(message)
        if isinstance(message, Refuse):
            return self._refuse(message)
        wrong = self._voice.check(message)
        return self._refuse(wrong) if wrong is not None else self._take(message)

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take audio; see `Dialect`."""
        if self._state in (_State.GIVEN_UP, _State.CLOSED):
            return []
        if self._state is not _State.OPEN or self._media is None:
            return self._bad("audio may only come between `opened` and `close`, and not while the stream is paused")
        if len(data) > self._limits.max_frame_bytes:
            return self._refuse(too_large(len(data), self._limits.max_frame_bytes))
        audio = to_audio(data, ENCODINGS[self._media.format], self._media.channels)
        if isinstance(audio, Refuse):
            return self._refuse(audio)
        self._clock.add(len(data) // (len(self._media.channels) * bytes_per_sample(audio.encoding)))
        heard = {leg: audio.raw[channel] for channel, leg in self._legs.items()}
        return [Audio(heard, audio.encoding)] if data and heard else []

    def left(self) -> list[Action]:
        """Nothing: a call is over when `close` says so; else the client may come back in another session."""
        return []

    # --- what becomes of the call

    def started(self, info: listen.Started, offset: float = 0.0) -> list[Reply]:
        """Let the audio come; see `Dialect`."""
        self._clock.base = info.resume_from
        self._back.open(self._legs, offset)
        return [self._opened()]

    def acked(self, leg: str, samples: int) -> list[Reply]:
        """Tell nothing: the protocol has no acknowledgement."""
        return []

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Pass it on now and then, if the connector wants it."""
        return self._back.interim(interim) if self._talking else []

    def final(self, final: listen.Final) -> list[Reply]:
        """Pass it on, if the connector wants it."""
        return self._back.final(final) if self._talking else []

    def event(self, event: Event) -> list[Reply]:
        """Pass suggestions on, if the connector wants it."""
        return self._back.event(event) if self._talking else []

    def chunk_done(self) -> list[Reply]:
        """Tell nothing: audio gets no reply."""
        return []

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """Everything was told; now the client closes the socket."""
        return self._closed()

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Tell the client to leave; see `Dialect`."""
        if not fatal:
            return []
        if self._state is _State.CLOSED or self._told_to_leave:
            self._state = _State.CLOSED
            return [CloseSocket(1000, "")]
        self._told_to_leave = True
        info = f"{code}: {message}"
        if code is ErrorCode.SHUTTING_DOWN and self._talking:
            # Until the socket is closed, this session goes on beside the one that takes its place.
            return [self._voice.say("reconnect", info=info), CloseWithin(1012, "", PATIENCE)]
        self._state = _State.GIVEN_UP
        reason = _REASONS.get(code, "error")
        return [self._voice.say("disconnect", reason=reason, info=info), CloseWithin(1000, "", PATIENCE)]

    # --- inside

    @property
    def _talking(self) -> bool:
        """Whether there is a call of which the client may be told."""
        return self._state in (_State.OPEN, _State.PAUSED, _State.ENDING)

    @property
    def _legs(self) -> dict[str, str]:
        """The legs by channel, in the order of the stream; none where the client only tries the connection."""
        if self._media is None or self._opening is None or self._opening.is_probe:
            return {}
        return {name: self._settings.legs[name].leg for name in self._media.channels if name in self._settings.legs}

    def _take(self, message: ClientMessage) -> list[Action]:
        lost = self._look(message)
        if self._state is _State.GIVEN_UP:
            return lost
        # What is said has its number already: nothing may be said before it, as may be while audio is waited for.
        return sorted([*lost, *self._answer(message)], key=lambda action: not isinstance(action, Tell))

    def _answer(self, message: ClientMessage) -> list[Action]:
        match message.parameters:
            case Open() as opening:
                return self._open(opening)
            case Close(reason=reason):
                return self._end(over=reason == "end")
            case Ping():
                return [Tell(self._voice.say("pong"))]
            case Hole(start=start, discarded=discarded) if self._streaming:
                return self._go_on(message.type, start + discarded)
            case Update(language=language) if self._streaming:
                return self._update(language)
            case ClientError(code=code, retry_after=retry_after) if code == _TOO_MANY:
                self._back.hush(retry_after)
        if message.type == "paused" and self._state is _State.OPEN:
            self._state = _State.PAUSED
            return [CutUtterance()]
        return []

    @property
    def _streaming(self) -> bool:
        return self._state in (_State.OPEN, _State.PAUSED)

    def _open(self, opening: Open) -> list[Action]:
        if self._state is not _State.NEW:
            return self._bad("open: this session is open already")
        known = self._settings.organization_id
        if known is not None and opening.organization_id.lower() != known.lower():
            message = "organizationId: it is not the one in the request's header"
            return self._refuse(Refuse(ErrorCode.UNAUTHENTICATED, message, fatal=True))
        self._opening = opening
        self._media = choose_media(opening.media, self._settings.legs)
        if opening.language is not None:
            self._spoken.change(opening.language)
        if opening.is_probe:
            return [Tell(self._opened())]
        return self._open_call(opening)

    def _open_call(self, opening: Open) -> list[Action]:
        if self._media is None:
            channels = " or ".join(sorted(self._settings.legs))
            message = f"media: offer PCMU or L16 at {RATE} Hz with the channel {channels}"
            return self._refuse(Refuse(ErrorCode.UNSUPPORTED_ENCODING, message, fatal=True))
        fields = self._settings.start_fields(
            opening, list(self._legs), ENCODINGS[self._media.format], self._spoken.language
        )
        start = parse_start(fields, self._limits)
        if isinstance(start, Refuse):
            return self._refuse(start)
        self._state = _State.OPENING
        return [OpenCall(start, resumable=False, supersede=self._settings.authentic, restart=True)]

    def _opened(self) -> SendText:
        assert self._opening is not None
        # Where the language is not understood the client is asked to begin with a pause.
        self._state = _State.OPEN if self._spoken.understood or self._opening.is_probe else _State.PAUSED
        media = [self._media.model_dump()] if self._media is not None else []
        more = {"supportedLanguages": tags_of(self._limits.languages)} if self._opening.supported_languages else {}
        return self._voice.say("opened", media=media, startPaused=not self._spoken.understood, **more)

    def _update(self, tag: str) -> list[Action]:
        before, understood = self._spoken.language, self._spoken.understood
        self._spoken.change(tag)
        change = [ChangeLanguage(self._spoken.language)] if self._spoken.language != before else []
        wish = {(True, False): ["pause"], (False, True): ["resume"]}.get((understood, self._spoken.understood), [])
        return [CutUtterance(), *change, *(Tell(self._voice.say(kind)) for kind in ("updated", *wish))]

    def _look(self, message: ClientMessage) -> list[Action]:
        """Audio that the client has sent, by its position, and that did not come."""
        if self._state is not _State.OPEN or isinstance(message.parameters, Hole):
            return []
        ahead = message.position - self._clock.heard
        return self._leave_out(message.position, "lost") if ahead > UNREST else []

    def _go_on(self, kind: str, position: int) -> list[Action]:
        """After `discarded`, or `resumed`."""
        missing = self._leave_out(position, "paused" if kind == "resumed" else "discarded")
        if kind == "resumed" and self._state is _State.PAUSED:
            self._state = _State.OPEN
        return missing

    def _leave_out(self, position: int, reason: str) -> list[Action]:
        """The stream goes on at `position`."""
        if position > LONGEST:
            return self._bad("position: no call lasts that long")
        missing = self._clock.go_on(position)
        if not missing or self._media is None:
            return []
        return [Missing(leg, missing, ENCODINGS[self._media.format], reason) for leg in self._legs.values()]

    def _end(self, over: bool) -> list[Action]:
        """The client closes the session; unless the call is over too, another session may go on with it."""
        if over and self._legs and self._streaming:
            self._state = _State.ENDING
            return [EndAudio()]
        return [Tell(reply) for reply in self._closed()] if self._state is not _State.ENDING else []

    def _closed(self) -> list[Reply]:
        self._state = _State.CLOSED
        return [self._voice.say("closed"), CloseWithin(1000, "", PATIENCE)]

    def _hear_last(self, message: ClientMessage | Refuse) -> list[Action]:
        """After a disconnect only the close counts, whatever its number."""
        if isinstance(message, Refuse) or not isinstance(message.parameters, Close):
            return []
        self._voice.follow(message.seq)
        return [Tell(reply) for reply in self._closed()]

    def _bad(self, message: str) -> list[Action]:
        return self._refuse(Refuse(ErrorCode.BAD_MESSAGE, message, fatal=True))

    def _refuse(self, refusal: Refuse) -> list[Action]:
        self._state = _State.GIVEN_UP
        return [refusal]
