"""Everything that is stored of one customer, as a ZIP that is made while it is sent."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import gmtime, time
from typing import IO, Any, cast

from server.masking import MASK_VERSION
from server.store import Store
from server.store.queries import customers, receipts, whole
from server.version import version

BLOCK = 1 << 16
"""Bytes of a recording that are in memory at once."""
FORMAT = 1


@dataclass(slots=True)
class _Sink:
    """Takes what the ZIP writer writes; it cannot be sought, so nothing of it has to stay in memory."""

    parts: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        """Keep it until it is taken."""
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


@dataclass(frozen=True, slots=True)
class Export:
    """One customer's data. `mark` is their keyed hash, `by` who asked."""

    store: Store
    data_dir: Path
    tenant: str
    customer: str = field(repr=False)
    mark: str
    by: str

    async def chunks(self) -> AsyncIterator[bytes]:
        """The ZIP, piece by piece. Raises StoreError; a file that is gone by then is left out and said to be."""
        sink = _Sink()
        async with self.store.read() as session:
            ids = await customers.conversations(session, self.tenant, self.customer)
        told: list[dict[str, Any]] = []
        with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as archive:
            for conversation_id in ids:
                async for chunk in self._conversation(archive, sink, conversation_id, told):
                    yield chunk
            await self._beside(archive)
            archive.writestr(_entry("manifest.json"), _json(self._manifest(told)))
        yield sink.take()

    async def _conversation(
        self, archive: zipfile.ZipFile, sink: _Sink, conversation_id: str, told: list[dict[str, Any]]
    ) -> AsyncIterator[bytes]:
        folder = f"conversations/{conversation_id}"
        async with self.store.read() as session:
            row = await whole.conversation(session, conversation_id)
            if row is None:
                return  # deleted meanwhile
            parts = await whole.parts(session, conversation_id)
            archive.writestr(_entry(f"{folder}/conversation.json"), _json({"conversation": row, **parts}))
            with archive.open(_entry(f"{folder}/events.jsonl"), "w") as file:
                async for rows in whole.events(session, conversation_id):
                    file.write("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in rows).encode())
        yield sink.take()
        kept = [recording for recording in parts.get("recording", []) if recording["deleted_at"] is None]
        files = []
        for recording in kept:
            path = self.data_dir / recording["path"]
            name = f"{folder}/recordings/{path.name}"
            if path.is_file():
                files.append(name)
                async for chunk in _file(archive, sink, name, path):
                    yield chunk
        told.append(_told(row, parts, files))

    async def _beside(self, archive: zipfile.ZipFile) -> None:
        """What is not part of a conversation: tasks, and samples of conversations that were deleted."""
        async with self.store.read() as session:
            tasks = await whole.tasks(session, self.tenant, self.customer)
            gone = await receipts.of_customer(session, self.tenant, self.mark)
            samples = await whole.samples(session, [receipt.subject_id for receipt in gone])
        archive.writestr(_entry("tasks.json"), _json(tasks))
        archive.writestr(_entry("samples.json"), _json(samples))

    def _manifest(self, told: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "made_by": f"Tici {version()}",
            "exported_by": self.by,
            "exported_at": time(),
            "tenant": self.tenant,
            "customer": self.customer,
            "mask_version": MASK_VERSION,
            "conversations": told,
        }


def _told(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]], files: list[str]) -> dict[str, Any]:
    versions = {utterance["mask_version"] for utterance in parts.get("utterance", [])}
    return {
        "conversation_id": row["id"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
        "consent": row["consent"],
        "retention_class": row["retention_class"],
        "mask_versions": sorted(versions),
        "events": row["last_seq"],
        "recordings": files,
    }


async def _file(archive: zipfile.ZipFile, sink: _Sink, name: str, path: Path) -> AsyncIterator[bytes]:
    # A recording is compressed already.
    with archive.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as file:
        blocks = _blocks(path)
        while block := await asyncio.to_thread(next, blocks, b""):
            file.write(block)
            yield sink.take()
    yield sink.take()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, gmtime()[:6])
    entry.compress_type = method
    entry.external_attr = 0o600 << 16
    return entry


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
