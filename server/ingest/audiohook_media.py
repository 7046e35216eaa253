"""Which of the offered media is taken, and where in the stream its samples lie."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from asr.audio import Encoding
from server.ingest.audiohook_messages import RATE, Media
from server.ingest.dialect import MOST_FILLED

EXTERNAL = "external"
INTERNAL = "internal"
CHANNELS = (EXTERNAL, INTERNAL)
"""The channels in the order of their ids in event entities."""
ENCODINGS = {"PCMU": Encoding.MULAW, "L16": Encoding.PCM16}


def choose_media(offered: Sequence[Media], wanted: Iterable[str]) -> Media | None:
    """The offer that carries most of the `wanted` channels and least besides, the earlier of two equal ones.

    None where no offer that can be understood carries any.
    """
    tracks = set(wanted)

    def worth(media: Media) -> tuple[int, int]:
        carried = tracks.intersection(media.channels)
        return len(carried), -len(media.channels)

    best = max(filter(_understood, offered), key=worth, default=None)
    return best if best is not None and worth(best)[0] else None


def _understood(media: Media) -> bool:
    known = media.type == "audio" and media.rate == RATE and media.format in ENCODINGS
    return known and set(media.channels) <= set(CHANNELS) and len(set(media.channels)) == len(media.channels)


@dataclass(slots=True)
class MediaClock:
    """The stream's own time, in samples since it was opened, beside that of the legs that keep it.

    `base`: the legs' sample at which the stream began. A hole that is too long for silence to stand in for it
    advances the stream but not the legs.
    """

    base: int = 0
    heard: int = 0
    """Samples of the stream so far, with its holes."""
    _skipped: list[tuple[int, int]] = field(default_factory=list)

    def add(self, samples: int) -> None:
        """So many samples came."""
        self.heard += samples

    def go_on(self, position: int) -> int:
        """The stream goes on at `position`; how many samples are missing until there."""
        missing = max(0, position - self.heard)
        if missing > MOST_FILLED * RATE:
            at = self.base + self.heard - sum(length for _, length in self._skipped)
            self._skipped.append((at, missing))
        self.heard += missing
        return missing

    def position(self, leg_sample: float) -> float:
        """Where in the stream a leg's sample lies, in samples."""
        return leg_sample - self.base + sum(length for at, length in self._skipped if at <= leg_sample)
