"""Replies with slots on the cards of a session: filled when raised, again when more is known, refused while open."""

from typing import TYPE_CHECKING, TypedDict

from server.session.filling import SLOT, completes, fill, slots, values_of
from server.session.outputs import Output
from server.session.state import CardState, ConversationState
from server.wire import events as ev

if TYPE_CHECKING:
    from server.session.core import Session


class Filled(TypedDict):
    """The fields of a card that depend on what is known."""

    reply: str
    reply_to_send: str
    holes: list[str]
    filled: dict[str, str]


def filled(state: ConversationState, reply: str, reply_to_send: str, language: str) -> Filled:
    """A card's texts as far as they can be filled now; `filled` tells who told what was put in."""
    wanted = slots(reply + reply_to_send)
    values = values_of(state) if wanted else {}
    said, said_holes = fill(reply, values, language, aloud=True)
    sent, sent_holes = fill(reply_to_send, values, language)
    holes = list(dict.fromkeys([*said_holes, *sent_holes]))
    sources = {name: values[name.lower()].source for name in wanted if name not in holes}
    return Filled(reply=said, reply_to_send=sent, holes=holes, filled=sources)


def refill(session: "Session", at: float) -> list[Output]:
    """Fill the holes of the cards on screen with what has become known since; cards without holes never change."""
    open_cards = [state for state in session.state.cards.values() if state.open and state.card.holes]
    return [output for state in open_cards for output in _refill(session, state, at)]


def _refill(session: "Session", state: CardState, at: float) -> list[Output]:
    card = state.card
    now = filled(session.state, card.reply, card.reply_to_send, state.language)
    if (now["reply"], now["reply_to_send"]) == (card.reply, card.reply_to_send):
        return []
    revised = ev.SuggestionRevised(
        suggestion_id=card.suggestion_id,
        confidence=card.confidence,
        rank=card.rank,
        matched=card.matched,
        confirmed=state.confirmed,
        reply=now["reply"],
        reply_to_send=now["reply_to_send"],
        holes=now["holes"],
        filled={**card.filled, **now["filled"]},
    )
    return [session.emit(revised, at)]


def outcome_of(text: str, reply: str, plain: ev.OutcomeKind) -> ev.OutcomeKind:
    """`plain` for the reply as it is or with only its holes completed, otherwise edited."""
    same = text == reply.strip() or completes(text, reply)
    return plain if same else ev.OutcomeKind.EDITED


def hole_in(text: str) -> str | None:
    """The first slot that nobody filled, as it stands in the text."""
    found = SLOT.search(text)
    return found[0] if found else None
