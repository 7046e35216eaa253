import numpy as np
import pytest

from asr.audio import (
    OddAudioLength,
    UnsupportedEncoding,
    UnsupportedSampleRate,
    bytes_per_sample,
    check_sample_rate,
    decode,
    deinterleave,
    encode,
    silence,
)

EVERY_SAMPLE = np.arange(-32768, 32768, dtype=np.int16)


def test_pcm16_is_little_endian():
    assert decode(b"\x01\x00\xff\x7f\x00\x80", "pcm16").tolist() == [1, 32767, -32768]
    assert encode(EVERY_SAMPLE, "pcm16")[:2] == b"\x00\x80"


def test_mulaw_follows_the_tables_of_g711():
    known = {0xFF: 0, 0x7F: 0, 0x00: -32124, 0x80: 32124, 0xFE: 8, 0x7E: -8, 0xEF: 132, 0x8F: 16764}
    assert decode(bytes(known), "mulaw").tolist() == list(known.values())
    assert encode(np.array([0, 8, -8, 32767, -32768], dtype=np.int16), "mulaw") == bytes([0xFF, 0xFE, 0x7E, 0x80, 0x00])


def test_mulaw_codes_survive_a_round_trip():
    codes = bytes(range(256))
    again = encode(decode(codes, "mulaw"), "mulaw")
    assert [a for a, b in zip(codes, again, strict=True) if a != b] == [0x7F]  # negative zero becomes zero


def test_mulaw_is_as_exact_as_its_steps():
    error = np.abs(decode(encode(EVERY_SAMPLE, "mulaw"), "mulaw").astype(int) - EVERY_SAMPLE)
    assert np.all(error <= np.maximum(np.abs(EVERY_SAMPLE.astype(int)) / 16, 8))


def test_alaw_follows_the_tables_of_g711():
    known = {0xD5: 8, 0x55: -8, 0xD4: 24, 0x54: -24, 0xAA: 32256, 0x2A: -32256, 0x80: 5504, 0x00: -5504}
    assert decode(bytes(known), "alaw").tolist() == list(known.values())
    assert encode(np.array([0, 8, -1, 32767, -32768], dtype=np.int16), "alaw") == bytes([0xD5, 0xD5, 0x55, 0xAA, 0x2A])


def test_alaw_codes_survive_a_round_trip_and_are_as_exact_as_their_steps():
    codes = bytes(range(256))
    assert encode(decode(codes, "alaw"), "alaw") == codes
    error = np.abs(decode(encode(EVERY_SAMPLE, "alaw"), "alaw").astype(int) - EVERY_SAMPLE)
    assert np.all(error <= np.maximum(np.abs(EVERY_SAMPLE.astype(int)) / 16, 8))


@pytest.mark.parametrize(("encoding", "loudest"), [("pcm16", 0), ("mulaw", 0), ("alaw", 8)])
def test_silence_is_what_a_quiet_line_sends(encoding, loudest):
    quiet = decode(silence(encoding, 160), encoding)
    assert len(quiet) == 160 and np.abs(quiet).max() == loudest


def test_half_a_sample_is_refused():
    with pytest.raises(OddAudioLength, match="3 bytes") as caught:
        decode(b"abc", "pcm16")
    assert caught.value.code == "odd_audio_length"
    with pytest.raises(OddAudioLength):
        deinterleave(np.zeros(3, dtype=np.int16), 2)


@pytest.mark.parametrize("name", ["opus", "", "PCM16", "x" * 1000])
def test_unknown_encodings_are_refused(name):
    for call in (lambda: decode(b"", name), lambda: encode(EVERY_SAMPLE, name), lambda: bytes_per_sample(name)):
        with pytest.raises(UnsupportedEncoding, match="pcm16, mulaw") as caught:
            call()
        assert caught.value.code == "unsupported_encoding"
        assert len(str(caught.value)) < 120


@pytest.mark.parametrize("rate", [-1, 0, 7999, 48001])
def test_rates_outside_the_range_are_refused(rate):
    with pytest.raises(UnsupportedSampleRate, match="8000 to 48000") as caught:
        check_sample_rate(rate)
    assert caught.value.code == "unsupported_sample_rate"


def test_channels_are_separated():
    left, right = deinterleave(np.array([1, -1, 2, -2], dtype=np.int16), 2)
    assert (left.tolist(), right.tolist()) == ([1, 2], [-1, -2])


def test_no_audio_is_no_samples():
    assert len(decode(b"", "mulaw")) == len(decode(b"", "pcm16")) == 0
