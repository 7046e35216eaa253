"""What a switch plays to someone who waits, made with numpy: hold music of several kinds, tones, the line itself.

All functions give float arrays at `RATE` Hz, the same for the same seed; `line` makes them telephone audio.
"""

import numpy as np
import soxr

from asr.audio import decode, encode

RATE = 16000
SCALE = [0, 2, 4, 5, 7, 9, 11]
CHORDS = [(0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)]


def hertz(key: float) -> float:
    """A key's pitch; 0 is middle C."""
    return 261.63 * 2 ** (key / 12)


def seconds(length: float) -> np.ndarray:
    return np.arange(round(length * RATE)) / RATE


def note(key: float, length: float, timbre: list[float], decay: float, attack: float = 0.01) -> np.ndarray:
    """A struck or plucked note; `timbre` are the loudnesses of its partials, `decay` seconds to fall to 1/e."""
    time = seconds(length)
    partials = [
        loud * np.exp(-time * order / decay) * np.sin(2 * np.pi * hertz(key) * order * time)
        for order, loud in enumerate(timbre, 1)
    ]
    return sum(partials) * np.minimum(1, time / attack) * np.minimum(1, (length - time) / 0.02)


def bowed(key: float, length: float, vibrato: float, attack: float = 0.15) -> np.ndarray:
    """A held note with `vibrato` semitones of it, as strings and voices have."""
    time = seconds(length)
    pitch = hertz(key) * 2 ** (vibrato / 12 * np.sin(2 * np.pi * 5.5 * time + key))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(np.sin(order * phase) / order for order in range(1, 12))
    return wave * np.minimum(1, time / attack) * np.minimum(1, (length - time) / 0.1)


def mix(parts: list[tuple[float, np.ndarray]], length: float) -> np.ndarray:
    """Sounds laid at their starts (seconds), cut at `length`."""
    out = np.zeros(round(length * RATE))
    for start, part in parts:
        first = round(start * RATE)
        piece = part[: max(0, len(out) - first)]
        out[first : first + len(piece)] += piece
    return out


def piano(length: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    parts, at, degree = [], 0.0, 7
    while at < length:
        step = random.choice([0.2, 0.4, 0.4, 0.8])
        degree = int(np.clip(degree + random.integers(-2, 3), 0, 14))
        parts.append((at, note(12 * (degree // 7) + SCALE[degree % 7], 1.5, [1, 0.6, 0.35, 0.2, 0.1], 0.9)))
        at += step
    bass = [
        (bar * 1.6, note(CHORDS[bar % 4][0] - 24, 1.6, [1, 0.7, 0.5, 0.3], 1.2)) for bar in range(int(length / 1.6) + 1)
    ]
    return mix([*parts, *bass], length) / 3


def strings(length: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    parts = [
        (bar * 2.4, bowed(key + random.integers(-1, 2) * 12, 2.5, 0.25))
        for bar in range(int(length / 2.4) + 1)
        for key in CHORDS[bar % 4]
    ]
    return mix(parts, length) / 6


def beat(length: float, seed: int) -> np.ndarray:
    """Drums, a bass and short chords at 110 beats a minute."""
    random, parts, quarter = np.random.default_rng(seed), [], 60 / 110
    for count in range(int(length / quarter) + 1):
        at, chord = count * quarter, CHORDS[count // 4 % 4]
        time = seconds(0.2)
        kick = np.sin(2 * np.pi * 60 * np.exp(-time * 8) * time * 3) * np.exp(-time * 20)
        snare = random.normal(size=len(time)) * np.exp(-time * 30) * (count % 2)
        hat = random.normal(size=800) * np.exp(-np.arange(800) / 120) * 0.3
        parts += [(at, 2 * kick), (at, 0.8 * snare), (at + quarter / 2, hat)]
        parts += [(at, note(chord[0] - 24, quarter, [1, 0.8, 0.5], 0.4))]
        parts += [(at + quarter / 2, note(key, quarter * 0.6, [1, 0.5, 0.4, 0.3], 0.3)) for key in chord]
    return mix(parts, length) / 4


def arpeggio(length: float, seed: int) -> np.ndarray:
    """The synthesiser loop known from many telephone systems: quick broken chords over a pad."""
    parts = []
    for count in range(int(length / 0.14) + 1):
        key = CHORDS[count // 16 % 4][count % 3] + 12 * (count // 3 % 2) + seed % 5
        parts.append((count * 0.14, note(key, 0.3, [1, 0.1, 0.5, 0.05, 0.3], 0.15)))
    pad = [
        (bar * 2.24, 0.3 * bowed(key, 2.3, 0.1, 0.4))
        for bar in range(int(length / 2.24) + 1)
        for key in CHORDS[bar % 4]
    ]
    return mix([*parts, *pad], length) / 2


def guitar(length: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    parts = []
    for count in range(int(length / 0.3) + 1):
        for string, key in enumerate(CHORDS[count // 8 % 4]):
            if random.random() < 0.7:
                parts.append(
                    (count * 0.3 + string * 0.02, note(key - 5, 0.9, [1, 0.8, 0.6, 0.5, 0.3, 0.2], 0.6, 0.003))
                )
    return mix(parts, length) / 4


def sung(length: float, seed: int) -> np.ndarray:
    """A melody sung on vowels by one voice, with vibrato and consonants: the nearest to speech."""
    random, parts, at, degree = np.random.default_rng(seed), [], 0.0, 3
    while at < length:
        degree = int(np.clip(degree + random.integers(-2, 3), 0, 9))
        held = float(random.choice([0.35, 0.5, 0.9]))
        vowel = bowed(12 * (degree // 7) + SCALE[degree % 7] - 5, held, 0.4, 0.05)
        parts.append((at + 0.06, formants(vowel, random.choice([300, 500, 700]), random.choice([900, 1400, 2100]))))
        parts.append((at, random.normal(size=800) * 0.15))
        at += held + 0.05
    return mix(parts, length)


def formants(wave: np.ndarray, *centres: float) -> np.ndarray:
    spectrum, frequency = np.fft.rfft(wave), np.fft.rfftfreq(len(wave), 1 / RATE)
    shape = sum(1 / (1 + ((frequency - centre) / 90) ** 2) for centre in centres)
    return np.fft.irfft(spectrum * shape, len(wave))


def song(length: float, seed: int) -> np.ndarray:
    """`sung` with a band."""
    return sung(length, seed) + 0.7 * guitar(length, seed) + 0.4 * beat(length, seed)


def tone(length: float, on: float, off: float, *pitches: float) -> np.ndarray:
    """Pitches sounding together, `on` seconds in each `on + off`."""
    time = seconds(length)
    return sum(np.sin(2 * np.pi * pitch * time) for pitch in pitches) * (time % (on + off) < on) / len(pitches)


def ring_back(length: float, seed: int) -> np.ndarray:
    return tone(length, 1.0, 4.0, 450)


def ring_back_us(length: float, seed: int) -> np.ndarray:
    return tone(length, 2.0, 4.0, 440, 480)


def busy(length: float, seed: int) -> np.ndarray:
    return tone(length, 0.35, 0.35, 450)


def hold_beep(length: float, seed: int) -> np.ndarray:
    return tone(length, 0.4, 9.6, 1400)


def fax(length: float, seed: int) -> np.ndarray:
    return tone(length, 0.5, 3.0, 1100)


def keypad(length: float, seed: int) -> np.ndarray:
    """DTMF digits."""
    random, parts = np.random.default_rng(seed), []
    for count in range(int(length / 0.25)):
        pair = (random.choice([697, 770, 852, 941]), random.choice([1209, 1336, 1477]))
        parts.append((count * 0.25, tone(0.12, 1, 0, *pair)))
    return mix(parts, length)


def comfort_noise(length: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=round(length * RATE)) * 0.02


MUSIC = {f.__name__: f for f in (piano, strings, beat, arpeggio, guitar, sung, song)}
TONES = {f.__name__: f for f in (ring_back, ring_back_us, busy, hold_beep, fax, keypad, comfort_noise)}


def line(sound: np.ndarray, level: float = -20.0, rate: int = 8000, seed: int = 0) -> np.ndarray:
    """`sound` over a telephone: 300-3400 Hz, light noise, mu-law, int16 at `rate`; `level` in dB of full scale."""
    spectrum, frequency = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(frequency < 300) | (frequency > 3400)] = 0
    narrow = soxr.resample(np.fft.irfft(spectrum, len(sound)), RATE, 8000)
    active = narrow[np.abs(narrow) > 0.02 * np.abs(narrow).max()]
    narrow *= 10 ** (level / 20) / max(1e-9, float(np.sqrt(np.mean(active**2))))
    narrow += np.random.default_rng(seed).normal(size=len(narrow)) * 10 ** (-65 / 20)
    coded = decode(encode((narrow * 32767).clip(-32000, 32000).astype(np.int16), "mulaw"), "mulaw")
    return coded if rate == 8000 else soxr.resample(coded, 8000, rate)
