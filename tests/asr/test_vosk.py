"""Deterministic decoding with the real model."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.error_rate import cer
from asr.graph import graph_folder
from asr.leg import LegDecoder
from asr.noise import add_noise
from asr.pool import RecognizerPool
from asr.recognizer import ModelError, join_words
from asr.resample import resample_block
from asr.vosk_recognizer import VoskModel
from tests.asr.signals import checked_tiles, decode

ENGLISH = Path(__file__).parents[3] / "shared" / "data" / "audio_en_calls" / "Auto_Repairs_40_UTC_agent.wav"


@pytest.fixture(scope="session")
def reference(zh_model, spoken):
    """Everything said about the leg by recognizers that never heard anything else."""
    return decode(FreshEachTime(zh_model), spoken, 8000, 160)


class FreshEachTime(RecognizerPool):
    def release(self, recognizer):
        pass


def finals(transcripts):
    return [t for t in transcripts if t.final]


def test_every_sentence_is_heard(reference, spoken):
    tiles = checked_tiles(reference, 0, len(spoken))
    manifest = (Path(__file__).parent.parent / "data" / "asr_zh" / "manifest.tsv").read_text(encoding="utf-8")
    texts = [line.split("\t")[1] for line in manifest.splitlines()[1:4]]
    assert cer(["".join(texts)], ["".join(t.text for t in tiles)]) < 0.25


def test_words_lie_inside_their_tile_in_order(reference):
    for final in finals(reference):
        times = [time for word in final.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(final.start_sample / 8000 <= time <= final.end_sample / 8000 for time in times)
        assert all(0 <= word.confidence <= 1 for word in final.words)
        assert "".join(word.text for word in final.words) == final.text.replace(" ", "")


@pytest.mark.parametrize("step", [137, 8000])
def test_pooled_recognizers_and_any_chunks_give_the_same(zh_pool, spoken, reference, step):
    assert decode(zh_pool, spoken, 8000, step) == reference


def test_decoding_again_from_any_boundary_gives_the_same(zh_pool, spoken, reference):
    for index, final in enumerate(finals(reference)[:-1]):
        start = final.end_sample
        again = finals(decode(zh_pool, spoken[start:], 8000, 160, start_sample=start))
        assert again == finals(reference)[index + 1 :]


def test_no_speaker_leaks_into_the_next_utterance(zh_model, sentences):
    def heard(recognizer, samples):
        recognizer.accept(add_noise(resample_block(samples, 8000, 0, None), 0))
        return recognizer.finish()

    first, second = sentences[0], sentences[1]
    used = zh_model.create()
    heard(used, first)
    assert heard(used, second) == heard(zh_model.create(), second)


def test_threads_do_not_disturb_each_other(zh_pool, spoken, reference):
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda _: decode(zh_pool, spoken, 8000, 800), range(2)))
    assert results == [reference, reference]


def test_recognizers_that_wear_out_in_the_middle_of_a_call_change_no_word(zh_model, spoken, reference, monkeypatch):
    monkeypatch.setattr("asr.vosk_recognizer._LIFE_SECONDS", 3)
    pool = RecognizerPool(zh_model)
    assert decode(pool, spoken, 8000, 800) == reference
    assert pool.idle == 0


def test_nothing_of_a_call_is_heard_in_the_next_one(zh_model, spoken, sentences, reference):
    """Another voice, loud and distorted, leaves no trace in the recognizers that a call takes over."""
    pool = RecognizerPool(zh_model)
    other = (sentences[1].astype(np.int32)[::-1] * 6).clip(-32000, 32000).astype(np.int16)
    decode(pool, np.concatenate([other, np.zeros(8000, np.int16)] * 3), 8000, 800)
    assert pool.idle == 1
    assert decode(pool, spoken, 8000, 800) == reference


def test_zeros_are_silence(zh_pool):
    (final,) = decode(zh_pool, np.zeros(8000 * 5, dtype=np.int16), 8000, 160)
    assert (final.text, final.words, final.end_sample) == ("", (), 40000)


def test_a_noise_burst_ends_with_a_tile(zh_pool):
    burst = (np.random.default_rng(0).normal(size=8000) * 6000).clip(-32000, 32000).astype(np.int16)
    quiet = np.zeros(8000, dtype=np.int16)
    checked_tiles(decode(zh_pool, np.concatenate([quiet, burst, quiet]), 8000, 160), 0, 24000)


def test_finishing_an_utterance_without_audio_is_harmless(zh_model, sentences):
    recognizer = zh_model.create()
    assert recognizer.finish() == ("", ())
    assert recognizer.finish() == ("", ())
    recognizer.accept(np.repeat(sentences[0], 2))
    assert recognizer.finish()[0]


def test_the_derived_copy_is_made_once(models_dir, zh_model, derived_dir):
    before = sorted(derived_dir.iterdir())
    VoskModel(models_dir / "vosk-small-zh", derived_dir)
    assert sorted(derived_dir.iterdir()) == before
    assert len(before) == 1
    assert "--dither=0" in (before[0] / "conf" / "mfcc.conf").read_text()


def test_a_composed_graph_changes_no_word(models_dir, zh_pool, tmp_path, sentences):
    if not graph_folder(models_dir / "vosk-small-zh").is_dir():
        pytest.skip("no composed graph here: OpenFst's programs could not be had")
    (tmp_path / "vosk-small-zh").symlink_to((models_dir / "vosk-small-zh").resolve())
    plain = RecognizerPool(VoskModel(tmp_path / "vosk-small-zh", tmp_path / "derived"))
    audio = np.concatenate(sentences[:3])
    composed = [(final.text, final.words) for final in decode(zh_pool, audio, 8000, 160) if final.final]
    assert composed == [(final.text, final.words) for final in decode(plain, audio, 8000, 160) if final.final]
    assert any(text for text, _ in composed)


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere.*tici models fetch"):
        VoskModel(tmp_path / "nowhere", tmp_path / "derived")


def test_missing_files_are_named(models_dir, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(models_dir / "vosk-small-zh" / "conf", model / "conf")
    with pytest.raises(ModelError, match=r"am/final\.mdl, graph/HCLG\.fst"):
        VoskModel(model, tmp_path / "derived")


def test_damaged_files_are_reported(models_dir, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(models_dir / "vosk-small-zh", model)
    (model / "am" / "final.mdl").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="damaged"):
        VoskModel(model, tmp_path / "derived")


def test_chinese_words_are_joined_and_latin_ones_are_not():
    assert join_words(" 打开 app 再 点 还款 ") == "打开 app 再点还款"
    assert join_words("good morning") == "good morning"


def test_english_loads_the_same_way(models_dir, tmp_path):
    if not (models_dir / "vosk-small-en").is_dir():
        pytest.skip("no English weights: run `tici models fetch`")
    if not ENGLISH.is_file():
        pytest.skip("no English call beside the repository")
    audio, rate = soundfile.read(ENGLISH, dtype="int16", stop=8000 * 12)
    pool = RecognizerPool(VoskModel(models_dir / "vosk-small-en", tmp_path))
    text = " ".join(t.text for t in finals(decode(pool, audio, rate, 160)))
    assert len(text.split()) >= 5
    assert text.isascii()


def test_the_decoder_reports_speech_while_it_lasts(zh_pool, spoken):
    decoder = LegDecoder("customer", 8000, zh_pool)
    decoder.feed(spoken[:20000])
    assert decoder.in_speech
    decoder.abandon()
