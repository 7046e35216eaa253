"""Calls as they really happen, on a running node with real speech: three screens open, and no wrong one ever.

Times of events are virtual: audio is played faster than time passes, and the switch's clock goes with the audio.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.store import QueuePolicy, Store, UserRole, upgrade
from tests.server.call_audio import early_fee, hold_music, money_safe, new_card_fee, spoken, track
from tests.server.clients import browser
from tests.server.node import Node
from tests.server.scenarios import Desk, Played, assert_no_wrong_screen, desk, screen

PASSWORD = "tici-demo"
CHANGED_DESKS = time.time() - 3600.0
"""Since then extension 8012 is dawei's; it was xiaolin's before."""


async def fill(data_dir: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{data_dir / 'tici.db'}")
    for login, team in (("xiaolin", "default"), ("dawei", "default"), ("nina", "north"), ("nora", "north")):
        await store.users.add(login, PASSWORD, UserRole.AGENT, team=team)
    await store.save_queue(QueuePolicy(queue="north", team="north"))
    await store.assign_extension("8012", "xiaolin", at=0.0)
    await store.assign_extension("8012", "dawei", at=CHANGED_DESKS)
    await store.close()


@pytest.fixture(scope="module")
def switchboard(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Node]:
    """A node with real models, agents of two teams and a shared desk."""
    data_dir = tmp_path_factory.mktemp("switchboard") / "data"
    data_dir.mkdir()
    upgrade(f"sqlite+aiosqlite:///{data_dir / 'tici.db'}")
    asyncio.run(fill(data_dir))
    running = Node(data_dir, models_dir)
    running.launch()
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture
async def floor(switchboard: Node) -> AsyncIterator[Desk]:
    async with desk(switchboard, "xiaolin", "dawei", "nina") as three:
        yield three


async def test_a_blind_transfer(floor: Desk) -> None:
    call = Played(floor.node)
    await call.tell("ringing")
    await call.tell("answered", 0.1, agent="xiaolin")
    async with call.audio() as phone:
        await phone.play(track(8.0, (0.5, early_fee())))
        await floor.a.card("loan-early-repay-fee", call)
        await call.tell("transferred", 8.2, agent="dawei")
        await floor.a.told("unassigned", call)
        await phone.play(track(6.0, (0.6, money_safe())))
        await call.tell("answered", 14.2, agent="dawei")
        await phone.play(track(7.5, (0.5, new_card_fee())))
        await floor.b.card("card-replace-fee", call)
        await phone.stop()
    await call.tell("hangup", 22.0)
    assert "card-replace-fee" not in floor.a.cards(call)
    assert "card-lost-money-safe" not in call.cards()
    assert [kind for kind, _, _ in call.segments()] == ["ringing", "talk", "ringing", "talk", "wrap_up"]
    assert call.agent() == "dawei"
    # The rule that all screens are held to does notice.
    for wrong in (replace(floor.b, login="xiaolin"), replace(floor.a, login="dawei")):
        with pytest.raises(AssertionError):
            assert_no_wrong_screen(floor.node, wrong)


async def test_consult_then_transfer(floor: Desk) -> None:
    call = Played(floor.node)
    await call.tell("answered", agent="xiaolin")
    async with call.audio() as phone:
        await phone.play(track(8.0, (0.5, early_fee())))
        await floor.a.card("loan-early-repay-fee", call)
        await call.tell("consult", 8.2, agent="dawei")
        await phone.play(track(6.0, (0.6, money_safe())))
        await floor.a.event("segments.changed", call)
        assert floor.b.of(call) == []
        await call.tell("transferred", 14.2, agent="dawei")
        await floor.a.told("unassigned", call)
        await phone.play(track(7.5, (0.5, new_card_fee())))
        await floor.b.card("card-replace-fee", call)
        await phone.stop()
    assert "card-replace-fee" not in floor.a.cards(call)
    assert "card-lost-money-safe" not in call.cards()
    assert [(kind, agent) for kind, agent, _ in call.segments()] == [
        ("talk", "xiaolin"),
        ("consult", "xiaolin"),
        ("talk", "dawei"),
    ]


async def test_a_conference_with_a_third_party(floor: Desk) -> None:
    """What the third party asks is no customer's question, and who joins does not get the screen."""
    call = Played(floor.node)
    await call.tell("answered", agent="xiaolin")
    async with call.audio(("customer", "customer"), ("guest", "third_party")) as phone:
        await call.tell("conference", 0.5, agent="nina")
        asked, silence = track(8.0, (0.9, money_safe())), track(8.0)
        await phone.play(silence, asked)
        await phone.play(track(8.0, (0.5, new_card_fee())), silence)
        await floor.a.card("card-replace-fee", call)
        await phone.stop()
    assert call.cards() == floor.a.cards(call) and "card-lost-money-safe" not in call.cards()
    assert {u["role"] for u in call.events("utterance")} == {"customer", "third_party"}
    assert floor.c.of(call) == [] and call.agent() == "xiaolin"


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("music", ["piano", "song"])
async def test_hold_with_music(floor: Desk, told: bool, music: str) -> None:
    """The music raises nothing and teaches nothing, whether or not the switch tells of the hold."""
    call = Played(floor.node)
    await call.tell("answered", agent="xiaolin")
    if told:
        await call.tell("hold", 8.2)
        await call.tell("resumed", 21.2)
    async with call.audio() as phone:
        await phone.play(track(29.0, (0.5, early_fee()), (8.6, hold_music(12.0, music)), (21.6, new_card_fee())))
        await floor.a.card("card-replace-fee", call)
        await phone.stop()
    played = {u["utterance_id"] for u in call.events("utterance") if 8.3 < u["start"] < 21.0}
    assert not played & {raised["trigger"] for raised in call.events("suggestions.raised")}
    rows = call.node.rows("select utterance_id from sample where conversation_id = ?", call.conversation_id)
    assert not played & {str(utterance) for (utterance,) in rows}
    assert "loan-early-repay-fee" in floor.a.cards(call)


async def test_two_calls_in_a_row(floor: Desk) -> None:
    """The first one's wrap-up waits while the second one is on."""
    first = Played(floor.node)
    await first.tell("answered", agent="xiaolin")
    async with first.audio() as phone:
        await phone.play(track(8.0, (0.5, early_fee())))
        await phone.stop()
    await first.tell("hangup", 8.5)
    second = Played(floor.node)
    await second.tell("answered", agent="xiaolin")
    async with second.audio() as phone:
        await phone.play(track(8.0, (0.5, new_card_fee())))
        await floor.a.card("card-replace-fee", second)
        async with screen(floor.node, "xiaolin") as again:
            hello = await again.until(lambda m: m["type"] == "hello")
            listed = [c["conversation_id"] for c in hello["conversations"]]
            assert {first.conversation_id, second.conversation_id} <= set(listed)
        wrap = {"action_id": "w", "conversation_id": first.conversation_id, "note": ""}
        code = (await floor.a.client.get("/v1/wrap-up-codes")).json()[-1]["code"]
        await floor.a.socket.send(type="wrap_up", code=code, **wrap)
        await floor.a.event("conversation.wrapped_up", first)
        await phone.stop()
    assert "card-replace-fee" not in first.cards() and "loan-early-repay-fee" not in second.cards()
    assert second.events("conversation.wrapped_up") == []


async def test_a_shared_desk(floor: Desk) -> None:
    """A call answered at an extension is whose the extension was at that time, however late that is told."""
    today, before = Played(floor.node), Played(floor.node, origin=CHANGED_DESKS - 60.0)
    await today.tell("answered", agent="8012")
    await before.tell("ringing")
    await before.tell("hold", 70.0)
    assert before.agent() is None
    await before.tell("answered", 5.0, agent="8012")
    await floor.b.told("assigned", today)
    await floor.a.told("assigned", before)
    assert (today.agent(), before.agent()) == ("dawei", "xiaolin")
    assert floor.a.of(today) == [] and floor.b.of(before) == []
    await before.tell("answered", 80.0, agent="8012")
    await floor.b.told("assigned", before)
    for call in (today, before):
        await call.tell("hangup", 90.0)


async def test_all_events_before_the_audio(floor: Desk) -> None:
    call = Played(floor.node)
    await call.tell("ringing")
    await call.tell("answered", 0.1, agent="xiaolin")
    await call.tell("transferred", 8.2, agent="dawei")
    await call.tell("answered", 14.2, agent="dawei")
    await call.tell("hangup", 22.0)
    await floor.b.told("assigned", call)
    async with call.audio() as phone:
        await phone.play(track(22.0, (0.5, early_fee()), (8.8, money_safe()), (14.8, new_card_fee())))
        await floor.b.card("card-replace-fee", call)
        await phone.stop()
    assert "loan-early-repay-fee" in call.cards() and "card-lost-money-safe" not in call.cards()
    assert floor.a.cards(call) == set() and call.agent() == "dawei"


@pytest.mark.parametrize("over", [False, True])
async def test_all_events_after_the_audio(floor: Desk, over: bool) -> None:
    """The call was answered 30 s before anybody tells, and transferred meanwhile."""
    call = Played(floor.node, origin=time.time() + 0.1)
    async with call.audio() as phone:
        await phone.play(track(30.0, (0.5, early_fee()), (8.8, money_safe()), (14.8, new_card_fee())))
        if over:
            await phone.stop()
        for one in (floor.a, floor.b, floor.c):
            await one.settled()
            assert one.of(call) == []
        await call.tell("answered", 0.0, agent="xiaolin")
        await floor.a.told("assigned", call)
        await call.tell("transferred", 8.2, agent="dawei")
        await call.tell("answered", 14.2, agent="dawei")
        await floor.b.card("card-replace-fee", call)
        await floor.a.told("unassigned", call)
        if not over:
            await phone.stop()
    await call.tell("hangup", 30.0)
    kinds = [(kind, agent) for kind, agent, _ in call.segments()]
    assert kinds == [("talk", "xiaolin"), ("ringing", "dawei"), ("talk", "dawei"), ("wrap_up", "dawei")]
    taken_back = {e["suggestion_id"] for e in call.events("suggestion.outcome") if e["outcome"] == "expired"}
    ringing = [
        c
        for raised in call.events("suggestions.raised")
        for c in raised["cards"]
        if c["article_id"] == "card-lost-money-safe"
    ]
    assert {c["suggestion_id"] for c in ringing} <= taken_back


async def test_nobody_matched(floor: Desk) -> None:
    """Who is not of the queue's team sees nothing; of those who claim it at once, one gets it."""
    call = Played(floor.node, queue="north")
    await call.tell("answered", agent="8099")
    seen = await floor.c.until(lambda m: m["type"] == "claims" and m["calls"] != [])
    assert [c["conversation_id"] for c in seen["calls"]] == [call.conversation_id]
    async with call.audio() as phone, browser(floor.node, "nora") as nora:
        await phone.play(track(8.0, (0.5, early_fee())))
        for one in (floor.a, floor.b):
            assert (await one.client.get("/v1/claims")).json() == []
            assert (await one.client.post(f"/v1/claims/{call.conversation_id}")).status_code == 404
        door = f"/v1/claims/{call.conversation_id}"
        answers = await asyncio.gather(*(c.post(door) for c in (nora, floor.c.client, nora)))
        assert sorted(a.status_code for a in answers) == [200, 409, 409]
        winner = "nina" if answers[1].status_code == 200 else "nora"
        assert call.agent() == winner
        if winner == "nina":
            await floor.c.card("loan-early-repay-fee", call)
        await phone.stop()
    await floor.c.until(lambda m: m["type"] == "claims" and m["calls"] == [] and m is not seen)
    for one in (floor.a, floor.b):
        assert all(m["calls"] == [] for _, m in one.sent if m["type"] == "claims")


async def test_a_customer_who_goes_on_in_english(floor: Desk) -> None:
    call = Played(floor.node)
    await call.tell("answered", agent="xiaolin")
    async with call.audio() as phone:
        await phone.play(track(8.0, (0.5, early_fee())))
        await floor.a.card("loan-early-repay-fee", call)
        before = len(call.events())
        await call.tell("language", 8.2, language="en")
        await phone.play(track(8.0, (0.7, spoken("stolen_wallet", 4.5, 10.6, "en_bank"))))
        await floor.a.card("en-card-lost-report", call)
        await phone.stop()
    later = [e for e in call.events()[before:] if e["type"] == "suggestions.raised"]
    assert all(card["article_id"].startswith("en-") for raised in later for card in raised["cards"])
    languages = [u["language"] for u in call.events("utterance") if u["text"]]
    assert languages[0] == "zh" and languages[-1] == "en"
