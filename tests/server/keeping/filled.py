"""A conversation that has something in every table and every folder, with words that can be looked for."""

import json
from pathlib import Path
from time import time
from typing import Any

import numpy as np
from sqlalchemy import select

from server.live.recorder import Recorder
from server.spool import LegSpool, SpoolHeader
from server.store import Store
from server.store.tables import metadata
from server.store.tables.columns import Table
from server.store.tables.conversations import BusinessResultTable, CallEventTable, ConversationLinkTable
from server.store.tables.keeping import ConsentTable, RecordingSwitchTable
from server.store.tables.organisation import TaskTable
from server.store.tables.reviews import ReviewTable, ScorecardTable
from server.store.tables.speech import LegLanguageTable
from server.wire.events import (
    AgentBound,
    CallEventType,
    ConversationEnded,
    CustomerBound,
    LegEnded,
    LegGap,
    MaskedSpan,
    MessageQueued,
    OutcomeKind,
    Role,
    Segment,
    SegmentKind,
    SegmentsChanged,
    SuggestionOutcome,
    SwitchEvent,
    WrappedUp,
)
from tests.server.store.dialogue import Dialogue, card, cards, leg, said

RATE = 8000
SECONDS = 3
MARKS = ("PLANTED", "植入的秘密")
NOISE = np.random.default_rng(2).integers(-20000, 20000, RATE * SECONDS).astype(np.int16)


def text_of(number: int) -> str:
    return f"{MARKS[0]}-{number} {MARKS[1]}"


async def fill(
    store: Store, data_dir: Path, external_id: str = "call-1", customer: str = "PLANTED-customer", **started: Any
) -> Dialogue:
    """Store the conversation: rows in every table of it, a recording, and a spool that was left behind."""
    dialogue = Dialogue(external_id, customer=customer, context={"note": text_of(0)}, **started)
    u1, u2, s1, m1 = (f"{dialogue.id}-{name}" for name in ("u1", "u2", "s1", "m1"))
    shown = card(s1, title=text_of(1), reply=text_of(2), matched=text_of(3))
    heard = said(text_of(4), 800, 8000, u1).model_copy(update={"masked": [MaskedSpan(kind="phone", start=1, end=1.5)]})
    payloads = [
        leg("customer"),
        leg("agent", Role.AGENT),
        AgentBound(agent="li", by="switch"),
        CustomerBound(customer=customer, previous="PLANTED-before", by="li"),
        SegmentsChanged(segments=[Segment(kind=SegmentKind.TALK, agent="li", start=0, end=None)]),
        SwitchEvent(event_id="e1", what=CallEventType.ANSWERED, when=0.5, agent="li", reported="8012"),
        LegGap(leg="customer", start=0, end=0.1, missing=0.1, reason="network"),
        heard,
        said(text_of(5), 800, 8000, u2, "agent"),
        cards(shown, trigger=u1, text=text_of(4)),
        SuggestionOutcome(suggestion_id=s1, outcome=OutcomeKind.EDITED, by="li", action_id="a1", text=text_of(6)),
        MessageQueued(message_id=m1, text=text_of(7), by="li", adapter="webhook", action_id="a2"),
        LegEnded(leg="customer", samples=len(NOISE), reason="end"),
        LegEnded(leg="agent", samples=0, reason="end"),
        ConversationEnded(reason="hang-up"),
        WrappedUp(code="done", note=text_of(8), by="li", action_id="a3"),
    ]
    await store.commit([dialogue.first, *dialogue.events(*payloads)])
    await store.write(lambda session: _add_all(session, _beside(dialogue, external_id, customer)))
    await keep_audio(store, data_dir, dialogue.id)
    left_over = spool(data_dir, dialogue.id, "agent")
    left_over.append((MARKS[0] * 100).encode())
    left_over.sync()
    left_over.close()
    return dialogue


def _beside(dialogue: Dialogue, external_id: str, customer: str) -> list[Table]:
    """Rows that other events and other systems make."""
    mine: dict[str, Any] = {"conversation_id": dialogue.id}
    now = time()
    payload = {"customer": customer, "note": text_of(9)}
    return [
        ConversationLinkTable(parent_id=dialogue.id, kind="transfer", created_at=now, **mine),
        RecordingSwitchTable(recording=True, at=0, by="li", reason=text_of(10), **mine),
        ConsentTable(consent="given", by="li", at=now, **mine),
        LegLanguageTable(leg="customer", language="en", by="li", at=now, **mine),
        CallEventTable(
            external_id=external_id, event_id="early", type="ringing", at=now, payload=payload, received_at=now
        ),
        BusinessResultTable(
            external_id=external_id,
            idempotency_key=external_id,
            result="applied",
            at=now,
            received_at=now,
            payload=payload,
        ),
        BusinessResultTable(
            external_id="other name", idempotency_key=dialogue.id, result="paid", at=now, received_at=now, **mine
        ),
        TaskTable(kind="call", external_id=f"t-{external_id}", customer_ref=customer, context=payload, created_at=now),
        ScorecardTable(id=f"sc-{external_id}", name=external_id, version=1, created_at=now),
        ReviewTable(scorecard_id=f"sc-{external_id}", reviewer="wang", comment=text_of(11), created_at=now, **mine),
    ]


async def _add_all(session: Any, rows: list[Table]) -> None:
    for row in rows:
        session.add(row)
        await session.flush()


def spool(data_dir: Path, conversation_id: str, name: str) -> LegSpool:
    header = SpoolHeader(leg=name, encoding="pcm16", sample_rate=RATE, offset=0.25, role=name, language="zh")
    return LegSpool.create(data_dir, conversation_id, header)


async def keep_audio(store: Store, data_dir: Path, conversation_id: str) -> None:
    raw = spool(data_dir, conversation_id, "customer")
    raw.append(NOISE.tobytes())
    await Recorder(store, data_dir).keep(conversation_id, raw)


async def rows_naming(store: Store, *words: str) -> dict[str, int]:
    """Tables with rows in which one of the words occurs, and how many."""
    found: dict[str, int] = {}
    async with store.read() as session:
        for table in metadata.sorted_tables:
            rows = (await session.execute(select(table))).mappings().all()
            texts = [json.dumps(dict(row), ensure_ascii=False, default=str) for row in rows]
            number = sum(any(word in text for word in words) for text in texts)
            if number:
                found[table.name] = number
    return found


def files_naming(data_dir: Path, *words: str) -> list[str]:
    """Files, and paths, in which one of the words occurs."""
    paths = [path for path in data_dir.rglob("*") if path.is_file()]
    inside = [p for p in paths if any(word.encode() in p.read_bytes() or word in str(p) for word in words)]
    return sorted(str(path.relative_to(data_dir)) for path in inside)


def audio_files(data_dir: Path) -> list[str]:
    """What is left in the folders of recordings and of the spool."""
    folders = (data_dir / "recordings", data_dir / "spool")
    return sorted(path.name for folder in folders for path in folder.rglob("*"))
