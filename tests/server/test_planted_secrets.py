"""A chat and two calls full of secrets on a real node, and then a search for them wherever anything was left.

What a customer says, an agent types and a machine tells is masked; what an agent types goes out as it is, and is
masked once it has arrived. References of other systems (external ids, customer references) are kept as these systems
tell them, since people are found, exported and deleted by them; the log never has them.
"""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import time
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect

from server.ids import new_id
from server.signing import signature
from server.store import QueuePolicy, Store
from server.store.people import digest
from tests.server.clients import Json, Socket, browser, listen, panel, start_message
from tests.server.node import Node
from tests.server.planted import Secret, files, leaks, members, plain
from tests.server.planted_lines import (
    CARD,
    CHAT,
    ENGLISH,
    FACTS,
    ID,
    MANDARIN,
    NOTE,
    OPEN,
    REFERENCE,
    SECRETS,
    TYPED,
    TYPED_CARD,
    TYPED_CODE,
)
from tests.server.scripted_speech import CODE, RATE, SCRIPT, Caller
from tests.server.test_delivery import Receiver, receiver

__all__ = ["receiver"]


class Kept:
    """What everybody was sent."""

    def __init__(self) -> None:
        self.sockets: dict[str, Socket] = {}
        self.answers: list[tuple[str, bytes]] = []

    async def note(self, answer: httpx.Response) -> None:
        """For a client's event hooks."""
        content = await answer.aread()
        if content[:2] == b"PK":
            self.answers += members(content)
        elif content[:4] != b"fLaC":
            self.answers.append((f"answer of {answer.request.method} {answer.url.path}", content))

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Each place with its bytes."""
        yield from self.answers
        for name, socket in self.sockets.items():
            for message in socket.received:
                yield f"{name}: {message['type']}", json.dumps(message, ensure_ascii=False).encode()
                yield f"{name}: words", "".join(_words(message)).encode()

    def interims(self) -> list[str]:
        """Words that were shown before they were final."""
        shown = [m for socket in self.sockets.values() for m in socket.received if m["type"] == "interim"]
        return [message["text"] for message in shown]


def _words(message: Json) -> list[str]:
    said = message.get("words") or message.get("event", {}).get("payload", {}).get("words") or []
    return [word["text"] for word in said]


@pytest.fixture
async def talking(tmp_path: Path, models_dir: Path, receiver: Receiver) -> AsyncIterator[Node]:
    """A node that writes down all that it can, with a queue that sends texts."""
    settings = {SCRIPT: str(tmp_path / "script"), "TICI_STALL_SECONDS": "30", "TICI_LOG_FORMAT": "json"}
    node = Node(tmp_path / "data", models_dir, settings, code=CODE)
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        store = await Store.open(f"sqlite+aiosqlite:///{node.data_dir / 'tici.db'}")
        policy = QueuePolicy(queue="texts", text_out_on_call=True, webhook_url=receiver.url, webhook_secret="shared")
        await store.save_queue(policy)
        await store.close()
        yield node
    finally:
        node.stop()


@asynccontextmanager
async def person(node: Node, kept: Kept, login: str | None) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(node, login) as client:
        client.event_hooks["response"].append(kept.note)
        yield client


@pytest.mark.timeout(400)
async def test_no_secret_is_left_anywhere(talking: Node, receiver: Receiver) -> None:
    node, kept = talking, Kept()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(person(node, kept, "xiaolin"))
        agent = kept.sockets["panel"] = await stack.enter_async_context(panel(node, client))
        await chat(node, kept, client, agent)
        calls = [await call(node, kept, agent, language) for language in ("zh", "en")]
        await provoke(node, kept, agent)
        for conversation_id, caller, secret_lines in calls:
            await check_recording(node, kept, conversation_id, caller, secret_lines)
        await look_around(node, kept, [conversation_id for conversation_id, _, _ in calls])
    found = leaks(SECRETS, kept.everything())
    found += leaks(TYPED, (place for place in kept.everything() if not place[0].startswith("customer's page")))
    assert not found, "; ".join(found)
    assert leaks(SECRETS, ((f"webhook {n}", body) for n, (_, body) in enumerate(receiver.seen))) == []
    assert receiver.seen and not list((node.data_dir / "spool").rglob("*.*"))
    shown = [plain(text) for text in kept.interims()]
    assert len(shown) > 50 and not [text for text in shown if re.search(r"\d{3}", text)]
    places = [*files(node.data_dir), ("log", node.log().encode())]
    assert leaks(SECRETS, places) == []
    assert leaks([Secret("reference", REFERENCE)], [("log", node.log().encode())]) == []
    assert "Traceback" not in node.log()
    check_metrics(kept)
    check_log(node)
    node.stop()
    # Here, since SQLite's log still has what a row was before, until it is taken into the file.
    assert leaks([*SECRETS, *TYPED], [*files(node.data_dir), ("log", node.log().encode())]) == []


@pytest.mark.parametrize(
    "text",
    [
        "6225761189034716",
        "卡号6225-7611",
        "６２２５７６１１８",
        '"\\u516d\\u4e8c\\u4e8c五七六幺幺八"',
        "six double two five seven six double one",
    ],
)
def test_the_search_finds_a_secret_however_it_is_written(text: str) -> None:
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        known = Secret("card", CARD) if encoding == "utf-8" else Secret("card", text)
        assert leaks([known], [("a file", b"\x00\xff" + text.encode(encoding) + b"\x01")]) == ["card in a file"]
    assert leaks([Secret("card", CARD)], [("a file", "[银行卡 尾号4716]".encode())]) == []


# --- the conversations


async def chat(node: Node, kept: Kept, client: httpx.AsyncClient, agent: Socket) -> None:
    """Secrets typed; the agent acts on what comes of them."""
    created = (await client.post("/v1/demo/chats")).json()
    here = {"conversation_id": created["conversation_id"]}
    await agent.send(type="watch", **here)
    token = created["url"].partition("token=")[2]
    url = f"ws://127.0.0.1:{node.port}/v1/chat?token={token}"
    async with connect(url, origin=node.http, proxy=None) as connection:
        customer = kept.sockets["customer's page"] = Socket(connection)
        for number, (role, text) in enumerate(CHAT):
            if role == "agent":
                await act(agent, type="send", text=text, **here)
                await customer.until(lambda m: m["type"] == "message" and m["role"] == "agent")
            else:
                await customer.send(type="say", client_id=f"c{number}", text=text)
                await customer.until(lambda m, n=number: m.get("client_id") == f"c{n}")
            if number < 2:
                await take_card(agent, "use" if number else "not_right", here)
        await act(agent, type="send", text=f"您的新卡号是 {TYPED_CARD}，验证码 {TYPED_CODE}", **here)
        line = await customer.until(lambda m: m["type"] == "message" and TYPED_CARD in m["text"])
        await customer.send(type="received", message_id=line["message_id"])
        for wrong in (
            f'{{"type": "say", "text": "{CARD}"',
            json.dumps({"type": CARD}),
            json.dumps({"type": "say", "client_id": "x" * 80 + CARD, "text": ID}),
        ):
            await connection.send(wrong)
            await customer.until_type("error")
        await act(agent, type="raise_article", article_id="card-lost-report", query=f"挂失 {CARD}", **here)
        await customer.send(type="end")
        await customer.until_type("ended")
    await act(agent, type="wrap_up", code="resolved_info", note=NOTE, **here)


async def call(node: Node, kept: Kept, agent: Socket, language: str) -> tuple[str, Caller, set[int]]:
    """Secrets spoken; the conversation's id, what sounded on the line, and which of the customer's lines are secret."""
    secrets = MANDARIN if language == "zh" else ENGLISH
    start = start_message(
        legs=[{"leg": "customer", "role": "customer"}, {"leg": "agent", "role": "agent"}],
        language=language, queue="texts", agent="xiaolin", customer=REFERENCE, external_id=f"{language}-{REFERENCE}",
        context={"reference": REFERENCE, **FACTS},
    )  # fmt: skip
    async with listen(node) as sender:
        kept.sockets[f"{language} sender"] = sender
        await sender.send(**start)
        conversation_id = (await agent.until_type("assigned"))["conversation"]["conversation_id"]
        here = {"conversation_id": conversation_id}
        await agent.send(type="watch", **here)
        await sender.until_type("started")
        caller = Caller(sender, Path(node.settings[SCRIPT]))
        await caller.says("customer", OPEN[language][0])
        await take_card(agent, "use", here)
        for leg, line in secrets:
            await caller.says(leg, line)
        await caller.says("agent", "好的" if language == "zh" else "thank you")
        await caller.says("customer", OPEN[language][1])
        await act(agent, type="send", text="您好，稍后给您回电。", confirmed=True, **here)
        await agent.until_event("message.state")
        await sender.send(type="stop")
        await sender.until_type("ended")
    await act(agent, type="wrap_up", code="resolved_info", note="", **here)
    count = sum(leg == "customer" for leg, _ in secrets)
    return conversation_id, caller, set(range(1, count + 1))


async def take_card(agent: Socket, action: str, here: Json) -> None:
    raised = await agent.until_event("suggestions.raised")
    await act(agent, type=action, suggestion_id=raised["cards"][0]["suggestion_id"], **here)


async def act(agent: Socket, **action: Any) -> None:
    await agent.send(action_id=new_id(), **action)
    result = await agent.until_type("action_result")
    assert result["ok"], (action, result)


# --- what goes wrong


async def provoke(node: Node, kept: Kept, agent: Socket) -> None:
    """Errors with secrets inside."""
    for wrong in (f"{{{CARD}", json.dumps({"type": ID}), json.dumps({"type": "watch", "conversation_id": CARD})):
        await agent.connection.send(wrong)
        await agent.until_type("error")
    await agent.send(type="use", action_id=new_id(), conversation_id=CARD, suggestion_id=ID)
    await agent.until_type("action_result")
    async with listen(node) as sender:
        kept.sockets["bad sender"] = sender
        await sender.send(**start_message(external_id=f"{CARD} {ID}"))
        await sender.until_type("error")
    async with listen(node) as sender:
        kept.sockets["worse sender"] = sender
        await sender.connection.send(f'{{"type": "start", "context": {{"{CARD}": "{ID}"')
        await sender.until_type("error")
    async with person(node, kept, None) as nobody:
        await nobody.post("/v1/session", json={"login": ID, "password": "Moon2Rabbit!"})
        await nobody.post("/v1/session", content=f'{{"login": "{CARD}"')
        await nobody.post(f"/v1/calls/{REFERENCE}/events", content=json.dumps({"customer": CARD}))
        for body in ({"type": CARD}, {CARD: 1}, f"{{{CARD}"):
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            await nobody.post(f"/v1/calls/{REFERENCE}/events", content=content, headers=signed(node, content))
        headers = {"Authorization": f"Bearer {node.key}"}
        await nobody.post("/v1/chats", json={"external_id": CARD, CARD: ID, "context": {CARD: 3}}, headers=headers)


def signed(node: Node, body: bytes) -> dict[str, str]:
    """The headers of a switch."""
    _, key_id, secret = node.key.split(".")
    return {"Tici-Key": key_id, "Tici-Signature": signature(digest(secret), int(time()), body)}


# --- everybody looks


async def look_around(node: Node, kept: Kept, calls: list[str]) -> None:
    """A reviewer searches and reads, a trainer labels and exports, an admin exports a customer, machines ask."""
    wanted = [CARD.replace(" ", ""), TYPED_CARD, ID, "小猫八月", "purple giraffe", "1357924"]
    async with person(node, kept, "zhijian") as reviewer:
        for words in wanted:
            answer = await reviewer.get("/v1/review/conversations", params={"q": words})
            assert answer.status_code == 422 or answer.json()["total"] == 0, words
        every = (await reviewer.get("/v1/review/conversations")).json()
        assert every["total"] == 3
        for one in every["found"]:
            await reviewer.get(f"/v1/conversations/{one['row']['conversation_id']}")
        await reviewer.get(f"/v1/kb/search?q={CARD}")
        for path in (f"/v1/conversations/{CARD}", f"/v1/conversations/{calls[0]}/recordings/{ID}"):
            assert (await reviewer.get(path)).status_code == 404
    async with person(node, kept, "xunlian") as trainer:
        rows = (await trainer.get("/v1/training/samples")).json()["rows"]
        assert any("[银行卡" in row["text"] for row in rows)
        for row in rows:
            await trainer.get(f"/v1/training/samples/{row['sample_id']}")
        for language in ("zh", "en"):
            await trainer.get("/v1/training/export", params={"lang": language})
    async with person(node, kept, "guanli") as admin:
        exported = await admin.post("/v1/privacy/customer/export", json={"customer": REFERENCE})
        assert exported.status_code == 200 and any(name.endswith("events.jsonl") for name, _ in kept.answers)
        await admin.post("/v1/privacy/holds", json={"subject_type": CARD, "subject_id": ID, "reason": ID, CARD: 1})
        await admin.get("/v1/audit")
        for path in ("/metrics", "/healthz", "/readyz", f"/metrics?card={CARD}"):
            assert (await admin.get(path)).status_code == 200


def check_metrics(kept: Kept) -> None:
    """The metrics have counted all of it, and have no label that comes from outside."""
    text = next(body.decode() for place, body in kept.answers if place == "answer of GET /metrics")
    assert 'tici_events_total{kind="utterance"}' in text
    assert 'tici_lag_seconds_count{stage="final"}' in text and 'tici_lag_seconds_count{stage="pushed"}' in text
    assert leaks([Secret("reference", REFERENCE)], [("metrics", text.encode())]) == []
    for outside in ("xiaolin", "texts", "customer's page"):
        assert outside not in text


def check_log(node: Node) -> None:
    """Every line is an object with an event; only what greets a person at the start is not."""
    log = node.log()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"time", "level", "logger", "event"} <= set.intersection(*map(set, lines))
    told = [line["event"] for line in lines]
    assert told.count("leg.ended") == 4 and told.count("conversation.ended") == 3
    banner = r"Tici|Demo logins|  \w+ / |Key for|Stop with|$"
    assert [line for line in log.splitlines() if not re.match("{|" + banner, line)] == []


async def check_recording(node: Node, kept: Kept, conversation_id: str, caller: Caller, secret: set[int]) -> None:
    """The customer's secret lines are silent in the recording, and the others are as they were said."""
    async with person(node, kept, "zhijian") as reviewer:
        for _ in range(100):
            answer = await reviewer.get(f"/v1/conversations/{conversation_id}/recordings/customer")
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)
    heard, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    sent = np.concatenate(caller.sent["customer"])
    assert rate == RATE and len(heard) == len(sent)
    for number, (start, end) in enumerate(caller.spoken["customer"]):
        if number in secret:
            left = np.flatnonzero(heard[start:end]) / RATE
            assert not len(left), (number, left[0], left[-1], len(left))
        else:
            assert np.array_equal(heard[start:end], sent[start:end]), number
