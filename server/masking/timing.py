"""Where in the audio a masked stretch was said."""

from collections.abc import Sequence
from dataclasses import replace

from server.masking.kinds import Span, TimedWord

_WINDOW = 64
"""Characters ahead within which a recognised word is looked for in the text."""


def with_audio(text: str, spans: Sequence[Span], words: Sequence[TimedWord]) -> tuple[Span, ...]:
    """`spans` with the seconds to blank. Where a word cannot be found in the text its neighbours are blanked too."""
    places = _places(text, words)
    return tuple(replace(span, audio=_stretch(span, places)) for span in spans)


def _places(text: str, words: Sequence[TimedWord]) -> list[tuple[int, int, float, float]]:
    """(first character, end, start, end in seconds) of the words found; times of lost words go to the one before."""
    folded, at = text.lower() if len(text.lower()) == len(text) else text, 0
    places: list[tuple[int, int, float, float]] = []
    for word in words:
        spelt = word.text.lower()
        found = folded.find(spelt, at, at + _WINDOW + len(spelt)) if spelt else -1
        if found >= 0:
            at = found + len(spelt)
            places.append((found, at, word.start, word.end))
        elif places:
            first, end, start, _ = places[-1]
            places[-1] = (first, end, start, word.end)
    return places


def _stretch(span: Span, places: Sequence[tuple[int, int, float, float]]) -> tuple[float, float] | None:
    touched = [place for place in places if place[0] < span.source_end and place[1] > span.source_start]
    if touched:
        return min(place[2] for place in touched), max(place[3] for place in touched)
    before = [place for place in places if place[1] <= span.source_start]
    after = [place for place in places if place[0] >= span.source_end]
    if not places:
        return None
    return (before[-1][2] if before else places[0][2]), (after[0][3] if after else places[-1][3])
