"""What is known of a conversation, as a fold over its events."""

from dataclasses import dataclass, field

from server.wire import events as ev
from server.wire.events import Event, OutcomeKind, Role


@dataclass(slots=True)
class LegState:
    """One party's audio. `decoded_to` is where the last committed tile ends, in samples."""

    role: Role
    language: str
    encoding: str
    sample_rate: int
    offset: float
    decoded_to: int = 0
    ended: bool = False


@dataclass(slots=True)
class CardState:
    """A card and what became of it."""

    card: ev.Card
    trigger: str
    raised_at: float
    confirmed: bool
    outcomes: set[OutcomeKind] = field(default_factory=set)
    rendered: bool = False

    @property
    def open(self) -> bool:
        """Still on screen, not acted upon."""
        return not self.outcomes


@dataclass(slots=True)
class ConversationState:
    """Everything a session remembers. `apply` is the only way it changes."""

    seq: int = 0
    started: ev.ConversationStarted | None = None
    started_at: float = 0.0
    agent: str | None = None
    customer: str | None = None
    segments: list[ev.Segment] = field(default_factory=list)
    switch: dict[str, ev.SwitchEvent] = field(default_factory=dict)
    """What the switch said, by its event ids."""
    legs: dict[str, LegState] = field(default_factory=dict)
    turns: list[ev.Utterance] = field(default_factory=list)
    cards: dict[str, CardState] = field(default_factory=dict)
    cooled: dict[str, float] = field(default_factory=dict)
    """Article id → Unix seconds of the last use, sending or dismissal."""
    left: dict[str, float] = field(default_factory=dict)
    """Article id → Unix seconds when a confirmed card of it last left the screen unused."""
    actions: set[str] = field(default_factory=set)
    messages: dict[str, ev.DeliveryState] = field(default_factory=dict)
    ended_at: float | None = None
    wrapped_up: bool = False

    def apply(self, event: Event) -> None:
        """Take in one event; events come in order of `seq`."""
        self.seq = event.seq
        payload = event.payload
        match payload:
            case ev.ConversationStarted():
                self.started, self.started_at = payload, event.at
                self.agent, self.customer = payload.agent, payload.customer
            case ev.AgentBound():
                self.agent = payload.agent
            case ev.CustomerBound():
                self.customer = payload.customer
            case ev.SegmentsChanged():
                self.segments = payload.segments
            case ev.SwitchEvent():
                self.switch[payload.event_id] = payload
            case ev.LegStarted() | ev.LegSilence() | ev.LegEnded() | ev.LegGap():
                self._apply_leg(payload)
            case ev.Utterance():
                self._apply_utterance(payload)
            case ev.ConversationEnded():
                self.ended_at = event.at
            case ev.WrappedUp():
                self.wrapped_up = True
                self.actions.add(payload.action_id)
            case ev.MessageQueued():
                self.messages[payload.message_id] = ev.DeliveryState.QUEUED
                self.actions.add(payload.action_id)
            case ev.MessageState():
                self.messages[payload.message_id] = payload.state
            case _:
                self._apply_card(event)

    def _apply_leg(self, payload: ev.LegStarted | ev.LegSilence | ev.LegEnded | ev.LegGap) -> None:
        match payload:
            case ev.LegStarted():
                self.legs[payload.leg] = LegState(
                    payload.role, payload.language, payload.encoding, payload.sample_rate, payload.offset
                )
                self.ended_at = None
            case ev.LegSilence():
                self.legs[payload.leg].decoded_to = payload.end_sample
            case ev.LegEnded():
                self.legs[payload.leg].ended = True
            case ev.LegGap():
                pass

    def _apply_utterance(self, payload: ev.Utterance) -> None:
        self.turns.append(payload)
        if payload.leg is not None and payload.end_sample is not None:
            self.legs[payload.leg].decoded_to = payload.end_sample

    def _apply_card(self, event: Event) -> None:
        payload = event.payload
        match payload:
            case ev.SuggestionsRaised():
                self.actions.add(payload.trigger)
                for card in payload.cards:
                    confirmed = card.source != "interim"
                    self.cards[card.suggestion_id] = CardState(card, payload.trigger, event.at, confirmed)
            case ev.SuggestionRevised():
                state = self.cards[payload.suggestion_id]
                state.confirmed = payload.confirmed
                state.card = state.card.model_copy(
                    update={"confidence": payload.confidence, "rank": payload.rank, "matched": payload.matched}
                )
            case ev.SuggestionOutcome():
                self._apply_outcome(payload, event.at)
            case ev.SuggestionRendered():
                for suggestion_id in payload.suggestion_ids:
                    self.cards[suggestion_id].rendered = True

    def _apply_outcome(self, payload: ev.SuggestionOutcome, at: float) -> None:
        state = self.cards[payload.suggestion_id]
        state.outcomes.add(payload.outcome)
        if payload.action_id is not None:
            self.actions.add(payload.action_id)
        if payload.outcome not in (OutcomeKind.EXPIRED, OutcomeKind.IGNORED):
            self.cooled[state.card.article_id] = at
        elif state.confirmed:
            self.left[state.card.article_id] = at
