"""What a customer's words belong to: the turn they are part of, what came before, what the talk is about."""

from server.session.policy import Policy
from server.session.segments import is_talk, kind_at
from server.session.state import CardState, ConversationState
from server.wire import events as ev
from server.wire.events import OutcomeKind, Role
from suggest.acts import is_answer, is_backchannel

SAID_AT_LEAST = 3
"""Characters from which an agent's words answer the customer; fewer only show that somebody listens."""
SAID_PARTS = 3
"""Most of the agent's utterances that count as said last."""
SETTLED = frozenset({OutcomeKind.USED, OutcomeKind.SENT, OutcomeKind.EDITED, OutcomeKind.SPOKEN})
WRONG = frozenset({OutcomeKind.DISMISSED, OutcomeKind.NOT_RIGHT})


def same_turn(state: ConversationState, policy: Policy, trigger: str, start: float) -> list[ev.Utterance]:
    """What the customer said before the words of `trigger`, which begin at `start` (seconds), in the same turn."""
    found: list[ev.Utterance] = []
    for turn in reversed(customers(state, trigger)):
        if start - turn.end > policy.turn_gap or len(found) == policy.turn_parts or _answered(state, turn, start):
            break
        found.append(turn)
        start = turn.start
    return found[::-1]


def turn_of(state: ConversationState, policy: Policy, trigger: str) -> set[str]:
    """Triggers of the turn that a final `trigger` ends, without itself."""
    start = next((turn.start for turn in state.turns if turn.utterance_id == trigger), None)
    return set() if start is None else {turn.utterance_id for turn in same_turn(state, policy, trigger, start)}


def customers(state: ConversationState, trigger: str) -> list[ev.Utterance]:
    """All that the customer said in the talk, but for `trigger`."""
    return [
        turn
        for turn in state.turns
        if turn.role is Role.CUSTOMER and turn.utterance_id != trigger and counts(state, turn)
    ]


def counts(state: ConversationState, turn: ev.Utterance) -> bool:
    """Whether a turn is part of the talk, as far as is known now: no music or prompt, nothing said on hold, in a
    menu or in a consultation."""
    if turn.leg is None:
        return True
    return turn.sound == "speech" and is_talk(kind_at(state.segments, state.clock(turn.leg, turn.start)))


def topic(state: ConversationState, policy: Policy, turn: set[str]) -> tuple[str, ...]:
    """Intents that the talk was about before the turn whose triggers are given: of the card that the agent took
    up last, and of the last one that was sure enough."""
    before = sorted((c for c in state.cards.values() if c.trigger not in turn), key=lambda c: -c.raised_at)
    taken = next((c for c in before if c.outcomes & SETTLED), None)
    last = next((c for c in before if _likely(c, policy)), None)
    intents = [c.card.intent for c in (taken, last) if c is not None and c.card.intent]
    return tuple(dict.fromkeys(intents))


def dealt(state: ConversationState, turn: set[str]) -> tuple[str, ...]:
    """Articles that came up before the turn whose triggers are given: the foremost card of the last question that
    raised any, and all that the agent took up."""
    before = sorted((c for c in state.cards.values() if c.trigger not in turn), key=lambda c: -c.raised_at)
    last = [c for c in before if before and c.trigger == before[0].trigger and c.card.rank == 1]
    taken = [c for c in before if c.outcomes & SETTLED]
    return tuple(dict.fromkeys(c.card.article_id for c in (*last, *taken) if not c.outcomes & WRONG))


def asked(state: ConversationState, turns: list[ev.Utterance]) -> list[ev.Utterance]:
    """Those of the customer's turns that are about something by themselves: no nods, no answers to the agent."""
    kept: list[ev.Utterance] = []
    for turn in turns:
        said = said_before(state, {turn.utterance_id}, turn.start)
        if not is_backchannel(turn.text, said) and not (kept and is_answer(turn.text, said)):
            kept.append(turn)
    return kept


def said_before(state: ConversationState, turn: set[str], start: float) -> str:
    """What the agent said last before `start` (seconds) in answer to the customer, who meanwhile may have nodded."""
    found: list[str] = []
    for other in reversed(state.turns):
        if other.utterance_id in turn or other.start > start or not counts(state, other):
            continue
        if other.role is Role.AGENT and len(other.text) >= SAID_AT_LEAST:
            found.append(other.text)
        elif other.role is Role.CUSTOMER and not is_backchannel(other.text):
            break
        if len(found) == SAID_PARTS:
            break
    return "。".join(reversed(found))


def _likely(card: CardState, policy: Policy) -> bool:
    sure = card.confirmed and card.card.rank == 1 and card.card.confidence >= policy.sure
    return sure and not card.outcomes & WRONG


def _answered(state: ConversationState, turn: ev.Utterance, start: float) -> bool:
    """Whether the agent began to say something between a turn's end and `start`."""
    return any(
        t.role is Role.AGENT and len(t.text) >= SAID_AT_LEAST and turn.end <= t.start <= start and counts(state, t)
        for t in state.turns
    )
