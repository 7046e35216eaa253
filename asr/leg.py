"""Decodes one leg: audio in, transcripts out. No clock, no threads, no I/O."""

from collections.abc import Iterator
from contextlib import contextmanager

from asr.audio import Samples, check_sample_rate
from asr.buffer import SampleBuffer
from asr.pool import RecognizerPool
from asr.repeats import PrintMemory, Prints
from asr.segmenter import FRAMES_PER_SECOND, Segmenter, SegmenterConfig, frames
from asr.sound import is_music
from asr.transcript import Sound, Transcript, Word
from asr.utterance import CONTEXT_FRAMES, Utterance, frame_edge
from asr.voice import VoiceDetector, loudness


class LegDecoder:
    """Turns a leg's audio into interims and finals; finals tile the audio (see `Transcript`).

    What it says about audio after a boundary depends on that audio alone: not on how it was cut into calls,
    not on what came before, not on which recognizer of the pool was leased. So decoding again from any final's
    `end_sample` gives the same later finals. Only that a final is called a prompt, because it was heard before,
    hangs on what `memory` holds. Calls must come from one thread at a time. If one raises, the
    decoder is of no further use: make a new one at `boundary` and feed the audio from there again.
    """

    def __init__(
        self,
        leg: str,
        sample_rate: int,
        pool: RecognizerPool,
        start_sample: int = 0,
        end_silence: float = 0.45,
        interim_interval: float = 0.2,
        memory: PrintMemory | None = None,
    ) -> None:
        """`start_sample` is the absolute position of the first sample that will be fed.

        `end_silence` is the seconds of silence that end an utterance, `interim_interval` the seconds of audio
        between interims, `memory` what the leg has heard so far (a new one if None). Raises `UnsupportedSampleRate`.
        """
        self._leg = leg
        self._rate = check_sample_rate(sample_rate)
        self._pool = pool
        self._config = SegmenterConfig(end_silence=end_silence)
        self.interim_interval = interim_interval
        """Seconds of audio between interims; may be changed at any time, and changes no final."""
        self._memory = memory or PrintMemory()
        self._buffer = SampleBuffer(start_sample)
        self._utterance: Utterance | None = None
        self._restart(start_sample)

    @property
    def position(self) -> int:
        """Absolute position after the last sample received."""
        return self._buffer.end

    @property
    def boundary(self) -> int:
        """`end_sample` of the last final (or `start_sample`): where decoding could start again."""
        return self._boundary

    @property
    def in_speech(self) -> bool:
        """Whether an utterance is open."""
        return self._utterance is not None

    def feed(self, samples: Samples) -> list[Transcript]:
        """Hears any number of samples; returns the interims and finals that they complete."""
        self._buffer.append(samples)
        with self._dropping_the_broken():
            return list(self._advance())

    def close_utterance(self) -> list[Transcript]:
        """Ends what is open at the last sample received, because no more audio is coming for now."""
        with self._dropping_the_broken():
            return [self._final(self.position)] if self._boundary < self.position else []

    def finish(self) -> list[Transcript]:
        """Ends the leg: the last tile reaches the last sample received, even with empty text."""
        return self.close_utterance()

    def abandon(self) -> None:
        """Gives the recognizer back without a final, for a leg whose result nobody wants any more."""
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            utterance.finish(self._edge(self._segmenter.safe))

    def _restart(self, boundary: int) -> None:
        self._boundary = boundary
        self._segmenter = Segmenter(self._config)
        self._voice = VoiceDetector(self._rate)
        self._utterance = None
        self._interim_at = 0
        self._interim_said: tuple[str, Sound] = ("", "speech")

    def _edge(self, frame: int) -> int:
        """Absolute position of the start of a frame, counted from the boundary."""
        return frame_edge(self._boundary, frame, self._rate)

    def _advance(self) -> Iterator[Transcript]:
        while (end := self._edge(self._segmenter.count + 1)) <= self._buffer.end:
            cut = self._hear_frame(end)
            if cut is not None:
                yield self._final(self._edge(cut))
            elif (interim := self._interim()) is not None:
                yield interim
            self._forget()

    def _hear_frame(self, end: int) -> int | None:
        frame = self._buffer.read(self._edge(self._segmenter.count), end)
        cut = self._segmenter.push(self._voice.voiced(frame), loudness(frame))
        if self._segmenter.begin is not None and self._utterance is None:
            self._utterance = Utterance(self._pool, self._buffer, self._rate, self._boundary, self._segmenter.begin)
            self._interim_at = self._segmenter.count + frames(self.interim_interval)
        if self._utterance is not None and cut is None:
            self._utterance.hear(self._segmenter.safe)
        return cut

    def _interim(self) -> Transcript | None:
        if self._utterance is None or self._segmenter.count < self._interim_at:
            return None
        self._interim_at = self._segmenter.count + frames(self.interim_interval)
        text = self._utterance.interim()
        said = (text, self._sound(self._utterance))
        if said == self._interim_said:
            return None
        self._interim_said = said
        return self._transcript(text, (), self._edge(self._segmenter.count), said[1], final=False)

    def _final(self, end: int) -> Transcript:
        text: str = ""
        words: tuple[Word, ...] = ()
        sound: Sound = "speech"
        if self._utterance is not None:
            text, words = self._utterance.finish(end)
            sound = self._final_sound(self._utterance, words)
        transcript = self._transcript(text, words, end, sound, final=True)
        self._restart(end)
        return transcript

    def _sound(self, utterance: Utterance, words: tuple[Word, ...] = ()) -> Sound:
        voiced = (self._segmenter.speech_end - self._segmenter.speech_start) / FRAMES_PER_SECOND
        confidences = (word.confidence for word in words)
        return "music" if is_music(utterance.frames.steadiness(), voiced, confidences) else "speech"

    def _final_sound(self, utterance: Utterance, words: tuple[Word, ...]) -> Sound:
        repeated = self._memory.repeats(utterance.begin, Prints.of(utterance.frames))
        sound = self._sound(utterance, words)
        return "prompt" if repeated and sound == "speech" else sound

    def _transcript(self, text: str, words: tuple[Word, ...], end: int, sound: Sound, *, final: bool) -> Transcript:
        heard = self._utterance is not None
        first = self._edge(self._segmenter.speech_start) if heard else self._boundary
        last = min(end, self._edge(self._segmenter.speech_end)) if heard else end
        return Transcript(
            leg=self._leg,
            text=text,
            final=final,
            start_sample=self._boundary,
            end_sample=end,
            start=first / self._rate,
            end=last / self._rate,
            words=words,
            sound=sound,
        )

    def _forget(self) -> None:
        """Drops audio that no recognizer and no boundary can ask for again."""
        if self._utterance is not None:
            keep = self._utterance.position - CONTEXT_FRAMES
        else:
            keep = self._segmenter.count - self._segmenter.look_back
        self._buffer.drop_before(self._edge(max(0, keep)))

    @contextmanager
    def _dropping_the_broken(self) -> Iterator[None]:
        """A recognizer that failed must not come back to the pool."""
        try:
            yield
        except BaseException:
            self._utterance = None
            raise
