"""A node that is told to stop hands its calls over: no new ones, finals told, senders sent away, in a bounded time."""

import asyncio
import json
import signal
from pathlib import Path
from time import monotonic

import httpx
import pytest
import soundfile
from websockets.asyncio.client import connect

from tests.server.clients import Socket, listen, start_message
from tests.server.killing import tiles
from tests.server.killing_many import LIGHT
from tests.server.node import REPOSITORY, Node

DRAIN_SECONDS = 10.0


def speech(clip: str) -> bytes:
    samples, _ = soundfile.read(REPOSITORY / "tests" / "data" / "asr_zh" / clip, dtype="int16")
    return samples.tobytes()


async def send(socket: Socket, data: bytes) -> None:
    for start in range(0, len(data), 3200):
        await socket.connection.send(data[start : start + 3200])


async def until_draining(node: Node) -> httpx.Response:
    async with httpx.AsyncClient(base_url=node.http, trust_env=False) as client:
        for _ in range(1000):
            answer = await client.get("/readyz")
            if answer.status_code != 200:
                return answer
            await asyncio.sleep(0.02)
    raise AssertionError("it still takes calls")


@pytest.mark.timeout(400)
async def test_sigterm_hands_the_calls_over(tmp_path: Path, models_dir: Path) -> None:
    node = Node(tmp_path / "data", models_dir, {**LIGHT, "TICI_DRAIN_SECONDS": str(DRAIN_SECONDS)})
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        name = str(start_message()["external_id"])
        vosk_url = f"ws://127.0.0.1:{node.port}/v1/vosk?external_id=by-vosk"
        async with listen(node) as native, listen(node) as late, connect(vosk_url, proxy=None) as connection:
            await native.send(**start_message(external_id=name))
            started = await native.until_type("started")
            vosk = Socket(connection)
            # Both are in mid-sentence for ever: no silence comes after these words.
            await send(native, speech("01_high.flac"))
            await send(vosk, speech("02_low.flac"))
            await native.until_type("interim")
            await vosk.until(lambda message: bool(message.get("partial")))
            assert node.process is not None
            node.process.send_signal(signal.SIGTERM)
            began = monotonic()
            assert (await until_draining(node)).status_code == 503
            await late.send(**start_message())
            assert (await late.until_type("error"))["code"] == "shutting_down"
            assert await native.close_code(60) == await vosk.close_code(60) == 1012
            kinds = [message["type"] for message in native.received]
            assert native.received[-1]["code"] == "shutting_down" and "final" in kinds
            assert any(message.get("text") for message in vosk.received), "a Vosk client is told its last words too"
            assert await asyncio.to_thread(node.process.wait, 60) == -signal.SIGTERM
        assert monotonic() - began < 3 * DRAIN_SECONDS + 30
        heard = tiles(node, str(started["conversation_id"]))
        samples = len(speech("01_high.flac")) // 2
        assert (heard[0].start_sample, heard[-1].end_sample) == (0, samples)
        node.launch()
        await asyncio.to_thread(node.wait_ready)
        async with listen(node) as again:
            await again.send(**start_message(external_id=name, resume_token=started["resume_token"]))
            assert (await again.until_type("started"))["resume_from"] == samples
            await send(again, speech("03_high.flac"))
            await again.send(type="stop")
            await again.until_type("ended")
        finished = tiles(node, str(started["conversation_id"]))
        assert finished[: len(heard)] == heard
        assert [tile.start_sample for tile in finished] == [0, *(tile.end_sample for tile in finished[:-1])]
        assert "Traceback" not in node.log(), json.dumps(node.log()[-2000:])
    finally:
        node.stop()
