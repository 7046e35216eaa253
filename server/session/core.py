"""One conversation: what comes in, what follows from it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from asr.transcript import Transcript
from server.ids import utterance_id
from server.masking import Masker
from server.session import actions, cards, switch, talk
from server.session.outputs import Ask, Commit, InterimHeard, Output
from server.session.policy import Policy
from server.session.privacy import language_of, masked
from server.session.state import ConversationState, LegState
from server.session.suggested import Suggested, SuggestedCard
from server.wire import events as ev
from server.wire.events import Event, OutcomeKind, Role
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
        self._similarity = similarity
        self._masker = Masker()
        self._first_interim: dict[str, float] = {}
        self._interim_text: dict[str, str] = {}
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
            session._mask(turn.role, turn.text)
        return session

    def emit(self, payload: ev.Payload, at: float) -> Commit:
        """Make the next event, take it in, and ask for it to be stored."""
        event = Event(conversation_id=self.conversation_id, seq=self.state.seq + 1, at=at, payload=payload)
        self.state.apply(event)
        return Commit(event)

    # --- the conversation and who is on it

    def start(self, started: ev.ConversationStarted, at: float) -> list[Output]:
        """The conversation begins, talking at once (what a switch says comes through the call-event door)."""
        talk = ev.Segment(kind=ev.SegmentKind.TALK, agent=started.agent, start=0.0, end=None)
        return [self.emit(started, at), self.emit(ev.SegmentsChanged(segments=[talk]), at)]

    def switch_event(self, event: ev.SwitchEvent, at: float) -> list[Output]:
        """What the switch says happened to the call, in any order."""
        return switch.take(self, event, "switch", at)

    def claim(self, login: str, event_id: str, at: float) -> list[Output]:
        """An agent takes a call that is nobody's."""
        return switch.claim(self, login, event_id, at)

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

    def end(self, reason: str, at: float) -> list[Output]:
        """No more audio or chat will come."""
        if self.state.ended_at is not None:
            return []
        return [self.emit(ev.ConversationEnded(reason=reason), at)]

    # --- audio

    def open_leg(self, started: ev.LegStarted, at: float) -> list[Output]:
        """A new stream of audio."""
        return [self.emit(started, at)]

    def gap(self, gap: ev.LegGap, at: float) -> list[Output]:
        """Audio is missing."""
        return [self.emit(gap, at)]

    def end_leg(self, leg: str, samples: int, reason: str, at: float) -> list[Output]:
        """A stream is over; with the last one the conversation ends."""
        if self.state.legs[leg].ended:
            return []
        outputs: list[Output] = [self.emit(ev.LegEnded(leg=leg, samples=samples, reason=reason), at)]
        if all(other.ended for other in self.state.legs.values()):
            outputs += self.end(reason, at)
        return outputs

    def heard(self, transcript: Transcript, at: float, speech_end: float) -> list[Output]:
        """A leg's transcript, interim or final; `speech_end` is when its last word was spoken, Unix seconds."""
        leg = self.state.legs[transcript.leg]
        if transcript.end_sample <= leg.decoded_to:
            return []  # heard already: decoded again after a commit whose answer was lost
        name = utterance_id(self.conversation_id, transcript.leg, transcript.start_sample)
        transcript, spans = masked(self._masker, transcript, leg)
        if not transcript.final:
            return self._interim(transcript, leg, name, at, speech_end)
        first_interim = self._first_interim.pop(name, None)
        self._interim_text.pop(name, None)
        if not transcript.text:
            silence = ev.LegSilence(
                leg=transcript.leg, start_sample=transcript.start_sample, end_sample=transcript.end_sample
            )
            taken_back: list[Output] = []
            if first_interim is not None:
                taken_back.append(InterimHeard(transcript.leg, leg.role, "", leg.offset, leg.offset))
            return [*taken_back, self.emit(silence, at), *cards.withdraw(self, name, at)]
        outputs: list[Output] = [self.emit(self._utterance(transcript, leg, name, spans), at)]
        if leg.role is Role.CUSTOMER and switch.talking(self, leg.offset + transcript.start):
            ask = Ask(name, transcript.text, (), leg.language, "final", speech_end, first_interim)
            outputs.append(self._placed(ask, leg.offset + transcript.start))
        elif leg.role is Role.AGENT:
            outputs += self._check_spoken(at)
        return outputs

    def _interim(self, transcript: Transcript, leg: LegState, name: str, at: float, speech_end: float) -> list[Output]:
        first = self._first_interim.setdefault(name, at)
        heard = InterimHeard(
            transcript.leg, leg.role, transcript.text, leg.offset + transcript.start, leg.offset + transcript.end
        )
        changed = self._interim_text.get(name) != transcript.text
        self._interim_text[name] = transcript.text
        worth_it = len(transcript.text) >= self.policy.shortest_interim
        if changed and worth_it and leg.role is Role.CUSTOMER and switch.talking(self, heard.start):
            ask = Ask(name, transcript.text, (), leg.language, "interim", speech_end, first)
            return [heard, self._placed(ask, heard.start)]
        return [heard]

    def _utterance(self, transcript: Transcript, leg: LegState, name: str, spans: list[ev.MaskedSpan]) -> ev.Utterance:
        return ev.Utterance(
            utterance_id=name,
            role=leg.role,
            text=transcript.text,
            start=leg.offset + transcript.start,
            end=leg.offset + transcript.end,
            leg=transcript.leg,
            start_sample=transcript.start_sample,
            end_sample=transcript.end_sample,
            words=[
                ev.WordTime(text=w.text, start=leg.offset + w.start, end=leg.offset + w.end, confidence=w.confidence)
                for w in transcript.words
            ],
            masked=spans,
        )

    def _check_spoken(self, at: float) -> list[Output]:
        outputs: list[Output] = []
        for suggestion_id, card in list(self.state.cards.items()):
            recent = at - card.raised_at <= self.policy.spoken_window
            gone = {OutcomeKind.SPOKEN, OutcomeKind.DISMISSED, OutcomeKind.NOT_RIGHT} & card.outcomes
            if not recent or gone:
                continue
            since = card.raised_at - self.state.started_at
            said = "".join(
                t.text for t in self.state.turns if t.role is Role.AGENT and t.leg is not None and t.end >= since
            )
            score = self._similarity(said, card.card.reply)
            if score >= self.policy.spoken_similarity:
                spoken = ev.SuggestionOutcome(
                    suggestion_id=suggestion_id, outcome=OutcomeKind.SPOKEN, by=self.state.agent or "", score=score
                )
                outputs.append(self.emit(spoken, at))
        return outputs

    # --- chat

    def customer_wrote(self, text: str, message_id: str, at: float) -> list[Output]:
        """A chat message of the customer; the same `message_id` again changes nothing."""
        if any(turn.message_id == message_id for turn in self.state.turns):
            return []
        text = self._mask(Role.CUSTOMER, text)
        outputs = [self.say(Role.CUSTOMER, text, message_id, at)]
        assert self.state.started is not None
        ask = Ask(message_id, text, (), self.state.started.language, "chat", at, None)
        return [*outputs, self._placed(ask, self.state.turns[-1].start)]

    def say(self, role: Role, text: str, message_id: str, at: float) -> Commit:
        """A written turn of either side."""
        when = max(0.0, at - self.state.started_at)
        return self.emit(
            ev.Utterance(utterance_id=message_id, role=role, text=text, start=when, end=when, message_id=message_id), at
        )

    def listen_to_agent(self, text: str) -> None:
        """What the agent writes goes out as it is; a code asked for in it is masked in the answer."""
        self._mask(Role.AGENT, text)

    def _mask(self, role: Role, text: str) -> str:
        """A turn without its secrets; what is asked in it tells what to mask next."""
        language = self.state.started.language if self.state.started is not None else "zh"
        return self._masker.mask(text, role=role, language=language_of(language)).text

    def message_state(self, state: ev.MessageState, at: float) -> list[Output]:
        """News of a message on its way; a message once delivered stays delivered."""
        known = self.state.messages.get(state.message_id)
        if known is None or known is ev.DeliveryState.DELIVERED or known is state.state:
            return []
        return [self.emit(state, at)]

    # --- suggestions

    def suggested(self, answer: Suggested, at: float) -> list[Output]:
        """The suggester's answer: raise, confirm, or take back cards."""
        if self.state.wrapped_up:
            return []
        if answer.ask.source != "interim":
            self._interim_top.pop(answer.ask.trigger, None)
            return cards.settle(self, answer, at)
        if any(turn.utterance_id == answer.ask.trigger for turn in self.state.turns):
            return []
        top = answer.cards[0].article_id if answer.cards else ""
        stable = bool(top) and self._interim_top.get(answer.ask.trigger) == top
        self._interim_top[answer.ask.trigger] = top
        return cards.settle(self, answer, at) if stable else []

    def rendered(self, suggestion_ids: list[str], rendered: float, at: float) -> list[Output]:
        """The panel painted these cards; unknown and already painted ones are passed over."""
        new = [i for i in suggestion_ids if i in self.state.cards and not self.state.cards[i].rendered]
        return [self.emit(ev.SuggestionRendered(suggestion_ids=new, rendered=rendered), at)] if new else []

    def act(self, action: PanelAction, login: str, at: float, article: SuggestedCard | None = None) -> list[Output]:
        """An agent's action; `article` is what a `raise_article` names, None if there is no such article."""
        return actions.act(self, action, login, at, article)

    def tick(self, at: float) -> list[Output]:
        """Time has passed: cards nobody used expire."""
        return cards.expire(self, at)

    def _placed(self, ask: Ask, start: float) -> Ask:
        """The ask with what its words, which begin at `start`, belong to."""
        turn = talk.same_turn(self.state, self.policy, ask.trigger, start)
        before = talk.customers(self.state, ask.trigger)
        context = before[: len(before) - len(turn)][-CONTEXT_TURNS:]
        topic = talk.topic(self.state, self.policy, {ask.trigger, *(t.utterance_id for t in turn)})
        return replace(ask, turn=tuple(t.text for t in turn), context=tuple(t.text for t in context), topic=topic)
