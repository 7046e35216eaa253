"""What the scripted server says: conversations, cards and REST answers, made with the wire's own models."""

import io
import time
import wave
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException
from fastapi.responses import Response

from server.wire import events, panel, rest

FEE = "借款满三十天以后提前还，是不收违约金的。要是不满三十天，按提前还的本金收百分之零点五，一万块就是五十元。"
HOW = "您打开晨星APP，点“借款”，再点“还款”，选“提前结清”，核对金额后确认就行。扣款成功马上生效，不用预约。"
CODES = [
    ("resolved", None, "已解决", "Resolved"),
    ("resolved_info", "resolved", "咨询解决", "Question answered"),
    ("resolved_done", "resolved", "业务办理完成", "Request completed on the call"),
    ("pending", None, "待跟进", "To follow up"),
    ("pending_applying", "pending", "申请中", "Application in progress"),
    ("pending_callback", "pending", "约定回电", "Call-back arranged"),
    ("complaint", None, "投诉受理", "Complaint filed"),
    ("complaint_fee", "complaint", "费用与息费投诉", "Complaint about fees or interest"),
    ("risk", None, "风险上报", "Risk reported"),
    ("risk_fraud", "risk", "疑似诈骗", "Suspected fraud"),
]


AHEAD = 100.0
"""Seconds by which the scripted server's clock is ahead of the browser's."""


def now() -> float:
    return time.time() + AHEAD


class Content:
    """Everything is made fresh on each call, so that one test cannot change another's."""

    def summary(self, conversation_id: str) -> dict[str, Any]:
        return {
            "conversation_id": conversation_id,
            "channel": "call",
            "external_id": f"switch-{conversation_id}",
            "language": "zh",
            "queue": "贷款服务",
            "customer": "李先生",
            "started_at": now() - 5,
            "ended_at": None,
            "wrapped_up": False,
            "text_out": False,
            "insert_only": False,
            "direction": "inbound",
        }

    def claim(self, conversation_id: str, **fields: Any) -> panel.Claim:
        values: dict[str, Any] = {
            "conversation_id": conversation_id,
            "external_id": "switch-20261122-7731",
            "direction": "inbound",
            "queue": "贷款服务",
            "language": "zh",
            "customer": None,
            "started_at": now() - 12,
        }
        return panel.Claim.model_validate(values | fields)

    def started(self, **fields: Any) -> events.ConversationStarted:
        values: dict[str, Any] = {
            "channel": "call",
            "direction": "inbound",
            "external_id": "switch-c1",
            "language": "zh",
            "queue": "贷款服务",
        }
        return events.ConversationStarted.model_validate(values | fields)

    def leg(self, leg: str = "customer", role: str = "customer", language: str = "zh") -> events.LegStarted:
        return events.LegStarted(
            leg=leg, role=events.Role(role), language=language, encoding="pcm_s16le", sample_rate=8000, offset=0.0
        )

    def segments(self, *stretches: tuple[str, float, float | None]) -> events.SegmentsChanged:
        """Kind, start and end of each."""
        return events.SegmentsChanged(
            segments=[
                events.Segment(kind=events.SegmentKind(kind), agent="agent1", start=start, end=end)
                for kind, start, end in stretches
            ]
        )

    def speaks(self, language: str, leg: str = "customer", start: float = 2.0) -> events.LegLanguageChanged:
        return events.LegLanguageChanged(leg=leg, language=language, start_sample=int(start * 8000), by="agent1")

    def result(self, code: str) -> events.SwitchEvent:
        return events.SwitchEvent(
            event_id=f"result-{code}", what=events.CallEventType.RESULT, when=30.0, agent=None, code=code
        )

    def utterance(
        self,
        text: str,
        role: str = "customer",
        start: float = 1.0,
        utterance_id: str = "",
        leg: str | None = "customer",
        **fields: Any,
    ) -> events.Utterance:
        name = utterance_id or f"u-{role}-{start}"
        return events.Utterance(
            utterance_id=name,
            role=events.Role(role),
            text=text,
            start=start,
            end=start + 2,
            leg=leg if leg is None else role,
            message_id=name if leg is None else None,
            **fields,
        )

    def card(self, number: str, title: str, reply: str, **fields: Any) -> events.Card:
        values: dict[str, Any] = {
            "suggestion_id": f"s-{number}",
            "article_id": f"article-{number}",
            "article_version": 1,
            "title": title,
            "reply": reply,
            "reply_to_send": reply,
            "intent": "loan_early_repay",
            "confidence": 0.92,
            "matched": "提前还款要不要手续费",
            "rank": 1,
            "source": "final",
            "model": "intent-zh@1",
        }
        return events.Card.model_validate(values | fields)

    def raised(self, *cards: events.Card, replaces: tuple[str, ...] = ()) -> events.SuggestionsRaised:
        return events.SuggestionsRaised(
            trigger="u-customer-1.0",
            trigger_text="提前还款要手续费吗",
            cards=list(cards),
            receipt=events.Receipt(speech_end=now(), pushed=now() + 0.2),
            replaces=list(replaces),
        )

    def two_cards(self) -> events.SuggestionsRaised:
        return self.raised(
            self.card("fee", "提前还款收手续费吗？", FEE),
            self.card("how", "提前还款怎么操作？", HOW, confidence=0.61, rank=2, matched="怎么提前把钱还了"),
        )

    def consequences(self, action: Any, delivery: events.DeliveryState | None) -> list[events.Payload]:
        """The events that an action of the agent leads to."""
        match action:
            case panel.Use():
                kind = events.OutcomeKind.EDITED if action.text else events.OutcomeKind.USED
                return [self._outcome(action, kind)]
            case panel.Dismiss():
                return [self._outcome(action, events.OutcomeKind.DISMISSED)]
            case panel.NotRight():
                return [self._outcome(action, events.OutcomeKind.NOT_RIGHT)]
            case panel.RaiseArticle():
                return [self.raised(self.card("search", "征信会受影响吗？", "按时还款不会影响征信。", source="search"))]
            case panel.WrapUp():
                done = events.WrappedUp(code=action.code, note=action.note, by="agent1", action_id=action.action_id)
                return [done]
            case panel.SetLanguage():
                return [self.speaks(action.language, leg) for leg in ("agent", "customer")]
            case panel.SetRecording():
                change = events.RecordingChanged(
                    recording=action.recording, when=3.0, by="agent1", reason="agent", action_id=action.action_id
                )
                return [change]
            case panel.SetConsent():
                return [events.ConsentChanged(consent=action.consent, by="agent1", action_id=action.action_id)]
            case panel.Send():
                return self._sent(action, delivery)
        raise AssertionError(action)

    def _outcome(self, action: Any, kind: events.OutcomeKind) -> events.SuggestionOutcome:
        return events.SuggestionOutcome(
            suggestion_id=action.suggestion_id, outcome=kind, by="agent1", action_id=action.action_id,
            text=getattr(action, "text", None),
        )  # fmt: skip

    def _sent(self, action: panel.Send, delivery: events.DeliveryState | None) -> list[events.Payload]:
        message_id = f"m-{action.action_id}"
        queued = events.MessageQueued(
            message_id=message_id,
            text=action.text,
            by="agent1",
            adapter="chat",
            suggestion_id=action.suggestion_id,
            action_id=action.action_id,
        )
        made: list[events.Payload] = [queued]
        if action.suggestion_id:
            made.append(self._outcome(action, events.OutcomeKind.SENT))
        if delivery is events.DeliveryState.FAILED:
            made.append(events.MessageState(message_id=message_id, state=delivery, attempts=5, reason="对方网关无应答"))
        return made

    # --- REST ---

    def answers(self) -> dict[str, Callable[..., Any]]:
        return {
            "/v1/demo/logins": self.demo_logins,
            "/v1/demo/calls": self.demo_calls,
            "/v1/demo/calls/{call_id}/audio": lambda call_id: tone(8),
            "/v1/kb/search": self.search,
            "/v1/wrap-up-codes": self.codes,
            "/v1/conversations": self.page,
            "/v1/conversations/{conversation_id}": self.detail,
            "/v1/recordings/{leg}": lambda leg: tone(8),
        }

    def demo_logins(self) -> list[rest.DemoLogin]:
        return [rest.DemoLogin(login="agent1", password="demo-pass", display_name="王敏", role="agent")]

    def demo_calls(self) -> list[rest.DemoCall]:
        turns = [
            rest.DemoTurn(leg="agent", start=0.8, end=5, text="您好，晨星银行，请问有什么可以帮您？"),
            rest.DemoTurn(
                leg="customer", start=6, end=9, text="我想提前还款，要手续费吗？", article="loan-early-repay-fee"
            ),
        ]
        titles = [
            ("early_repayment", "提前还款", "Early repayment", "zh"),
            ("lost_card", "银行卡丢了", "A lost card", "zh"),
            ("dispute", "不认识的一笔消费", "A payment I did not make", "en"),
        ]
        return [
            rest.DemoCall(
                call_id=name,
                title_zh=zh,
                title_en=en,
                lang=lang,
                duration=89.66,
                turns=turns,
                playable=lang == "zh",
            )
            for name, zh, en, lang in titles
        ]

    def search(self, q: str, lang: str = "zh", limit: int = 8) -> list[rest.ArticleHit]:
        if "征信" not in q:
            return []
        return [
            rest.ArticleHit(
                article_id="loan-credit-record",
                version=1,
                title="征信会受影响吗？",
                reply="按时还款不会影响征信。逾期的话，我们会按规定上报，结清后记录还会保留五年。",
                reply_to_send="按时还款不会影响征信。",
                matched="征信",
                score=0.8,
            )
        ]

    def codes(self) -> list[rest.WrapUpCode]:
        return [rest.WrapUpCode(code=c, parent=p, name_zh=zh, name_en=en) for c, p, zh, en in CODES]

    def row(self, number: int) -> rest.ConversationRow:
        chat = number % 3 == 2
        return rest.ConversationRow(
            conversation_id=f"old{number}",
            external_id=f"switch-{number}",
            channel=events.Channel.CHAT if chat else events.Channel.CALL,
            direction=events.Direction.INBOUND,
            language="zh",
            queue="贷款服务",
            agent="agent1",
            customer=None if number == 1 else "李先生",
            started_at=1_760_000_000.0 - number * 600,
            ended_at=None if number == 0 else 1_760_000_000.0 - number * 600 + 85,
            wrap_up="resolved_info" if number > 1 else None,
            utterances=14,
            suggestions=6,
            acted=3,
        )

    def page(self, offset: int = 0, limit: int = 20) -> rest.ConversationPage:
        return rest.ConversationPage(rows=[self.row(n) for n in range(offset, min(offset + limit, 45))], total=45)

    def detail(self, conversation_id: str) -> rest.ConversationDetail:
        if conversation_id != "old3":
            raise HTTPException(404)
        row = self.row(3)
        receipt = events.Receipt(
            **{
                step: row.started_at + at
                for step, at in [("speech_end", 3.0), ("pushed", 3.1), ("rendered", 3.31), ("acted", 5)]
            }
        )
        payloads: list[events.Payload] = [
            self.utterance("我想提前还款，要手续费吗？", start=1.0),
            self.two_cards(),
            events.SuggestionOutcome(suggestion_id="s-fee", outcome=events.OutcomeKind.SPOKEN, by="system", score=0.9),
            self.utterance("满三十天以后提前还，不收违约金。", role="agent", start=4.0),
            events.LegGap(leg="customer", start=6.0, end=7.5, missing=1.5, reason="no_audio"),
        ]
        made = [
            events.Event(conversation_id="old3", seq=n + 1, at=row.started_at + n, payload=payload)
            for n, payload in enumerate(payloads)
        ]
        recordings = [
            rest.RecordingInfo(leg=leg, role=leg, url=f"/v1/recordings/{leg}", duration=8.0, offset=offset, gaps=[])
            for leg, offset in [("customer", 0.0), ("agent", 0.5)]
        ]
        return rest.ConversationDetail(row=row, events=made, recordings=recordings, receipts={"s-fee": receipt})


def tone(seconds: int) -> Response:
    """A quiet wav file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\x10\x00\xf0\xff" * (4000 * seconds))
    return Response(buffer.getvalue(), media_type="audio/wav")
