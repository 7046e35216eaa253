"""Media streams through the real door: heard to the last word, refused before the upgrade, joined, repaired."""

import asyncio
import json
from base64 import b64encode
from dataclasses import replace
from time import time
from typing import Any

import numpy as np
import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from asr.audio import encode
from server.replay.audio import CallAudio
from server.replay.call import play_call
from server.replay.errors import BadOptionError, RefusedError, UnauthorisedError
from server.replay.options import CallOptions, ClientDialect, Sockets
from server.wire.events import LegGap, LegStarted
from tests.server.connect.serving import Served, serving
from tests.server.live.parts import RATE, Node, say, until

VENDORS = ("twilio", "telnyx", "plivo", "exotel", "signalwire")
BOTH = '{ inbound = "customer", outbound = "agent" }'
CONNECTORS = "".join(
    f'[connector.{vendor}]\ndialect = "{vendor}"\nlegs = {BOTH}\nsecret_env = "TICI_TEST_SECRET"\n'
    for vendor in VENDORS
)
CONNECTORS += '[connector.open]\ndialect = "twilio"\nlegs = { inbound = "customer" }\n'
CONNECTORS += '[connector.far]\ndialect = "twilio"\nlegs = { inbound = "customer" }\nnetworks = ["203.0.113.0/24"]\n'
SECRET = "s3cret"
AUDIO = CallAudio({"customer": say(1, 2), "agent": np.concatenate([say(3), say(4)])}, RATE)


def options(served: Served, dialect: ClientDialect, **changes: Any) -> CallOptions:
    made = CallOptions(
        url=served.url(dialect),
        external_id="call-1",
        dialect=dialect,
        encoding=dialect.encoding,
        secret=SECRET,
        agent="8012",
        speed=50.0,
        retry_seconds=5.0,
    )
    return replace(made, **changes)


def ignore(event: dict[str, Any]) -> None:
    pass


async def payloads(node: Node, call: str, kind: type) -> list[Any]:
    live = await node.conversations.find(call)
    assert live is not None
    return [event.payload for event in await node.store.events(live.conversation_id) if isinstance(event.payload, kind)]


@pytest.mark.parametrize(
    ("dialect", "changes"),
    [
        (ClientDialect.TWILIO, {}),
        (ClientDialect.TWILIO, {"sockets": Sockets.PER_LEG}),
        (ClientDialect.TELNYX, {"encoding": "alaw"}),
        (ClientDialect.PLIVO, {}),
        (ClientDialect.EXOTEL, {}),
        (ClientDialect.SIGNALWIRE, {"encoding": "pcm16"}),
    ],
)
async def test_every_word_of_both_is_heard(node: Node, dialect: ClientDialect, changes: dict[str, Any]) -> None:
    async with serving(node, CONNECTORS) as served:
        await play_call(AUDIO, options(served, dialect, **changes), ignore)
        words = await served.words("call-1")
        assert {role: len(said) for role, said in words.items()} == {"customer": 2, "agent": 2}
        live = await node.conversations.find("call-1")
        assert live is not None and live.session.state.started is not None
        assert live.session.state.started.external_id == "call-1"
        assert await payloads(node, "call-1", LegGap) == []
        formats = {(leg.encoding, leg.sample_rate) for leg in await payloads(node, "call-1", LegStarted)}
        assert formats == {(changes.get("encoding", dialect.encoding), RATE)}


@pytest.mark.parametrize("sockets", Sockets)
async def test_a_stream_that_was_stopped_goes_on_in_the_same_conversation(node: Node, sockets: Sockets) -> None:
    async with serving(node, CONNECTORS) as served:
        for ended in (2, 4):
            await play_call(AUDIO, options(served, ClientDialect.TWILIO, sockets=sockets), ignore)
            words = await served.words("call-1", ended)
    assert {role: len(said) for role, said in words.items()} == {"customer": 4, "agent": 4}


async def test_the_name_of_an_ended_call_is_not_taken_for_another_call(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(node, CONNECTORS) as served:
        await play_call(AUDIO, options(served, ClientDialect.TWILIO, customer="C-1"), ignore)
        await served.words("call-1")
        socket = {"additional_headers": signed(served, "twilio"), "proxy": None}
        for parameters, later in (({"customer": "C-2"}, 0.0), ({"customer": "C-1"}, 3700.0)):
            monkeypatch.setattr("server.live.calls.time", lambda later=later: time() + later)
            async with connect(served.url("twilio"), **socket) as refused:
                await refused.send(start("call-1", parameters))
                with pytest.raises(ConnectionClosed) as closed:
                    await refused.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.reason.startswith("conversation_ended")
        live = await node.conversations.find("call-1")
        assert live is not None and set(live.session.state.legs) == {"customer", "agent"}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_another_secret_is_refused(node: Node, vendor: str) -> None:
    async with serving(node, CONNECTORS) as served:
        for secret in ("S3cret", None):
            with pytest.raises(UnauthorisedError):
                await play_call(AUDIO, options(served, ClientDialect(vendor), secret=secret), ignore)
    assert node.calls.live == 0


@pytest.mark.parametrize(("name", "status", "code"), [("none", 404, "not_found"), ("far", 403, "forbidden")])
async def test_who_is_refused_is_told_before_the_upgrade(node: Node, name: str, status: int, code: str) -> None:
    async with serving(node, CONNECTORS) as served:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url(name), proxy=None):
                pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["problem"]["code"] == code


async def test_a_page_of_another_site_is_refused(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url("open"), origin="http://evil.example", proxy=None):
                pass
    assert refused.value.response.status_code == 403


async def test_without_room_there_is_no_upgrade_but_a_second_leg_joins(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        _, started, phone = await node.open("other-1")
        await node.open("call-1", "agent")
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url("twilio"), additional_headers=signed(served, "twilio"), proxy=None):
                pass
        assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (503, "5")
        async with connect(served.url("open"), proxy=None) as socket:
            await socket.send(start("call-1"))
            await until(lambda: len(node.calls._calls[conversation(node, "call-1")].slots) == 2)
        async with connect(served.url("open"), proxy=None) as socket:
            await socket.send(start("call-2"))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.reason.startswith("overloaded")
    assert started.conversation_id and phone.failures == []


async def test_a_socket_that_says_much_and_starts_no_call_is_closed(node: Node) -> None:
    async with serving(node, CONNECTORS, idle_timeout=0.3) as served, connect(served.url("open"), proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(20):
                while True:
                    await socket.send('{"event": "connected", "protocol": "Call", "version": "1.0.0"}')
                    await asyncio.sleep(0.05)
        assert closed.value.rcvd is not None and closed.value.rcvd.reason.startswith("idle")


async def test_lost_messages_are_a_marked_gap_of_their_length(node: Node) -> None:
    sound = say(1, 2)
    pieces = [encode(sound[at : at + 160], "mulaw") for at in range(0, len(sound), 160)]
    lost = range(105, 125)
    async with serving(node, CONNECTORS) as served:
        async with connect(served.url("open"), proxy=None) as socket:
            await socket.send('{"event": "connected", "protocol": "Call", "version": "1.0.0"}')
            await socket.send(start("call-1"))
            for number, piece in enumerate(pieces):
                if number not in lost:
                    await socket.send(media(number, piece))
            await socket.send('{"event": "stop", "sequenceNumber": "999"}')
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000
        (gap,) = await payloads(node, "call-1", LegGap)
        assert (gap.start, gap.end, gap.missing, gap.reason) == (2.1, 2.5, 0.4, "lost")
        live = await node.conversations.find("call-1")
        assert live is not None and live.session.state.legs["customer"].decoded_to == len(sound)


async def test_what_no_such_vendor_sends(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        for dialect, changes in (
            (ClientDialect.TWILIO, {"encoding": "pcm16"}),
            (ClientDialect.EXOTEL, {"encoding": "mulaw"}),
            (ClientDialect.TELNYX, {"sockets": Sockets.PER_LEG}),
        ):
            with pytest.raises(BadOptionError):
                await play_call(AUDIO, options(served, dialect, **changes), ignore)
        with pytest.raises(RefusedError):
            await play_call(AUDIO, options(served, ClientDialect.TWILIO, language="fr"), ignore)


def conversation(node: Node, call: str) -> str:
    (found,) = [
        live.conversation_id
        for live in node.conversations.live
        if live.session.state.started is not None and live.session.state.started.external_id == call
    ]
    return found


def signed(served: Served, name: str) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(SECRET).compute_signature(served.url(name), {})}


def start(call: str, parameters: dict[str, str] | None = None) -> str:
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    said = {"callSid": call, "tracks": ["inbound"], "mediaFormat": media_format, "customParameters": parameters or {}}
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": said})


def media(number: int, piece: bytes) -> str:
    said = {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * 20)}
    payload = b64encode(piece).decode()
    return json.dumps({"event": "media", "sequenceNumber": str(number + 2), "media": {**said, "payload": payload}})
