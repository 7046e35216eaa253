"""Conversations to store in tests."""

from itertools import count
from typing import Any

from server.ids import new_id
from server.wire.events import (
    Card,
    Channel,
    ConversationStarted,
    Direction,
    Event,
    LegStarted,
    Receipt,
    Role,
    SuggestionsRaised,
    Utterance,
)

ORIGIN = 1_800_000_000.0


class Dialogue:
    """Makes events of one conversation, one second apart."""

    def __init__(self, external_id: str = "call-1", **started: Any) -> None:
        self.id = new_id()
        self._seq = count(1)
        self.first = self.event(
            ConversationStarted(
                channel=started.pop("channel", Channel.CALL),
                direction=Direction.INBOUND,
                external_id=external_id,
                language="zh",
                queue=started.pop("queue", "cards"),
                **started,
            )
        )

    def event(self, payload: Any) -> Event:
        seq = next(self._seq)
        return Event(conversation_id=self.id, seq=seq, at=ORIGIN + seq - 1, payload=payload)

    def events(self, *payloads: Any) -> list[Event]:
        return [self.event(payload) for payload in payloads]


def leg(name: str = "customer", role: Role = Role.CUSTOMER) -> LegStarted:
    return LegStarted(leg=name, role=role, language="zh", encoding="pcm16", sample_rate=8000, offset=0.25)


def said(text: str, start: int, end: int, utterance_id: str = "u1", leg: str = "customer") -> Utterance:
    role = Role.AGENT if leg == "agent" else Role.CUSTOMER
    return Utterance(
        utterance_id=utterance_id,
        role=role,
        text=text,
        start=start / 8000,
        end=end / 8000,
        leg=leg,
        start_sample=start,
        end_sample=end,
    )


def card(suggestion_id: str, source: Any = "final", **values: Any) -> Card:
    given: dict[str, Any] = {
        "article_id": "lost",
        "article_version": 2,
        "title": "挂失",
        "reply": "请拨打挂失电话",
        "reply_to_send": "挂失请点这里",
        "intent": "card_lost",
        "confidence": 0.9,
        "matched": "卡丢了",
        "rank": 0,
        "model": "intent-zh 1",
        "thresholds": {"accept": 0.5},
    }
    return Card(suggestion_id=suggestion_id, source=source, **(given | values))


def cards(*shown: Card, trigger: str = "u1", text: str = "我的卡丢了", **values: Any) -> SuggestionsRaised:
    receipt = Receipt(speech_end=ORIGIN + 1, intent=ORIGIN + 1.1, retrieval=ORIGIN + 1.2, pushed=ORIGIN + 1.3)
    return SuggestionsRaised(trigger=trigger, trigger_text=text, cards=list(shown), receipt=receipt, **values)
