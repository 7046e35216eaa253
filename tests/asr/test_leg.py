"""The decoder's promises, with a recognizer that reports exactly what it heard."""

import itertools

import numpy as np
import pytest

from asr.audio import UnsupportedSampleRate
from asr.leg import LegDecoder
from asr.pool import PoolClosed, RecognizerPool
from asr.segmenter import SegmenterConfig
from tests.asr.fakes import BrokenRecognizer, FakeModel
from tests.asr.signals import checked_tiles, decode, silence, talk

RATES = [8000, 11025, 16000, 44100, 48000]


def call(rate: int) -> np.ndarray:
    return np.concatenate(
        [silence(rate, 0.7), talk(rate, 1.5), silence(rate, 1.2), talk(rate, 2.2, seed=1), silence(rate, 0.9)]
    )


@pytest.fixture
def pool():
    return RecognizerPool(FakeModel())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("step", [0.01, 0.02, 1.0, 137])
def test_chunks_make_no_difference(pool, rate, step):
    audio = call(rate)
    step = step if isinstance(step, int) else round(step * rate)
    assert decode(pool, audio, rate, step) == decode(pool, audio, rate, len(audio))


@pytest.mark.parametrize("rate", RATES)
def test_decoding_again_from_any_boundary_gives_the_same(pool, rate):
    audio = call(rate)
    finals = checked_tiles(decode(pool, audio, rate, 160), 0, len(audio))
    assert len([final for final in finals if final.text]) == 2
    for index, final in enumerate(finals[:-1]):
        start = final.end_sample
        again = decode(pool, audio[start:], rate, 333, start_sample=start)
        assert [t for t in again if t.final] == finals[index + 1 :]


def test_speech_lies_where_it_was(pool):
    finals = [t for t in decode(pool, call(8000), 8000, 160) if t.final and t.text]
    assert [round(t.start, 1) for t in finals] == [0.7, 3.4]
    assert [t.end for t in finals] == pytest.approx([2.2, 5.6], abs=0.12)  # the detector lags a little
    for final in finals:
        (word,) = final.words
        assert final.start_sample / 8000 <= word.start <= final.start <= final.end <= word.end
        assert word.end == final.end_sample / 8000


def test_the_final_comes_soon_after_the_speech(pool):
    audio, decoder = call(8000), LegDecoder("customer", 8000, pool)
    for start in range(0, len(audio), 80):
        if any(t.final for t in decoder.feed(audio[start : start + 80])):
            break
    assert decoder.position / 8000 - 2.2 <= 0.56


def test_interims_are_spaced_and_change(pool):
    interims = [t for t in decode(pool, call(8000), 8000, 160, interim_interval=0.3) if not t.final]
    assert len(interims) >= 8
    for before, after in itertools.pairwise(interims):
        assert after.text != before.text
        assert after.end_sample - before.end_sample >= 0.3 * 8000
        assert after.start_sample >= before.start_sample


@pytest.mark.parametrize("cut_at", [0.3, 1.0, 2.4, 2.5, 4.0])
def test_a_closed_utterance_reaches_the_last_sample(pool, cut_at):
    audio, decoder = call(8000), LegDecoder("customer", 8000, pool)
    split = round(cut_at * 8000) + 13
    transcripts = decoder.feed(audio[:split]) + decoder.close_utterance()
    assert decoder.boundary == split
    assert not decoder.in_speech
    assert decoder.close_utterance() == []
    transcripts += decoder.feed(audio[split:]) + decoder.finish()
    checked_tiles(transcripts, 0, len(audio))
    after = [t for t in transcripts if t.final and t.start_sample >= split]
    assert [t for t in decode(pool, audio[split:], 8000, 160, start_sample=split) if t.final] == after


def test_long_silence_makes_empty_finals(pool):
    finals = checked_tiles(decode(pool, silence(8000, 65), 8000, 8000), 0, 65 * 8000)
    assert [t.text for t in finals] == ["", "", ""]
    assert pool.idle == 0  # no recognizer was ever needed


def test_endless_speech_is_cut(pool):
    finals = checked_tiles(decode(pool, talk(8000, 60, pauses=False), 8000, 8000), 0, 60 * 8000)
    longest = max(t.end_sample - t.start_sample for t in finals) / 8000
    assert len(finals) >= 3
    assert longest <= SegmenterConfig().max_speech


def test_no_audio_no_transcripts(pool):
    decoder = LegDecoder("customer", 8000, pool, start_sample=77)
    assert decoder.feed(silence(8000, 0)) == decoder.close_utterance() == decoder.finish() == []
    assert (decoder.position, decoder.boundary, decoder.in_speech) == (77, 77, False)


def test_a_recognizer_is_leased_for_speech_only(pool):
    audio, decoder = call(8000), LegDecoder("customer", 8000, pool)
    decoder.feed(audio[: round(1.5 * 8000)])
    assert decoder.in_speech
    assert pool.idle == 0
    decoder.feed(audio[round(1.5 * 8000) : 3 * 8000])
    assert not decoder.in_speech
    assert pool.idle == 1


def test_a_failed_recognizer_does_not_come_back():
    model = FakeModel(BrokenRecognizer)
    pool = RecognizerPool(model)
    decoder = LegDecoder("customer", 8000, pool)
    with pytest.raises(RuntimeError, match="decoding failed"):
        decoder.feed(call(8000))
    decoder.abandon()
    assert (len(model.made), pool.idle) == (1, 0)


def test_an_abandoned_leg_gives_its_recognizer_back(pool):
    decoder = LegDecoder("customer", 8000, pool)
    decoder.feed(call(8000)[:12000])
    decoder.abandon()
    decoder.abandon()
    assert pool.idle == 1


def test_a_wrong_rate_is_refused(pool):
    with pytest.raises(UnsupportedSampleRate):
        LegDecoder("customer", 4000, pool)


def test_memory_stays_bounded(pool):
    decoder = LegDecoder("customer", 8000, pool)
    for _ in range(40):
        decoder.feed(call(8000))
    assert len(decoder._buffer.read(decoder._buffer.start, decoder._buffer.end)) < 8000 * 30


def test_a_closed_pool_says_so(pool):
    pool.close()
    with pytest.raises(PoolClosed):
        pool.acquire()
