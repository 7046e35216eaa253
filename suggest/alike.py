"""Whether two cards would tell the agent the same."""

from kb.text import normalise

SAME = 92.0
"""Similarity of two replies, 0..100, from which they say the same."""


def says_the_same(title: str, reply: str, other_title: str, other_reply: str) -> bool:
    """Whether two cards have one title, or replies that hardly differ."""
    from rapidfuzz import fuzz

    if normalise(title) == normalise(other_title):
        return True
    return fuzz.ratio(normalise(reply), normalise(other_reply), score_cutoff=SAME) > 0
