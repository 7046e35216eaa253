"""Measure masking against labelled dialogues. Pure: rows in, figures out."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.masking.kinds import Language, Span
from server.masking.masker import Masker

_UNIT = re.compile(r"[\u4e00-\u9fff]|[A-Za-z']+|\d+")
_SAID = re.compile(r"[\w]")


@dataclass(frozen=True, slots=True)
class Secret:
    """What must disappear from a turn; `keep` are digits at its end that may stay."""

    text: str = field(repr=False)
    kind: str
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a labelled dialogue."""

    role: str
    text: str = field(repr=False)
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A labelled dialogue; `id` names it in reports of what was missed."""

    id: str
    language: Language
    turns: tuple[Turn, ...]


@dataclass(slots=True)
class Score:
    """Counts over dialogues: secrets and hidden ones by kind, words that are no secret and masked ones among them."""

    secrets: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    words: int = 0
    false: int = 0
    missed: list[str] = field(default_factory=list)
    """Ids of dialogues where something stayed."""
    spoilt: list[str] = field(default_factory=list)
    """Ids of dialogues where something else was masked."""
    leaked_interims: int = 0
    """Prefixes of secret turns whose preview showed three digits of the secret in a row."""

    def recall(self, kind: str) -> float:
        """Hidden secrets of a kind over all of it, 0..1; 1 where there are none."""
        return self.hidden[kind] / self.secrets[kind] if self.secrets[kind] else 1.0

    @property
    def false_rate(self) -> float:
        """Masked words over words that are no secret, 0..1."""
        return self.false / self.words if self.words else 0.0


def read_dialogue(row: dict[str, object]) -> Dialogue:
    """A dialogue from a row of the labelled set. Raises KeyError or TypeError where a field is missing."""
    turns = row["turns"]
    assert isinstance(turns, list)
    read = [Turn(turn["role"], turn["text"], tuple(Secret(**secret) for secret in turn["secrets"])) for turn in turns]
    return Dialogue(str(row["id"]), "en" if row["language"] == "en" else "zh", tuple(read))


def evaluate(dialogues: Iterable[Dialogue], *, interims: bool = False) -> Score:
    """Mask each dialogue with a fresh `Masker` and count. `interims` also previews every prefix of secret turns."""
    score = Score()
    for dialogue in dialogues:
        masker = Masker()
        for turn in dialogue.turns:
            if interims and turn.secrets:
                score.leaked_interims += _leaks(masker, turn, dialogue.language)
            masked = masker.mask(turn.text, role=turn.role, language=dialogue.language)
            _count(score, dialogue.id, turn, masked.spans)
    return score


def _count(score: Score, name: str, turn: Turn, spans: Sequence[Span]) -> None:
    covered = {place for span in spans for place in range(span.source_start, span.source_end)}
    secret_places: set[int] = set()
    for secret in turn.secrets:
        start = turn.text.index(secret.text)
        while set(range(start, start + len(secret.text))) & secret_places:
            start = turn.text.index(secret.text, start + 1)
        places = set(range(start, start + len(secret.text)))
        secret_places |= places
        said = {place for place in places if _SAID.match(turn.text[place])}
        score.secrets[secret.kind] += 1
        kept = {span.kept for span in spans if span.kept and span.source_start <= start < span.source_end}
        if said <= covered and kept <= {secret.keep}:
            score.hidden[secret.kind] += 1
        elif name not in score.missed:
            score.missed.append(name)
    _count_false(score, name, turn.text, covered, secret_places)


def _count_false(score: Score, name: str, text: str, covered: set[int], secret: set[int]) -> None:
    for match in _UNIT.finditer(text):
        places = set(range(*match.span()))
        if places & secret:
            continue
        score.words += 1
        if places & covered:
            score.false += 1
            if name not in score.spoilt:
                score.spoilt.append(name)


def _leaks(masker: Masker, turn: Turn, language: Language) -> int:
    """How many prefixes of a turn show three characters or words of a secret in a row."""
    leaks = 0
    for secret in turn.secrets:
        start = turn.text.index(secret.text)
        units = [match.span() for match in re.finditer(r"[A-Za-z]+|[\w]", secret.text)]
        pieces = [secret.text[a[0] : b[1]] for a, b in zip(units, units[2:], strict=False)]
        for _, end in units:
            shown = masker.preview(turn.text[: start + end], turn.role, language)
            before = turn.text[:start]
            leaks += any(piece in shown and piece not in before for piece in pieces)
    return leaks
