"""The demo page's doors; there only in demo mode."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, Response

from server.demo import DEMO_LOGINS, Demo
from server.ids import new_id
from server.routes.chat import open_chat
from server.routes.people import Agent
from server.services import Services, ServicesDep
from server.wire.rest import ChatCreated, ChatRequest, DemoCall, DemoLogin, ReplayRequest, ReplayStarted

router = APIRouter(prefix="/v1/demo", tags=["demo"])


def _demo(services: Services) -> Demo:
    if services.demo is None:
        raise HTTPException(404, "this node is not in demo mode")
    return services.demo


@router.get("/logins")
async def logins(services: ServicesDep) -> list[DemoLogin]:
    """Accounts that anyone may use here."""
    _demo(services)
    return list(DEMO_LOGINS)


@router.get("/calls")
async def calls(user: Agent, services: ServicesDep) -> list[DemoCall]:
    """The recorded calls of the pack."""
    return _demo(services).calls()


@router.get("/calls/{call_id}/audio")
async def audio(call_id: str, user: Agent, services: ServicesDep) -> Response:
    """Both legs as one stereo WAV."""
    path = await _demo(services).stereo(call_id)
    if path is None:
        raise HTTPException(404, "there is no such demo call")
    return FileResponse(path, media_type="audio/wav")


@router.post("/replays", status_code=202)
async def replay(body: ReplayRequest, user: Agent, services: ServicesDep) -> ReplayStarted:
    """Play a recorded call through this node's own `/v1/listen`, assigned to whoever asks."""
    external_id = _demo(services).play(body.call_id, user.login, body.speed)
    if external_id is None:
        raise HTTPException(404, "there is no such demo call")
    return ReplayStarted(external_id=external_id)


@router.post("/chats", status_code=201)
async def start_chat(user: Agent, services: ServicesDep) -> ChatCreated:
    """Open a chat whose agent is whoever asks."""
    _demo(services)
    return await open_chat(services, ChatRequest(external_id=f"demo-chat-{new_id()}", agent=user.login))
