"""The export of a customer: whole, readable, and made piece by piece."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from server.keeping import acts
from server.keeping.acts import Actor
from server.keeping.keeper import Keeper
from server.store import InvalidError, Store
from server.store.queries import audit
from tests.server.keeping.filled import fill, text_of

ANNA = Actor("anna")


async def test_an_export_holds_everything_of_the_customer_and_of_nobody_else(
    keeper: Keeper, store: Store, data_dir: Path
) -> None:
    mine = await fill(store, data_dir, "call-1", "c1")
    await fill(store, data_dir, "call-2", "c2")
    made = await acts.export(keeper, ANNA, "c1")
    archive = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in made.chunks()])))
    assert archive.testzip() is None
    folder = f"conversations/{mine.id}"
    assert sorted(archive.namelist()) == sorted(
        [
            *(f"{folder}/{name}" for name in ("conversation.json", "events.jsonl", "recordings/customer.flac")),
            *("tasks.json", "samples.json", "manifest.json"),
        ]
    )
    events = [json.loads(line) for line in archive.read(f"{folder}/events.jsonl").splitlines()]
    assert events == [event_row(event) for event in await store.events(mine.id)]
    rows = json.loads(archive.read(f"{folder}/conversation.json"))
    assert rows["outcome"][0]["text"] == text_of(6) and len(rows["suggestion"]) == len(rows["sample"]) == 1
    recorded = data_dir / "recordings" / mine.id / "customer.flac"
    assert archive.read(f"{folder}/recordings/customer.flac") == recorded.read_bytes()
    assert [task["external_id"] for task in json.loads(archive.read("tasks.json"))] == ["t-call-1"]
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["exported_by"], manifest["customer"]) == ("anna", "c1") and manifest["mask_version"] > 0
    told = manifest["conversations"][0]
    assert (told["consent"], told["retention_class"], told["events"]) == ("unknown", "standard", 17)
    async with store.read() as session:
        rows, _ = await audit.page(session, "default", audit.Wanted(action="customer.export"), 0, 10)
    assert [(row.by, row.subject_id) for row in rows] == [("anna", keeper.mark("default", "c1"))]
    assert "c1" not in str(rows[0].detail)


def event_row(event) -> dict[str, object]:
    dumped = event.model_dump(mode="json")
    return {**dumped, "type": dumped["payload"]["type"]}


async def test_a_large_recording_is_never_whole_in_memory(keeper: Keeper, store: Store, data_dir: Path) -> None:
    dialogue = await fill(store, data_dir)
    (data_dir / "recordings" / dialogue.id / "customer.flac").write_bytes(bytes(3_000_000))
    made = await acts.export(keeper, ANNA, "PLANTED-customer")
    sizes = [len(chunk) async for chunk in made.chunks()]
    assert sum(sizes) > 3_000_000 and max(sizes) < 300_000


async def test_nothing_to_export_is_said(keeper: Keeper) -> None:
    with pytest.raises(InvalidError, match="nothing is stored"):
        await acts.export(keeper, ANNA, "nobody")
