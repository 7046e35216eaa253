"""What real calls need of the store: roles, languages, recording, consent, late segments, tasks, results."""

from typing import Any

import pytest
from dialogue import ORIGIN, Dialogue, card, cards, leg, said
from sqlalchemy import select

from server.store import InvalidError, QueuePolicy, Store
from server.store.queries.tasks import TaskRecord
from server.store.tables import Table
from server.store.tables.conversations import BusinessResultTable, ConversationTable
from server.store.tables.keeping import ConsentTable, ProductTable, RecordingSwitchTable
from server.store.tables.speech import LegLanguageTable, LegRoleTable, LegTable, UtteranceTable
from server.wire.events import (
    CallEventType,
    Consent,
    ConsentChanged,
    LanguageChanged,
    LegGap,
    LegLanguageChanged,
    LegRoleChanged,
    OutcomeKind,
    ProductBound,
    RecordingChanged,
    Role,
    Segment,
    SegmentKind,
    SegmentsChanged,
    SuggestionOutcome,
    SwitchEvent,
    TaskBound,
)

TENANT = "default"


async def rows(store: Store, table: type[Table]) -> list[Any]:
    async with store.read() as session:
        return list((await session.execute(select(table).order_by(*table.__table__.primary_key))).scalars())


async def only(store: Store, table: type[Table]) -> Any:
    (row,) = await rows(store, table)
    return row


def segments(*known: tuple[str, float, float | None]) -> SegmentsChanged:
    made = [Segment(kind=SegmentKind(kind), agent="li", start=start, end=end) for kind, start, end in known]
    return SegmentsChanged(segments=made)


def outcome(suggestion_id: str, kind: OutcomeKind) -> SuggestionOutcome:
    return SuggestionOutcome(suggestion_id=suggestion_id, outcome=kind, by="li")


async def test_roles_and_languages_keep_their_history(store: Store) -> None:
    talk = Dialogue()
    changes = {"language": "en", "sound": "prompt", "segment": SegmentKind.IVR}
    english = said("hello", 0, 8000).model_copy(update=changes)
    await store.commit(
        [
            talk.first,
            *talk.events(
                leg(),
                LegRoleChanged(leg="customer", role=Role.MIXED, by="switch"),
                LegLanguageChanged(leg="customer", language="en", start_sample=0, by="li", action_id="a"),
                LanguageChanged(language="en", by="li", action_id="a"),
                english,
            ),
        ]
    )
    row = await only(store, LegTable)
    assert (row.role, row.language) == ("mixed", "en")
    assert [r.role for r in sorted(await rows(store, LegRoleTable), key=lambda r: r.at)] == ["customer", "mixed"]
    assert (await only(store, LegLanguageTable)).by == "li"
    assert (await only(store, ConversationTable)).language == "en"
    heard = await only(store, UtteranceTable)
    assert (heard.language, heard.sound, heard.segment) == ("en", "prompt", "ivr")


async def test_recording_and_consent(store: Store) -> None:
    talk = Dialogue()
    used = outcome("g1", OutcomeKind.USED)
    await store.commit([talk.first, *talk.events(leg(), said("我的卡丢了", 0, 8000), cards(card("g1")), used)])
    assert len(await store.samples()) == 1
    off = RecordingChanged(recording=False, when=3.5, by="li", reason="agent", action_id="a")
    await store.commit(talk.events(off, ConsentChanged(consent=Consent.REFUSED, by="li")))
    switch = await only(store, RecordingSwitchTable)
    assert (switch.recording, switch.at, switch.reason) == (False, 3.5, "agent")
    assert (await only(store, ConsentTable)).consent == "refused"
    assert (await only(store, ConversationTable)).consent == "refused"
    assert await store.samples() == [], "whoever refuses teaches nothing"


async def test_late_segments_move_what_was_said_and_take_its_samples_along(store: Store) -> None:
    talk = Dialogue()
    events = talk.events(
        segments(("talk", 0, None)),
        leg(),
        said("我的卡丢了", 0, 8000, "u1"),
        cards(card("g1")),
        outcome("g1", OutcomeKind.USED),
        said("请您稍等", 80_000, 88_000, "u2"),
        cards(card("g2"), trigger="u2"),
        outcome("g2", OutcomeKind.NOT_RIGHT),
    )
    await store.commit([talk.first, *events])
    assert len(await store.samples()) == 2
    await store.commit(talk.events(segments(("talk", 0, 5), ("hold", 5, 20), ("talk", 20, None))))
    assert [s.utterance_id for s in await store.samples()] == ["u1"]
    assert {u.id: u.segment for u in await rows(store, UtteranceTable)} == {"u1": "talk", "u2": "hold"}
    await store.commit(talk.events(outcome("g2", OutcomeKind.DISMISSED)))
    assert [s.utterance_id for s in await store.samples()] == ["u1"], "nor is one made afterwards"


async def test_time_left_out_counts_for_the_segment(store: Store) -> None:
    talk = Dialogue()
    gap = LegGap(leg="customer", start=9, end=9, missing=15, reason="stalled")
    await store.commit([talk.first, *talk.events(leg(), gap, said("我的卡丢了", 80_000, 88_000))])
    await store.commit(talk.events(segments(("talk", 0, 5), ("hold", 5, 20), ("talk", 20, None))))
    assert (await only(store, UtteranceTable)).segment == "talk"


@pytest.mark.parametrize("late", [False, True])
async def test_a_product_decides_how_long_a_conversation_is_kept(store: Store, late: bool) -> None:
    async def add(session: Any) -> None:
        session.add(ProductTable(tenant=TENANT, name="loan", retention_class="long"))

    await store.write(add)
    await store.save_queue(QueuePolicy(queue="cards", retention_class="short"))
    talk = Dialogue(**({} if late else {"product": "loan"}))
    await store.commit([talk.first, *talk.events(*([ProductBound(product="loan", by="switch")] if late else []))])
    row = await only(store, ConversationTable)
    assert (row.product, row.retention_class) == ("loan", "long")
    other = Dialogue("call-2", product="nothing special")
    await store.commit([other.first])
    record = await store.conversation(other.id)
    assert record is not None and record.retention_class == "short"


TASK = TaskRecord(
    "t-1", "spring", "上传证件", ("a", "b"), "c-1", "li", "zh", "cards", "loan", {"amount": "5000"}, 1_900_000_000.0
)


async def test_a_task_is_made_and_changed_by_its_external_id(store: Store) -> None:
    await store.tasks.save(TENANT, TASK)
    assert await store.tasks.get(TENANT, "t-1") == TASK
    changed = TaskRecord("t-1", "autumn", language="en")
    await store.tasks.save(TENANT, changed)
    assert await store.tasks.get(TENANT, "t-1") == changed
    assert await store.tasks.get(TENANT, "t-2") is None
    with pytest.raises(InvalidError):
        await store.tasks.save(TENANT, TaskRecord(""))


@pytest.mark.parametrize("late", [False, True])
async def test_a_conversation_of_a_task_and_what_came_of_it(store: Store, late: bool) -> None:
    await store.tasks.save(TENANT, TASK)
    talk = Dialogue(**({} if late else {"task_id": "t-1"}))
    bound = [TaskBound(task_id="t-1", context={"amount": "5000"}, by="switch")] if late else []
    await store.commit([talk.first, *talk.events(*bound)])
    assert await store.tasks.conversations(TENANT, "t-1") == [talk.id]
    task = await store.tasks.get(TENANT, "t-1")
    assert task is not None and task.status == "started"
    result = SwitchEvent(event_id="r1", what=CallEventType.RESULT, when=86_400.0, code="applied")
    await store.commit(talk.events(result))
    row = await only(store, BusinessResultTable)
    assert (row.result, row.external_id, row.conversation_id, row.at) == ("applied", "call-1", talk.id, ORIGIN + 86_400)
    assert [r.result for r in await store.tasks.results(TENANT, "t-1")] == ["applied"]
    task = await store.tasks.get(TENANT, "t-1")
    assert task is not None and task.status == "done"


async def test_the_result_of_a_task_nobody_has_called_about_is_kept_once(store: Store) -> None:
    await store.tasks.save(TENANT, TASK)
    for _ in range(2):
        await store.tasks.add_result(TENANT, "t-1", "r1", "refused", 5.0)
    assert await store.tasks.knows_result(TENANT, "t-1", "r1")
    assert [(r.result, r.conversation_id) for r in await store.tasks.results(TENANT, "t-1")] == [("refused", None)]
    with pytest.raises(InvalidError):
        await store.tasks.add_result(TENANT, "t-9", "r1", "refused", 5.0)
