"""Whether an agent said a shown reply aloud, judged by what the recognizer heard."""

from kb.numbers import arabic
from kb.text import normalise, syllables


def similarity(said: str, reply: str) -> float:
    """How much of `reply` is in `said`, 0..1, by sound: half of the reply said gives about 0.5.

    Words before, between and after it cost nothing; order counts; homophones are the same. Join what the agent
    said in several utterances before calling.
    """
    heard, shown = _sounds(said), _sounds(reply)
    if not heard or not shown:
        return 0.0
    return _aligned(heard, shown) / len(shown)


def _sounds(text: str) -> list[str]:
    return syllables(arabic(normalise(text)))


def _aligned(heard: list[str], shown: list[str]) -> int:
    """Syllables of `shown` found in `heard` in order, scattered single matches left out."""
    from rapidfuzz.distance import LCSseq

    blocks = LCSseq.editops(shown, heard).as_matching_blocks()
    found = [block for block in blocks if block.size >= min(2, len(shown))]
    return sum(block.size for block in found)
