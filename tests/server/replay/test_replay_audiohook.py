"""The AudioHook client: what it says to a server that answers, refuses, breaks and comes back."""

import json
from base64 import b64decode

import numpy as np
import pytest
from scripted_server import scripted

from asr.audio import encode
from server.ingest.audiohook_signature import Nonces, SignedRequest, verify
from server.replay.audio import CallAudio, load_call
from server.replay.audiohook_client import AudioHookClient
from server.replay.call import play_call
from server.replay.errors import BadOptionError, RefusedError, ReplayError
from server.replay.options import CallOptions, ClientDialect, Sockets

CALL = "090eaa2f-72fa-480a-83e0-8667ff89c0ec"
SECRET = "key:TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="


def options(url, **changes):
    defaults = {"external_id": CALL, "dialect": ClientDialect.AUDIOHOOK, "encoding": "mulaw", "secret": SECRET}
    return CallOptions(url=url, **(defaults | {"speed": 20.0, "chunk": 0.05, "retry_seconds": 5.0} | changes))


async def play(audio, server, **changes):
    events = []
    return await play_call(audio, options(server.url, **changes), events.append), events


@pytest.fixture
def stereo(files):
    return load_call(files, ["customer", "agent"])


class Server:
    """One session as the server sees it."""

    def __init__(self, line):
        self.line = line
        self.seq = 0

    async def hear(self, kind):
        """The next message of this kind, and the audio before it."""
        audio = b""
        while True:
            message = await self.line.socket.recv()
            if isinstance(message, bytes):
                audio += message
                continue
            message = json.loads(message)
            if message["type"] == kind:
                return message, audio

    async def say(self, kind, **parameters):
        self.seq += 1
        await self.line.say(json.dumps({"version": "2", "type": kind, "seq": self.seq, "parameters": parameters}))


async def test_it_signs_opens_and_closes(stereo, speech):
    seen = {}

    async def script(line):
        request, server = line.socket.request, Server(line)
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        signed = SignedRequest(f"http://{headers['host']}{request.path}", headers)
        created = int(headers["signature-input"].split("created=")[1].split(";")[0])
        verify(signed, "key", b64decode(SECRET[4:]), Nonces(), created)
        seen["open"], _ = await server.hear("open")
        assert seen["open"]["id"] == headers["audiohook-session-id"]
        await server.say("opened", media=[], startPaused=False)
        seen["close"], seen["audio"] = await server.hear("close")
        await server.say("closed")
        await line.socket.wait_closed()

    async with scripted(script) as server:
        tally, events = await play(stereo, server, language="zh", customer="+1555")
    parameters = seen["open"]["parameters"]
    assert (parameters["conversationId"], parameters["language"]) == (CALL, "zh-CN")
    assert parameters["participant"]["ani"] == "+1555" and parameters["media"][0]["channels"] == [
        "external",
        "internal",
    ]
    assert seen["audio"][0::2] == encode(speech, "mulaw")
    assert (seen["close"]["parameters"], seen["close"]["position"]) == ({"reason": "end"}, "PT0.5S")
    assert (tally.reconnects, [event["type"] for event in events]) == (0, ["opened", "closed"])


async def test_after_a_lost_connection_another_session_continues_it(stereo):
    sessions = []

    async def broken(line):
        server = Server(line)
        sessions.append((await server.hear("open"))[0])
        await server.say("opened", media=[], startPaused=False)
        await server.say("event", entities=[{"type": "agentassist", "data": {}}])
        await line.socket.recv()
        line.break_off()

    async def whole(line):
        server = Server(line)
        sessions.append((await server.hear("open"))[0])
        await server.say("opened", media=[], startPaused=False)
        await server.hear("close")
        await server.say("closed")

    async with scripted(broken, whole) as server:
        tally, _ = await play(stereo, server, speed=1.0)
    first, second = sessions
    assert tally.reconnects == 1 and first["id"] != second["id"]
    assert [one["id"] for one in second["parameters"]["continuedSessions"]] == [first["id"]]
    assert second["parameters"]["conversationId"] == first["parameters"]["conversationId"]
    assert (second["seq"], second["serverseq"], second["position"]) == (1, 0, "PT0S")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("disconnect", {"reason": "error", "info": "overloaded: no room"}), "overloaded"),
        (("disconnect", {"reason": "completed"}), "disconnect"),
        (("opened", {"media": [], "startPaused": True}), "unsupported_language"),
    ],
)
async def test_a_server_that_does_not_want_the_session_is_left(stereo, answer, code):
    closes = []

    async def script(line):
        server = Server(line)
        await server.hear("open")
        await server.say(answer[0], **answer[1])
        closes.append((await server.hear("close"))[0])

    async with scripted(script) as server:
        with pytest.raises(RefusedError) as refused:
            await play(stereo, server)
    assert refused.value.code == code
    assert closes[0]["parameters"] == {"reason": "disconnect"}


async def test_an_answer_of_another_protocol(stereo):
    async def script(line):
        await line.socket.recv()
        await line.say('{"partial": ""}')

    async with scripted(script) as server:
        with pytest.raises(ReplayError, match="not of AudioHook"):
            await play(stereo, server)


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({"encoding": "alaw"}, 8000),
        ({}, 16000),
        ({"secret": "without a colon"}, 8000),
        ({"secret": "key:no base64"}, 8000),
        ({"secret": ":AAAA"}, 8000),
        ({"sockets": Sockets.PER_LEG}, 8000),
    ],
)
async def test_what_no_audiohook_client_would_send(changes, rate):
    quiet = np.zeros(100, np.int16)
    with pytest.raises(BadOptionError):
        await play_call(
            CallAudio({"customer": quiet, "agent": quiet}, rate),
            options("ws://127.0.0.1:9", **changes),
            lambda event: None,
        )


def test_a_call_that_has_no_uuid_is_told_as_one():
    made = [AudioHookClient(options("ws://x", external_id=name), ["customer"], 8000) for name in ("a-1", "a-1", "a-2")]
    told = [json.loads(client.opening(0)[0])["parameters"]["conversationId"] for client in made]
    assert told[0] == told[1] != told[2]
