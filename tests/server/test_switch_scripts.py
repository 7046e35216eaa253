"""What a switch tells in any order, before or days after; agents who come and go; a script played by `tici replay`."""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from server.ids import new_id
from server.replay.switch import load_script
from tests.server.call_audio import PACKS, early_fee, new_card_fee, track
from tests.server.node import REPOSITORY, Node
from tests.server.scenarios import Desk, Played, assert_no_wrong_screen, desk, screen

STORY: list[tuple[float, str, dict[str, Any]]] = [
    (0.0, "ringing", {}),
    (1.0, "answered", {"agent": "xiaolin"}),
    (5.0, "hold", {}),
    (9.0, "resumed", {}),
    (12.0, "consult", {"agent": "dawei"}),
    (15.0, "conference", {"agent": "dawei"}),
    (18.0, "transferred", {"agent": "dawei"}),
    (25.0, "hold", {}),
    (28.0, "resumed", {}),
    (31.0, "transferred", {"agent": "zhuguan"}),
    (34.0, "answered", {"agent": "zhuguan"}),
    (40.0, "hangup", {}),
]
SEGMENTS = [
    ("ringing", None, 0.0),
    ("talk", "xiaolin", 1.0),
    ("hold", "xiaolin", 5.0),
    ("talk", "xiaolin", 9.0),
    ("consult", "xiaolin", 12.0),
    ("conference", "xiaolin", 15.0),
    ("talk", "dawei", 18.0),
    ("hold", "dawei", 25.0),
    ("talk", "dawei", 28.0),
    ("ringing", "zhuguan", 31.0),
    ("talk", "zhuguan", 34.0),
    ("wrap_up", "zhuguan", 40.0),
]


@pytest.fixture
async def floor(node: Node) -> AsyncIterator[Desk]:
    async with desk(node, "xiaolin", "dawei", "zhuguan") as three:
        yield three


async def test_the_order_in_which_events_come_changes_nothing(floor: Desk) -> None:
    """Shuffled and told twice, one after the other or all at once."""
    for seed in range(20):
        call = Played(floor.node)
        named = [(new_id(), *event) for event in STORY]
        told = named * 2
        random.Random(seed).shuffle(told)
        telling = [call.tell(what, after, event_id=name, **fields) for name, after, what, fields in told]
        if seed % 2:
            answers = await asyncio.gather(*telling)
        else:
            answers = [await one for one in telling]
        assert sum(answer["repeated"] for answer in answers) == len(STORY)
        assert len({answer["conversation_id"] for answer in answers}) == 1
        assert (seed, call.segments(), call.agent()) == (seed, SEGMENTS, "zhuguan")


async def test_the_script_of_the_demo_call_is_played(floor: Desk) -> None:
    """As a person plays it: the call is consulted upon and handed over, and each sees their part."""
    folder, call = PACKS / "zh_bank" / "calls", Played(floor.node)
    script = folder / "lost_card.switch.jsonl"
    command = ["replay", f"{folder}/lost_card.customer.flac", f"{folder}/lost_card.agent.flac", "--json"]
    options = ["--events", str(script), "--url", floor.node.url, "--key", floor.node.key, "--speed", "8"]
    names = ["--external-id", call.external_id, "--queue", "demo"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from server.cli import main; main()", *command, *options, *names),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors
    call.conversation_id = json.loads(out.splitlines()[0])["conversation_id"]
    assert [e["what"] for e in call.events("switch.event")] == [e.fields["type"] for e in load_script(script)]
    kinds = [(kind, agent) for kind, agent, _ in call.segments()]
    assert kinds[-3:] == [("consult", "xiaolin"), ("talk", "dawei"), ("wrap_up", "dawei")]
    await floor.a.told("unassigned", call)
    await floor.b.card("card-replace-time", call)
    assert "card-replace-time" not in floor.a.cards(call) and floor.c.of(call) == []


async def test_logging_out_in_mid_call_and_in_again(floor: Desk) -> None:
    call = Played(floor.node)
    async with screen(floor.node, "xiaolin") as gone:
        await call.tell("answered", agent="xiaolin")
        async with call.audio() as phone:
            await phone.play(track(8.0, (0.5, early_fee())))
            await gone.card("loan-early-repay-fee", call)
            origin = {"Origin": floor.node.http}
            assert (await gone.client.delete("/v1/session", headers=origin)).status_code == 204
            with contextlib.suppress(ConnectionClosed):  # it may be closed already
                await gone.socket.send(type="unwatch", conversation_id="any")
            await gone.socket.connection.wait_closed()
            told = len(gone.sent)
            await phone.play(track(7.5, (0.5, new_card_fee())))
            async with screen(floor.node, "xiaolin") as again:
                hello = await again.until(lambda m: m["type"] == "hello")
                assert call.conversation_id in [c["conversation_id"] for c in hello["conversations"]]
                await again.socket.send(type="watch", conversation_id=call.conversation_id)
                await again.card("card-replace-fee", call)
                assert_no_wrong_screen(floor.node, again)
            await phone.stop()
        assert len(gone.sent) == told and call.agent() == "xiaolin"
        assert_no_wrong_screen(floor.node, gone)


async def test_an_outbound_task_opens_with_its_cards_and_hears_of_its_result_days_later(floor: Desk) -> None:
    call, key = Played(floor.node), {"Authorization": f"Bearer {floor.node.key}"}
    name = f"task-{call.external_id}"
    task = {
        "external_id": name,
        "campaign": "spring",
        "stage": "上传证件",
        "script": ["card-lost-report", "card-replace-fee"],
        "customer": "c-77",
        "agent": "dawei",
    }
    saved = await floor.a.client.post("/v1/tasks", json=task, headers=key)
    assert saved.status_code == 200, saved.text
    await call.tell("ringing", task=name)
    await call.tell("answered", 0.1, task=name)
    await floor.b.card("card-lost-report", call)
    assert call.events("utterance") == [] and floor.b.cards(call) == {"card-lost-report", "card-replace-fee"}
    opened = await floor.b.event("conversation.started", call)
    assert (opened["stage"], opened["direction"], opened["customer"]) == ("上传证件", "outbound", "c-77")
    await call.tell("hangup", 20.0)
    await call.tell("result", 1800.0, code="registered")
    rows = call.node.rows("select result from business_result where conversation_id = ?", call.conversation_id)
    assert rows == [("registered",)]
