"""The customer's chat, and the door through which a web site opens one."""

import asyncio
import contextlib
import uuid
from time import monotonic, time

from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter

from server.auth import Denied
from server.hub import Lagged
from server.live.conversation import LiveConversation, conversation_topic
from server.routes.frames import receive
from server.services import Services, ServicesDep
from server.session import Output, Session
from server.store import ConflictError, Scope, StoreError
from server.wire import chat
from server.wire.base import ErrorCode, Message, Problem
from server.wire.events import (
    Channel,
    ConversationEnded,
    DeliveryState,
    Event,
    MessageQueued,
    MessageState,
    Role,
    Utterance,
)
from server.wire.rest import ChatCreated, ChatRequest

router = APIRouter()
_messages: TypeAdapter[chat.ChatClientMessage] = TypeAdapter(chat.ChatClientMessage)
MAX_TEXT = 16_384
LAGGED = 4000


async def open_chat(services: Services, request: ChatRequest) -> ChatCreated:
    """Start a chat conversation. Raises ConflictError if the external id is taken."""
    live = await services.conversations.open(
        channel=Channel.CHAT,
        external_id=request.external_id,
        language=request.language,
        queue=request.queue,
        agent=request.agent,
        customer=request.customer,
        context=request.context,
    )
    return _created(services, live)


def _created(services: Services, live: LiveConversation) -> ChatCreated:
    return ChatCreated(conversation_id=live.conversation_id, url=services.links.make(live.conversation_id))


@router.post("/v1/chats", status_code=201, tags=["chat"])
async def create_chat(body: ChatRequest, request: Request, response: Response, services: ServicesDep) -> ChatCreated:
    """Open a chat (what a web site's server calls when its visitor wants one); needs a key with scope `chat`.

    The same external id again gets the same chat, with 200; the id of a call is refused with 409.
    """
    key = await services.doorkeeper.key(request, Scope.CHAT)
    await services.doorkeeper.check_queue(key, body.queue)
    try:
        return await open_chat(services, body)
    except ConflictError:
        live = await services.conversations.find(body.external_id)
        if live is None:
            raise
    started = live.session.state.started
    if started is None or started.channel is not Channel.CHAT:
        raise ConflictError("a call has this external id; give the chat another one")
    await services.doorkeeper.check_queue(key, started.queue)
    response.status_code = 200
    return _created(services, live)


@router.websocket("/v1/chat")
async def chat_socket(socket: WebSocket, services: ServicesDep, token: str = "") -> None:
    """Serve one customer's page."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        try:
            services.doorkeeper.check_origin(socket)
            live = await services.conversations.get(services.links.read(token))
            if live is None:
                raise Denied(ErrorCode.UNAUTHENTICATED, "this chat is no longer there")
        except Denied as denied:
            # After the upgrade: a browser's page cannot see why an upgrade was refused.
            await socket.send_text(chat.ChatError(problem=denied.problem).model_dump_json())
            await socket.close(1008, denied.problem.code)
            return
        with services.conversations.pinned(live):
            await ChatSocket(socket, services, live).run()


class ChatSocket:
    """One open page of one customer."""

    def __init__(self, socket: WebSocket, services: Services, live: LiveConversation) -> None:
        self._socket = socket
        self._services = services
        self._live = live
        self._heard = services.hub.subscribe(conversation_topic(live.conversation_id))
        self._bank = services.settings.bank_name
        self._pace = services.doorkeeper.chat_pace
        self._told: set[str] = set()
        self._client_ids: dict[str, str] = {}

    async def run(self) -> None:
        """Serve until the page goes away or falls behind."""
        try:
            await self._hello()
        except StoreError:
            await self._socket.close(1013, ErrorCode.STORAGE)
            return
        hearing = asyncio.create_task(self._hear())
        reading = asyncio.create_task(self._read())
        try:
            done, _ = await asyncio.wait({hearing, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._heard.close()
            for task in (hearing, reading):
                task.cancel()
            await asyncio.gather(hearing, reading, return_exceptions=True)

    async def _hello(self) -> None:
        hello: list[chat.ChatHello] = []

        def look(session: Session) -> list[Output]:
            hello.append(self._greeting(session))
            return []

        # As a step, so that all it sees is stored, and what comes later is heard.
        await self._live.do(look)
        # Kept masked; what the page has not shown yet goes out as the agent wrote it.
        going = await self._services.store.outgoing(self._live.conversation_id)
        lines = [_as_written(line, going.get(line.message_id)) for line in hello[0].lines]
        await self._send(hello[0].model_copy(update={"lines": lines}))

    def _greeting(self, session: Session) -> chat.ChatHello:
        state = session.state
        assert state.started is not None
        lines = [self._line(turn) for turn in state.turns if turn.message_id is not None]
        self._told.update(line.message_id for line in lines)
        return chat.ChatHello(
            conversation_id=self._live.conversation_id,
            bank=self._bank,
            language=state.started.language,
            ended=state.ended_at is not None,
            lines=lines,
        )

    async def _read(self) -> None:
        while True:
            message = await receive(self._socket, _messages, MAX_TEXT)
            if message is None:
                await self._problem(ErrorCode.BAD_MESSAGE, "this message does not follow the protocol")
                continue
            try:
                await self._take(message)
            except StoreError:
                await self._problem(ErrorCode.STORAGE, "the message could not be stored; try again")

    async def _take(self, message: chat.ChatClientMessage) -> None:
        match message:
            case chat.CustomerSays():
                await self._said(message)
            case chat.CustomerReceived(message_id=message_id):
                seen = MessageState(message_id=message_id, state=DeliveryState.DELIVERED, attempts=1)
                await self._live.do(lambda s: s.message_state(seen, time()))
            case chat.CustomerEnds():
                await self._live.do(lambda s: s.end("customer left", time()))

    async def _said(self, message: chat.CustomerSays) -> None:
        if not self._pace.take(self._live.conversation_id, monotonic()):
            await self._problem(ErrorCode.TOO_FAST, "too many messages; wait a moment")
            return
        name = str(uuid.uuid5(uuid.UUID(self._live.conversation_id), f"chat:{message.client_id}"))
        self._client_ids[name] = message.client_id

        def write(session: Session) -> list[Output]:
            ended = session.state.ended_at is not None
            return [] if ended else session.customer_wrote(message.text, name, time())

        if await self._live.do(write):
            return
        repeated = next((t for t in self._live.session.state.turns if t.message_id == name), None)
        if repeated is None:
            await self._problem(ErrorCode.CONVERSATION_ENDED, "this chat has ended")
        else:
            await self._send(self._line(repeated))

    async def _hear(self) -> None:
        try:
            async for _, message in self._heard:
                if isinstance(message, Event):
                    await self._tell(message)
        except Lagged:
            await self._socket.close(LAGGED, "read too slowly; connect again")

    async def _tell(self, event: Event) -> None:
        match event.payload:
            case Utterance(message_id=str(message_id), role=Role.CUSTOMER) if message_id not in self._told:
                self._told.add(message_id)
                await self._send(self._line(event.payload))
            case MessageQueued(message_id=message_id) if message_id not in self._told:
                self._told.add(message_id)
                turns = self._live.session.state.turns
                turn = next((t for t in reversed(turns) if t.message_id == message_id), None)
                if turn is not None:
                    await self._send(_as_written(self._line(turn), event.payload.outgoing))
            case ConversationEnded():
                await self._send(chat.ChatEnded())

    def _line(self, turn: Utterance) -> chat.ChatLine:
        assert turn.message_id is not None
        return chat.ChatLine(
            message_id=turn.message_id,
            role="agent" if turn.role is Role.AGENT else "customer",
            text=turn.text,
            at=self._live.session.state.started_at + turn.start,
            client_id=self._client_ids.get(turn.message_id),
        )

    async def _problem(self, code: ErrorCode, message: str) -> None:
        await self._send(chat.ChatError(problem=Problem(code=code, message=message)))

    async def _send(self, message: Message) -> None:
        await self._socket.send_text(message.model_dump_json())


def _as_written(line: chat.ChatLine, text: str | None) -> chat.ChatLine:
    return line if text is None else line.model_copy(update={"text": text})
