"""A scripted server that speaks the wire: it serves the built pages and remembers what it hears."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter

from server.wire import chat, events, floor, panel, rest
from server.wire.base import ErrorCode, Message, Problem
from tests.browser.content import Content, now

PANEL = TypeAdapter[Any](panel.PanelClientMessage)
CHAT = TypeAdapter[Any](chat.ChatClientMessage)
CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"

ME: dict[str, Any] = {
    "login": "agent1",
    "display_name": "王敏",
    "role": "agent",
    "demo": True,
    "pages": ["panel", "conversations", "demo"],
    "must_change_password": False,
}


@dataclass
class Conversation:
    summary: panel.ConversationSummary
    log: list[events.Event] = field(default_factory=list)


class FakeServer:
    """Scripts call its methods from the test's thread; the server runs in its own."""

    def __init__(self, pages: Path, content: Content) -> None:
        self.content = content
        self.pages = pages
        self.conversations: dict[str, Conversation] = {}
        self.heard: list[Any] = []
        self.chat_heard: list[Any] = []
        self.panels: dict[WebSocket, set[str]] = {}
        self.customers: set[WebSocket] = set()
        self.claims: list[panel.Claim] = []
        self.claim_answer = 200
        self.mute = False
        self.problem: ErrorCode | None = None
        self.bank = "晨星银行"
        self.refuse = False
        self.confirm_sends = True
        self.delivery: events.DeliveryState | None = events.DeliveryState.DELIVERED
        self.logged_in = False
        self.me = dict(ME)
        self.floor: floor.Floor | ErrorCode | None = None
        """What goes on, or why that cannot be told; None: the answer is waited for."""
        self._loop = asyncio.new_event_loop()

    # --- running ---

    def start(self) -> str:
        """Serve on a free port; the base URL."""
        config = uvicorn.Config(
            make_app(self), host="127.0.0.1", port=0, log_config=None, log_level="error", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    def _run(self) -> None:
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    # --- the script's verbs ---

    def reset(self) -> None:
        """Forget everything; connected pages are dropped."""
        self.drop()
        self.conversations.clear()
        self.heard.clear()
        self.chat_heard.clear()
        self.refuse, self.confirm_sends, self.logged_in = False, True, False
        self.claims, self.claim_answer, self.mute, self.problem = [], 200, False, None
        self.bank = "晨星银行"
        self.me, self.floor = dict(ME), None
        self.delivery = events.DeliveryState.DELIVERED

    def assign(self, conversation_id: str = "c1", **fields: Any) -> None:
        """Give the agent a new conversation (a call unless told otherwise)."""
        values = self.content.summary(conversation_id) | fields
        summary = panel.ConversationSummary.model_validate(values)
        self.conversations[conversation_id] = Conversation(summary)
        self._do(self._tell_all(panel.Assigned(conversation=summary)))

    def unassign(self, conversation_id: str = "c1") -> None:
        """Take a conversation away."""
        self.conversations.pop(conversation_id)
        self._do(self._tell_all(panel.Unassigned(conversation_id=conversation_id)))

    def offer(self, *claims: panel.Claim) -> None:
        """Calls that wait for their agent."""
        self.claims = list(claims)
        self._do(self._tell_all(panel.Claims(calls=self.claims)))

    def complain(self, code: ErrorCode) -> None:
        """Tell panels of a problem outside of an action."""
        self._do(self._tell_all(panel.PanelError(problem=Problem(code=code, message="no"))))

    def say(self, payload: events.Payload, conversation_id: str = "c1") -> None:
        """Commit an event and push it."""
        self._do(self._commit(conversation_id, payload))

    def interim(self, text: str, role: str = "customer", conversation_id: str = "c1") -> None:
        message = panel.PanelInterim(
            conversation_id=conversation_id, leg=role, role=events.Role(role), text=text, start=1.0, end=2.0
        )
        self._do(self._tell_all(message))

    def lag(self, seconds: float, conversation_id: str = "c1", *, away: bool = False) -> None:
        self._do(self._tell_all(panel.PanelLag(conversation_id=conversation_id, seconds=seconds, away=away)))

    def drop(self) -> None:
        """Lose every connection."""
        self._do(self._close_all())

    def sent(self, kind: type) -> list[Any]:
        """What panels sent of one kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    # --- inside the server's loop ---

    async def _close_all(self) -> None:
        for socket in [*self.panels, *self.customers]:
            await socket.close(1012)
        self.panels.clear()
        self.customers.clear()

    async def _tell_all(self, message: Message) -> None:
        for socket in list(self.panels):
            await socket.send_text(message.model_dump_json())

    async def _commit(self, conversation_id: str, payload: events.Payload) -> None:
        conversation = self.conversations[conversation_id]
        seq = len(conversation.log) + 1
        event = events.Event(conversation_id=conversation_id, seq=seq, at=now(), payload=payload)
        conversation.log.append(event)
        for socket, watched in list(self.panels.items()):
            if conversation_id in watched:
                await socket.send_text(panel.EventMessage(event=event).model_dump_json())

    async def take(self, conversation_id: str) -> panel.ConversationSummary:
        """Give a waiting call to whoever asks."""
        values = self.content.summary(conversation_id) | {"customer": "新来电"}
        summary = panel.ConversationSummary.model_validate(values)
        self.conversations[conversation_id] = Conversation(summary)
        self.claims = [claim for claim in self.claims if claim.conversation_id != conversation_id]
        await self._tell_all(panel.Assigned(conversation=summary))
        await self._tell_all(panel.Claims(calls=self.claims))
        return summary

    async def serve_panel(self, socket: WebSocket) -> None:
        if self.refuse:
            return await socket.close(1013)
        await socket.accept()
        summaries = [c.summary for c in self.conversations.values() if not self._wrapped(c)]
        hello = panel.Hello(login="agent1", display_name="王敏", conversations=summaries)
        if self.mute:
            return await asyncio.sleep(5)
        await socket.send_text(hello.model_dump_json())
        await socket.send_text(panel.Claims(calls=self.claims).model_dump_json())
        self.panels[socket] = set()
        try:
            while True:
                await self._panel_message(socket, PANEL.validate_json(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            self.panels.pop(socket, None)

    def _wrapped(self, conversation: Conversation) -> bool:
        return any(isinstance(event.payload, events.WrappedUp) for event in conversation.log)

    async def _panel_message(self, socket: WebSocket, message: Any) -> None:
        self.heard.append(message)
        if isinstance(message, panel.Ping):
            pong = panel.Pong(client_time=message.client_time, server_time=now())
            await socket.send_text(pong.model_dump_json())
        elif isinstance(message, panel.Watch):
            self.panels[socket].add(message.conversation_id)
            for event in self.conversations[message.conversation_id].log[message.after_seq :]:
                await socket.send_text(panel.EventMessage(event=event).model_dump_json())
        elif isinstance(message, panel.ActionBase):
            await self._act(socket, message)

    async def _act(self, socket: WebSocket, action: Any) -> None:
        conversation = self.conversations[action.conversation_id]
        problem = None
        call = conversation.summary.channel is events.Channel.CALL
        if self.mute:
            return
        if self.problem:
            problem = Problem(code=self.problem, message="no")
        elif isinstance(action, panel.Send) and call and self.confirm_sends and not action.confirmed:
            problem = Problem(code=ErrorCode.POLICY, message="confirm first")
        else:
            for payload in self.content.consequences(action, self.delivery):
                await self._commit(action.conversation_id, payload)
            if isinstance(action, panel.Send) and not call:
                await self._to_customers(action)
        result = panel.ActionResult(action_id=action.action_id, ok=problem is None, problem=problem)
        await socket.send_text(result.model_dump_json())

    async def _to_customers(self, action: panel.Send) -> None:
        line = chat.ChatLine(message_id=f"m-{action.action_id}", role="agent", text=action.text, at=now())
        for customer in list(self.customers):
            await customer.send_text(line.model_dump_json())

    async def serve_chat(self, socket: WebSocket, token: str) -> None:
        if token != "good":
            return await socket.send_denial_response(refused(ErrorCode.UNAUTHENTICATED))
        await socket.accept()
        hello = chat.ChatHello(conversation_id="chat1", bank=self.bank, language="zh", ended=False, lines=[])
        await socket.send_text(hello.model_dump_json())
        self.customers.add(socket)
        try:
            while True:
                await self._chat_message(socket, CHAT.validate_json(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            self.customers.discard(socket)

    async def _chat_message(self, socket: WebSocket, message: Any) -> None:
        self.chat_heard.append(message)
        if isinstance(message, chat.CustomerSays):
            number = f"in-{message.client_id}"
            line = chat.ChatLine(
                message_id=number, role="customer", text=message.text, at=now(), client_id=message.client_id
            )
            await socket.send_text(line.model_dump_json())
            await self._commit("chat1", self.content.utterance(message.text, utterance_id=number, leg=None))
        elif isinstance(message, chat.CustomerReceived):
            await self._commit(
                "chat1", events.MessageState(message_id=message.message_id, state=events.DeliveryState.DELIVERED)
            )
        else:
            await socket.send_text(chat.ChatEnded().model_dump_json())


def make_app(fake: FakeServer) -> FastAPI:
    """The app: REST answers from `fake.content`, sockets by `fake`, pages from the built folder."""
    app = FastAPI()

    @app.middleware("http")
    async def protect(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = CSP
        return response

    @app.post("/v1/session")
    async def log_in(body: rest.LoginRequest) -> Response:
        fake.logged_in = body.password == "demo-pass"
        return who() if fake.logged_in else refused(ErrorCode.UNAUTHENTICATED)

    @app.get("/v1/session")
    async def me() -> Response:
        return who() if fake.logged_in else refused(ErrorCode.UNAUTHENTICATED)

    @app.delete("/v1/session")
    async def log_out() -> Response:
        fake.logged_in = False
        return Response(status_code=204)

    def who() -> Response:
        return answer(rest.Me(**fake.me))

    for path, make in fake.content.answers().items():
        app.add_api_route(path, make, methods=["GET"])

    @app.get("/healthz")
    async def healthy() -> Response:
        return answer(rest.Health(status="ok", version="test", live_conversations=0, room=8, reasons=[]))

    @app.get("/v1/floor")
    async def on_the_floor() -> Response:
        for _ in range(200):
            if fake.floor is not None:
                break
            await asyncio.sleep(0.05)
        known = fake.floor or ErrorCode.INTERNAL
        return refused(known, 503) if isinstance(known, ErrorCode) else answer(known)

    @app.post("/v1/claims/{conversation_id}")
    async def claim(conversation_id: str) -> Response:
        if fake.claim_answer != 200:
            return refused(ErrorCode.CONFLICT, fake.claim_answer)
        return answer(await fake.take(conversation_id))

    @app.post("/v1/demo/replays")
    async def replay(body: rest.ReplayRequest) -> Response:
        return answer(rest.ReplayStarted(external_id=f"demo-{body.call_id}"))

    @app.post("/v1/demo/chats")
    async def open_chat() -> Response:
        return answer(rest.ChatCreated(conversation_id="chat1", url="/chat?token=good"))

    @app.websocket("/v1/panel")
    async def panel_socket(socket: WebSocket) -> None:
        await fake.serve_panel(socket)

    @app.websocket("/v1/chat")
    async def chat_socket(socket: WebSocket, token: str = "") -> None:
        await fake.serve_chat(socket, token)

    app.mount("/assets", StaticFiles(directory=fake.pages / "assets"))

    @app.get("/{path:path}")
    async def pages(path: str) -> FileResponse:
        name = {"chat": "chat.html", "icon.svg": "icon.svg"}.get(path, "index.html")
        return FileResponse(fake.pages / name)

    return app


def answer(body: Message, status: int = 200) -> Response:
    return JSONResponse(body.model_dump(mode="json"), status_code=status)


def refused(code: ErrorCode, status: int = 401) -> Response:
    return answer(rest.ProblemResponse(problem=Problem(code=code, message="no")), status)
