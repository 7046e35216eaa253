"""AudioHook sessions through the real door: signed, heard, told back, broken and gone on with."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from asr.audio import encode
from server.ids import new_id
from server.ingest.dialect import Audio
from server.live.conversation import LiveConversation, conversation_topic
from server.replay.audio import CallAudio
from server.replay.audiohook_client import AudioHookClient
from server.replay.call import play_call
from server.replay.errors import RefusedError, UnauthorisedError
from server.replay.options import CallOptions, ClientDialect
from server.wire.events import Card, Event, LegGap, LegStarted, Receipt, SuggestionsRaised, Utterance
from tests.server.connect.serving import Served, serving
from tests.server.live.parts import RATE, Node, say, until

CONNECTORS = """
[connector.genesys]
dialect = "audiohook"
legs = { external = "customer", internal = "agent" }
api_key = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh"
secret = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
customer = "ani"
transcripts = true
interims = true
suggestions = true
"""
SECRET = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh:TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
CUSTOMER, AGENT = say(1, 2), np.concatenate([say(3), say(4)])
NO_ID = "00000000-0000-0000-0000-000000000000"


def options(served: Served, call: str, **changes: Any) -> CallOptions:
    made = CallOptions(served.url("genesys"), call, ClientDialect.AUDIOHOOK, secret=SECRET, encoding="mulaw")
    return replace(made, **changes)


class Session:
    """A client that says what a test wants it to say."""

    def __init__(self, socket: ClientConnection, client: AudioHookClient, id_: str) -> None:
        self.socket = socket
        self.client = client
        self.id = id_
        self.seq = 0
        self.serverseq = 0
        self.heard: list[dict[str, Any]] = []

    async def say(self, kind: str, position: float = 0.0, **parameters: Any) -> None:
        self.seq += 1
        message = {"version": "2", "id": self.id, "type": kind, "seq": self.seq, "serverseq": self.serverseq}
        await self.socket.send(json.dumps(message | {"position": f"PT{position}S", "parameters": parameters}))

    async def open(self, **changes: Any) -> dict[str, Any]:
        parameters = json.loads(self.client.opening(0)[0])["parameters"] | changes
        await self.say("open", **parameters)
        return await self.until("opened", "disconnect")

    async def until(self, *kinds: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                self.serverseq += 1
                assert message["seq"] == self.serverseq
                self.heard.append(message)
                if message["type"] in kinds:
                    return message

    async def send(self, left: np.ndarray, right: np.ndarray) -> None:
        audio = stereo(left, right)
        for start in range(0, len(audio), 3200):
            await self.socket.send(audio[start : start + 3200])

    def entities(self, kind: str) -> list[dict[str, Any]]:
        events = [message["parameters"] for message in self.heard if message["type"] == "event"]
        return [entity["data"] for event in events for entity in event["entities"] if entity["type"] == kind]


def stereo(left: np.ndarray, right: np.ndarray) -> bytes:
    return encode(np.stack([left, right], axis=1).reshape(-1), "mulaw")


@asynccontextmanager
async def session(served: Served, call: str | None = None) -> AsyncIterator[Session]:
    client = AudioHookClient(options(served, call or new_id()), ["customer", "agent"], RATE)
    headers = client.headers
    async with connect(served.url("genesys"), additional_headers=headers, proxy=None) as socket:
        yield Session(socket, client, headers["audiohook-session-id"])


async def live(node: Node, call: str) -> LiveConversation:
    found = await node.conversations.find(call)
    assert found is not None
    return found


async def payloads(node: Node, call: str, kind: type) -> list[Any]:
    events = await node.store.events((await live(node, call)).conversation_id)
    return [event.payload for event in events if isinstance(event.payload, kind)]


async def expected(node: Node) -> dict[str, list[str]]:
    """The same two parties, as the native dialect hears them."""
    call, started, phone = await node.open("reference", "customer", "agent")
    sent = {"customer": encode(CUSTOMER, "mulaw"), "agent": encode(AGENT, "mulaw")}
    decoded = {leg: samples.tobytes() for leg, samples in Audio(sent, "mulaw").samples.items()}
    await call.audio(Audio(decoded, "pcm16"), phone)
    await call.end(phone, "stopped")
    node.calls.forget_if_idle(call)
    told = {leg: await node.tiles(started.conversation_id, leg) for leg in ("customer", "agent")}
    return {leg: [text for _, _, text in tiles if text] for leg, tiles in told.items()}


async def test_a_stereo_call_is_heard_and_told_back(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        async with session(served, call) as genesys:
            assert (await genesys.open(participant=party()))["parameters"]["media"][0]["format"] == "PCMU"
            await genesys.send(CUSTOMER, AGENT)
            await genesys.say("ping", 4.0)
            await genesys.say("close", 4.0, reason="end")
            assert (await genesys.until("closed"))["clientseq"] == 3
        words = await served.words(call)
        assert words == await expected(node) and len(words["customer"]) == 2
        told = [one for one in genesys.entities("transcript") if one["isFinal"]]
        texts = [[one["alternatives"][0]["interpretations"][0]["transcript"] for one in told if one["channelId"] == n]
                 for n in (0, 1)]  # fmt: skip
        assert texts == [words["customer"], words["agent"]]
        assert any(message["type"] == "pong" for message in genesys.heard)
        state = (await live(node, call)).session.state
        assert state.started is not None and state.started.customer == "+15551234567"
        assert all(leg.encoding == "mulaw" for leg in await payloads(node, call, LegStarted))


def party(**changes: str) -> dict[str, str]:
    return {"id": new_id(), "ani": "tel:+15551234567", "aniName": "", "dnis": ""} | changes


async def test_suggestions_are_told_back(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served, session(served, call) as genesys:
        await genesys.open()
        conversation_id = (await live(node, call)).conversation_id
        await until(lambda: bool(node.hub.topics.get(conversation_topic(conversation_id))))
        card = Card(
            suggestion_id=new_id(), article_id="a", article_version=1, title="Rates", reply="3 & 4", reply_to_send="",
            intent=None, confidence=0.7, matched="", rank=1, source="final", model="m",
        )  # fmt: skip
        raised = SuggestionsRaised(trigger="t", trigger_text="", cards=[card], receipt=Receipt())
        event = Event(conversation_id=conversation_id, seq=9, at=0.0, payload=raised)
        node.hub.publish(conversation_topic(conversation_id), event)
        await genesys.until("event")
        (suggestion,) = genesys.entities("agentassist")[0]["suggestions"]
        assert (suggestion["question"], suggestion["answer"]) == ("Rates", "3 &amp; 4")


async def test_the_replayed_call(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        audio = CallAudio({"customer": CUSTOMER, "agent": AGENT}, RATE)
        events: list[dict[str, Any]] = []
        tally = await play_call(audio, options(served, call, speed=20.0, customer="+1555"), events.append)
        words = await served.words(call)
        assert tally.finals == 4 and words == await expected(node)
        kinds = [event["type"] for event in events]
        assert (kinds[0], kinds[-1]) == ("opened", "closed")
        assert [event["leg"] for event in events if event["type"] == "final"].count("customer") == 2


@pytest.mark.parametrize("secret", [None, SECRET[:-8] + "AAAAAAA=", "other" + SECRET])
async def test_who_is_not_authentic_does_not_get_in(node: Node, secret: str | None) -> None:
    async with serving(node, CONNECTORS) as served:
        audio = CallAudio({"customer": CUSTOMER}, RATE)
        with pytest.raises(UnauthorisedError):
            await play_call(audio, options(served, "a", secret=secret), lambda event: None)


async def test_a_request_that_was_overheard_does_not_get_in(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        headers = AudioHookClient(options(served, "a"), ["customer", "agent"], RATE).headers
        async with connect(served.url("genesys"), additional_headers=headers, proxy=None):
            pass
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url("genesys"), additional_headers=headers, proxy=None):
                pass
        assert refused.value.response.status_code == 401


async def test_another_organisation_is_told_that_it_is_not_authorised(node: Node) -> None:
    async with serving(node, CONNECTORS) as served, session(served) as genesys:
        told = await genesys.open(organizationId=NO_ID)
        assert told["parameters"]["reason"] == "unauthorized"
        assert node.calls.live == 0


async def test_a_probe_is_answered_and_nothing_is_stored(node: Node) -> None:
    async with serving(node, CONNECTORS) as served, session(served) as genesys:
        opened = await genesys.open(conversationId=NO_ID, participant=party(id=NO_ID))
        assert opened["type"] == "opened"
        await genesys.send(CUSTOMER, AGENT)
        await genesys.say("close", 4.0, reason="end")
        await genesys.until("closed")
        assert node.calls.live == 0 and await node.conversations.find(NO_ID) is None


async def test_a_full_node_refuses_at_the_door_and_after_it(node: Node) -> None:
    async with serving(node, CONNECTORS) as served, session(served) as early:
        await node.open("one")
        await node.open("two")
        with pytest.raises(InvalidStatus) as refused:
            async with session(served):
                pass
        assert refused.value.response.status_code == 503 and refused.value.response.headers["Retry-After"]
        told = await early.open()
        assert told["type"] == "disconnect" and told["parameters"]["info"].startswith("overloaded: ")
        await early.say("close", reason="disconnect")
        await early.until("closed")
        audio = CallAudio({"customer": CUSTOMER}, RATE)
        with pytest.raises(RefusedError, match="overloaded"):
            await play_call(audio, options(served, "three"), lambda event: None)


async def test_a_session_that_comes_back_finds_its_place_on_a_full_node(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        await node.open("one")
        async with session(served, call) as first:
            await first.open()
            await first.send(CUSTOMER[:RATE], AGENT[:RATE])
        assert not node.calls.has_room
        await until(lambda: node.calls.awaits_senders)
        async with session(served) as stranger:
            assert (await stranger.open())["parameters"]["info"].startswith("overloaded: ")
        async with session(served, call) as second:
            assert (await second.open())["type"] == "opened"
            with pytest.raises(InvalidStatus) as refused:
                async with session(served):
                    pass
            assert refused.value.response.status_code == 503


async def test_a_broken_session_is_gone_on_with_by_another(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        async with session(served, call) as first:
            await first.open()
            await first.send(CUSTOMER[: 2 * RATE], AGENT[: 2 * RATE])
            await first.until("event")
            async with session(served, call) as second:
                # The first one still seems to be there: its end is not heard of where a network fails.
                continued = [{"id": first.id, "serverseq": first.serverseq, "clientseq": first.seq}]
                assert (await second.open(continuedSessions=continued))["type"] == "opened"
                assert (await first.until("disconnect"))["parameters"]["reason"] == "completed"
                await second.send(CUSTOMER[2 * RATE :], AGENT[2 * RATE :])
                await second.say("close", 2.0, reason="end")
                await second.until("closed")
        words = await served.words(call)
        assert [len(said) for said in words.values()] == [2, 2]
        told = [one for one in second.entities("transcript") if one["isFinal"]]
        assert all(float(one["offset"][2:-1]) < 2.0 for one in told), "positions are those of the second session"


async def test_a_reconnecting_close_leaves_the_legs_open_for_the_next_session(node: Node) -> None:
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        async with session(served, call) as first:
            await first.open()
            await first.send(CUSTOMER[:RATE], AGENT[:RATE])
            await first.say("close", 1.0, reason="reconnect")
            await first.until("closed")
        assert not any(leg.ended for leg in (await live(node, call)).session.state.legs.values())
        async with session(served, call) as second:
            assert (await second.open())["type"] == "opened"
            await second.say("close", reason="end")
            await second.until("closed")
        await served.words(call)


async def test_what_was_left_out_keeps_the_times_true(node: Node) -> None:
    """Silence in the place of a second, a mark in the place of minutes."""
    call = new_id()
    async with serving(node, CONNECTORS) as served:
        async with session(served, call) as genesys:
            await genesys.open()
            await genesys.send(CUSTOMER[: 2 * RATE], AGENT[: 2 * RATE])
            await genesys.say("discarded", 3.0, start="PT2S", discarded="PT1S")
            await genesys.say("paused", 3.0)
            await genesys.say("resumed", 203.0, start="PT3S", discarded="PT200S")
            await genesys.send(CUSTOMER[2 * RATE :], AGENT[2 * RATE :])
            await genesys.say("close", 205.0, reason="end")
            await genesys.until("closed")
        gaps = [(gap.reason, gap.missing, round(gap.end - gap.start, 3))
                for gap in await payloads(node, call, LegGap) if gap.leg == "customer"]  # fmt: skip
        assert gaps == [("discarded", 1.0, 1.0), ("paused", 200.0, 0.0)]
        said = [one for one in await payloads(node, call, Utterance) if one.leg == "customer"]
        assert len(said) == 2 and said[1].start_sample >= 3 * RATE
        told = [one for one in genesys.entities("transcript") if one["isFinal"] and not one["channelId"]]
        first, second = (float(one["offset"][2:-1]) for one in told)
        assert first < 1 and 203 <= second < 204


async def test_a_client_that_does_not_leave_is_left(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.ingest.audiohook.PATIENCE", 0.1)
    async with serving(node, CONNECTORS) as served, session(served) as genesys:
        await genesys.open()
        genesys.seq += 1  # a number is left out
        await genesys.say("ping")
        assert (await genesys.until("disconnect"))["parameters"]["reason"] == "error"
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(10):
                while True:
                    await genesys.socket.send(stereo(AGENT[:RATE], AGENT[:RATE]))
                    await asyncio.sleep(0.01)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000


async def test_without_an_upgrade_there_is_nothing_here(node: Node) -> None:
    async with serving(node, CONNECTORS) as served, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(served.url("genesys").replace("ws:", "http:"))
        assert answer.status_code in (404, 405)
