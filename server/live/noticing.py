"""Notices that a leg is heard in the wrong language: its words come with little confidence, another model's do not.

The figures behind the limits are in `docs/spikes.md`.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from asr.audio import Samples
from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.transcript import Transcript
from server.spool import StorageError

DOUBTFUL = 0.8
"""Mean confidence of an utterance's words below which it may be another language's."""
IN_A_ROW = 2
MARGIN = 0.15
"""By how much another model has to be surer of the same audio."""
FEWEST_WORDS = 3
"""Shorter utterances tell nothing."""


class LanguageWatch:
    """Watches the finals of one leg."""

    def __init__(self, leg: str, sample_rate: int, pools: Mapping[str, RecognizerPool]) -> None:
        self._leg = leg
        self._sample_rate = sample_rate
        self._pools = pools
        self._doubtful = 0

    def heard(self, final: Transcript) -> bool:
        """Take in a final; whether its audio is worth trying in the other languages now."""
        if len(self._pools) < 2 or final.sound != "speech" or len(final.words) < FEWEST_WORDS:
            return False
        self._doubtful = self._doubtful + 1 if _confidence(final) < DOUBTFUL else 0
        if self._doubtful < IN_A_ROW:
            return False
        self._doubtful = 0
        return True

    async def try_others(
        self, final: Transcript, samples: Callable[[int, int], Samples], language: str, executor: Executor
    ) -> str | None:
        """As `better`, on a thread; `samples` reads the leg's audio. None too if that cannot be read any more."""

        def compare() -> str | None:
            return self.better(final, samples(final.start_sample, final.end_sample), language)

        try:
            return await asyncio.get_running_loop().run_in_executor(executor, compare)
        except StorageError:
            return None

    def better(self, final: Transcript, samples: Samples, language: str) -> str | None:
        """The language, other than the one `final` was decoded in, that its audio clearly is; blocks."""
        scores = {other: self._score(other, final, samples) for other in self._pools if other != language}
        best = max(scores, key=lambda other: scores[other])
        return best if scores[best] >= _confidence(final) + MARGIN else None

    def _score(self, language: str, final: Transcript, samples: Samples) -> float:
        decoder = LegDecoder(self._leg, self._sample_rate, self._pools[language], start_sample=final.start_sample)
        finals = [t for t in decoder.feed(samples) + decoder.finish() if t.final]
        words = [word for transcript in finals for word in transcript.words]
        return sum(word.confidence for word in words) / len(words) if len(words) >= FEWEST_WORDS else 0.0


def _confidence(final: Transcript) -> float:
    return sum(word.confidence for word in final.words) / len(final.words)
