"""A whole call and a whole chat on a running node: heard, suggested, acted upon, stored, read again."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.ids import new_id
from tests.server.clients import Socket, browser, panel
from tests.server.node import Node


async def test_a_demo_call_from_first_word_to_stored_recording(node: Node) -> None:
    async with browser(node) as client, panel(node, client) as agent:
        calls = (await client.get("/v1/demo/calls")).json()
        call = next(c for c in calls if c["call_id"] == "lost_card")
        await client.post("/v1/demo/replays", json={"call_id": call["call_id"], "speed": 2.0})
        assigned = await agent.until_type("assigned")
        conversation_id = assigned["conversation"]["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
        await agent.until_type("interim")
        question = next(t for t in call["turns"] if t["article"])
        card = await _raised(agent, question["article"])
        use = {
            "type": "use",
            "action_id": new_id(),
            "conversation_id": conversation_id,
            "suggestion_id": card["suggestion_id"],
        }
        for _ in range(2):
            await agent.send(**use)
            assert (await agent.until_type("action_result"))["ok"]
        await agent.send(
            type="rendered", conversation_id=conversation_id, suggestion_ids=[card["suggestion_id"]], rendered=1.0
        )
        await agent.until_event("conversation.ended", 90)
        await agent.send(type="wrap_up", action_id=new_id(), conversation_id=conversation_id, code="nonsense", note="")
        assert not (await agent.until_type("action_result"))["ok"]
        codes = (await client.get("/v1/wrap-up-codes")).json()
        await agent.send(
            type="wrap_up", action_id=new_id(), conversation_id=conversation_id, code=codes[-1]["code"], note=""
        )
        assert (await agent.until_type("action_result"))["ok"]
        await _check_stored(client, conversation_id, card["suggestion_id"])


async def _raised(agent: Socket, article: str) -> dict[str, Any]:
    """The card of this article, when it comes."""
    while True:
        cards = (await agent.until_event("suggestions.raised"))["cards"]
        for card in cards:
            if card["article_id"] == article:
                return dict(card)


async def _check_stored(client: httpx.AsyncClient, conversation_id: str, used: str) -> None:
    detail = (await client.get(f"/v1/conversations/{conversation_id}")).json()
    payloads = [event["payload"] for event in detail["events"]]
    assert [event["seq"] for event in detail["events"]] == list(range(1, len(payloads) + 1))
    uses = [p for p in payloads if p["type"] == "suggestion.outcome" and p["outcome"] == "used"]
    assert [p["suggestion_id"] for p in uses] == [used]
    receipt = detail["receipts"][used]
    assert receipt["pushed"] and receipt["acted"] and receipt["rendered"] == 1.0
    assert {p["role"] for p in payloads if p["type"] == "utterance"} == {"customer", "agent"}
    assert detail["row"]["wrap_up"]
    for _ in range(400):
        recordings = (await client.get(f"/v1/conversations/{conversation_id}")).json()["recordings"]
        if len(recordings) == 2:
            break
        await asyncio.sleep(0.1)
    part = await client.get(recordings[0]["url"], headers={"Range": "bytes=0-99"})
    assert part.status_code == 206 and part.content.startswith(b"fLaC")


async def test_a_panel_that_reconnects_gets_the_rest_and_a_stranger_nothing(node: Node) -> None:
    async with browser(node) as client, browser(node, "dawei") as stranger_client:
        created = (await client.post("/v1/demo/chats")).json()
        conversation_id = created["conversation_id"]
        async with panel(node, client) as agent:
            await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
            first = [(await agent.until_type("event"))["event"]["seq"] for _ in range(2)]
        assert first == [1, 2]
        async with _customer(node, created["url"]) as page:
            await Socket(page).send(type="say", client_id="a", text="你好，怎么查余额")
            await page.recv()
        async with panel(node, client) as agent:
            await agent.send(type="watch", conversation_id=conversation_id, after_seq=2)
            again = (await agent.until_type("event"))["event"]
        assert again["seq"] == 3 and again["payload"]["type"] == "utterance"
        async with panel(node, stranger_client) as stranger:
            await stranger.send(type="watch", conversation_id=conversation_id, after_seq=0)
            assert (await stranger.until_type("error"))["problem"]["code"] == "forbidden"
            use = {"type": "dismiss", "action_id": "1", "conversation_id": conversation_id, "suggestion_id": "x"}
            await stranger.send(**use)
            assert (await stranger.until_type("action_result"))["problem"]["code"] == "forbidden"
        assert (await stranger_client.get(f"/v1/conversations/{conversation_id}")).status_code == 404


def _customer(node: Node, url: str) -> connect:
    token = url.partition("token=")[2]
    return connect(f"ws://127.0.0.1:{node.port}/v1/chat?token={token}", origin=node.http, proxy=None)


async def test_a_reply_sent_in_a_chat_arrives_and_says_so(node: Node) -> None:
    async with browser(node) as client, panel(node, client) as agent:
        created = (await client.post("/v1/demo/chats")).json()
        conversation_id = created["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
        async with _customer(node, created["url"]) as connection:
            customer = Socket(connection)
            assert (await customer.next())["type"] == "hello"
            for _ in range(2):
                await customer.send(type="say", client_id="q1", text="我的银行卡丢了，怎么挂失？")
                line = await customer.until_type("message")
                assert (line["client_id"], line["role"]) == ("q1", "customer")
            raised = await agent.until_event("suggestions.raised")
            assert "card-lost-report" in [c["article_id"] for c in raised["cards"]]
            card = raised["cards"][0]
            await agent.send(
                type="send", action_id=new_id(), conversation_id=conversation_id, text=card["reply_to_send"],
                suggestion_id=card["suggestion_id"],
            )  # fmt: skip
            queued = await agent.until_event("message.queued")
            arrived = await customer.until_type("message")
            assert (arrived["role"], arrived["text"]) == ("agent", card["reply_to_send"])
            await customer.send(type="received", message_id=arrived["message_id"])
            state = await agent.until_event("message.state")
            assert (state["message_id"], state["state"]) == (queued["message_id"], "delivered")
        utterances = node.rows("select count(*) from utterance where conversation_id = ?", conversation_id)
        assert utterances[0][0] == 2


async def test_a_message_no_page_shows_fails_visibly(node: Node) -> None:
    async with browser(node) as client, panel(node, client) as agent:
        conversation_id = (await client.post("/v1/demo/chats")).json()["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
        await agent.send(type="send", action_id=new_id(), conversation_id=conversation_id, text="您好")
        assert (await agent.until_event("message.state"))["state"] == "failed"


async def test_doors_are_shut_to_strangers(node: Node) -> None:
    async with browser(node, None) as nobody:
        for path in ("/v1/session", "/v1/conversations", "/v1/kb/search?q=x", "/v1/demo/calls"):
            assert (await nobody.get(path)).status_code == 401, path
        wrong = await nobody.post("/v1/session", json={"login": "xiaolin", "password": "wrong"})
        assert (wrong.status_code, wrong.json()["problem"]["code"]) == (401, "unauthenticated")
        evil = {"Origin": "http://evil.example"}
        login = {"login": "xiaolin", "password": "tici-demo"}
        assert (await nobody.post("/v1/session", json=login, headers=evil)).status_code == 403
    async with browser(node) as client:
        for origin in ("http://evil.example", None):
            with pytest.raises(InvalidStatus) as refused:
                cookie = f"tici_session={client.cookies['tici_session']}"
                async with connect(
                    f"ws://127.0.0.1:{node.port}/v1/panel",
                    additional_headers={"Cookie": cookie},
                    origin=origin,
                    proxy=None,
                ):
                    pass
            assert refused.value.response.status_code == 403
        await client.delete("/v1/session")
        assert (await client.get("/v1/session")).status_code == 401


async def test_a_forged_chat_link_opens_nothing(node: Node) -> None:
    for token, origin in (("forged", node.http), ("forged", "http://evil.example")):
        async with connect(
            f"ws://127.0.0.1:{node.port}/v1/chat?token={token}", origin=origin, proxy=None
        ) as connection:
            page = Socket(connection)
            assert await page.close_code() == 1008
            assert [message["type"] for message in page.received] == ["error"]


async def test_what_was_said_is_not_in_the_log(node: Node) -> None:
    secret = "紫色长颈鹿在月亮上跳舞"
    async with browser(node) as client, panel(node, client) as agent:
        created = (await client.post("/v1/demo/chats")).json()
        await agent.send(type="watch", conversation_id=created["conversation_id"], after_seq=0)
        async with _customer(node, created["url"]) as page:
            await page.send(json.dumps({"type": "say", "client_id": "s", "text": secret}))
            await page.send(json.dumps({"type": "say", "client_id": "s2", "nonsense": secret}))
            await agent.until_event("utterance")
        await agent.connection.send(json.dumps({"type": secret}))
        await agent.until_type("error")
    assert secret not in node.log()
    token = created["url"].partition("token=")[2]
    assert token not in node.log()


async def test_a_card_number_typed_by_the_customer_is_kept_nowhere(node: Node) -> None:
    secret = "6222021234567890128"
    async with browser(node) as client, panel(node, client) as agent:
        created = (await client.post("/v1/demo/chats")).json()
        await agent.send(type="watch", conversation_id=created["conversation_id"], after_seq=0)
        async with _customer(node, created["url"]) as page:
            await page.send(json.dumps({"type": "say", "client_id": "c", "text": f"卡号{secret}丢了，怎么挂失"}))
            heard = await agent.until_event("utterance")
        assert heard["text"].startswith("卡号[银行卡 尾号0128]")
    stored = [path.read_bytes() for path in node.data_dir.rglob("*") if path.is_file()]
    assert not any(secret.encode() in content for content in stored)
    assert secret not in node.log()


async def test_an_article_changed_in_the_database_is_found_at_once(node: Node, tmp_path: Path) -> None:
    from kb.article import Article
    from server.store import Store

    store = await Store.open(f"sqlite+aiosqlite:///{node.data_dir / 'tici.db'}")
    try:
        question = "月球信用卡年费多少钱"
        await store.import_articles([Article(id="moon", title=question, answer="月球卡免年费。")], by="test")
        async with browser(node) as client:
            for _ in range(30):
                hits = (await client.get("/v1/kb/search", params={"q": question})).json()
                if hits and hits[0]["article_id"] == "moon":
                    break
                await asyncio.sleep(0.1)
            assert hits[0]["article_id"] == "moon"
        await store.withdraw_article("moon", by="test")
    finally:
        await store.close()
