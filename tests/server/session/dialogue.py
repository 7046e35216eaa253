"""Plays a conversation on the session core: a test reads as who says what when, and what came of it."""

from difflib import SequenceMatcher

from asr.transcript import Sound, Transcript
from server.ids import new_id
from server.session import Answer, Ask, Commit, InterimHeard, Output, Policy, Session, Suggested, SuggestedCard
from server.wire import events as ev
from server.wire import panel
from server.wire.base import ErrorCode

START = 1_000_000.0
RATE = 8000
AGENT = "lin"


def alike(said: str, reply: str) -> float:
    return SequenceMatcher(None, said, reply).ratio()


def card(article: str, confidence: float = 0.9, reply: str = "") -> SuggestedCard:
    return SuggestedCard(
        article, 1, f"title of {article}", reply or f"reply {article}", f"text {article}", "intent", confidence, "?"
    )


def _leg_started(leg: str) -> ev.LegStarted:
    return ev.LegStarted(leg=leg, role=ev.Role(leg), language="zh", encoding="pcm16", sample_rate=RATE, offset=0)


class Dialogue:
    """One conversation with a customer's and an agent's leg, and a clock that moves when it is told to."""

    def __init__(
        self, policy: Policy | None = None, channel: ev.Channel = ev.Channel.CALL, customer: str | None = "c1"
    ) -> None:
        rules = policy or Policy(wrap_up_codes=frozenset({"solved"}))
        self.session = Session(new_id(), rules, alike)
        self.now = START
        self.outputs: list[Output] = []
        self._heard_to = {"customer": 0, "agent": 0, "mixed": 0}
        started = ev.ConversationStarted(
            channel=channel, direction=ev.Direction.INBOUND, external_id="x", language="zh", queue="q",
            agent=AGENT, customer=customer,
        )  # fmt: skip
        self.take(self.session.start(started, self.now))
        if channel is ev.Channel.CALL:
            for leg in ("customer", "agent", "mixed"):
                self.take(self.session.open_leg(_leg_started(leg), self.now))

    def take(self, outputs: list[Output]) -> list[Output]:
        self.outputs += outputs
        # The store takes events in their order only.
        seqs = [output.event.seq for output in self.outputs if isinstance(output, Commit)]
        assert seqs == list(range(1, len(seqs) + 1))
        return outputs

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.session.tick(self.now))

    def hears(
        self, leg: str, text: str, final: bool = True, seconds: float = 2.0, sound: Sound = "speech"
    ) -> list[Output]:
        """Words on a leg, up to now."""
        start = self._heard_to[leg]
        begin, end = self.now - START, max(start + 1, int((self.now + seconds - START) * RATE))
        if final:
            self.now += seconds
            self._heard_to[leg] = end
        heard = Transcript(leg, text, final, start, end, begin, end / RATE, sound=sound)
        return self.take(self.session.heard(heard, self.now, self.now))

    def customer(self, text: str, *cards: SuggestedCard) -> list[Output]:
        """The customer says a final utterance, for which the suggester finds these cards."""
        heard = self.hears("customer", text)
        return heard + self.answer(self.asked(heard), *cards)

    def saying(self, text: str, *cards: SuggestedCard) -> list[Output]:
        """The customer is still speaking."""
        heard = self.hears("customer", text, final=False)
        asks = [output for output in heard if isinstance(output, Ask)]
        return heard + (self.answer(asks[0], *cards) if asks else [])

    def agent(self, text: str) -> list[Output]:
        return self.hears("agent", text)

    def answer(self, ask: Ask, *cards: SuggestedCard) -> list[Output]:
        return self.take(self.session.suggested(Suggested(ask, cards, "model-1", self.now, self.now), self.now))

    def acts(
        self, action: panel.PanelAction, login: str = AGENT, article: SuggestedCard | None = None
    ) -> ErrorCode | None:
        """The agent acts; the error code, None if it was done."""
        outputs = self.take(self.session.act(action, login, self.now, article))
        answer = next(output for output in outputs if isinstance(output, Answer))
        return answer.problem.code if answer.problem else None

    def named(self, **fields: str) -> dict[str, str]:
        return {"action_id": new_id(), "conversation_id": self.session.conversation_id, **fields}

    def use(self, article: str) -> ErrorCode | None:
        return self.acts(panel.Use(**self.named(suggestion_id=self.id_of(article))))

    def dismiss(self, article: str) -> ErrorCode | None:
        return self.acts(panel.Dismiss(**self.named(suggestion_id=self.id_of(article))))

    def id_of(self, article: str) -> str:
        return [i for i, s in self.session.state.cards.items() if s.card.article_id == article][-1]

    @property
    def screen(self) -> list[str]:
        """Articles on screen."""
        return [s.card.article_id for s in self.session.state.cards.values() if s.open]

    @property
    def events(self) -> list[ev.Event]:
        return [output.event for output in self.outputs if isinstance(output, Commit)]

    def outcomes(self, article: str) -> list[ev.OutcomeKind]:
        ids = [i for i, s in self.session.state.cards.items() if s.card.article_id == article]
        payloads = [event.payload for event in self.events]
        return [p.outcome for p in payloads if isinstance(p, ev.SuggestionOutcome) and p.suggestion_id in ids]

    @staticmethod
    def asked(outputs: list[Output]) -> Ask:
        return next(output for output in outputs if isinstance(output, Ask))

    @staticmethod
    def interims(outputs: list[Output]) -> list[str]:
        return [output.text for output in outputs if isinstance(output, InterimHeard)]
