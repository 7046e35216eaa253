"""What agents did with an article before, as a figure that the search can use and as reasons that people can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Act = Literal["sent", "used", "edited", "spoken", "dismissed", "not_right", "ignored"]
ACTS: tuple[Act, ...] = get_args(Act)
HELPED: tuple[Act, ...] = ("sent", "used", "spoken", "edited")
LEAST = 5
"""Acts before anything moves."""
DOUBT = 4.0
"""How many acts, half of them good, every article is taken to have had already: few acts move it little."""


@dataclass(frozen=True)
class Worth:
    """How good a sign an act is, 0..1, and how much it counts."""

    good: float
    counts: float


WORTH: Mapping[Act, Worth] = {
    "sent": Worth(1.0, 1.0),
    "used": Worth(1.0, 1.0),
    "spoken": Worth(1.0, 1.0),
    "edited": Worth(0.7, 1.0),
    "dismissed": Worth(0.0, 0.5),
    "not_right": Worth(0.0, 2.0),
    "ignored": Worth(0.3, 0.2),
}


@dataclass(frozen=True)
class Tally:
    """How often an act was done, and the same with what is long ago counting less."""

    count: int
    weight: float


Counts = Mapping[Act, Tally]
"""What one team did with one article."""


@dataclass(frozen=True)
class Reason:
    """An act and how often it was done."""

    kind: Act
    count: int


def acts(counts: Counts) -> int:
    """How many acts there are, each counted whole."""
    return sum(tally.count for tally in counts.values())


def prior(counts: Counts) -> float:
    """How well agents took the article, 0..1; exactly a half below `LEAST` acts.

    The mean of a Beta distribution that begins at a half, so that few acts say little and no number says all.
    """
    if acts(counts) < LEAST:
        return 0.5
    heft = {act: WORTH[act].counts * max(0.0, tally.weight) for act, tally in counts.items()}
    good = sum(WORTH[act].good * much for act, much in heft.items())
    return (DOUBT / 2 + good) / (DOUBT + sum(heft.values()))


def reasons(counts: Counts) -> list[Reason]:
    """What moved the article, the strongest first: one reason, or two where it was taken badly; none below `LEAST`."""
    if acts(counts) < LEAST:
        return []
    good = _most(counts, HELPED)
    if prior(counts) >= 0.5:
        return good
    return [*_most(counts, ("dismissed", "not_right", "ignored")), *good]


def _most(counts: Counts, among: tuple[Act, ...]) -> list[Reason]:
    done = [Reason(act, counts[act].count) for act in among if act in counts and counts[act].count]
    return (
        [max(done, key=lambda reason: (WORTH[reason.kind].counts * reason.count, -among.index(reason.kind)))]
        if done
        else []
    )
