"""One conversation: what comes in, what follows from it."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace

from asr.transcript import Transcript
from server.masking import Masker, masked_facts
from server.session import actions, cards, completing, hearing, keeping, legs, switch, talk, task, unsure
from server.session.outputs import Ask, Commit, Output
from server.session.policy import Policy
from server.session.privacy import language_of
from server.session.segments import is_talk, kind_at
from server.session.state import ConversationState
from server.session.suggested import Suggested, SuggestedCard
from server.wire import events as ev
from server.wire.events import Event, Role
from server.wire.panel import PanelAction

Similarity = Callable[[str, str], float]
CONTEXT_TURNS = 4


class Session:
    """A conversation without I/O: every method takes the time `at` (Unix seconds) and returns what is to be done.

    Events among the outputs are already part of `state`. If they cannot be stored, throw the session away and
    `restore` it from what is stored.
    """

    def __init__(self, conversation_id: str, policy: Policy, similarity: Similarity) -> None:
        """`similarity` tells how much of a reply (second argument) was said (first), 0..1."""
        self.conversation_id = conversation_id
        self.policy = policy
        self.state = ConversationState()
        self.similarity = similarity
        self.masker = Masker()
        self.first_interim: dict[str, float] = {}
        """Unix seconds of the first interim of each open utterance."""
        self.interim_text: dict[str, str] = {}
        self.others: set[str] = set()
        """Open utterances that began before it was known that the leg is a customer's."""
        self._interim_top: dict[str, str] = {}

    @classmethod
    def restore(
        cls, conversation_id: str, policy: Policy, similarity: Similarity, events: Iterable[Event]
    ) -> "Session":
        """The session as its stored events left it."""
        session = cls(conversation_id, policy, similarity)
        for event in events:
            session.state.apply(event)
        for turn in session.state.turns:
            if turn.sound == "speech":
                session._mask(turn.role, turn.text, turn.language)
        return session

    def emit(self, payload: ev.Payload, at: float) -> Commit:
        """Make the next event, take it in, and ask for it to be stored."""
        event = Event(conversation_id=self.conversation_id, seq=self.state.seq + 1, at=at, payload=payload)
        self.state.apply(event)
        return Commit(event)

    # --- the conversation and who is on it

    def start(self, started: ev.ConversationStarted, at: float) -> list[Output]:
        """The conversation begins, talking at once (what a switch says comes through the call-event door)."""
        started = started.model_copy(update={"context": masked_facts(started.context, language_of(started.language))})
        first = ev.Segment(kind=ev.SegmentKind.TALK, agent=started.agent, start=0.0, end=None)
        begun: list[Output] = [self.emit(started, at), self.emit(ev.SegmentsChanged(segments=[first]), at)]
        return [*begun, *keeping.begin(self, at), *task.opening(self)]

    def switch_event(self, event: ev.SwitchEvent, at: float) -> list[Output]:
        """What the switch says happened to the call, in any order."""
        return switch.take(self, event, "switch", at)

    def claim(self, login: str, event_id: str, at: float) -> list[Output]:
        """An agent takes a call that is nobody's."""
        return switch.claim(self, login, event_id, at)

    def abandon(self, login: str, event_id: str, at: float) -> list[Output]:
        """An agent is locked out: their call, if it goes on, is nobody's."""
        return switch.abandon(self, login, event_id, at)

    def bind_agent(self, login: str | None, by: str, at: float) -> list[Output]:
        """The conversation is now `login`'s."""
        if login == self.state.agent:
            return []
        return [self.emit(ev.AgentBound(agent=login, previous=self.state.agent, by=by), at)]

    def bind_customer(self, customer: str, by: str, at: float) -> list[Output]:
        """The customer is known now."""
        if customer == self.state.customer:
            return []
        return [self.emit(ev.CustomerBound(customer=customer, previous=self.state.customer, by=by), at)]

    def bind_task(self, bound: ev.TaskBound, at: float) -> list[Output]:
        """The conversation turns out to belong to an outbound task; the first one that is told counts."""
        facts = masked_facts(bound.context, language_of(self.state.language))
        return task.bind(self, bound.model_copy(update={"context": facts}), at)

    def bind_product(self, product: str, by: str, at: float) -> list[Output]:
        """What the conversation is about is known now."""
        if product == self.state.product:
            return []
        return [self.emit(ev.ProductBound(product=product, by=by), at)]

    def end(self, reason: str, at: float) -> list[Output]:
        """No more audio or chat will come."""
        if self.state.ended_at is not None:
            return []
        return [self.emit(ev.ConversationEnded(reason=reason), at)]

    # --- audio

    def open_leg(self, started: ev.LegStarted, at: float) -> list[Output]:
        """A new stream of audio."""
        return legs.open_leg(self, started, at)

    def gap(self, gap: ev.LegGap, at: float) -> list[Output]:
        """Audio is missing."""
        return [self.emit(gap, at)]

    def end_leg(self, leg: str, samples: int, reason: str, at: float) -> list[Output]:
        """A stream is over; with the last one the conversation ends."""
        return legs.end_leg(self, leg, samples, reason, at)

    def heard(self, transcript: Transcript, at: float, speech_end: float) -> list[Output]:
        """A leg's transcript, interim or final; `speech_end` is when its last word was spoken, Unix seconds.

        It must have been decoded in the leg's language of now (`LegState.language`).
        """
        return hearing.heard(self, transcript, at, speech_end)

    def notice_language(self, leg: str, heard_in: str, language: str, at: float) -> list[Output]:
        """A leg that is heard in one language turns out to speak another."""
        return legs.notice_language(self, leg, heard_in, language, at)

    # --- chat

    def customer_wrote(self, text: str, message_id: str, at: float) -> list[Output]:
        """A chat message of the customer; the same `message_id` again changes nothing."""
        if any(turn.message_id == message_id for turn in self.state.turns):
            return []
        text = self._mask(Role.CUSTOMER, text, self.state.language)
        outputs: list[Output] = [self.say(Role.CUSTOMER, text, message_id, at), *completing.refill(self, at)]
        ask = Ask(message_id, text, (), self.state.language, "chat", at, None)
        return [*outputs, self.placed(ask, self.state.turns[-1].start)]

    def say(self, role: Role, text: str, message_id: str, at: float) -> Commit:
        """A written turn of either side."""
        # A clock that was set back moves no turn before what was said already.
        said_before = self.state.turns[-1].start if self.state.turns else 0.0
        when = max(said_before, at - self.state.started_at)
        turn = ev.Utterance(
            utterance_id=message_id,
            role=role,
            text=text,
            start=when,
            end=when,
            message_id=message_id,
            language=self.state.language,
            segment=kind_at(self.state.segments, when),
        )
        return self.emit(turn, at)

    def listen_to_agent(self, text: str) -> None:
        """What the agent writes goes out as it is; a code asked for in it is masked in the answer."""
        self._mask(Role.AGENT, text, self.state.language)

    def without_secrets(self, text: str) -> str:
        """An agent's search without what a customer may have said; it moves nothing on."""
        return deepcopy(self.masker).mask(text, role=Role.CUSTOMER, language=language_of(self.state.language)).text

    def kept(self, text: str) -> str:
        """What an agent typed, as it is kept; it moves nothing on."""
        return deepcopy(self.masker).mask(text, role=Role.AGENT, language=language_of(self.state.language)).text

    def _mask(self, role: Role, text: str, language: str) -> str:
        """A turn without its secrets; what is asked in it tells what to mask next."""
        return self.masker.mask(text, role=role, language=language_of(language)).text

    def message_state(self, state: ev.MessageState, at: float) -> list[Output]:
        """News of a message on its way; a message once delivered stays delivered."""
        known = self.state.messages.get(state.message_id)
        if known is None or known is ev.DeliveryState.DELIVERED or known is state.state:
            return []
        return [self.emit(state, at)]

    # --- suggestions

    def suggested(self, answer: Suggested, at: float) -> list[Output]:
        """The suggester's answer: raise, confirm, or take back cards. One that came too late raises none."""
        if self.state.wrapped_up or not self._wanted(answer.ask):
            return []
        # Never a reply in a language that the customer does not speak, whoever found it.
        fitting = tuple(card for card in answer.cards if card.language in ("", answer.ask.language))
        answer = replace(answer, cards=fitting)
        if answer.ask.source != "interim":
            self._interim_top.pop(answer.ask.trigger, None)
            settled = cards.settle(self, answer, at)
            return settled if answer.ask.source == "context" else [*settled, *unsure.note(self, answer, at)]
        if any(turn.utterance_id == answer.ask.trigger for turn in self.state.turns):
            return []
        top = answer.cards[0].article_id if answer.cards else ""
        stable = bool(top) and self._interim_top.get(answer.ask.trigger) == top
        self._interim_top[answer.ask.trigger] = top
        return cards.settle(self, answer, at) if stable else []

    def _wanted(self, ask: Ask) -> bool:
        """Whether an ask still counts: its language is spoken, and its words are a customer's, said in the talk."""
        if ask.leg is None:
            return ask.language == self.state.language
        leg = self.state.legs[ask.leg]
        if ask.language != leg.language:
            return False
        if ask.source == "interim" and leg.role is not Role.CUSTOMER:
            return False
        return ask.start is None or is_talk(kind_at(self.state.segments, ask.start))

    def forget_interims(self, utterance: str) -> None:
        """The open utterance is heard anew."""
        for known in (self.first_interim, self.interim_text, self._interim_top):
            known.pop(utterance, None)

    def rendered(self, suggestion_ids: list[str], rendered: float, at: float) -> list[Output]:
        """The panel painted these cards; unknown and already painted ones are passed over."""
        new = [i for i in suggestion_ids if i in self.state.cards and not self.state.cards[i].rendered]
        return [self.emit(ev.SuggestionRendered(suggestion_ids=new, rendered=rendered), at)] if new else []

    def act(self, action: PanelAction, login: str, at: float, article: SuggestedCard | None = None) -> list[Output]:
        """An agent's action; `article` is what a `raise_article` names, None if there is no such article."""
        return actions.act(self, action, login, at, article)

    def tick(self, at: float) -> list[Output]:
        """Time has passed: cards nobody used expire."""
        self.state.note_clock(at)
        return cards.expire(self, at)

    def placed(self, ask: Ask, start: float) -> Ask:
        """The ask with what its words, which begin at `start`, belong to."""
        turn = talk.same_turn(self.state, self.policy, ask.trigger, start)
        before = talk.customers(self.state, ask.trigger)
        context = talk.asked(self.state, before[: len(before) - len(turn)])[-CONTEXT_TURNS:]
        now = {ask.trigger, *(t.utterance_id for t in turn)}
        return replace(
            ask,
            turn=tuple(t.text for t in turn),
            context=tuple(t.text for t in context),
            said=talk.said_before(self.state, now, start),
            topic=talk.topic(self.state, self.policy, now),
            dealt=talk.dealt(self.state, now),
        )
