"""The sweep: what is due goes, in time and by its class; nothing else does."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.keeping import acts
from server.keeping.acts import Actor
from server.keeping.keeper import Keeper
from server.keeping.sweeping import Sweeper
from server.spool import StorageError
from server.store import InvalidError, Store
from server.store.queries import receipts
from server.store.queries.keeping import DAY, Rule
from tests.server.keeping.filled import audio_files, fill, rows_naming
from tests.server.store.dialogue import ORIGIN, Dialogue, leg

ANNA = Actor("anna")
Sweep = Callable[[float], Awaitable[object]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.keeping.sweeping.PAUSE", 0)


@pytest.fixture
def sweeper(keeper: Keeper) -> Sweeper:
    return Sweeper(keeper, quiet=lambda: True)


async def rule(store: Store, *days: float | None, name: str = "standard") -> None:
    await acts.set_rule(store, ANNA, Rule(name, *days))


def after(days: float) -> float:
    return ORIGIN + days * DAY + 60


async def test_audio_goes_first_then_the_text_then_samples(sweeper: Sweeper, store: Store, data_dir: Path) -> None:
    dialogue = await fill(store, data_dir)
    await rule(store, 10, 20, 30)
    await sweeper.sweep(after(9))
    assert "customer.flac" in audio_files(data_dir)

    swept = await sweeper.sweep(after(11))
    assert (swept.audio, swept.conversations, swept.samples) == (1, 0, 0) and audio_files(data_dir) == []
    assert await store.recordings(dialogue.id) == [] and await store.events(dialogue.id) != []
    assert (await rows_naming(store, dialogue.id))["recording"] == 1  # the row says when it went
    assert not (await sweeper.sweep(after(12))).anything

    swept = await sweeper.sweep(after(21))
    assert (swept.conversations, swept.samples) == (1, 0)
    assert (await rows_naming(store, dialogue.id)).keys() == {"sample", "deletion_receipt"}

    assert (await sweeper.sweep(after(31))).samples == 1
    assert (await rows_naming(store, dialogue.id)).keys() == {"deletion_receipt"}
    async with store.read() as session:
        rows, total = await receipts.page(session, "default", 0, 10)
    assert total == 3 and all(row.finished_at for row in rows)
    assert [row.reason for row in rows] == [f"rule standard: {part}" for part in ("samples", "text", "audio")]
    assert rows[2].counts["files"] == 3 and rows[2].counts["recording"] == 1


async def test_each_class_has_its_own_time_and_none_is_for_ever(sweeper: Sweeper, store: Store, data_dir: Path) -> None:
    await rule(store, None, None, None)
    await rule(store, None, 1, None, name="short")
    await acts.set_product(store, ANNA, "loan", "short")
    kept = await fill(store, data_dir, "call-1")
    doomed = await fill(store, data_dir, "call-2", product="loan")
    unruled = await fill(store, data_dir, "call-3")
    await store.write(lambda session: set_class(session, unruled.id, "nobody ruled"))
    assert (await sweeper.sweep(after(10_000))).conversations == 1
    assert await store.conversation(doomed.id) is None
    assert await store.conversation(kept.id) and await store.conversation(unruled.id)


async def set_class(session, conversation_id: str, name: str) -> None:
    from server.store.tables.conversations import ConversationTable

    (await session.get(ConversationTable, conversation_id)).retention_class = name


async def test_held_conversations_and_their_samples_stay(
    sweeper: Sweeper, keeper: Keeper, store: Store, data_dir: Path
) -> None:
    by_id = await fill(store, data_dir, "call-1", "c1")
    by_customer = await fill(store, data_dir, "call-2", "c2")
    await rule(store, 1, 1, 1)
    first = await acts.place_hold(keeper, ANNA, "conversation", by_id.id, "court")
    await acts.place_hold(keeper, ANNA, "customer", "c2", "court")
    swept = await sweeper.sweep(after(100))
    assert (swept.conversations, swept.audio, swept.samples, swept.failed) == (0, 0, 0, 0)
    await acts.release_hold(keeper, ANNA, first.hold_id, "settled")
    swept = await sweeper.sweep(after(100))
    assert (swept.conversations, swept.samples) == (1, 1)
    assert await store.conversation(by_id.id) is None and await store.conversation(by_customer.id)
    with pytest.raises(InvalidError):
        await acts.place_hold(keeper, ANNA, "customer", "c3", " ")


async def test_a_hold_on_a_customer_keeps_samples_of_conversations_that_are_gone(
    sweeper: Sweeper, keeper: Keeper, store: Store, data_dir: Path
) -> None:
    dialogue = await fill(store, data_dir, customer="c1")
    await rule(store, 1, 1, 10)
    await sweeper.sweep(after(2))
    await acts.place_hold(keeper, ANNA, "customer", "c1", "court")
    assert (await sweeper.sweep(after(20))).samples == 0
    assert "sample" in await rows_naming(store, dialogue.id)


async def test_live_and_pinned_conversations_stay_and_abandoned_ones_go(
    sweeper: Sweeper, keeper: Keeper, store: Store, data_dir: Path
) -> None:
    await rule(store, 0, 0, 0)
    open_chat = Dialogue("chat-1")
    await store.commit([open_chat.first, *open_chat.events(leg())])
    await sweeper.sweep(ORIGIN + 3600)
    assert await store.conversation(open_chat.id) is not None

    class Memory:
        busy_with = open_chat.id

        def busy(self, conversation_id: str) -> bool:
            return conversation_id == self.busy_with

        async def forget(self, conversation_id: str) -> None:
            self.forgotten = conversation_id

    object.__setattr__(keeper, "memory", Memory())
    await sweeper.sweep(after(5))
    assert await store.conversation(open_chat.id) is not None
    Memory.busy_with = ""
    assert (await sweeper.sweep(after(5))).conversations == 1
    assert keeper.memory.forgotten == open_chat.id


async def test_what_fails_is_tried_again_and_holds_up_nothing_else(
    sweeper: Sweeper, store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = await fill(store, data_dir, "call-1"), await fill(store, data_dir, "call-2")
    await rule(store, None, 1, None)
    monkeypatch.setattr("server.keeping.sweeping.BATCH", 1)
    from server.keeping import keeper as module

    real = module.remove_files

    def stubborn(folder: Path, conversation_id: str) -> None:
        if conversation_id == stuck.id:
            raise StorageError("a disk says no")
        real(folder, conversation_id)

    with monkeypatch.context() as broken:
        broken.setattr(module, "remove_files", stubborn)
        swept = await sweeper.sweep(after(5))
    assert (swept.conversations, swept.failed) == (1, 1)
    assert await store.conversation(other.id) is None and await store.conversation(stuck.id)
    assert (await sweeper.sweep(after(5))).resumed == 1
    assert await store.conversation(stuck.id) is None and audio_files(data_dir) == []


async def test_files_that_come_back_after_a_deletion_are_removed_and_no_others(
    sweeper: Sweeper, keeper: Keeper, store: Store, data_dir: Path
) -> None:
    doomed = await fill(store, data_dir)
    await keeper.delete_conversation(doomed.id, "anna")
    for name in (doomed.id, "not-ours"):
        (data_dir / "recordings" / name).mkdir(parents=True)
        (data_dir / "recordings" / name / "customer.flac").write_bytes(b"late")
    assert (await sweeper.sweep()).files == 1
    assert audio_files(data_dir) == ["customer.flac", "not-ours"]


async def test_rules_say_days_or_nothing(store: Store) -> None:
    for days in (-1, float("nan"), 1e9):
        with pytest.raises(InvalidError, match="days"):
            await acts.set_rule(store, ANNA, Rule("standard", days))
    with pytest.raises(InvalidError, match="make it first"):
        await acts.set_product(store, ANNA, "loan", "unknown")
