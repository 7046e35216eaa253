"""Manners of the cards: which are raised, confirmed, replaced, and when they leave."""

from math import inf
from typing import TYPE_CHECKING

from server.ids import new_id
from server.session import completing, talk
from server.session.outputs import Ask, Commit, Output
from server.session.segments import is_talk, kind_at
from server.session.state import CardState, ConversationState
from server.session.suggested import Suggested, SuggestedCard
from server.wire import events as ev
from server.wire.events import OutcomeKind
from suggest.alike import says_the_same

if TYPE_CHECKING:
    from server.session.core import Session


def settle(session: "Session", answer: Suggested, at: float) -> list[Output]:
    """Bring the screen in line with the suggester's answer.

    Cards of articles that are already on screen are revised in place; cards of the same trigger that no longer
    fit are taken back; the rest is raised as far as there is room, clearing what the talk has moved on from.
    """
    final = answer.ask.source != "interim"
    outputs: list[Output] = []
    shown = {state.card.article_id: state for state in session.state.cards.values() if state.open}
    keep = {card.article_id for card in answer.cards}
    staying = [s for s in shown.values() if s.trigger != answer.ask.trigger or s.card.article_id in keep]
    fresh: list[SuggestedCard] = []
    for rank, card in enumerate(answer.cards, start=1):
        known = shown.get(card.article_id)
        if known is not None:
            outputs += _revise(session, known, card, rank, final, at)
        elif not _cooling(session, card, at) and not _repeats(card, staying):
            fresh.append(card)
    if final or keep:
        outputs += withdraw(session, answer.ask.trigger, at, keep)
    if final:
        outputs += _outdo(session, answer, at, keep)
        outputs += [_expire(session, state, at) for state in _passed(session, answer, at, keep)]
    fresh = _within_limit(session, answer.ask, _worth_raising(session, answer, fresh))
    return outputs + (_raise(session, answer, fresh, at) if fresh else [])


def raise_by_hand(session: "Session", answer: Suggested, at: float) -> list[Output]:
    """Put an article the agent found on screen, whatever its cool-down; nothing if it is there already."""
    shown = {state.card.article_id for state in session.state.cards.values() if state.open}
    fresh = [card for card in answer.cards if card.article_id not in shown]
    return _raise(session, answer, fresh, at) if fresh else []


def withdraw(session: "Session", trigger: str, at: float, keep: set[str] | None = None) -> list[Output]:
    """Take back the open cards of `trigger` whose article is not among `keep`."""
    gone = [
        s
        for s in session.state.cards.values()
        if s.open and s.trigger == trigger and s.card.article_id not in (keep or set())
    ]
    return [_expire(session, state, at) for state in gone]


def withdraw_unspoken(session: "Session", at: float) -> list[Output]:
    """Take back the open cards in a language that the customer does not speak."""
    spoken = session.state.spoken
    gone = [s for s in session.state.cards.values() if s.open and s.language not in spoken]
    return [_expire(session, state, at) for state in gone]


def withdraw_untalked(session: "Session", at: float) -> list[Output]:
    """Take back the open cards of what turns out not to be part of the talk."""
    gone = [s for s in session.state.cards.values() if s.open and not _talked(session.state, s)]
    return [_expire(session, state, at) for state in gone]


def _talked(state: ConversationState, card: CardState) -> bool:
    if card.card.source in ("search", "context"):
        return True
    turn = next((turn for turn in state.turns if turn.utterance_id == card.trigger), None)
    if turn is not None:
        return talk.counts(state, turn)
    return is_talk(kind_at(state.segments, card.raised_at - state.started_at))


def _outdo(session: "Session", answer: Suggested, at: float, keep: set[str]) -> list[Output]:
    """Take back unsure cards of earlier parts of the same turn, now that its whole says something surer."""
    surest = max((card.confidence for card in answer.cards), default=0.0)
    turn = talk.turn_of(session.state, session.policy, answer.ask.trigger)
    gone = [
        s
        for s in session.state.cards.values()
        if s.open and s.trigger in turn and s.card.article_id not in keep
        and s.card.confidence < min(surest, session.policy.sure)
    ]  # fmt: skip
    return [_expire(session, state, at) for state in gone]


def expire(session: "Session", at: float) -> list[Output]:
    """Cards that nobody used within their time leave the screen."""
    old = [s for s in session.state.cards.values() if s.open and at - s.raised_at >= session.policy.card_seconds]
    return [_expire(session, state, at) for state in old]


def ignore_rest(session: "Session", at: float) -> list[Output]:
    """At the end: cards that were on screen to the last and never acted upon."""
    left = [s for s in session.state.cards.values() if s.open]
    return [_close(session, state, OutcomeKind.IGNORED, at) for state in left]


def _worth_raising(session: "Session", answer: Suggested, fresh: list[SuggestedCard]) -> list[SuggestedCard]:
    """Second guesses come with the first one, or when they are sure themselves."""
    if not fresh or fresh[0] is answer.cards[0]:
        return fresh
    return [card for card in fresh if card.confidence >= session.policy.sure]


def _within_limit(session: "Session", ask: Ask, fresh: list[SuggestedCard]) -> list[SuggestedCard]:
    mine = sum(1 for s in session.state.cards.values() if s.open and s.trigger == ask.trigger)
    return fresh[: max(0, session.policy.max_cards - mine)]


def _raise(session: "Session", answer: Suggested, fresh: list[SuggestedCard], at: float) -> list[Output]:
    moved_on = _moved_on(session, answer, len(fresh), at)
    gone: list[Output] = [_expire(session, state, at) for state in moved_on]
    ranks = {card.article_id: rank for rank, card in enumerate(answer.cards, start=1)}
    receipt = ev.Receipt(
        speech_end=answer.ask.speech_end,
        first_interim=answer.ask.first_interim,
        intent=answer.intent_at,
        retrieval=answer.retrieval_at,
        pushed=at,
    )
    raised = ev.SuggestionsRaised(
        trigger=answer.ask.trigger,
        trigger_text=answer.ask.text,
        cards=[_card(session, answer, card, ranks[card.article_id]) for card in fresh],
        receipt=receipt,
        replaces=[state.card.suggestion_id for state in moved_on],
    )
    return [*gone, session.emit(raised, at)]


def _moved_on(session: "Session", answer: Suggested, arriving: int, at: float) -> list[CardState]:
    """Open cards of earlier questions that have to go: the stale ones, then the oldest until all fit."""
    asked = {card.article_id for card in answer.cards}
    mine = [s for s in session.state.cards.values() if s.open and s.trigger == answer.ask.trigger]
    others = [s for s in session.state.cards.values() if s.open and s.trigger != answer.ask.trigger]
    stale = [s for s in others if _stale(session, s, at) and s.card.article_id not in asked]
    rest = [s for s in others if s not in stale]
    surplus = len(mine) + arriving + len(rest) - session.policy.max_cards
    return stale + sorted(rest, key=lambda s: s.raised_at)[: max(0, surplus)]


def _passed(session: "Session", answer: Suggested, at: float, keep: set[str]) -> list[CardState]:
    """Open cards that the talk has left behind: the customer has since come to several other things without a card."""
    if answer.wordless or answer.cards:
        return []
    turns = talk.asked(session.state, talk.customers(session.state, ""))
    starts = {turn.utterance_id: turn.start for turn in session.state.turns}
    old = [s for s in session.state.cards.values() if s.open and s.trigger in starts and _stale(session, s, at)]
    return [
        s
        for s in old
        if s.card.article_id not in keep
        and sum(turn.start > starts[s.trigger] for turn in turns) >= session.policy.moved_turns
    ]


def _stale(session: "Session", state: CardState, at: float) -> bool:
    by_hand = state.card.source in ("search", "context")
    return at - state.raised_at >= session.policy.moved_on and not by_hand


def _revise(
    session: "Session", state: CardState, card: SuggestedCard, rank: int, final: bool, at: float
) -> list[Commit]:
    if not final:
        return []
    confirmed = True
    same = (state.card.confidence, state.card.rank, state.card.matched, state.confirmed)
    if same == (card.confidence, rank, card.matched, confirmed):
        return []
    revised = ev.SuggestionRevised(
        suggestion_id=state.card.suggestion_id,
        confidence=card.confidence,
        rank=rank,
        matched=card.matched,
        confirmed=confirmed,
    )
    return [session.emit(revised, at)]


def _repeats(card: SuggestedCard, shown: list[CardState]) -> bool:
    """Whether a card on screen already tells the agent the same, filled in or not."""
    return any(says_the_same(card.title, card.reply, s.card.title, s.card.reply) for s in shown)


def _cooling(session: "Session", card: SuggestedCard, at: float) -> bool:
    """Whether an article was acted upon a while ago, or just left unused and is not clearly asked for again."""
    used = session.state.cooled.get(card.article_id, -inf)
    seen = session.state.left.get(card.article_id, -inf)
    policy = session.policy
    return at - used < policy.cool_down or (at - seen < policy.seen and card.confidence < policy.sure)


def _expire(session: "Session", state: CardState, at: float) -> Commit:
    return _close(session, state, OutcomeKind.EXPIRED, at)


def _close(session: "Session", state: CardState, outcome: OutcomeKind, at: float) -> Commit:
    done = ev.SuggestionOutcome(suggestion_id=state.card.suggestion_id, outcome=outcome, by="system")
    return session.emit(done, at)


def _card(session: "Session", answer: Suggested, card: SuggestedCard, rank: int) -> ev.Card:
    language = card.language or answer.ask.language
    texts = completing.filled(session.state, card.reply, card.reply_to_send, language)
    return ev.Card.model_validate(
        {
            "suggestion_id": new_id(),
            "article_id": card.article_id,
            "article_version": card.article_version,
            "title": card.title,
            **texts,
            "intent": card.intent,
            "confidence": card.confidence,
            "matched": card.matched,
            "rank": rank,
            "source": answer.ask.source,
            "model": answer.model,
            "thresholds": answer.thresholds,
            "why": [{"kind": reason.kind, "count": reason.count} for reason in card.why],
        }
    )
