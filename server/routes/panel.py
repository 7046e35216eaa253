"""The agent's socket."""

import asyncio
import contextlib
import logging
from time import time

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from server.access import Page
from server.auth import Denied
from server.hub import Lagged
from server.live.conversation import (
    CLAIMS,
    Lag,
    LiveConversation,
    Published,
    SessionsEnded,
    agent_topic,
    conversation_topic,
    session_topic,
)
from server.routes.claims import waiting
from server.routes.frames import receive
from server.routes.people import require_page
from server.routes.summaries import summary
from server.services import Services, ServicesDep
from server.session import InterimHeard
from server.store import StoreError, UserRecord
from server.wire import panel
from server.wire.base import ErrorCode, Message, Problem
from server.wire.events import AgentBound, ConversationStarted, Event
from server.wire.rest import ProblemResponse

log = logging.getLogger(__name__)
router = APIRouter()
_messages: TypeAdapter[panel.PanelClientMessage] = TypeAdapter(panel.PanelClientMessage)
MAX_TEXT = 32_768
SESSION_SECONDS = 15.0
"""How long a panel may stay open after its session is over."""
CLAIMS_PATIENCE = 1.0
"""Seconds until a list of claims that could not be read is tried again."""
LAGGED = 4000
"""Close code of a panel that read too slowly: it connects again and gets the rest."""


@router.websocket("/v1/panel")
async def panel_socket(socket: WebSocket, services: ServicesDep) -> None:
    """Serve one panel."""
    try:
        user = await services.doorkeeper.person(socket)
        require_page(user, Page.PANEL)
    except Denied as denied:
        body = ProblemResponse(problem=denied.problem).model_dump(mode="json")
        await socket.send_denial_response(JSONResponse(body, denied.status_code))
        return
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await PanelSocket(socket, services, user).run()


class LoggedOut(Exception):
    """The panel's session is over."""


class PanelSocket:
    """One open panel of one agent."""

    def __init__(self, socket: WebSocket, services: Services, user: UserRecord) -> None:
        self._socket = socket
        self._services = services
        self._user = user
        self._heard = services.hub.subscribe(agent_topic(user.login), CLAIMS)
        self._sessions = services.hub.subscribe(session_topic(user.login))
        self._certain = asyncio.Event()
        """Not set while it is looked up whether the session goes on: nothing is told meanwhile."""
        self._certain.set()
        self._over = False
        self._seen: dict[str, int] = {}
        """Last seq told, by watched conversation."""
        self._telling = asyncio.Lock()
        self._claims: list[panel.Claim] | None = None
        """What was last told to wait for somebody."""
        self._claims_changed = asyncio.Event()

    async def run(self) -> None:
        """Serve until the panel goes away or falls behind."""
        hearing = asyncio.create_task(self._hear())
        reading = asyncio.create_task(self._read())
        guarding = asyncio.create_task(self._guard())
        offering = asyncio.create_task(self._offer())
        tasks = (hearing, reading, guarding, offering, asyncio.create_task(self._expel()))
        try:
            await self._hello()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except LoggedOut:
            await self._socket.close(1008, ErrorCode.UNAUTHENTICATED)
        except StoreError:
            # Of the hello; the page connects again.
            await self._socket.close(1013, ErrorCode.STORAGE)
        finally:
            self._heard.close()
            self._sessions.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self) -> None:
        """Raise LoggedOut once the session is over."""
        while True:
            await asyncio.sleep(SESSION_SECONDS)
            # A database that is away says nothing about the session.
            with contextlib.suppress(StoreError):
                await self._check_session()

    async def _expel(self) -> None:
        """Raise LoggedOut as soon as this node ends the session; until that is certain nothing leaves."""
        async for _ in self._sessions:
            self._certain.clear()
            await self._look_up()
            self._certain.set()

    async def _look_up(self) -> None:
        while True:
            try:
                return await self._check_session()
            except StoreError:
                await asyncio.sleep(CLAIMS_PATIENCE)
            except LoggedOut:
                self._over = True
                self._certain.set()
                raise

    async def _check_session(self) -> None:
        if await self._services.doorkeeper.logged_in(self._socket) is None:
            raise LoggedOut

    async def _hello(self) -> None:
        summaries = []
        for record in await self._services.store.active_conversations_of(self._user.login):
            live = await self._services.conversations.get(record.conversation_id)
            if live is not None:
                summaries.append(summary(live, self._services))
        await self._send(
            panel.Hello(login=self._user.login, display_name=self._user.display_name, conversations=summaries)
        )
        self._claims_changed.set()

    # --- from the panel

    async def _read(self) -> None:
        while True:
            message = await receive(self._socket, _messages, MAX_TEXT)
            if message is None:
                await self._problem(ErrorCode.BAD_MESSAGE, "this message does not follow the protocol")
                continue
            try:
                await self._take(message)
            except StoreError as error:
                log.error("panel: %s", type(error).__name__)
                await self._problem(ErrorCode.STORAGE, "the database is away; try again")

    async def _take(self, message: panel.PanelClientMessage) -> None:
        if not isinstance(message, panel.Ping):
            await self._check_session()
        match message:
            case panel.Ping(client_time=client_time):
                await self._send(panel.Pong(client_time=client_time, server_time=time()))
            case panel.Watch():
                await self._watch(message)
            case panel.Unwatch(conversation_id=conversation_id):
                async with self._telling:
                    self._unwatch(conversation_id)
            case panel.Rendered():
                live = await self._mine(message.conversation_id)
                if live is not None:
                    await live.do(lambda s: s.rendered(message.suggestion_ids, message.rendered, time()))
            case _:
                await self._act(message)

    async def _watch(self, message: panel.Watch) -> None:
        async with self._telling:
            live = await self._mine(message.conversation_id)
            if live is not None:
                self._heard.add(conversation_topic(message.conversation_id))
                self._seen[message.conversation_id] = message.after_seq
                await self._catch_up(live)
                return
        await self._problem(ErrorCode.FORBIDDEN, "this is not your conversation")

    def _unwatch(self, conversation_id: str) -> None:
        """Call it while nothing is being told."""
        if self._seen.pop(conversation_id, None) is not None:
            self._heard.remove(conversation_topic(conversation_id))

    async def _act(self, action: panel.PanelAction) -> None:
        live = await self._services.conversations.get(action.conversation_id)
        if live is None:
            problem: Problem | None = Problem(code=ErrorCode.NOT_FOUND, message="no such conversation")
        else:
            article = None
            if isinstance(action, panel.RaiseArticle):
                article = self._services.knowledge.article(action.article_id)
            problem = await live.act(lambda s: s.act(action, self._user.login, time(), article))
        if isinstance(action, panel.Send):
            self._services.delivery.wake()
        await self._send(panel.ActionResult(action_id=action.action_id, ok=problem is None, problem=problem))

    async def _mine(self, conversation_id: str) -> LiveConversation | None:
        live = await self._services.conversations.get(conversation_id)
        return live if live is not None and self._owns(live) else None

    def _owns(self, live: LiveConversation) -> bool:
        return live.session.state.agent == self._user.login

    # --- to the panel

    async def _hear(self) -> None:
        try:
            async for topic, message in self._heard:
                if topic == agent_topic(self._user.login):
                    await self._reassigned(message)
                elif topic == CLAIMS:
                    self._claims_changed.set()
                else:
                    await self._tell(message, topic)
        except Lagged:
            await self._socket.close(LAGGED, "read too slowly; connect again")

    async def _offer(self) -> None:
        """Tell which calls wait for somebody: at first, and whenever that has changed."""
        while True:
            await self._claims_changed.wait()
            self._claims_changed.clear()
            try:
                calls = await waiting(self._services, self._user)
            except StoreError:
                await asyncio.sleep(CLAIMS_PATIENCE)
                self._claims_changed.set()
                continue
            if calls != self._claims:
                self._claims = calls
                await self._send(panel.Claims(calls=calls))

    async def _reassigned(self, message: Published) -> None:
        if not isinstance(message, Event):
            return
        async with self._telling:
            live = await self._mine(message.conversation_id)
            if live is not None and isinstance(message.payload, AgentBound | ConversationStarted):
                await self._send(panel.Assigned(conversation=summary(live, self._services)))
            elif live is None:
                self._unwatch(message.conversation_id)
                await self._send(panel.Unassigned(conversation_id=message.conversation_id))

    async def _tell(self, message: Published, topic: str) -> None:
        conversation_id = topic.partition(":")[2]
        async with self._telling:
            seen = self._seen.get(conversation_id)
            live = await self._mine(conversation_id) if seen is not None else None
            if seen is None or live is None:
                return
            if isinstance(message, SessionsEnded):
                return
            if isinstance(message, InterimHeard):
                await self._send(_interim(conversation_id, message))
            elif isinstance(message, Lag):
                await self._send(_lag(conversation_id, message))
            elif message.seq == seen + 1:
                await self._send_event(message)
            elif message.seq > seen:
                await self._catch_up(live)

    async def _catch_up(self, live: LiveConversation) -> None:
        seen = self._seen[live.conversation_id]
        for event in await self._services.store.events(live.conversation_id, seen):
            # Sending waits: the conversation may have become another agent's meanwhile.
            if not self._owns(live):
                return
            await self._send_event(event)

    async def _send_event(self, event: Event) -> None:
        self._seen[event.conversation_id] = event.seq
        await self._send(panel.EventMessage(event=event))

    async def _problem(self, code: ErrorCode, message: str) -> None:
        await self._send(panel.PanelError(problem=Problem(code=code, message=message)))

    async def _send(self, message: Message) -> None:
        await self._certain.wait()
        if self._over:
            raise LoggedOut
        await self._socket.send_text(message.model_dump_json())


def _lag(conversation_id: str, lag: Lag) -> panel.PanelLag:
    return panel.PanelLag(conversation_id=conversation_id, seconds=lag.seconds, away=lag.away)


def _interim(conversation_id: str, heard: InterimHeard) -> panel.PanelInterim:
    return panel.PanelInterim(
        conversation_id=conversation_id,
        leg=heard.leg,
        role=heard.role,
        text=heard.text,
        start=heard.start,
        end=heard.end,
    )
