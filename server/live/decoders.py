"""Decoders of one leg, each in the language that is spoken on it when it is made."""

from asr.leg import LegDecoder
from asr.repeats import PrintMemory
from server.live.conversation import LiveConversation
from server.live.room import AudioRoom


class LegDecoders:
    """Makes decoders; knows the language of the last one."""

    def __init__(self, live: LiveConversation, room: AudioRoom, leg: str, sample_rate: int) -> None:
        self.language = ""
        self._live = live
        self._room = room
        self._leg = leg
        self._sample_rate = sample_rate
        self._memory = PrintMemory(room.prompts)

    def fresh(self, start_sample: int) -> LegDecoder:
        """A decoder that begins at a boundary."""
        self.language = self._live.session.state.legs[self._leg].language
        return LegDecoder(
            self._leg,
            self._sample_rate,
            self._room.pools[self.language],
            start_sample=start_sample,
            end_silence=self._room.end_silence,
            interim_interval=self._room.interim_interval,
            memory=self._memory,
        )
