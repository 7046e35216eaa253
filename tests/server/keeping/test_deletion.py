"""Deletion leaves nothing behind: not in a row, not in a file, not in a free page."""

import asyncio
from pathlib import Path

import pytest

from server.keeping.keeper import Keeper
from server.store import ConflictError, NotFoundError, Store, StoreError
from server.store.queries import deleting, holds, receipts
from server.store.tables import metadata
from tests.server.keeping.filled import MARKS, audio_files, files_naming, fill, rows_naming
from tests.server.store.dialogue import Dialogue, leg


async def test_the_conversation_of_these_tests_is_in_every_table(store: Store, data_dir: Path) -> None:
    dialogue = await fill(store, data_dir)
    named = await rows_naming(store, dialogue.id)
    parts = {table.name for table in metadata.sorted_tables if "conversation_id" in table.c}
    assert parts <= named.keys()
    assert {path.split("/")[0] for path in files_naming(data_dir, dialogue.id)} >= {"recordings", "spool"}


async def test_a_deleted_conversation_leaves_nothing_behind(keeper: Keeper, store: Store, data_dir: Path) -> None:
    doomed, spared = await fill(store, data_dir), await fill(store, data_dir, "call-2", "other")
    before = await rows_naming(store, spared.id)
    receipt = await keeper.delete_conversation(doomed.id, "anna")
    assert await rows_naming(store, doomed.id) == {"deletion_receipt": 1}
    assert await rows_naming(store, spared.id) == before
    assert await keeper.tidy(compact=True)
    named = files_naming(data_dir, doomed.id)
    assert named in ([], ["tici.db"])  # the receipt names it
    assert receipt.counts["event"] == 17 and receipt.counts["conversation"] == 1 and receipt.counts["sample"] == 1
    assert receipt.counts["files"] == 3 and receipt.counts["bytes"] > 10_000
    assert receipt.finished_at is not None and receipt.by == "anna"
    with pytest.raises(NotFoundError):
        await keeper.delete_conversation(doomed.id, "anna")


async def test_a_deleted_customer_leaves_nothing_behind(keeper: Keeper, store: Store, data_dir: Path) -> None:
    """Words of the customer are in rows and files before, and in none after."""
    doomed = [await fill(store, data_dir, f"call-{n}") for n in range(2)]
    assert len(await rows_naming(store, *MARKS)) > 12
    receipt = await keeper.delete_customer("default", "PLANTED-customer", "anna")
    await keeper.tidy(compact=True)
    assert await rows_naming(store, *MARKS) == {}
    assert files_naming(data_dir, *MARKS) == []
    assert set(await rows_naming(store, *(one.id for one in doomed))) == {"deletion_receipt"}
    assert receipt.counts["conversation"] == 2 and receipt.counts["task"] == 2
    assert receipt.subject_id == keeper.mark("default", "PLANTED-customer") == receipt.customer_mark
    assert len(receipt.subject_id) == 64


async def test_two_who_delete_a_customer_at_once_get_one_true_receipt(
    keeper: Keeper, store: Store, data_dir: Path
) -> None:
    for n in range(3):
        await fill(store, data_dir, f"call-{n}")
    both = await asyncio.gather(*(keeper.delete_customer("default", "PLANTED-customer", by) for by in ("anna", "bert")))
    async with store.read() as session:
        kept = {one.receipt_id: one for one in (await receipts.page(session, "default", 0, 50))[0]}
    whole = [one for one in kept.values() if one.subject_type == holds.CUSTOMER]
    assert {one.receipt_id for one in both} >= {one.receipt_id for one in whole}
    assert sum(one.counts.get("conversation", 0) for one in whole) == 3
    assert sum(one.counts.get("files", 0) for one in whole) == 9
    again = await store.write(lambda session: receipts.finish(session, whole[0].receipt_id, {"event": 1}, 5.0))
    assert again == kept[whole[0].receipt_id]


async def test_without_rewriting_the_log_and_the_free_pages_are_clean(
    keeper: Keeper, store: Store, data_dir: Path, kind: str
) -> None:
    if kind != "sqlite":
        pytest.skip("a file of SQLite's")
    await fill(store, data_dir)
    assert files_naming(data_dir, *MARKS) != []
    await keeper.delete_customer("default", "PLANTED-customer", "anna")
    assert files_naming(data_dir, *MARKS) == []


async def test_a_conversation_once_theirs_forgets_them(keeper: Keeper, store: Store, data_dir: Path) -> None:
    other = await fill(store, data_dir, "call-1", "other")
    assert "event" in await rows_naming(store, "PLANTED-before")
    receipt = await keeper.delete_customer("default", "PLANTED-before", "anna")
    assert await rows_naming(store, "PLANTED-before") == {}
    assert receipt.counts == {"binding": 1}
    assert (await store.conversation(other.id)).customer == "other"
    await store.events(other.id)  # they can still be read


async def test_samples_of_a_conversation_that_went_before_go_with_the_customer(
    keeper: Keeper, store: Store, data_dir: Path
) -> None:
    dialogue = await fill(store, data_dir)
    await keeper.delete_conversation(dialogue.id, "retention", "rule standard: text")
    assert (await rows_naming(store, dialogue.id)).keys() == {"sample", "deletion_receipt"}
    receipt = await keeper.delete_customer("default", "PLANTED-customer", "anna")
    assert receipt.counts["sample"] == 1
    assert (await rows_naming(store, *MARKS)) == {}


async def test_what_a_hold_protects_is_not_deleted(keeper: Keeper, store: Store, data_dir: Path) -> None:
    dialogue = await fill(store, data_dir)
    hold = holds.Hold("h1", "conversation", dialogue.id, "court", "anna", 1.0)
    await store.write(lambda session: holds.place(session, "default", hold))
    for attempt in (
        keeper.delete_conversation(dialogue.id, "anna"),
        keeper.delete_customer("default", "PLANTED-customer", "anna"),
        keeper.delete_audio(dialogue.id, "anna", "rule"),
    ):
        with pytest.raises(holds.HeldError, match="h1"):
            await attempt
    assert files_naming(data_dir, dialogue.id) and "event" in await rows_naming(store, dialogue.id)
    await store.write(lambda session: holds.release(session, "default", "h1", "anna", "settled", 2.0))
    assert (await keeper.delete_conversation(dialogue.id, "anna")).finished_at


async def test_a_released_hold_forgets_the_customer_too(keeper: Keeper, store: Store, data_dir: Path) -> None:
    mark = keeper.mark("default", "PLANTED-customer")
    await fill(store, data_dir)
    hold = holds.Hold("h1", "customer", "PLANTED-customer", MARKS[0], "anna", 1.0, mark)
    await store.write(lambda session: holds.place(session, "default", hold))
    await store.write(lambda session: holds.release(session, "default", "h1", "anna", MARKS[0], 2.0))
    await keeper.delete_customer("default", "PLANTED-customer", "anna")
    assert await rows_naming(store, *MARKS) == {}


async def test_a_live_conversation_is_not_deleted(keeper: Keeper, store: Store, monkeypatch) -> None:
    live = Dialogue(customer="c1")
    await store.commit([live.first, *live.events(leg())])
    monkeypatch.setattr("server.keeping.keeper.time", lambda: live.first.at + 60)
    with pytest.raises(ConflictError, match="going on"):
        await keeper.delete_customer("default", "c1", "anna")


@pytest.mark.parametrize("where", ["files", "rows"])
@pytest.mark.parametrize("what", ["conversation", "customer"])
async def test_a_deletion_that_was_interrupted_is_finished(
    keeper: Keeper, store: Store, data_dir: Path, monkeypatch, where: str, what: str
) -> None:
    dialogue = await fill(store, data_dir)

    def dies(*args, **kwargs):
        raise StoreError("killed here")

    with monkeypatch.context() as broken:
        target = (
            "server.keeping.keeper.remove_files"
            if where == "files"
            else "server.store.queries.deleting.delete_conversation"
        )
        broken.setattr(target, dies)
        with pytest.raises(StoreError):
            if what == "conversation":
                await keeper.delete_conversation(dialogue.id, "anna")
            else:
                await keeper.delete_customer("default", "PLANTED-customer", "anna")
    assert bool(audio_files(data_dir)) == (where == "files")
    hold = holds.Hold("h1", "conversation", dialogue.id, "too late", "anna", 1.0)
    with pytest.raises(ConflictError, match="being deleted"):
        await store.write(lambda session: holds.place(session, "default", hold))
    assert await keeper.resume() == (1 if what == "conversation" else 2)
    await keeper.tidy(compact=True)
    assert set(await rows_naming(store, dialogue.id)) == {"deletion_receipt"}
    assert audio_files(data_dir) == []
    async with store.read() as session:
        rows, _ = await receipts.page(session, "default", 0, 10)
    assert all(row.finished_at for row in rows)
    assert sum(row.counts.get("files", 0) for row in rows if row.subject_type == what) == 3
    assert await keeper.resume() == 0


async def test_deleting_rows_counts_each_table_once(store: Store, data_dir: Path) -> None:
    dialogue = await fill(store, data_dir)
    counts = await store.write(lambda session: deleting.delete_conversation(session, dialogue.id, samples=True))
    assert counts["utterance"] == 2 and counts["leg"] == 2 and counts["call_event"] == 2 and counts["outbox"] == 1
    assert counts.keys() >= {t.name for t in metadata.sorted_tables if "conversation_id" in t.c}
