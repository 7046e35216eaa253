"""Stored conversations: the list, one whole, its recordings."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse

from server.access import Page, reading
from server.keeping.acts import LISTEN, Actor, note_once
from server.live.recorder import Recorder
from server.recordings import MEDIA_TYPE, recording_path
from server.routes.paging import Limit, Offset
from server.routes.people import Reader, require_page
from server.services import Services, ServicesDep
from server.store import Reach, RecordingRecord, Scope
from server.wire.rest import ConversationDetail, ConversationPage, ConversationRow, RecordingGap, RecordingInfo

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and whose conversations they may read."""

    login: str
    """Of a machine: `key:` and its name."""
    reach: Reach


async def _caller(request: Request, services: ServicesDep) -> Caller:
    if "authorization" in request.headers:
        key = await services.doorkeeper.key(request, Scope.EXPORT)
        return Caller(f"key:{key.name}", key.reach)
    user = await services.doorkeeper.person(request)
    require_page(user, Page.CONVERSATIONS)
    return Caller(user.login, reading(user))


CallerDep = Annotated[Caller, Depends(_caller)]


@router.get("")
async def listing(
    user: Reader,
    services: ServicesDep,
    offset: Offset = 0,
    limit: Limit = 50,
) -> ConversationPage:
    """Newest first; an agent sees their own, others those of their team and queues."""
    return await services.store.list_conversations(reading(user), offset, limit)


@router.get("/{conversation_id}")
async def one(conversation_id: str, caller: CallerDep, services: ServicesDep) -> ConversationDetail:
    """Everything stored of one conversation; also for a key with scope `export`."""
    row = await _readable(conversation_id, caller, services)
    await _note(services, caller, "conversation.read", row)
    recordings = await services.store.recordings(conversation_id)
    return ConversationDetail(
        row=row,
        events=await services.store.events(conversation_id),
        recordings=[_info(recording) for recording in recordings],
        receipts=await services.store.receipts(conversation_id),
    )


@router.get("/{conversation_id}/recordings/{leg}")
async def recording(conversation_id: str, leg: str, caller: CallerDep, services: ServicesDep) -> FileResponse:
    """One leg's audio (FLAC); ranges are served, so that a player can seek."""
    row = await _readable(conversation_id, caller, services)
    # Nobody may hear what was told only afterwards that it is not to be recorded.
    await Recorder(services.store, services.settings.data_dir).amend(conversation_id)
    path = recording_path(services.settings.data_dir, conversation_id, leg)
    if not path.is_file():
        raise HTTPException(404, "there is no such recording")
    if row.agent != caller.login:
        await note_once(services.store, Actor(caller.login, caller.reach.tenant), LISTEN, conversation_id)
    return FileResponse(path, media_type=MEDIA_TYPE)


async def _readable(conversation_id: str, caller: Caller, services: Services) -> ConversationRow:
    """The conversation's row if the caller may read it; the same 404 whether it is missing or another's."""
    record = await services.store.conversation(conversation_id)
    row = await services.store.conversation_row(conversation_id)
    if record is None or row is None or not caller.reach.covers(record.tenant, record.team, record.queue, record.agent):
        raise HTTPException(404, "there is no such conversation")
    return row


async def _note(services: Services, caller: Caller, action: str, row: ConversationRow) -> None:
    """Audit that somebody looked into a conversation that is not their own."""
    if row.agent != caller.login:
        subject = ("conversation", row.conversation_id)
        await services.store.append_audit(caller.login, action, subject, tenant=caller.reach.tenant)


def _info(record: RecordingRecord) -> RecordingInfo:
    return RecordingInfo(
        leg=record.leg,
        role=record.role,
        url=f"/v1/conversations/{record.conversation_id}/recordings/{record.leg}",
        duration=record.samples / record.sample_rate,
        offset=record.offset,
        gaps=[RecordingGap(start=start, end=end, reason=reason) for start, end, reason in record.gaps],
    )
