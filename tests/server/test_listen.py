"""The audio doors of a running node, with what senders get wrong."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.server.clients import Socket, listen, start_message
from tests.server.node import Node

SECOND = b"\0\0" * 8000


@pytest.fixture(autouse=True)
async def quiet_node(node: Node) -> None:
    """No call of an earlier test takes up a place."""
    async with httpx.AsyncClient(base_url=node.http, trust_env=False) as client:
        for _ in range(200):
            if (await client.get("/healthz")).json()["live_conversations"] == 0:
                return
            await asyncio.sleep(0.1)


async def begin(socket: Socket, **changes: object) -> dict[str, object]:
    await socket.send(**start_message(**changes))
    return await socket.until_type("started")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"encoding": "opus"}, "unsupported_encoding"),
        ({"sample_rate": 4000}, "unsupported_sample_rate"),
        ({"version": 99}, "unsupported_version"),
        ({"language": "fr"}, "unsupported_language"),
        ({"legs": []}, "bad_message"),
        ({"external_id": "../../etc"}, "bad_message"),
        ({"surprise": 1}, "bad_message"),
    ],
)
async def test_a_bad_start_gets_its_error(node: Node, changes: dict[str, object], code: str) -> None:
    async with listen(node) as socket:
        await socket.send(**start_message(**changes))
        assert await socket.close_code() is not None
    assert [m["code"] for m in socket.received] == [code]


async def test_audio_before_start_and_text_in_its_place(node: Node) -> None:
    async with listen(node) as socket:
        await socket.connection.send(SECOND)
        await socket.close_code()
        assert socket.received[-1]["code"] == "start_expected"
    async with listen(node) as socket:
        await begin(socket)
        await socket.connection.send("hello?")
        error = await socket.until_type("error")
        assert (error["code"], error["fatal"]) == ("audio_expected", False)
        await socket.connection.send(SECOND)
        assert (await socket.until_type("ack"))["samples"] == 8000
        await socket.send(type="stop")
        assert (await socket.until_type("ended"))["samples"] == {"customer": 8000}


async def test_half_a_sample_is_refused_and_the_call_goes_on(node: Node) -> None:
    async with listen(node) as socket:
        await begin(socket)
        await socket.connection.send(b"\0" * 801)
        assert (await socket.until_type("error"))["code"] == "odd_audio_length"


async def test_an_oversized_message_closes_its_connection_only(node: Node) -> None:
    async with listen(node) as other, listen(node) as socket:
        await begin(other)
        await begin(socket)
        await socket.connection.send(b"\0" * 70_000)
        assert await socket.close_code() == 1009
        await other.connection.send(SECOND)
        while (await other.until_type("ack"))["samples"] < 8000:
            pass


@pytest.mark.parametrize("key", ["", "nonsense", "tici.x.y"])
async def test_without_a_valid_key_nobody_gets_in(node: Node, key: str) -> None:
    for path in ("/v1/listen", "/v1/vosk"):
        with pytest.raises(InvalidStatus) as refused:
            async with listen(node, key, path):
                pass
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body)["problem"]["code"] == "unauthenticated"


async def test_two_senders_for_one_leg(node: Node) -> None:
    external_id = start_message()["external_id"]
    async with listen(node) as first, listen(node) as second, listen(node) as third:
        token = (await begin(first, external_id=external_id))["resume_token"]
        await second.send(**start_message(external_id=external_id))
        assert (await second.until_type("error"))["code"] == "leg_busy"
        await first.connection.send(SECOND)
        await first.until_type("ack")
        resumed = await begin(third, external_id=external_id, resume_token=token)
        assert resumed["resume_from"] == 8000
        await first.close_code()
        assert first.received[-1]["code"] == "superseded"
        await third.connection.send(SECOND)
        assert (await third.until_type("ack"))["samples"] == 16000


async def test_a_lost_sender_resumes_where_the_acknowledgement_ended(node: Node) -> None:
    external_id = start_message()["external_id"]
    async with listen(node) as first:
        await begin(first, external_id=external_id)
        await first.connection.send(SECOND)
        await first.until_type("ack")
        first.connection.transport.abort()
    async with listen(node) as again:
        assert (await begin(again, external_id=external_id))["resume_from"] == 8000
        await again.send(type="stop")
        assert (await again.until_type("ended"))["samples"] == {"customer": 8000}
    async with listen(node) as late:
        await late.send(**start_message(external_id=external_id))
        assert (await late.until_type("error"))["code"] == "conversation_ended"


async def test_another_format_on_resume_is_a_conflict(node: Node) -> None:
    external_id = start_message()["external_id"]
    async with listen(node) as first:
        await begin(first, external_id=external_id)
    async with listen(node) as again:
        await again.send(**start_message(external_id=external_id, sample_rate=16000))
        assert (await again.until_type("error"))["code"] == "conflict"


async def test_silence_for_ever_is_fine_and_no_audio_at_all_is_not(node: Node) -> None:
    async with listen(node) as silent, listen(node) as mute:
        await begin(silent)
        await begin(mute)
        for _ in range(5):
            await silent.connection.send(SECOND)
            await asyncio.sleep(0.5)
        await mute.close_code()
        assert mute.received[-1]["code"] == "idle"
        await silent.send(type="stop")
        assert (await silent.until_type("ended"))["samples"] == {"customer": 40000}


async def test_a_sender_that_does_not_come_back_ends_its_call(node: Node) -> None:
    async with listen(node) as socket:
        conversation_id = str((await begin(socket))["conversation_id"])
        await socket.connection.send(SECOND)
        await socket.until_type("ack")
    for _ in range(400):
        rows = node.rows("select payload from event where conversation_id = ?", conversation_id)
        reasons = [json.loads(str(r[0])).get("reason") for r in rows]
        if "sender lost" in reasons:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the call is still open")


async def test_the_call_too_many_is_refused(node: Node) -> None:
    sockets = [
        connect(node.url, additional_headers={"Authorization": f"Bearer {node.key}"}, proxy=None) for _ in range(5)
    ]
    opened = [Socket(await connecting) for connecting in sockets]
    try:
        for socket in opened[:4]:
            while True:
                start = start_message()
                named = start["external_id"]
                await socket.send(**start)
                if (await socket.next())["type"] == "started":
                    break
        await opened[4].send(**start_message())
        refused = await opened[4].next()
        assert (refused["code"], refused["retry_after"]) == ("overloaded", 5.0)
        assert opened[3].connection.close_code is None
        # A call that is named in the URL is refused before the upgrade, and one that is open is not.
        headers = {"Authorization": f"Bearer {node.key}"}
        with pytest.raises(InvalidStatus) as full:
            await connect(f"{node.url}?external_id=one-more", additional_headers=headers, proxy=None)
        assert (full.value.response.status_code, full.value.response.headers["Retry-After"]) == (503, "5")
        assert json.loads(full.value.response.body)["problem"]["code"] == "overloaded"
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{node.port}/v1/vosk", proxy=None)
        own = await connect(f"{node.url}?external_id={named}", additional_headers=headers, proxy=None)
        await own.close()
    finally:
        for socket in opened:
            if socket.connection.close_code is None:
                await socket.send(type="stop")
                await socket.close_code()


async def test_a_client_that_never_reads_disturbs_nobody(node: Node) -> None:
    async with listen(node) as deaf, listen(node) as other:
        deaf.connection.transport.pause_reading()
        await deaf.send(**start_message())
        await begin(other)
        for _ in range(20):
            await deaf.connection.send(SECOND)
        await other.connection.send(SECOND)
        assert (await other.until_type("ack", 10))["samples"] == 8000
        deaf.connection.transport.abort()


async def test_a_vosk_client_without_a_key_is_answered_for_each_chunk(node: Node) -> None:
    async with connect(f"ws://127.0.0.1:{node.port}/v1/vosk", proxy=None) as connection:
        socket = Socket(connection)
        await socket.send(config={"sample_rate": 8000, "words": True})
        for _ in range(3):
            await socket.connection.send(SECOND[:3200])
            assert set(await socket.next()) & {"partial", "text"}
        await socket.connection.send('{"eof" : 1}')
        assert "text" in await socket.next()
        assert await socket.close_code() == 1000
