"""Playing a call into a server that answers, breaks, refuses and comes back."""

import time
from http import HTTPStatus

import numpy as np
import pytest
from scripted_server import scripted

from asr.audio import decode
from server.replay.audio import load_call
from server.replay.call import play_call
from server.replay.errors import BadOptionError, LostError, RefusedError, ReplayError, UnauthorisedError
from server.replay.options import CallOptions, ClientDialect, Sockets
from server.wire import listen
from server.wire.base import ErrorCode


def options(server, **changes):
    defaults = {"external_id": "call-1", "speed": 20.0, "chunk": 0.05, "retry_seconds": 5.0}
    return CallOptions(url=server.url if hasattr(server, "url") else server, **(defaults | changes))


def final(start, end, key="u1", leg="customer"):
    return listen.Final(
        leg=leg, utterance_id=key, text="您好", start=start / 8000, end=end / 8000,
        start_sample=start, end_sample=end, words=[],
    )  # fmt: skip


async def finish(line, samples):
    await line.say(listen.Ended(conversation_id="conv", samples=samples))
    await line.socket.close(1000)


def error(code):
    return listen.ListenError(code=code, message="why", fatal=True)


async def play(audio, server, **changes):
    events = []
    tally = await play_call(audio, options(server, **changes), events.append)
    return tally, events


@pytest.fixture
def mono(files):
    return load_call(files[:1], ["customer"])


@pytest.fixture
def stereo(files):
    return load_call(files, ["customer", "agent"])


async def test_a_stereo_call_arrives_interleaved_and_complete(stereo, speech):
    heard = {}

    async def script(line):
        heard["start"] = await line.server.admit(line)
        heard["audio"] = await line.hear_audio()
        await line.say(final(800, 1600))
        await line.say(listen.Ack(leg="customer", samples=3999))
        await finish(line, {"customer": 4000, "agent": 4000})

    async with scripted(script) as server:
        tally, events = await play(stereo, server, agent="wang", key="k")
        assert server.lines[0].socket.request.headers["Authorization"] == "Bearer k"
    assert [(leg.leg, leg.role) for leg in heard["start"].legs] == [("customer", "customer"), ("agent", "agent")]
    assert (heard["start"].external_id, heard["start"].agent) == ("call-1", "wang")
    frames = decode(heard["audio"], "pcm16").reshape(-1, 2)
    assert np.array_equal(frames[:, 0], speech)
    assert np.array_equal(frames[:3000, 1], -speech[:3000]) and not frames[3000:, 1].any()
    assert tally.acked == {"customer": 4000, "agent": 4000}
    assert (tally.conversation_id, tally.finals, tally.reconnects) == ("conv", 1, 0)
    assert [event["type"] for event in events] == ["started", "final", "ack", "ended"]
    assert all(abs(event["at"] - time.time()) < 60 for event in events)


@pytest.mark.parametrize("way", ["crash", "1012", "1011", "error"])
async def test_a_broken_call_resumes_where_the_server_says_and_drops_nothing(mono, speech, way):
    starts, parts = [], []

    async def breaking(line):
        starts.append(await line.server.admit(line, token="first"))
        parts.append(await line.hear_audio(until_bytes=2400))
        await line.say(listen.Ack(leg="customer", samples=1000))
        if way == "crash":
            line.break_off()
        elif way == "error":
            await line.say(error(ErrorCode.SHUTTING_DOWN))
            await line.socket.close(1012)
        else:
            await line.socket.close(int(way))

    async def healed(line):
        starts.append(await line.server.admit(line, resume_from=1000, token="second"))
        parts.append(await line.hear_audio())
        await finish(line, {"customer": 4000})

    async with scripted(breaking, healed) as server:
        tally, events = await play(mono, server)
    assert [start.resume_token for start in starts] == [None, "first"]
    assert starts[0].external_id == starts[1].external_id
    kept = decode(parts[0], "pcm16")[:1000]
    assert np.array_equal(np.concatenate([kept, decode(parts[1], "pcm16")]), speech)
    assert tally.reconnects == 1 and tally.acked == {"customer": 4000}
    assert "reconnecting" in [event["type"] for event in events]


async def test_a_final_told_again_after_a_resume_counts_once(mono):
    async def breaking(line):
        await line.server.admit(line)
        await line.hear_audio(until_bytes=2400)
        await line.say(final(0, 800))
        await line.say(final(800, 900, key="u2"))
        await line.socket.close(1012)

    async def healed(line):
        await line.server.admit(line, resume_from=900)
        await line.hear_audio()
        await line.say(final(800, 900, key="u2"))
        await finish(line, {"customer": 4000})

    async with scripted(breaking, healed) as server:
        tally, _ = await play(mono, server)
    assert (tally.finals, len(tally.final_lags)) == (2, 2)


async def test_an_answer_to_stop_that_was_lost_is_no_failure(mono):
    async def breaking(line):
        await line.server.admit(line)
        await line.hear_audio()
        line.break_off()

    async def over(line):
        await line.hear_start()
        await line.say(error(ErrorCode.CONVERSATION_ENDED))
        await line.socket.close(1008)

    async with scripted(breaking, over) as server:
        await play(mono, server)
        assert len(server.lines) == 2


async def test_a_full_server_is_a_refusal_at_the_door_and_a_wait_later(mono):
    async def full(line):
        await line.hear_start()
        await line.say(error(ErrorCode.OVERLOADED))
        await line.socket.close(1013)

    async def breaking(line):
        await line.server.admit(line)
        line.break_off()

    async def healed(line):
        await line.server.admit(line)
        await line.hear_audio()
        await finish(line, {"customer": 4000})

    async with scripted(full) as server:
        with pytest.raises(RefusedError) as caught:
            await play(mono, server)
    assert caught.value.code == ErrorCode.OVERLOADED
    async with scripted(breaking, full, healed) as server:
        tally, _ = await play(mono, server)
        assert len(server.lines) == 3
    assert tally.reconnects == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ErrorCode.UNSUPPORTED_LANGUAGE, RefusedError),
        (ErrorCode.LEG_BUSY, RefusedError),
        (ErrorCode.CONVERSATION_ENDED, RefusedError),
        (ErrorCode.UNAUTHENTICATED, UnauthorisedError),
    ],
)
async def test_what_trying_again_cannot_help_is_not_tried_again(mono, code, kind):
    async def refuse(line):
        await line.hear_start()
        await line.say(error(code))
        await line.socket.close(1008)

    async with scripted(refuse) as server:
        with pytest.raises(kind, match="why"):
            await play(mono, server)
        assert len(server.lines) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, UnauthorisedError), (403, UnauthorisedError), (404, RefusedError), (503, LostError)]
)
async def test_http_refusals_say_what_is_wrong(mono, status, kind):
    async def never(line):
        raise AssertionError

    def answer(connection, request):
        return connection.respond(HTTPStatus(status), "no\n")

    async with scripted(never, process_request=answer) as server:
        with pytest.raises(kind):
            await play(mono, server, retry_seconds=0.2)


async def test_a_full_server_says_so_before_the_upgrade(mono):
    async def never(line):
        raise AssertionError

    def answer(connection, request):
        body = '{"problem": {"code": "overloaded", "message": "full"}}'
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, body)

    async with scripted(never, process_request=answer) as server:
        with pytest.raises(RefusedError, match="full") as caught:
            await play(mono, server)
    assert caught.value.code == ErrorCode.OVERLOADED


async def test_a_server_that_is_not_there_is_given_up_in_time(mono):
    began = time.monotonic()
    with pytest.raises(LostError, match="no connection"):
        await play(mono, "ws://127.0.0.1:9/v1/listen", retry_seconds=0.3)
    assert 0.3 <= time.monotonic() - began < 20


async def test_a_server_that_only_greets_is_given_up_in_time(mono):
    async def greet(line):
        await line.server.admit(line)
        line.break_off()

    async with scripted(greet) as server:
        with pytest.raises(LostError):
            await play(mono, server, retry_seconds=0.5)


async def test_another_protocol_is_told(mono):
    async def other(line):
        await line.hear_start()
        await line.say('{"hello": "world"}')
        await line.socket.wait_closed()

    async with scripted(other) as server:
        with pytest.raises(ReplayError, match="is the URL right"):
            await play(mono, server)
    with pytest.raises(ReplayError, match="ws://"):
        await play(mono, "http://127.0.0.1:1/v1/listen")


async def test_audio_is_sent_in_real_time(mono):
    """At speed 2 the half second takes a quarter, and no chunk comes before its end was spoken."""
    arrivals = []

    async def script(line):
        await line.server.admit(line)
        began, heard = time.monotonic(), 0
        while not isinstance(message := await line.socket.recv(), str):
            heard += len(message) // 2
            arrivals.append((heard, time.monotonic() - began))
        await finish(line, {"customer": heard})

    async with scripted(script) as server:
        await play(mono, server, speed=2.0)
    assert arrivals[-1][0] == 4000 and arrivals[-1][1] < 10
    assert all(at >= samples / 16000 - 0.02 for samples, at in arrivals)


async def test_the_lag_of_a_final_counts_from_the_end_of_its_speech(mono):
    async def script(line):
        await line.server.admit(line)
        await line.hear_audio()
        await line.say(final(0, 2000))
        await finish(line, {"customer": 4000})

    async with scripted(script) as server:
        tally, _ = await play(mono, server, speed=1.0)
    (lag,) = tally.final_lags
    assert 0.2 <= lag < 1.0  # sample 2000 went at 0.25 s, the final came after 0.5 s


async def test_legs_can_have_a_socket_each(stereo):
    heard = {}

    async def script(line):
        start = await line.server.admit(line)
        heard[start.legs[0].leg] = (start, len(await line.hear_audio()))
        await finish(line, {start.legs[0].leg: 4000})

    async with scripted(script) as server:
        tally, _ = await play(stereo, server, sockets=Sockets.PER_LEG, encoding="mulaw")
    assert {leg: size for leg, (_, size) in heard.items()} == {"customer": 4000, "agent": 4000}
    assert {start.external_id for start, _ in heard.values()} == {"call-1"}
    assert tally.acked == {"customer": 4000, "agent": 4000}


async def test_the_vosk_dialect_talks_to_a_vosk_server(stereo):
    heard = {}

    async def script(line):
        assert "external_id=call-1" in line.query
        role = "customer" if "role=customer" in line.query else "agent"
        assert await line.socket.recv() == '{"config": {"sample_rate": 8000, "words": true}}'
        heard[role] = 0
        while not isinstance(message := await line.socket.recv(), str):
            heard[role] += len(message) // 2
            await line.say('{"partial" : "您"}')
        assert message == '{"eof" : 1}'
        await line.say('{"text": "您", "result": [{"conf": 1, "start": 0.1, "end": 0.2, "word": "您"}]}')

    async with scripted(script) as server:
        tally, events = await play(stereo, server, dialect=ClientDialect.VOSK)
    assert heard == {"customer": 4000, "agent": 4000}
    assert tally.finals == 2 and len(tally.final_lags) == 2
    assert {event["type"] for event in events} == {"interim", "final"}


async def test_a_vosk_close_reason_is_understood(mono):
    async def refuse(line):
        await line.socket.recv()
        await line.socket.close(1013, "overloaded: this node is full")

    async with scripted(refuse) as server:
        with pytest.raises(LostError):  # a Vosk client cannot tell the door from the call: it tries again
            await play(mono, server, dialect=ClientDialect.VOSK, retry_seconds=0.3)


@pytest.mark.parametrize("changes", [{"external_id": "a b"}, {"queue": ""}, {"agent": "x" * 200}])
async def test_names_no_server_would_take_are_told_before_anything_is_sent(mono, changes):
    with pytest.raises(BadOptionError, match=next(iter(changes))):
        await play(mono, "ws://127.0.0.1:9", **changes)


async def test_an_external_id_that_was_used_for_more_audio_is_refused(mono):
    async def script(line):
        await line.server.admit(line, resume_from=9000)

    async with scripted(script) as server:
        with pytest.raises(RefusedError, match="external id"):
            await play(mono, server)
