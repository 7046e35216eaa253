"""What agents and machines write goes out as it is, and is kept masked."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from server.ids import new_id
from server.live.conversation import LiveConversation
from server.services import Services
from server.store.queries import whole
from server.store.tables import metadata
from server.wire import panel
from server.wire.events import Channel, DeliveryState, MessageState
from tests.server.routes.door import Door

CARD, ID, PHONE = "6225761189034716", "11010519491231002X", "13812345678"
SECRETS = (CARD, ID, PHONE, "482913")
TEXT = f"好的，您的卡号 {CARD} 手机 {PHONE} 已挂失"


@pytest.fixture
async def live(services: Services) -> LiveConversation:
    return await services.conversations.open(
        channel=Channel.CHAT,
        external_id="x",
        language="zh",
        queue="default",
        agent="xiaolin",
        context={f"卡 {CARD}": "白金卡", "备注": f"身份证 {ID}", "phone": PHONE, "验证码": "482913", "amount": "50000"},
    )


async def stored(services: Services) -> dict[str, str]:
    """Everything in the database that holds a secret, by table."""
    async with services.store.read() as session:
        rows = {
            t.name: [dict(r) for r in (await session.execute(select(t))).mappings()] for t in metadata.sorted_tables
        }
    every = {name: json.dumps(many, ensure_ascii=False, default=str) for name, many in rows.items()}
    assert rows["event"]
    return {name: text for name, text in every.items() if any(secret in text for secret in SECRETS)}


async def send(live: LiveConversation, text: str) -> str:
    action = panel.Send(action_id=new_id(), conversation_id=live.conversation_id, text=text)
    assert await live.act(lambda session: session.act(action, "xiaolin", 1e9)) is None
    return next(reversed(live.session.state.messages))


async def test_facts_are_masked_and_the_rest_of_them_stays(services: Services, live: LiveConversation) -> None:
    assert await stored(services) == {}
    started = live.session.state.started
    assert started is not None and started.context["amount"] == "50000" and "白金卡" in started.context.values()
    assert started.context["phone"].endswith("5678]") and len(started.context) == 5


async def test_a_wrap_up_note_is_masked(services: Services, live: LiveConversation) -> None:
    live.session.policy = live.session.policy.__class__(wrap_up_codes=frozenset({"done"}))
    note = f"客户卡 {CARD} 身份证 {ID} 验证码 482913，已挂失"
    action = panel.WrapUp(action_id="a", conversation_id=live.conversation_id, code="done", note=note)
    assert await live.act(lambda session: session.act(action, "xiaolin", 1e9)) is None
    assert await stored(services) == {}
    record = json.dumps([e.model_dump(mode="json") for e in await services.store.events(live.conversation_id)])
    assert "\\u5df2\\u6302\\u5931" in record


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED])
async def test_a_message_goes_out_as_written_and_is_kept_masked(
    services: Services, live: LiveConversation, state: DeliveryState
) -> None:
    message_id = await send(live, TEXT)
    assert (await stored(services)).keys() == {"message"}
    assert [item.text for item in await services.store.outbox_due(2e9)] == [TEXT]
    async with services.store.read() as session:
        parts = json.dumps(await whole.parts(session, live.conversation_id), ensure_ascii=False, default=str)
    assert not any(secret in parts for secret in SECRETS)
    news = MessageState(message_id=message_id, state=state, attempts=1)
    await live.do(lambda session: session.message_state(news, 1e9))
    assert await stored(services) == {}
    assert await services.store.outgoing(live.conversation_id) == {}


@pytest.fixture
async def page(app: FastAPI, services: Services, live: LiveConversation) -> AsyncIterator[Door]:
    door = Door(app, "/v1" + services.links.make(live.conversation_id))
    await door.until("hello")
    yield door
    await door.leave()


async def test_the_customer_reads_it_as_written(
    app: FastAPI, services: Services, live: LiveConversation, page: Door
) -> None:
    message_id = await send(live, TEXT)
    assert [line["text"] for line in await page.until("message")] == [TEXT]
    late = Door(app, "/v1" + services.links.make(live.conversation_id))
    (hello,) = await late.until("hello")
    assert [line["text"] for line in hello["lines"]] == [TEXT]
    late.say(type="received", message_id=message_id)
    for _ in range(500):
        if not await services.store.outgoing(live.conversation_id):
            break
        await asyncio.sleep(0.01)
    await late.leave()
    again = Door(app, "/v1" + services.links.make(live.conversation_id))
    (hello,) = await again.until("hello")
    assert [line["message_id"] for line in hello["lines"]] == [message_id] and CARD not in str(hello)
    await again.leave()
