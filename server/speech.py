"""The parts of a node that hear: recognisers, the threads that decode, and what they can carry."""

import logging
from dataclasses import dataclass
from time import monotonic

from asr.leg import LegDecoder
from asr.pool import RecognizerPool, babble
from asr.resample import RECOGNIZER_RATE
from asr.vosk_recognizer import VoskModel
from server.live.capacity import Capacity
from server.live.cores import usable_cores
from server.live.load import LoadMeter
from server.live.threads import DecoderThreads
from server.settings import Settings

log = logging.getLogger(__name__)
TRIED_SECONDS = 2.0
TALKING = 0.9
"""What a leg of a call costs on the average against the trial's even babble: speech is dearer, but there are pauses."""


@dataclass(frozen=True, slots=True)
class Speech:
    """`pools` by language; `load` is None where only a fixed number limits the calls."""

    pools: dict[str, RecognizerPool]
    threads: DecoderThreads
    load: LoadMeter | None

    def warm(self, count: int) -> None:
        """Make and warm recognisers while the node already serves: an early call only waits a little longer."""
        for pool in self.pools.values():
            self.threads.submit_uncounted(pool.warm, count)

    def close(self) -> None:
        """Wait for what is being decoded, and free all. Blocks."""
        self.threads.shutdown(wait=True, cancel_futures=True)
        for pool in self.pools.values():
            pool.close()


def load_speech(settings: Settings) -> Speech:
    """Load the models and try how fast they decode here; takes seconds. Raises `ModelError`."""
    derived = settings.data_dir / "asr"
    folders = {language: settings.speech_model(language) for language in settings.asr_languages}
    pools = {
        name: RecognizerPool(VoskModel(folder, derived), settings.asr_warm)
        for name, folder in folders.items()
        if folder is not None
    }
    cores = usable_cores()
    count = settings.asr_threads or max(1, round(cores))
    threads = DecoderThreads(count)
    if not settings.decode_load or not pools:
        return Speech(pools, threads, None)

    def trial() -> float:
        return TALKING * max(_tried(pool) for pool in pools.values())

    capacity = Capacity(min(count, cores), trial(), settings.decode_load)
    log.info("%g cores, %d decoding threads, room for about %d calls", cores, count, capacity.total)
    return Speech(pools, threads, LoadMeter(capacity, threads, trial))


def _tried(pool: RecognizerPool) -> float:
    """Seconds that a second of speech takes a recogniser that has warmed up, whatever else the machine does."""
    pool.warm(1)
    decoder = LegDecoder("trial", RECOGNIZER_RATE, pool)
    speech = babble(round(TRIED_SECONDS * RECOGNIZER_RATE))
    begun = monotonic()
    decoder.feed(speech)
    decoder.finish()
    return (monotonic() - begun) / TRIED_SECONDS
