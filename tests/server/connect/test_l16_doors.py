"""Calls through the real doors: sockets of jambonz, FreeSWITCH, Vonage and Asterisk."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterable
from functools import partial
from time import time

import jwt
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from asr.audio import encode
from server.ingest.connectors import ConnectorError
from server.ingest.dialect import Audio
from tests.server.connect.serving import Served, serving
from tests.server.live.parts import RATE, Node, say, until

CONNECTORS = """
[connector.jambonz]
dialect = "jambonz"
legs = { left = "customer", right = "agent" }
secret_env = "TICI_TEST_SECRET"

[connector.freeswitch]
dialect = "freeswitch"
legs = { left = "customer", right = "agent" }
secret_env = "TICI_TEST_SECRET"

[connector.vonage]
dialect = "vonage"
legs = { mixed = "mixed" }
secret = "a-signature-secret-of-32-bytes-or-more"

[connector.asterisk]
dialect = "chan-websocket"
legs = { in = "customer", out = "agent" }

[connector.tcp]
dialect = "audiosocket"
listen = "127.0.0.1:0"
legs = { 1 = "customer", 2 = "agent" }
"""
PATIENCE = 60.0
connect = partial(websocket, proxy=None, open_timeout=PATIENCE, close_timeout=PATIENCE, ping_timeout=None)
CUSTOMER, AGENT = say(1, 2), np.concatenate([say(3), say(4)])
JAMBONZ = {"callSid": "j-1", "sampleRate": RATE, "mixType": "stereo"}
BASIC = {"Authorization": "Basic " + b64encode(b"jambonz:s3cret").decode()}
UUIDS = {n: bytes.fromhex(f"0b7f1d3a5c2e4f60a1b2c3d4e5f6071{n}") for n in (1, 2, 3)}
CALL = "0b7f1d3a-5c2e-4f60-a1b2-c3d4e5f60710"


def frames(audio: bytes, size: int) -> Iterable[bytes]:
    return (audio[start : start + size] for start in range(0, len(audio), size))


def stereo(left: np.ndarray, right: np.ndarray) -> bytes:
    return np.stack([left, right], axis=1).astype("<i2").tobytes()


def pcm(samples: np.ndarray) -> bytes:
    return samples.astype("<i2").tobytes()


async def send(socket: ClientConnection, audio: bytes, size: int = 640) -> None:
    for frame in frames(audio, size):
        await socket.send(frame)


def spooled(node: Node) -> int:
    """Samples of the customer that have come in."""
    return sum(call.slots["customer"].live.spool.samples for call in node.calls._calls.values() if call.slots)


async def expected(served: Served) -> dict[str, list[str]]:
    """The same two parties, as the native dialect hears them."""
    call, _, phone = await served.node.open("reference", "customer", "agent")
    await call.audio(Audio({"customer": pcm(CUSTOMER), "agent": pcm(AGENT)}, "pcm16"), phone)
    await call.end(phone, "stopped")
    served.node.calls.forget_if_idle(call)
    live = await served.node.conversations.find("reference")
    assert live is not None
    told = {leg: await served.node.tiles(live.conversation_id, leg) for leg in ("customer", "agent")}
    return {leg: [text for _, _, text in tiles if text] for leg, tiles in told.items()}


async def test_jambonz_in_stereo(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        offered = [Subprotocol("audio.jambonz.org")]
        async with connect(served.url("jambonz"), subprotocols=offered, additional_headers=BASIC) as socket:
            assert socket.subprotocol == "audio.jambonz.org"
            await socket.send(json.dumps(JAMBONZ))
            await send(socket, stereo(CUSTOMER, AGENT))
            await socket.send('{"event":"dtmf","dtmf":"7","duration":"1600"}')
        words = await served.words("j-1")
        assert len(words["customer"]) == 2 and words == await expected(served)


async def test_two_mono_sockets_of_freeswitch_are_one_call_even_where_the_node_is_full(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        url = served.url("freeswitch") + "?token=s3cret&external_id=f-1&track="
        async with connect(url + "left") as left:
            await left.send(pcm(CUSTOMER)[:640])
            await until(lambda: node.calls.live == 1, PATIENCE)
            await node.open("another")
            assert not node.calls.has_room
            async with connect(url + "right") as right:
                await send(left, pcm(CUSTOMER)[640:])
                await send(right, pcm(AGENT))
            async with connect(url.replace("f-1", "f-2") + "left") as third:
                await third.send(bytes(640))
                with pytest.raises(ConnectionClosed) as closed:
                    await third.recv()
                assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        words = await served.words("f-1")
        assert [len(said) for said in words.values()] == [2, 2]


async def test_a_stereo_socket_is_refused_before_the_upgrade_where_the_node_is_full(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        await node.open("one")
        await node.open("two")
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url("jambonz"), additional_headers=BASIC):
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"]


async def test_vonage_signs_and_a_mixed_leg_is_heard(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        token = jwt.encode({"iat": int(time()), "iss": "Vonage"}, "a-signature-secret-of-32-bytes-or-more")
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(served.url("vonage"), additional_headers=headers) as socket:
            first = {"event": "websocket:connected", "content-type": f"audio/l16;rate={RATE}", "external_id": "v-1"}
            await socket.send(json.dumps(first))
            await send(socket, pcm(CUSTOMER), 320)
        assert len((await served.words("v-1", 1))["mixed"]) == 2


@pytest.mark.parametrize("connector", ["jambonz", "freeswitch", "vonage"])
async def test_without_the_secret_nobody_gets_in(node: Node, connector: str) -> None:
    async with serving(node, CONNECTORS) as served:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url(connector)):
                pass
        assert refused.value.response.status_code == 401


async def test_a_wrong_message_is_told_in_the_close_frame(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        async with connect(served.url("jambonz"), additional_headers=BASIC) as socket:
            await socket.send(json.dumps(JAMBONZ))
            await socket.send(bytes(6))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason[:16]) == (1008, "odd_audio_length")


async def test_a_line_that_was_cut_can_go_on(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        url = served.url("freeswitch") + "?token=s3cret&external_id=f-1&track=left"
        async with connect(url) as cut:
            await send(cut, pcm(CUSTOMER)[: RATE * 4])
            await until(lambda: spooled(node) == 2 * RATE, PATIENCE)
            cut.transport.abort()
        async with connect(url) as again:
            await send(again, pcm(CUSTOMER)[RATE * 4 :])
        assert len((await served.words("f-1", 1))["customer"]) == 2


async def test_two_channels_of_asterisk_over_websockets(node: Node) -> None:
    start = "MEDIA_START connection_id:{} channel:WebSocket/tici/0x1 format:ulaw optimal_frame_size:160 ptime:20"
    async with serving(node, CONNECTORS) as served:
        url = served.url("asterisk") + "?external_id=a-1&track="
        offered = [Subprotocol("media")]
        async with (
            connect(url + "in", subprotocols=offered) as customer,
            connect(url + "out", subprotocols=offered) as agent,
        ):
            assert customer.subprotocol == "media"
            for socket, said in ((customer, CUSTOMER), (agent, AGENT)):
                await socket.send(start.format(id(socket)))
                await send(socket, encode(said, "mulaw"), 160)
        words = await served.words("a-1")
        assert set(words) == {"customer", "agent"} and all(len(said) == 2 for said in words.values())


# --- AudioSocket


def frame(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


async def dialled(served: Served, uuid: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.ports["tcp"])
    writer.write(frame(0x01, uuid))
    return reader, writer


async def test_two_audiosockets_are_one_call(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        lines = [await dialled(served, UUIDS[1]), await dialled(served, UUIDS[2])]
        for (_, writer), said in zip(lines, (CUSTOMER, AGENT), strict=True):
            writer.writelines(frame(0x10, piece) for piece in frames(pcm(said), 320))
            writer.write(frame(0x03, b"5"))
            await writer.drain()
        lines[0][1].write(frame(0x00))
        assert await lines[0][0].read() == frame(0x00), "the end is answered, then the line is closed"
        lines[1][1].write_eof()
        assert await served.words(CALL) == await expected(served)
        for _, writer in lines:
            writer.close()


@pytest.mark.parametrize(
    "sent", [frame(0x10, bytes(320)), frame(0x01, UUIDS[3]), frame(0x01, UUIDS[1]) + frame(0x10, bytes(3))]
)
async def test_an_audiosocket_that_is_wrong_is_hung_up(node: Node, sent: bytes) -> None:
    async with serving(node, CONNECTORS) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.ports["tcp"])
        writer.write(sent)
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == frame(0x00)
        writer.close()


async def test_an_audiosocket_from_elsewhere_is_closed_unheard(node: Node) -> None:
    elsewhere = CONNECTORS + 'networks = ["10.1.0.0/16"]\n'
    async with serving(node, elsewhere) as served:
        reader, writer = await dialled(served, UUIDS[1])
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        writer.close()
        with pytest.raises(InvalidStatus) as refused:
            async with connect(served.url("tcp")):
                pass
        assert refused.value.response.status_code == 403


async def test_a_call_too_many_is_hung_up_and_the_others_go_on(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        await node.open("one")
        first = await dialled(served, UUIDS[1])
        first[1].write(frame(0x10, pcm(CUSTOMER)))
        await until(lambda: node.calls.live == 2, PATIENCE)
        other = await asyncio.open_connection("127.0.0.1", served.ports["tcp"])
        other[1].write(frame(0x01, UUIDS[1][:-2] + b"\x99\x01") + frame(0x10, bytes(320)))
        async with asyncio.timeout(PATIENCE):
            assert await other[0].read() == frame(0x00)
        first[1].write(frame(0x00))
        assert len((await served.words(CALL, 1))["customer"]) == 2
        for line in (first, other):
            line[1].close()


async def test_a_silent_audiosocket_is_hung_up(node: Node) -> None:
    async with serving(node, CONNECTORS, idle_timeout=0.2) as served:
        reader, writer = await dialled(served, UUIDS[1])
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == frame(0x00)
        writer.close()


async def test_an_audiosocket_that_says_nothing_stays_while_the_other_party_talks(node: Node) -> None:
    """Asterisk sends nothing of a channel that sends nothing itself, as one on hold may."""
    async with serving(node, CONNECTORS, idle_timeout=0.4) as served:
        held, talking = await dialled(served, UUIDS[1]), await dialled(served, UUIDS[2])
        held[1].write(frame(0x10, bytes(320)))
        for piece in frames(pcm(AGENT[: 2 * RATE]), 1600):
            talking[1].write(frame(0x10, piece))
            await asyncio.sleep(0.1)
        held[1].write(frame(0x10, pcm(CUSTOMER)[:32000]))
        await until(lambda: spooled(node) >= 16160, PATIENCE)
        async with asyncio.timeout(PATIENCE):
            for line in (held, talking):
                assert await line[0].read() == frame(0x00), "nobody says anything"
                line[1].close()


async def test_a_websocket_that_pauses_for_long_stays(node: Node) -> None:
    """A phone system keeps its socket while a call is on hold, and sends nothing; pings tell that it is there."""
    async with serving(node, CONNECTORS, idle_timeout=0.3) as served:
        url = f"{served.url('freeswitch')}?token=s3cret&external_id=f-1&mix_type=stereo"
        async with connect(url) as socket:
            await send(socket, stereo(CUSTOMER[:RATE], AGENT[:RATE]))
            await asyncio.sleep(1.0)
            await send(socket, stereo(CUSTOMER[RATE:], AGENT[RATE:]))
        assert {role: len(said) for role, said in (await served.words("f-1")).items()} == {"customer": 2, "agent": 2}


async def test_connections_are_counted(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.ingest.tcp.MOST_CONNECTIONS", 1)
    async with serving(node, CONNECTORS) as served:
        first = await dialled(served, UUIDS[1])
        first[1].write(frame(0x10, bytes(320)))
        await until(lambda: node.calls.live == 1, PATIENCE)
        one_too_many = await dialled(served, UUIDS[2])
        async with asyncio.timeout(PATIENCE):
            assert await one_too_many[0].read() == b""
        assert node.calls.live == 1
        for line in (first, one_too_many):
            line[1].close()


async def test_a_port_that_is_taken_is_told(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        taken = f"127.0.0.1:{served.ports['tcp']}"
        with pytest.raises(ConnectorError, match=f"connector `tcp`: cannot listen on {taken}"):
            async with serving(node, CONNECTORS.replace("127.0.0.1:0", taken)):
                pass


async def test_a_node_that_stops_lets_its_lines_go(node: Node) -> None:
    async with serving(node, CONNECTORS) as served:
        reader, writer = await dialled(served, UUIDS[1])
        writer.write(frame(0x10, bytes(320)))
        await until(lambda: node.calls.live == 1, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()
