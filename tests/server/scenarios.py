"""A scripted switch, its audio, and agents who watch their screens; and the rule that no screen shows too much."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed

from server.ids import new_id
from tests.server.clients import Socket, browser, listen, panel, start_message
from tests.server.node import Node
from tests.server.test_switch import tell

Json = dict[str, Any]
TRANSPORT = 0.5
"""Seconds that a message may be on its way to a screen, on a busy machine."""


# --- the switch


@dataclass
class Played:
    """One call: news of it at virtual seconds from its origin, and its audio."""

    node: Node
    queue: str = "default"
    external_id: str = field(default_factory=lambda: f"scenario-{new_id()}")
    origin: float = field(default_factory=time.time)
    conversation_id: str = ""

    async def tell(self, what: str, after: float = 0.0, **event: Any) -> Json:
        answer = await tell(
            self.node, self.external_id, type=what, at=self.origin + after, **{"queue": self.queue, **event}
        )
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        self.conversation_id = told["conversation_id"] or self.conversation_id
        return told

    @asynccontextmanager
    async def audio(self, *legs: tuple[str, str], **start: Any) -> AsyncIterator["Line"]:
        """A sender of these legs (name, role); one customer unless told otherwise."""
        specs = [{"leg": leg, "role": role} for leg, role in legs or [("customer", "customer")]]
        async with listen(self.node) as socket:
            await socket.send(
                **start_message(external_id=self.external_id, legs=specs, **{"queue": self.queue, **start})
            )
            self.conversation_id = (await socket.until_type("started"))["conversation_id"]
            yield Line(socket)

    def events(self, kind: str = "%") -> list[Json]:
        """What is stored of it, in order."""
        rows = self.node.rows(
            "select payload from event where conversation_id = ? and type like ? order by seq",
            self.conversation_id,
            kind,
        )
        return [json.loads(str(payload)) for (payload,) in rows]

    def segments(self) -> list[tuple[str, str | None, float]]:
        """(kind, agent, start in seconds from the origin)."""
        ((started,),) = self.node.rows("select started_at from conversation where id = ?", self.conversation_id)
        told = self.events("segments.changed")[-1]["segments"]
        return [(s["kind"], s["agent"], round(s["start"] + float(str(started)) - self.origin, 2)) for s in told]

    def agent(self) -> object:
        ((agent,),) = self.node.rows("select agent from conversation where id = ?", self.conversation_id)
        return agent

    def cards(self) -> set[str]:
        """Articles that were ever raised."""
        return {card["article_id"] for raised in self.events("suggestions.raised") for card in raised["cards"]}


@dataclass
class Line:
    """A sender that plays faster than time passes."""

    socket: Socket

    async def play(self, *legs: np.ndarray) -> None:
        samples = legs[0] if len(legs) == 1 else np.stack(legs, axis=1).reshape(-1)
        raw = samples.astype("<i2").tobytes()
        for start in range(0, len(raw), 6400):
            await self.socket.connection.send(raw[start : start + 6400])

    async def stop(self) -> None:
        """Returns once all has been heard and told."""
        await self.socket.send(type="stop")
        await self.socket.until_type("ended")


# --- screens


@dataclass
class Screen:
    """The panel of an agent, who opens whatever comes; all that it was sent, each with when, in Unix seconds."""

    login: str
    client: httpx.AsyncClient
    socket: Socket
    sent: list[tuple[float, Json]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        with suppress(ConnectionClosed):
            self._note(self.socket.received[0])
            while True:
                message = json.loads(await self.socket.connection.recv())
                self._note(message)
                if message["type"] == "assigned":
                    conversation_id = message["conversation"]["conversation_id"]
                    await self.socket.send(type="watch", conversation_id=conversation_id)

    def _note(self, message: Json) -> None:
        self.sent.append((time.time(), message))
        self.news.set()

    async def until(self, wanted: Callable[[Json], bool], patience: float = 40) -> Json:
        """The first such message, also of the past."""
        async with asyncio.timeout(patience):
            while True:
                self.news.clear()
                for _, message in self.sent:
                    if wanted(message):
                        return message
                await self.news.wait()

    async def told(self, kind: str, call: Played) -> Json:
        return await self.until(lambda m: m["type"] == kind and _subject(m) == call.conversation_id)

    async def event(self, kind: str, call: Played) -> Json:
        def is_it(message: Json) -> bool:
            return _subject(message) == call.conversation_id and _payload(message).get("type") == kind

        payload: Json = _payload(await self.until(is_it))
        return payload

    async def card(self, article: str, call: Played) -> None:
        await self.until(lambda m: _subject(m) == call.conversation_id and article in _articles(m))

    def cards(self, call: Played) -> set[str]:
        return {name for _, m in self.sent if _subject(m) == call.conversation_id for name in _articles(m)}

    def of(self, call: Played) -> list[Json]:
        return [message for _, message in self.sent if _subject(message) == call.conversation_id]

    async def settled(self) -> None:
        """All that was meant for it before now has come."""
        mark = time.time()
        await self.socket.send(type="ping", client_time=mark)
        await self.until(lambda m: m["type"] == "pong" and m["client_time"] == mark)


def _subject(message: Json) -> str | None:
    """The conversation that a message shows."""
    match message["type"]:
        case "assigned":
            return str(message["conversation"]["conversation_id"])
        case "event":
            return str(message["event"]["conversation_id"])
    found = message.get("conversation_id")
    return str(found) if found is not None else None


def _payload(message: Json) -> Json:
    payload: Json = message["event"]["payload"] if message["type"] == "event" else {}
    return payload


def _articles(message: Json) -> list[str]:
    payload = _payload(message)
    return [c["article_id"] for c in payload["cards"]] if payload.get("type") == "suggestions.raised" else []


@asynccontextmanager
async def screen(node: Node, login: str) -> AsyncIterator[Screen]:
    async with browser(node, login) as client, panel(node, client) as socket:
        made = Screen(login, client, socket)
        watching = asyncio.create_task(made.watch())
        try:
            yield made
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@dataclass(frozen=True)
class Desk:
    """Three agents at their screens; what they are shown is checked when they leave."""

    node: Node
    a: Screen
    b: Screen
    c: Screen


@asynccontextmanager
async def desk(node: Node, *logins: str) -> AsyncIterator[Desk]:
    """Open the panels of three agents, and check all that they were sent in the end."""
    async with AsyncExitStack() as stack:
        screens = [await stack.enter_async_context(screen(node, login)) for login in logins]
        yield Desk(node, *screens)
        for one in screens:
            with suppress(ConnectionClosed):
                await one.settled()
            assert_no_wrong_screen(node, one)


# --- the rule


@dataclass(frozen=True)
class Tenure:
    """A time in which a conversation was somebody's: event numbers and Unix seconds, the end not included."""

    login: str
    first: int
    since: float
    last: float
    until: float


def tenures(node: Node, conversation_id: str) -> list[Tenure]:
    """Whose a conversation was, by the server's own events."""
    rows = node.rows(
        "select seq, at, payload from event where conversation_id = ? and "
        "type in ('conversation.started', 'agent.bound') order by seq",
        conversation_id,
    )
    changes = [(int(str(seq)), float(str(at)), json.loads(str(p)).get("agent")) for seq, at, p in rows]
    ends = [*((seq, at) for seq, at, _ in changes[1:]), (float("inf"), float("inf"))]
    return [Tenure(agent, seq, at, *end) for (seq, at, agent), end in zip(changes, ends, strict=True) if agent]


def assert_no_wrong_screen(node: Node, shown: Screen) -> None:
    """Nothing of a conversation came while it was not theirs: by the clock, by event numbers, by the panel's order."""
    opened: set[str] = set()
    known: dict[str, list[Tenure]] = {}
    for at, message in shown.sent:
        if message["type"] == "hello":
            opened = {c["conversation_id"] for c in message["conversations"]}
            for name in opened:
                assert _theirs(node, known, shown.login, name, at, 0), "listed, and not theirs"
        subject = _subject(message)
        if subject is None:
            continue
        if message["type"] == "unassigned":
            opened.discard(subject)
            continue
        if message["type"] == "assigned":
            opened.add(subject)
        assert subject in opened, f"{message['type']} of a conversation that is not on this screen"
        seq = message["event"]["seq"] if message["type"] == "event" else 0
        assert _theirs(node, known, shown.login, subject, at, seq), f"{message['type']} on the wrong screen"


def _theirs(node: Node, known: dict[str, list[Tenure]], login: str, subject: str, at: float, seq: int) -> bool:
    if subject not in known:
        known[subject] = tenures(node, subject)
    return any(
        one.login == login and one.since - 0.01 <= at <= one.until + TRANSPORT and seq < one.last
        for one in known[subject]
    )
