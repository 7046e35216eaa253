"""The back channel of an AudioHook session: what was heard and suggested, as `event` messages."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from server.ingest.audiohook_entities import Entity, final_entity, interim_entity, suggestions_entity
from server.ingest.audiohook_media import CHANNELS, MediaClock
from server.ingest.audiohook_messages import RATE
from server.ingest.audiohook_settings import AudioHookSettings, Spoken
from server.ingest.audiohook_voice import Voice
from server.ingest.dialect import Reply
from server.wire import listen
from server.wire.events import Event, SuggestionsRaised

_INTERIM_EVERY = RATE
"""Samples between two interims of one leg: the client limits the rate of messages, and finals matter more."""
_HUSH = 10 * RATE
"""Samples without interims after the client complained of too many messages."""


class BackChannel:
    """Tells what the connector wants told, of the legs that were opened."""

    def __init__(self, settings: AudioHookSettings, voice: Voice, clock: MediaClock, spoken: Spoken) -> None:
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._spoken = spoken
        self._channels: dict[str, int] = {}
        self._offset = 0.0
        self._told: dict[str, int] = {}
        self._quiet_until: dict[str, int] = {}

    def open(self, legs: Mapping[str, str], offset: float) -> None:
        """Tell of `legs` (by channel) from now on; `offset`: seconds of the conversation at their sample 0."""
        self._channels = {leg: CHANNELS.index(channel) for channel, leg in legs.items()}
        self._offset = offset

    def hush(self, samples: int | None) -> None:
        """Leave interims out for so long: the client complained of too many messages."""
        until = self._clock.heard + (samples or _HUSH)
        self._quiet_until = dict.fromkeys(self._channels, until)

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Words being spoken, now and then."""
        channel, leg = self._channels.get(interim.leg), interim.leg
        if channel is None or not (self._settings.interims and interim.text):
            return []
        if self._clock.heard < self._quiet_until.get(leg, 0):
            return []
        self._quiet_until[leg] = self._clock.heard + _INTERIM_EVERY
        return self._event(interim_entity(interim, self._utterance(leg), channel, self._spoken.tag, self._position))

    def final(self, final: listen.Final) -> list[Reply]:
        """A committed utterance."""
        channel, name = self._channels.get(final.leg), self._utterance(final.leg)
        self._told[final.leg] = self._told.get(final.leg, 0) + 1
        # What an earlier session sent lies before this one's beginning.
        if channel is None or not self._settings.transcripts or final.end_sample <= self._clock.base:
            return []
        return self._event(final_entity(final, name, channel, self._spoken.tag, self._position))

    def event(self, event: Event) -> list[Reply]:
        """Cards, where the event raises any."""
        raised = event.payload
        if not (self._settings.suggestions and isinstance(raised, SuggestionsRaised) and raised.cards):
            return []
        return self._event(suggestions_entity(raised, self._name(f"event:{event.seq}"), self._clock.heard))

    def _event(self, entity: Entity) -> list[Reply]:
        return [self._voice.say("event", entities=[entity])]

    def _position(self, seconds: float) -> float:
        return self._clock.position((seconds - self._offset) * RATE)

    def _utterance(self, leg: str) -> str:
        """The id of a leg's open utterance, the same for its interims and its final."""
        return self._name(f"{leg}:{self._told.get(leg, 0)}")

    def _name(self, what: str) -> str:
        return str(uuid5(UUID(self._voice.session_id), what))
