"""Recordings: an ended leg's spool becomes FLAC, sample for sample."""

import numpy as np
import pytest
import soundfile

from asr.audio import decode, encode
from server.recordings import blank_recording, finish_recording, read_recording, recording_path, remove_recording
from server.spool import LegSpool, SpoolHeader, StorageError, spooled_conversations

NOISE = np.random.default_rng(1).integers(-30000, 30000, 150_000).astype(np.int16)


def spooled(tmp_path, samples, encoding="pcm16", rate=8000, leg="customer"):
    header = SpoolHeader(leg=leg, encoding=encoding, sample_rate=rate, offset=0.0, role="customer", language="zh")
    spool = LegSpool.create(tmp_path, "c1", header)
    spool.append(encode(samples, encoding))
    return spool


@pytest.mark.parametrize(("encoding", "rate"), [("pcm16", 8000), ("pcm16", 44100), ("mulaw", 8000)])
def test_a_recording_is_what_was_heard(tmp_path, encoding, rate):
    recording = finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE, encoding, rate))
    heard, heard_rate = soundfile.read(recording.path, dtype="int16")
    assert heard_rate == recording.sample_rate == rate
    assert np.array_equal(heard, decode(encode(NOISE, encoding), encoding))
    assert recording.samples == len(NOISE) and recording.duration == len(NOISE) / rate
    assert read_recording(tmp_path, "c1", "customer") == recording
    assert spooled_conversations(tmp_path) == []


def test_stretches_that_are_not_to_be_kept_are_silent_across_blocks(tmp_path):
    blank = [(0, 10), (65_530, 65_600), (149_990, 200_000)]
    recording = finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE), blank)
    heard, _ = soundfile.read(recording.path, dtype="int16")
    expected = NOISE.copy()
    for start, end in blank:
        expected[start:end] = 0
    assert np.array_equal(heard, expected)


def test_a_leg_without_audio_leaves_no_recording(tmp_path):
    assert finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE[:0])) is None
    assert read_recording(tmp_path, "c1", "customer") is None
    assert spooled_conversations(tmp_path) == []


def test_finishing_again_after_a_crash_keeps_the_recording(tmp_path):
    before = finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE[:8000]))
    # The process died after it had removed the raw file and before it had removed the header.
    assert finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE[:0])) == before
    # It died before it had removed anything, over a half-written new file.
    before.path.with_suffix(".flac.part").write_bytes(b"fLaC half")
    assert finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE[:8000])) == before
    assert [path.name for path in before.path.parent.iterdir()] == ["customer.flac"]


def test_the_spool_stays_when_the_recording_cannot_be_written(tmp_path):
    spool = spooled(tmp_path, NOISE[:8000])
    (tmp_path / "recordings").write_text("a file where a folder is due")
    with pytest.raises(StorageError, match="cannot write"):
        finish_recording(tmp_path, "c1", spool)
    assert spool.samples == 8000 and spool.raw_path.is_file()
    spool.close()


def test_a_damaged_recording_is_a_storage_error(tmp_path):
    path = recording_path(tmp_path, "c1", "../customer")
    assert path.parent == tmp_path / "recordings" / "c1"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"fLaC and then nothing")
    with pytest.raises(StorageError, match="cannot be read"):
        read_recording(tmp_path, "c1", "../customer")


def test_a_finished_recording_can_lose_more_of_it(tmp_path):
    before = finish_recording(tmp_path, "c1", spooled(tmp_path, NOISE), [(0, 10)])
    blank_recording(tmp_path, "c1", "customer", [(70_000, 70_001), (149_000, 150_000)])
    heard, _ = soundfile.read(before.path, dtype="int16")
    expected = NOISE.copy()
    expected[:10] = expected[70_000] = expected[149_000:] = 0
    assert np.array_equal(heard, expected)
    assert read_recording(tmp_path, "c1", "customer") == before
    remove_recording(tmp_path, "c1", "customer")
    blank_recording(tmp_path, "c1", "customer", [(0, 10)])
    assert list((tmp_path / "recordings").iterdir()) == []
