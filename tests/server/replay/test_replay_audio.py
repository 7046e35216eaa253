"""Files as one call."""

import numpy as np
import pytest
import soundfile

from asr.audio import decode
from server.replay.audio import load_call
from server.replay.errors import BadAudioError


def test_one_stereo_file_is_two_legs(tmp_path, speech):
    soundfile.write(tmp_path / "both.wav", np.stack([speech, -speech], axis=1), 16000)
    call = load_call([tmp_path / "both.wav"], ["customer", "agent"])
    assert call.sample_rate == 16000 and call.samples == len(speech)
    assert np.array_equal(call.tracks["agent"], -speech)
    assert np.array_equal(call.only("agent").tracks["agent"], -speech)


def test_a_shorter_leg_is_filled_up_with_silence(files):
    call = load_call(files, ["customer", "agent"])
    assert call.samples == 4000 and not call.tracks["agent"][3000:].any()


def test_chunks_are_interleaved_and_encoded(files, speech):
    call = load_call(files, ["customer", "agent"])
    assert np.array_equal(decode(call.chunk(100, 102, "pcm16"), "pcm16"), [-1900, 1900, -1899, 1899])
    assert len(call.chunk(0, 100, "mulaw")) == 200


def test_a_call_can_be_made_to_last(files, speech):
    call = load_call(files[:1], ["customer"])
    assert np.array_equal(call.lasting(0.75).tracks["customer"], np.concatenate([speech, speech[:2000]]))
    assert call.lasting(0.1).samples == 800


def test_files_that_cannot_be_played_are_told(tmp_path, files, speech):
    def problem(paths, legs=("customer",)):
        with pytest.raises(BadAudioError) as caught:
            load_call(paths, legs)
        return str(caught.value)

    (tmp_path / "text.wav").write_text("no audio")
    for name, rate in (("fast", 96000), ("slow", 4000), ("wide", 16000)):
        soundfile.write(tmp_path / f"{name}.wav", speech, rate)
    soundfile.write(tmp_path / "empty.wav", speech[:0], 8000)
    assert "there is no file" in problem([tmp_path / "nothing.wav"])
    assert "not audio" in problem([tmp_path / "text.wav"])
    assert "96000 Hz" in problem([tmp_path / "fast.wav"])
    assert "4000 Hz" in problem([tmp_path / "slow.wav"])
    assert "8000, 16000 Hz" in problem([files[0], tmp_path / "wide.wav"], ["a", "b"])
    assert "2 channels of audio for 1 legs" in problem(files)
    assert "no audio" in problem([tmp_path / "empty.wav"])
    assert "same name" in problem(files, ["a", "a"])
