"""Stored conversations: the list, one whole, its recordings."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse

from server.recordings import MEDIA_TYPE, recording_path
from server.routes.people import Person, sees_all
from server.services import Services, ServicesDep
from server.store import RecordingRecord, Scope
from server.wire.rest import ConversationDetail, ConversationPage, ConversationRow, RecordingInfo

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("")
async def listing(
    user: Person,
    services: ServicesDep,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ConversationPage:
    """Newest first; an agent sees their own."""
    agent = None if sees_all(user) else user.login
    return await services.store.list_conversations(offset, limit, agent=agent)


@router.get("/{conversation_id}")
async def one(conversation_id: str, request: Request, services: ServicesDep) -> ConversationDetail:
    """Everything stored of one conversation; also for a key with scope `export`."""
    row = await _readable(conversation_id, request, services)
    recordings = await services.store.recordings(conversation_id)
    return ConversationDetail(
        row=row,
        events=await services.store.events(conversation_id),
        recordings=[_info(recording) for recording in recordings],
        receipts=await services.store.receipts(conversation_id),
    )


@router.get("/{conversation_id}/recordings/{leg}")
async def recording(conversation_id: str, leg: str, request: Request, services: ServicesDep) -> FileResponse:
    """One leg's audio (FLAC); ranges are served, so that a player can seek."""
    await _readable(conversation_id, request, services)
    path = recording_path(services.settings.data_dir, conversation_id, leg)
    if not path.is_file():
        raise HTTPException(404, "there is no such recording")
    return FileResponse(path, media_type=MEDIA_TYPE)


async def _readable(conversation_id: str, request: Request, services: Services) -> ConversationRow:
    """The conversation's row if the caller may read it; the same 404 whether it is missing or another's."""
    row = await services.store.conversation_row(conversation_id)
    if row is None or not await _may_read(row, request, services):
        raise HTTPException(404, "there is no such conversation")
    return row


async def _may_read(row: ConversationRow, request: Request, services: Services) -> bool:
    if "authorization" in request.headers:
        await services.doorkeeper.key(request, Scope.EXPORT)
        return True
    user = await services.doorkeeper.person(request)
    return sees_all(user) or row.agent == user.login


def _info(record: RecordingRecord) -> RecordingInfo:
    return RecordingInfo(
        leg=record.leg,
        role=record.role,
        url=f"/v1/conversations/{record.conversation_id}/recordings/{record.leg}",
        duration=record.samples / record.sample_rate,
        offset=record.offset,
    )
