"""What is not to be recorded is silent to the sample, marked, and gone from the spool; also when it is told late."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.live.recorder import Recorder
from server.spool import spooled_conversations
from server.store import QueuePolicy, Store
from server.store.queries import audio
from server.store.records import NOT_KEPT
from server.store.tables.speech import RecordingTable
from server.wire.events import Consent, ConsentChanged, LegEnded, MaskedSpan, RecordingChanged
from tests.server.keeping.filled import NOISE, RATE, audio_files, keep_audio
from tests.server.store.dialogue import Dialogue, leg, said

OFFSET = 0.25


def switch(recording: bool, when: float) -> RecordingChanged:
    return RecordingChanged(recording=recording, when=when, by="li", reason="asked")


async def recorded(store: Store, data_dir: Path, *told: object, queue: str = "cards") -> Dialogue:
    dialogue = Dialogue(queue=queue)
    await store.commit(
        [dialogue.first, *dialogue.events(leg(), *told, LegEnded(leg="customer", samples=9, reason="end"))]
    )
    await keep_audio(store, data_dir, dialogue.id)
    return dialogue


def heard(data_dir: Path, dialogue: Dialogue) -> np.ndarray:
    samples, _ = soundfile.read(data_dir / "recordings" / dialogue.id / "customer.flac", dtype="int16")
    return samples


def without(*stretches: tuple[float, float]) -> np.ndarray:
    expected = NOISE.copy()
    for start, end in stretches:
        expected[round((start - OFFSET) * RATE) : round((end - OFFSET) * RATE)] = 0
    return expected


async def test_a_stretch_that_was_switched_off_is_silent_to_the_sample(store: Store, data_dir: Path) -> None:
    dialogue = await recorded(store, data_dir, switch(False, 1.1), switch(True, 2.000125))
    assert np.array_equal(heard(data_dir, dialogue), without((1.1, 2.000125)))
    (record,) = await store.recordings(dialogue.id)
    assert record.gaps == [(pytest.approx(1.1), pytest.approx(2.000125), "not recorded")]
    assert record.samples == len(NOISE) and spooled_conversations(data_dir) == []


async def test_masked_words_are_told_apart_from_what_was_switched_off(store: Store, data_dir: Path) -> None:
    secret = said("尾号", 800, 8000, "u1").model_copy(update={"masked": [MaskedSpan(kind="phone", start=1, end=1.5)]})
    other = said("x", 1, 2, "u2", "agent").model_copy(update={"masked": [MaskedSpan(kind="phone", start=2, end=2.5)]})
    dialogue = await recorded(store, data_dir, leg("agent"), secret, other, switch(False, 1.4), switch(True, 1.8))
    assert np.array_equal(heard(data_dir, dialogue), without((0.9, 1.8)))
    (record,) = await store.recordings(dialogue.id)
    assert [(round(start, 3), round(end, 3), why) for start, end, why in record.gaps] == [
        (0.9, 1.6, "masked"),
        (1.4, 1.8, "not recorded"),
    ]


@pytest.mark.parametrize("told", [[ConsentChanged(consent=Consent.REFUSED, by="li")], [switch(False, 0)]])
async def test_where_nothing_may_be_recorded_nothing_is_kept(store: Store, data_dir: Path, told: list[object]) -> None:
    dialogue = await recorded(store, data_dir, *told)
    assert audio_files(data_dir) == [] and await store.recordings(dialogue.id) == []
    async with store.read() as session:
        (row,) = (await session.execute(audio.select(RecordingTable))).scalars()
    assert row.codec == NOT_KEPT and row.gaps == [[OFFSET, OFFSET + len(NOISE) / RATE, "not recorded"]]
    assert len(await store.events(dialogue.id)) == len(told) + 3  # the text stays


async def test_a_queue_that_does_not_record_keeps_no_audio(store: Store, data_dir: Path) -> None:
    await store.save_queue(QueuePolicy(queue="silent", recording_policy="off"))
    await recorded(store, data_dir, queue="silent")
    assert audio_files(data_dir) == [] and spooled_conversations(data_dir) == []


async def test_late_news_take_more_out_and_bring_nothing_back(store: Store, data_dir: Path) -> None:
    dialogue = await recorded(store, data_dir, switch(False, 1.0), switch(True, 1.5))
    recorder = Recorder(store, data_dir)
    await store.commit(dialogue.events(switch(False, 2.0), switch(True, 2.5)))
    await recorder.amend(dialogue.id)
    assert np.array_equal(heard(data_dir, dialogue), without((1.0, 1.5), (2.0, 2.5)))
    await store.commit(dialogue.events(switch(True, 0.5)))
    await recorder.catch_up()
    assert np.array_equal(heard(data_dir, dialogue), without((1.0, 1.5), (2.0, 2.5)))
    async with store.read() as session:
        assert await audio.outdated(session) == []
    await store.commit(dialogue.events(ConsentChanged(consent=Consent.REFUSED, by="li")))
    await recorder.catch_up()
    assert audio_files(data_dir) == [] and await store.recordings(dialogue.id) == []


async def test_audio_of_a_conversation_that_was_deleted_meanwhile_is_dropped(store: Store, data_dir: Path) -> None:
    await keep_audio(store, data_dir, "gone")
    assert audio_files(data_dir) == []
