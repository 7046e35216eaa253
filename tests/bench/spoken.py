"""How questions are understood as they are said: how often early cards were right, what pauses and company do.

    python -m tests.bench.spoken --pack kb/packs/zh_bank --models models --heard build/heard --bars 0.6,0.7,0.8

Every query is said character by character: in one breath, with a pause at every comma, and after some other query in
the same turn; then the recordings that `tests.bench.hearing` decoded are played. Each is a call of its own, through
the real session.
`early` is the share of calls with a card before the end of an utterance, `kept` the share of those cards that the end
confirmed, `among` and `first` the share of calls that end with the right card on screen, and foremost.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asr.transcript import Transcript
from kb.files import Query, read_queries
from kb.text import clauses
from server.wire import events as ev
from suggest.rank import Thresholds
from suggest.suggester import Suggester
from tests.bench.hearing import Heard, read_heard
from tests.bench.virtual import VirtualCall, load_suggester

RATE = 8000
CHARACTER = 0.2
"""Seconds a character takes, and so the time between interims."""
END = 0.5
"""Seconds from the end of speech to the final."""


@dataclass
class Tally:
    calls: int = 0
    early: int = 0
    kept: int = 0
    cards: int = 0
    among: int = 0
    first: int = 0

    def take(self, events: list[ev.Event], right: str | None) -> None:
        """Count one call's events; `right` is the article that should be on screen at the end."""
        self.calls += 1
        screen: dict[str, ev.Card] = {}
        early: set[str] = set()
        for event in events:
            match event.payload:
                case ev.SuggestionsRaised(cards=cards):
                    screen |= {card.suggestion_id: card for card in cards}
                    early |= {card.suggestion_id for card in cards if card.source == "interim"}
                    self.cards += len(cards)
                    self.early += cards[0].source == "interim"
                case ev.SuggestionRevised(suggestion_id=name, rank=rank):
                    screen[name] = screen[name].model_copy(update={"rank": rank})
                    self.kept += name in early
                    early.discard(name)
                case ev.SuggestionOutcome(suggestion_id=name):
                    screen.pop(name, None)
        self.among += any(card.article_id == right for card in screen.values())
        self.first += any(card.article_id == right and card.rank == 1 for card in screen.values())

    def report(self) -> dict[str, float]:
        return {
            "calls": self.calls,
            "early": round(self.early / self.calls, 3),
            "kept": round(self.kept / max(1, self.early), 3),
            "cards": round(self.cards / self.calls, 2),
            "among": round(self.among / self.calls, 3),
            "first": round(self.first / self.calls, 3),
        }


def said(pieces: list[str]) -> list[Heard]:
    """Utterances as a recognizer would hear them: without punctuation, growing, then final."""
    found: list[Heard] = []
    start = 0.5
    for piece in pieces:
        text = "".join(clauses(piece))
        for length in range(1, len(text) + 1):
            at = start + CHARACTER * length
            found.append(Heard(at, _transcript(text[:length], start, at, final=False)))
        end = start + CHARACTER * len(text)
        found.append(Heard(end + END, _transcript(text, start, end, final=True)))
        start = end + END + 0.1
    return found


def _transcript(text: str, start: float, end: float, *, final: bool) -> Transcript:
    return Transcript("customer", text, final, round(start * RATE), round(end * RATE), start, end)


def play(suggester: Suggester, calls: Iterable[tuple[list[Heard], str | None]]) -> Tally:
    tally = Tally()
    for heard, right in calls:
        tally.take(VirtualCall(suggester, "zh").play(heard), right)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pack", "models", "heard"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--intent", default="intent-zh", help="name of the intent model's folder")
    parser.add_argument("--bars", default=str(Thresholds.interim), help="bars for early cards to try")
    parser.add_argument("--every", type=int, default=2, help="take every nth query")
    args = parser.parse_args()
    suggester = load_suggester(args.pack, args.models, args.intent)
    queries: list[Query] = read_queries(args.pack / "queries.jsonl")[:: args.every]
    recordings = [read_heard(path) for path in sorted(args.heard.glob("*.jsonl")) if "." not in path.stem]
    sets: dict[str, list[tuple[list[Heard], str | None]]] = {
        "in one breath": [(said([query.text]), query.article) for query in queries],
        "in pieces": [(said(clauses(q.text)), q.article) for q in queries if len(clauses(q.text)) > 1],
        "after another": [
            (said([other.text, query.text]), query.article)
            for query, other in zip(queries, [*queries[7:], *queries[:7]], strict=True)
        ],
        "recordings": [(heard, None) for heard in recordings],
    }
    for bar in map(float, args.bars.split(",")):
        suggester.thresholds = Thresholds(interim=bar)
        for name, calls in sets.items():
            print(json.dumps({"bar": bar, "set": name, **play(suggester, calls).report()}))


if __name__ == "__main__":
    main()
