"""Questions that lean on the talk before them, and two questions in one breath."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from kb.article import Filled
from kb.files import read_rows
from server.ids import new_id
from server.knowledge import answer
from server.session import Ask, Output, Policy, Session
from server.session.suggested import SuggestedCard
from server.wire import events as ev
from suggest.spoken import similarity
from suggest.suggester import Suggester
from tests.bench.quality.bench import ENCODERS, Bench
from tests.bench.quality.tables import share, table

SETS = {"tuned on": "", "blind": "_test"}
"""Endings of the files: those that rules and bars were chosen on, and those written before anyone saw a result."""
BETWEEN = 6.0
"""Seconds from turn to turn: longer than a pause within one."""


class Turn(BaseModel):
    """What one side said."""

    model_config = ConfigDict(frozen=True)
    role: ev.Role
    text: Filled


class FollowUp(BaseModel):
    """A row of `context.jsonl`; no article: no card may come."""

    model_config = ConfigDict(frozen=True)
    turns: tuple[Turn, ...]
    text: Filled
    article: str | None


class Two(BaseModel):
    """A row of `two_questions.jsonl`."""

    model_config = ConfigDict(frozen=True)
    text: Filled
    articles: tuple[str, ...]


class Talk:
    """A conversation through the real session, so that turn, context and topic are what they are in service."""

    def __init__(self, suggester: Suggester) -> None:
        self._suggester = suggester
        self._session = Session(new_id(), Policy(), similarity)
        self._at, self._number = 0.0, 0
        self._session.start(
            ev.ConversationStarted(
                channel=ev.Channel.CHAT, direction=ev.Direction.INBOUND, external_id="x",
                language=suggester.lang or "zh", queue="q", agent="lin", customer="c",
            ),
            0.0,
        )  # fmt: skip

    def take(self, turn: Turn) -> tuple[SuggestedCard, ...]:
        """The next turn; the cards that the suggester has for it."""
        self._at += BETWEEN
        self._number += 1
        if turn.role is not ev.Role.CUSTOMER:
            self._session.say(turn.role, turn.text, str(self._number), self._at)
            return ()
        return self._cards(self._session.customer_wrote(turn.text, str(self._number), self._at))

    def _cards(self, outputs: Sequence[Output]) -> tuple[SuggestedCard, ...]:
        cards: tuple[SuggestedCard, ...] = ()
        for output in outputs:
            if isinstance(output, Ask):
                found = answer(self._suggester, output)
                self._session.suggested(found, self._at)
                cards = found.cards
        return cards


@dataclass(frozen=True)
class _Row:
    first: float
    among: float
    quiet: float


def follow_ups(bench: Bench) -> list[str]:
    """`context.jsonl` and `context_test.jsonl` with the turns before, and without."""
    rows = []
    for lang in ENCODERS:
        pack = bench.pack(lang)
        for mode in bench.modes:
            suggester = bench.suggester(pack, bench.pack_model(pack, mode))
            for name, ending in SETS.items():
                items = [item for _, item in read_rows(pack.folder / f"context{ending}.jsonl", FollowUp)]
                items = bench.some(items, 30)
                leading = sum(item.article is not None for item in items)
                for heard in (True, False):
                    found = _follow(suggester, items, heard)
                    told = [name, "yes" if heard else "no", f"{leading} + {len(items) - leading}"]
                    shares = map(share, (found.first, found.among, found.quiet))
                    rows.append([pack.folder.name, mode, *told, *shares])
    head = [
        "pack",
        "classifier",
        "set",
        "turns before heard",
        "items (+ silent)",
        "right first %",
        "right among cards %",
    ]
    return [
        "`context.jsonl` (tuned on) and `context_test.jsonl` (blind): a short text after some turns, fed through the",
        "session as a conversation. Some want an article, some (answers, fillers, chat) want none.",
        "",
        *table([*head, "rightly no card %"], rows),
    ]


def two_questions(bench: Bench) -> list[str]:
    """`two_questions.jsonl` and `two_questions_test.jsonl`: both articles among the cards; single questions beside."""
    rows = []
    for lang in ENCODERS:
        pack = bench.pack(lang)
        singles = [Two(text=query.text, articles=(query.article,)) for query in pack.queries]
        for mode in bench.modes:
            suggester = bench.suggester(pack, bench.pack_model(pack, mode))
            for name, ending in SETS.items():
                items = [item for _, item in read_rows(pack.folder / f"two_questions{ending}.jsonl", Two)]
                rows.append([pack.folder.name, mode, name, *_shown(suggester, bench.some(items, 20))])
            rows.append([pack.folder.name, mode, "single questions", *_shown(suggester, singles)])
    head = ["pack", "classifier", "set", "items", "all among cards %", "at least one %", "cards each"]
    return [
        "`two_questions.jsonl` (tuned on) and `two_questions_test.jsonl` (blind): two questions in one breath. Beside",
        "them `queries.jsonl`, one question each, which must not get more cards for it.",
        "",
        *table(head, rows),
    ]


def _shown(suggester: Suggester, items: Sequence[Two]) -> list[str]:
    shown = [{card.article_id for card in _one(suggester, item.text)} for item in items]
    pairs = list(zip(items, shown, strict=True))
    every = sum(set(item.articles) <= cards for item, cards in pairs) / len(items)
    either = sum(bool(set(item.articles) & cards) for item, cards in pairs) / len(items)
    return [str(len(items)), share(every), share(either), f"{sum(map(len, shown)) / len(items):.2f}"]


def _follow(suggester: Suggester, items: Sequence[FollowUp], heard: bool) -> _Row:
    first, among, quiet = [], [], []
    for item in items:
        talk = Talk(suggester)
        for turn in item.turns if heard else ():
            talk.take(turn)
        cards = [card.article_id for card in talk.take(Turn(role=ev.Role.CUSTOMER, text=item.text))]
        if item.article is None:
            quiet.append(not cards)
        else:
            first.append(item.article in cards[:1])
            among.append(item.article in cards)
    return _Row(*(sum(part) / max(1, len(part)) for part in (first, among, quiet)))


def _one(suggester: Suggester, text: str) -> tuple[SuggestedCard, ...]:
    return Talk(suggester).take(Turn(role=ev.Role.CUSTOMER, text=text))
