"""What is left out while decoding is behind: interims, never finals. No I/O."""

EASY = 0.3
"""Seconds behind up to which nothing is left out."""
SPARSEST = 1.0
"""Seconds of audio between interims under the greatest pressure; one that says little is better than a dead screen."""
SHOWN = 1.0
"""Seconds behind from which the agent's panel says so."""


def thinned(interval: float, behind: float) -> float:
    """Seconds of audio between two interims of a leg that is `behind` seconds late, where `interval` is usual."""
    if behind <= EASY:
        return interval
    return max(interval, min(SPARSEST, interval * behind / EASY))
