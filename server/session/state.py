"""What is known of a conversation, as a fold over its events."""

from dataclasses import dataclass, field
from math import inf

from server.session.recording import Recording
from server.wire import events as ev
from server.wire.events import Event, OutcomeKind, Role

NOTICED = "noticed"
"""Who changed a leg's language when nobody said so."""


@dataclass(slots=True)
class LegState:
    """One party's audio. `decoded_to` is where the last committed tile ends, in samples.

    `language` is what is spoken from `decoded_to` on.
    """

    role: Role
    language: str
    encoding: str
    sample_rate: int
    offset: float
    decoded_to: int = 0
    ended: bool = False
    left_out: list[tuple[float, float]] = field(default_factory=list)
    """Seconds from the origin by audio position, and how many seconds its sender left out there."""
    chosen: bool = False
    """Somebody said what is spoken: nothing is guessed any more."""
    known: tuple[int, float] = (-1, 0.0)
    """The tile that was open when the role changed last, and when that was in seconds from the origin."""

    def clock(self, seconds: float) -> float:
        """When audio was heard by the clock, in seconds from the origin, `seconds` being its own position there."""
        return seconds + sum(missing for start, missing in self.left_out if start <= seconds)

    def settled(self, start_sample: int, start: float) -> bool:
        """Whether words of a tile that began at `start` (seconds, by the clock) were said under the role of now."""
        tile, since = self.known
        return start_sample > tile or start >= since


@dataclass(frozen=True, slots=True)
class Task:
    """The outbound task that caused a conversation."""

    task_id: str
    campaign: str | None
    stage: str | None
    script: tuple[str, ...]
    context: dict[str, str] = field(default_factory=dict)
    """What was told with a task that was bound later."""
    bound_at: float = 0.0
    """Unix seconds."""


@dataclass(slots=True)
class CardState:
    """A card and what became of it."""

    card: ev.Card
    trigger: str
    raised_at: float
    confirmed: bool
    language: str
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
    task: Task | None = None
    product: str | None = None
    recording: Recording = field(default_factory=Recording)
    held_in: str = "zh"
    """The language of chat messages, and of a call whose customer is not heard yet."""
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
    wrapped_when: float = inf
    """When that was, in seconds from the origin."""

    @property
    def spoken(self) -> set[str]:
        """What the customers on the line speak; without one, what the conversation is held in."""
        legs = [leg for leg in self.legs.values() if leg.role is Role.CUSTOMER]
        return {leg.language for leg in legs if not leg.ended} or {leg.language for leg in legs} or {self.held_in}

    @property
    def language(self) -> str:
        """The customer's language."""
        return self.held_in if self.held_in in self.spoken else min(self.spoken)

    @property
    def ringing_at(self) -> str | None:
        """The agent at whom the call rings now; None where it does not ring, or at nobody who is known."""
        last = self.segments[-1] if self.segments else None
        rings = last is not None and last.kind is ev.SegmentKind.RINGING and last.end is None
        return last.agent if last is not None and rings else None

    def clock(self, leg: str, seconds: float) -> float:
        """When audio of a leg was heard by the clock; see `LegState.clock`."""
        return self.legs[leg].clock(seconds)

    def note_clock(self, now: float) -> None:
        """What happened later than now, by a clock that was set back since, happened now: it must not last longer."""
        for card in self.cards.values():
            card.raised_at = min(card.raised_at, now)
        for known in (self.cooled, self.left):
            known.update({article: now for article, when in known.items() if when > now})

    def apply(self, event: Event) -> None:
        """Take in one event; events come in order of `seq`."""
        self.seq = event.seq
        payload = event.payload
        match payload:
            case ev.ConversationStarted():
                self._apply_start(payload, event)
            case ev.TaskBound():
                script, context = tuple(payload.script), payload.context
                self.task = Task(payload.task_id, payload.campaign, payload.stage, script, context, event.at)
            case ev.ProductBound():
                self.product = payload.product
            case ev.RecordingChanged() | ev.ConsentChanged():
                self.recording.apply(event)
                self._remember(payload.action_id)
            case ev.LanguageChanged():
                self.held_in = payload.language
                self._remember(payload.action_id)
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
            case ev.LegRoleChanged(leg=name, role=role):
                leg = self.legs[name]
                leg.role, leg.known = role, (leg.decoded_to, event.at - self.started_at)
            case ev.LegLanguageChanged(leg=name, language=language):
                self.legs[name].language = language
                self.legs[name].chosen = payload.by != NOTICED
                self._remember(payload.action_id)
            case ev.Utterance():
                self._apply_utterance(payload)
            case ev.ConversationEnded():
                self.ended_at = event.at
            case ev.WrappedUp():
                self.wrapped_up, self.wrapped_when = True, event.at - self.started_at
                self.actions.add(payload.action_id)
            case ev.MessageQueued():
                self.messages[payload.message_id] = ev.DeliveryState.QUEUED
                self.actions.add(payload.action_id)
            case ev.MessageState():
                self.messages[payload.message_id] = payload.state
            case _:
                self._apply_card(event)

    def _apply_start(self, payload: ev.ConversationStarted, event: Event) -> None:
        self.started, self.started_at = payload, event.at
        self.agent, self.customer = payload.agent, payload.customer
        self.held_in, self.product = payload.language, payload.product
        self.recording.apply(event)
        if payload.task_id is not None:
            self.task = Task(payload.task_id, payload.campaign, payload.stage, tuple(payload.script))

    def _remember(self, action_id: str | None) -> None:
        if action_id is not None:
            self.actions.add(action_id)

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
            case ev.LegGap(start=start, end=end, missing=missing):
                if start == end:
                    self.legs[payload.leg].left_out.append((start, missing))

    def _apply_utterance(self, payload: ev.Utterance) -> None:
        self.turns.append(payload)
        if payload.leg is not None and payload.end_sample is not None:
            self.legs[payload.leg].decoded_to = payload.end_sample

    def _apply_card(self, event: Event) -> None:
        payload = event.payload
        match payload:
            case ev.SuggestionsRaised():
                self.actions.add(payload.trigger)
                said_in = next((t.language for t in self.turns if t.utterance_id == payload.trigger), self.language)
                for card in payload.cards:
                    confirmed = card.source != "interim"
                    self.cards[card.suggestion_id] = CardState(card, payload.trigger, event.at, confirmed, said_in)
            case ev.SuggestionRevised():
                state = self.cards[payload.suggestion_id]
                state.confirmed = payload.confirmed
                known = payload.model_dump(exclude={"type", "confirmed"}, exclude_none=True)
                state.card = state.card.model_copy(update=known)
            case ev.SuggestionOutcome():
                self._apply_outcome(payload, event.at)
            case ev.SuggestionRendered():
                for suggestion_id in payload.suggestion_ids:
                    self.cards[suggestion_id].rendered = True

    def _apply_outcome(self, payload: ev.SuggestionOutcome, at: float) -> None:
        state = self.cards[payload.suggestion_id]
        state.outcomes.add(payload.outcome)
        self._remember(payload.action_id)
        if state.card.source == "context":
            return  # what a machine put up before anyone spoke tells nothing of what the talk has dealt with
        if payload.outcome not in (OutcomeKind.EXPIRED, OutcomeKind.IGNORED):
            self.cooled[state.card.article_id] = at
        elif state.confirmed:
            self.left[state.card.article_id] = at
