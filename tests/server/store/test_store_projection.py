"""Events in, tables out: a whole scripted conversation, and each rule of the projection."""

from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest
from dialogue import ORIGIN, Dialogue, card, cards, leg, said
from sqlalchemy import select

from server.store import ConflictError, InvalidError, NotFoundError, QueuePolicy, Reach, RecordingRecord, Store
from server.store.project import PROJECTIONS
from server.store.tables import Table
from server.store.tables.conversations import BindingTable, ConversationTable, EventTable, SegmentTable
from server.store.tables.delivery import MessageTable
from server.store.tables.speech import GapTable, LegRoleTable, LegTable, UtteranceTable
from server.store.tables.suggestions import OutcomeTable, SampleTable, SuggestionTable
from server.wire.events import (
    AgentBound,
    Channel,
    ConversationEnded,
    ConversationStarted,
    CustomerBound,
    DeliveryState,
    LegEnded,
    LegGap,
    LegSilence,
    MessageQueued,
    MessageState,
    OutcomeKind,
    Payload,
    Role,
    Segment,
    SegmentKind,
    SegmentsChanged,
    SuggestionOutcome,
    SuggestionRendered,
    SuggestionRevised,
    Utterance,
    WrappedUp,
)

ALL = Reach("default", None, None, None)


async def rows(store: Store, table: type[Table]) -> list[Any]:
    async with store.read() as session:
        return list((await session.execute(select(table).order_by(*table.__table__.primary_key))).scalars())


async def only(store: Store, table: type[Table]) -> Any:
    (row,) = await rows(store, table)
    return row


def outcome(suggestion_id: str, kind: OutcomeKind, **values: Any) -> SuggestionOutcome:
    return SuggestionOutcome(suggestion_id=suggestion_id, outcome=kind, by="li", **values)


def test_every_payload_has_a_projection() -> None:
    union = get_args(Payload)[0]
    assert set(PROJECTIONS) == set(get_args(union))


def segments(*known: tuple[str, str | None, float, float | None]) -> SegmentsChanged:
    made = [Segment(kind=SegmentKind(kind), agent=who, start=start, end=end) for kind, who, start, end in known]
    return SegmentsChanged(segments=made)


async def test_whole_call(store: Store) -> None:
    talk = Dialogue(context={"task": "card"})
    events = [
        talk.first,
        *talk.events(
            segments(("ringing", None, 0, None)),
            AgentBound(agent="li", by="switch"),
            CustomerBound(customer="c-7", by="crm"),
            segments(("ringing", None, 0, 3.5), ("talk", "li", 3.5, None)),
            leg(),
            leg("agent", Role.AGENT),
            LegSilence(leg="customer", start_sample=0, end_sample=4000),
            said("我的卡丢了", 4000, 12000),
            cards(card("g1"), card("g2", rank=1, article_id="other"), text="我的卡"),
            SuggestionRevised(suggestion_id="g1", confidence=0.95, rank=0, matched="我的卡丢了", confirmed=True),
            SuggestionRendered(suggestion_ids=["g1", "g2"], rendered=ORIGIN + 9.7),
            outcome("g1", OutcomeKind.USED, action_id="a1"),
            outcome("g2", OutcomeKind.EXPIRED),
            LegGap(leg="agent", start=2, end=3, missing=1, reason="lost"),
            LegEnded(leg="customer", samples=16000, reason="stop"),
            ConversationEnded(reason="hang_up"),
            WrappedUp(code="risk_card_lost", note="已挂失", by="li", action_id="a2"),
        ),
    ]
    await store.commit(events)

    assert await store.events(talk.id) == events
    record = await store.conversation(talk.id)
    assert record is not None
    assert (record.agent, record.customer, record.external_id) == ("li", "c-7", "call-1")
    assert (record.status, record.wrap_up) == ("wrapped_up", "risk_card_lost")
    assert (record.ended_at, record.wrapped_up_at) == (ORIGIN + 16, ORIGIN + 17)
    assert (record.context, record.last_seq, record.origin) == ({"task": "card"}, 18, ORIGIN)
    assert [(s.kind, s.agent, s.start, s.end) for s in await rows(store, SegmentTable)] == [
        ("ringing", None, 0, 3.5),
        ("talk", "li", 3.5, 16),
    ]
    legs = {row.name: row for row in await rows(store, LegTable)}
    assert (legs["customer"].decoded_to, legs["customer"].samples, legs["agent"].decoded_to) == (12000, 16000, 0)
    gap = await only(store, GapTable)
    assert (gap.leg, gap.start, gap.end, gap.missing, gap.reason) == ("agent", 2, 3, 1, "lost")
    assert {(b.kind, b.value, b.by) for b in await rows(store, BindingTable)} == {
        ("agent", "li", "switch"),
        ("customer", "c-7", "crm"),
    }
    row = (await store.list_conversations(ALL)).rows[0]
    assert (row.utterances, row.suggestions, row.acted, row.wrap_up) == (1, 2, 1, "risk_card_lost")
    assert row == await store.conversation_row(talk.id)


async def test_holes_of_a_reply_are_kept_until_they_are_filled(store: Store) -> None:
    talk = Dialogue()
    holed = card(
        "g1", reply="{amount}元退您", reply_to_send="退{amount}元", holes=["amount"], filled={"name": "context"}
    )
    await store.commit([talk.first, *talk.events(leg(), said("多扣了钱", 0, 8000), cards(holed))])
    row = await only(store, SuggestionTable)
    assert (row.reply, row.holes, row.filled) == ("{amount}元退您", ["amount"], {"name": "context"})
    as_before = SuggestionRevised(suggestion_id="g1", confidence=0.5, rank=0, matched="?", confirmed=True)
    await store.commit(talk.events(as_before))
    assert (await only(store, SuggestionTable)).holes == ["amount"]
    filled = {"reply": "三百元退您", "reply_to_send": "退300元", "holes": [], "filled": {"amount": "customer"}}
    await store.commit(talk.events(as_before.model_copy(update=filled)))
    row = await only(store, SuggestionTable)
    assert (row.reply, row.reply_to_send, row.holes) == ("三百元退您", "退300元", [])
    assert row.filled == {"amount": "customer"}


async def test_suggestion_is_frozen_as_shown_and_its_receipt_completed(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, *talk.events(leg(), said("我的卡丢了", 0, 8000), cards(card("g1")))])
    await store.commit(talk.events(SuggestionRendered(suggestion_ids=["g1"], rendered=ORIGIN + 3.5)))
    await store.commit(talk.events(SuggestionRendered(suggestion_ids=["g1"], rendered=ORIGIN + 99)))
    await store.commit(talk.events(outcome("g1", OutcomeKind.USED, action_id="a"), cards(replaces=["g1"])))
    row = await only(store, SuggestionTable)
    assert (row.article_id, row.article_version, row.reply, row.model) == ("lost", 2, "请拨打挂失电话", "intent-zh 1")
    assert (row.thresholds, row.intent, row.confirmed) == ({"accept": 0.5}, "card_lost", True)
    assert row.replaced_at == ORIGIN + 7
    receipt = (await store.receipts(talk.id))["g1"]
    assert (receipt.speech_end, receipt.intent, receipt.pushed) == (ORIGIN + 1, ORIGIN + 1.1, ORIGIN + 1.3)
    assert (receipt.first_interim, receipt.rendered, receipt.acted) == (None, ORIGIN + 3.5, ORIGIN + 6)


@pytest.mark.parametrize(
    ("kind", "state", "label"),
    [
        (OutcomeKind.USED, "labelled", "card_lost"),
        (OutcomeKind.SENT, "labelled", "card_lost"),
        (OutcomeKind.NOT_RIGHT, "to_label", None),
        (OutcomeKind.EDITED, "to_label", None),
        (OutcomeKind.DISMISSED, "to_label", None),
    ],
    ids=lambda value: str(value),
)
async def test_outcomes_make_samples_with_provenance(store: Store, kind: OutcomeKind, state: str, label: str) -> None:
    talk = Dialogue()
    raised = cards(card("g1", "interim"), text="我的卡")
    await store.commit([talk.first, *talk.events(leg(), raised, said("我的卡丢了", 0, 8000), outcome("g1", kind))])
    (sample,) = await store.samples(state)
    assert (sample.text, sample.label, sample.reason) == ("我的卡丢了", label, kind.value)
    assert (sample.conversation_id, sample.utterance_id, sample.suggestion_id) == (talk.id, "u1", "g1")
    assert (sample.article_id, sample.article_version, sample.retention_class) == ("lost", 2, "standard")


@pytest.mark.parametrize("kind", [OutcomeKind.EXPIRED, OutcomeKind.IGNORED, OutcomeKind.SPOKEN], ids=str)
async def test_what_teaches_nothing_makes_no_sample(store: Store, kind: OutcomeKind) -> None:
    talk = Dialogue()
    await store.commit([talk.first, *talk.events(cards(card("g1")), outcome("g1", kind, score=0.8))])
    assert await store.samples() == []
    assert (await only(store, OutcomeTable)).score == 0.8
    acted = (await store.receipts(talk.id))["g1"].acted
    assert (acted is not None) == (kind is OutcomeKind.SPOKEN)


async def test_what_the_agent_searched_for_is_no_sample(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, *talk.events(cards(card("g1", "search")), outcome("g1", OutcomeKind.USED))])
    assert await store.samples() == []


async def test_last_outcome_decides_the_one_sample(store: Store) -> None:
    talk = Dialogue()
    judged = (outcome("g1", OutcomeKind.USED, action_id="a"), outcome("g1", OutcomeKind.NOT_RIGHT, action_id="b"))
    await store.commit([talk.first, *talk.events(cards(card("g1")), *judged)])
    assert (await only(store, SampleTable)).state == "to_label"


async def test_same_action_twice_is_refused(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, *talk.events(cards(card("g1")), outcome("g1", OutcomeKind.USED, action_id="a"))])
    with pytest.raises(ConflictError):
        await store.commit(talk.events(outcome("g1", OutcomeKind.USED, action_id="a")))
    assert len(await rows(store, OutcomeTable)) == 1


async def test_message_goes_through_the_outbox(store: Store) -> None:
    chat = Dialogue(channel=Channel.CHAT)
    queued = MessageQueued(message_id="m1", text="您好", by="li", adapter="webhook", action_id="a1")
    await store.commit([chat.first, chat.event(queued)])
    assert await store.outbox_due(ORIGIN) == []
    (item,) = await store.outbox_due(ORIGIN + 1)
    assert (item.message_id, item.idempotency_key, item.text, item.queue) == ("m1", "m1", "您好", "cards")
    assert await store.outbox_due(ORIGIN + 1, adapter="chat") == []

    await store.schedule_delivery("m1", ORIGIN + 60)
    assert await store.outbox_due(ORIGIN + 59) == []
    assert [item.attempts for item in await store.outbox_due(ORIGIN + 60)] == [1]

    await store.commit([chat.event(MessageState(message_id="m1", state=DeliveryState.DELIVERED, attempts=2))])
    await store.commit([chat.event(MessageState(message_id="m1", state=DeliveryState.FAILED, attempts=3))])
    message = await only(store, MessageTable)
    assert (message.state, message.attempts, message.settled_at) == ("delivered", 2, ORIGIN + 2)
    assert await store.outbox_due(ORIGIN + 1e6) == []


async def test_one_action_queues_one_message(store: Store) -> None:
    chat = Dialogue(channel=Channel.CHAT)
    first = MessageQueued(message_id="m1", text="您好", by="li", adapter="chat", action_id="a1")
    await store.commit([chat.first, chat.event(first)])
    with pytest.raises(ConflictError):
        await store.commit([chat.event(first.model_copy(update={"message_id": "m2"}))])


async def test_chat_utterances_need_no_leg(store: Store) -> None:
    chat = Dialogue(channel=Channel.CHAT)
    lines = [Utterance(utterance_id=f"u{n}", role=Role.CUSTOMER, text="在吗", start=n, end=n) for n in range(2)]
    await store.commit([chat.first, *chat.events(*lines)])
    assert len(await rows(store, UtteranceTable)) == 2


async def test_tile_heard_twice_is_refused(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, *talk.events(leg(), said("喂", 0, 8000))])
    with pytest.raises(ConflictError, match="overlaps"):
        await store.commit([talk.event(said("喂你好", 4000, 9000, "u2"))])
    assert (await only(store, UtteranceTable)).text == "喂"


async def test_utterance_of_a_leg_needs_its_tile(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, talk.event(leg())])
    loose = said("喂", 0, 8000).model_copy(update={"start_sample": None})
    with pytest.raises(InvalidError, match="start_sample"):
        await store.commit([talk.event(loose)])


async def test_samples_beyond_32_bits(store: Store) -> None:
    talk = Dialogue()
    far = 2**40
    await store.commit([talk.first, *talk.events(leg(), LegSilence(leg="customer", start_sample=0, end_sample=far))])
    assert (await only(store, LegTable)).decoded_to == far


async def test_role_history_of_a_leg(store: Store) -> None:
    talk = Dialogue()
    again = leg("customer", Role.MIXED)
    await store.commit([talk.first, *talk.events(leg("customer", Role.UNKNOWN), again, again)])
    assert [row.role for row in await rows(store, LegRoleTable)] == ["unknown", "mixed"]
    assert (await only(store, LegTable)).role == "mixed"


@pytest.mark.parametrize(
    "payload",
    [
        said("喂", 0, 8000),
        LegGap(leg="customer", start=0, end=1, missing=1, reason="lost"),
        outcome("g9", OutcomeKind.USED),
        SuggestionRendered(suggestion_ids=["g9"], rendered=1),
        MessageState(message_id="m9", state=DeliveryState.DELIVERED),
    ],
    ids=lambda payload: payload.type,
)
async def test_naming_what_was_never_made_is_refused_whole(store: Store, payload: Any) -> None:
    talk = Dialogue()
    with pytest.raises(NotFoundError):
        await store.commit([talk.first, talk.event(payload)])
    assert await rows(store, EventTable) == await rows(store, ConversationTable) == []


async def test_another_conversations_suggestion_cannot_be_judged(store: Store) -> None:
    mine, other = Dialogue("a"), Dialogue("b")
    await store.commit([mine.first, mine.event(cards(card("g1")))])
    with pytest.raises(NotFoundError):
        await store.commit([other.first, other.event(outcome("g1", OutcomeKind.USED))])


async def test_seqs_have_one_writer(store: Store) -> None:
    talk = Dialogue()
    second = talk.event(AgentBound(agent="li", by="switch"))
    await store.commit([talk.first, second])
    for wrong in (second, second.model_copy(update={"seq": 4})):
        with pytest.raises(ConflictError, match="is at seq 2"):
            await store.commit([wrong])
    with pytest.raises(ConflictError, match="consecutive"):
        await store.commit([second.model_copy(update={"seq": seq}) for seq in (3, 5)])
    with pytest.raises(NotFoundError, match="never started"):
        await store.commit([second.model_copy(update={"conversation_id": "unknown"})])
    assert [event.seq for event in await store.events(talk.id)] == [1, 2]


async def test_starting_twice_and_taken_external_ids_are_conflicts(store: Store) -> None:
    talk = Dialogue("same")
    await store.commit([talk.first])
    with pytest.raises(ConflictError, match="started before"):
        await store.commit([talk.first])
    with pytest.raises(ConflictError, match=talk.id):
        await store.commit([Dialogue("same").first])


async def test_queue_policies_are_taken_at_the_start(store: Store) -> None:
    await store.save_queue(QueuePolicy("cards", team="hz", retention_class="short", recording_policy="off"))
    talk = Dialogue()
    await store.commit([talk.first])
    record = await store.conversation(talk.id)
    assert record is not None
    assert (record.team, record.retention_class, record.recording_policy) == ("hz", "short", "off")


@pytest.mark.parametrize(
    "wrong",
    [
        {"recording_policy": "never"},
        {"retention_class": "a class"},
        {"retention_class": ""},
        {"team": "*"},
        {"team": " "},
    ],
)
async def test_a_queue_with_rules_that_do_not_exist_is_refused(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        await store.save_queue(QueuePolicy("cards", **wrong))
    assert [one.queue for one in await store.queues()] == ["default"]


async def test_finding_conversations(store: Store) -> None:
    live, done = Dialogue("live", agent="li"), Dialogue("done", agent="li")
    await store.commit([live.first, done.first, *done.events(ConversationEnded(reason="stop"))])
    found = await store.conversation_by_external_id("default", "live")
    assert found is not None and found.conversation_id == live.id
    assert await store.conversation_by_external_id("default", "none") is None
    assert await store.conversation_by_external_id("other", "live") is None
    assert await store.conversation("none") is None
    assert [record.conversation_id for record in await store.unfinished_conversations()] == [live.id]
    assert {record.conversation_id for record in await store.active_conversations_of("li")} == {live.id, done.id}
    await store.commit([done.event(WrappedUp(code="resolved", by="li", action_id="a"))])
    assert [record.conversation_id for record in await store.active_conversations_of("li")] == [live.id]
    assert await store.active_conversations_of("wang") == []


async def test_pages_and_events_in_parts(store: Store) -> None:
    talks = [Dialogue(f"call-{number}", agent="li" if number % 2 else "wang") for number in range(5)]
    await store.commit([talk.first for talk in talks])
    page = await store.list_conversations(ALL, 1, 2)
    assert (len(page.rows), page.total) == (2, 5)
    assert (await store.list_conversations(replace(ALL, agent="li"))).total == 2
    await store.commit(talks[0].events(*[AgentBound(agent=None, by="x")] * 4))
    assert [event.seq for event in await store.events(talks[0].id, after_seq=2, limit=2)] == [3, 4]


async def test_lists_hold_what_lies_within_reach(store: Store) -> None:
    for queue, team in (("cards", "hz"), ("loans", "sh"), ("cars", "hz")):
        await store.save_queue(QueuePolicy(queue=queue, team=team))
    talks = [Dialogue(f"{q}-{a}", queue=q, agent=a) for q in ("cards", "loans", "cars") for a in ("li", "wang", None)]
    await store.commit([talk.first for talk in talks])
    stored = [record for talk in talks if (record := await store.conversation(talk.id)) is not None]
    for team, queues, agent in product(
        (None, "hz", "none"), (None, frozenset({"cards", "loans"}), frozenset({"x"})), (None, "li")
    ):
        for tenant in ("default", "other"):
            reach = Reach(tenant, team, queues, agent)
            covered = {r.conversation_id for r in stored if reach.covers(r.tenant, r.team, r.queue, r.agent)}
            page = await store.list_conversations(reach)
            assert ({row.conversation_id for row in page.rows}, page.total) == (covered, len(covered))
            unclaimed = {record.conversation_id for record in await store.unclaimed_calls(reach)}
            assert unclaimed == {r.conversation_id for r in stored if r.agent is None} & covered


async def test_recordings(store: Store) -> None:
    talk = Dialogue()
    await store.commit([talk.first, talk.event(leg())])
    record = RecordingRecord(talk.id, "customer", "recordings/a.flac", "flac", 8000, 8000, offset=0.25)
    await store.add_recording(record)
    await store.add_recording(replace(record, samples=16000))
    (kept,) = await store.recordings(talk.id)
    assert (kept.samples, kept.role, kept.offset) == (16000, "customer", 0.25)
    with pytest.raises(ConflictError):
        await store.add_recording(RecordingRecord(talk.id, "nobody", "b.flac", "flac", 1, 8000))


async def test_started_event_is_kept_whole(store: Store) -> None:
    talk = Dialogue(customer="c-1", context={"hand_over": "机器人转人工"})
    await store.commit([talk.first])
    (event,) = await store.events(talk.id)
    assert isinstance(event.payload, ConversationStarted) and event == talk.first
