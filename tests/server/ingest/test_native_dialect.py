"""The native dialect as a dialogue: what a sender says, what we do."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ingest.dialect import Action, Audio, Close, EndAudio, Limits, OpenCall, Refuse, SendText
from server.ingest.native import NativeDialect
from server.wire import listen
from server.wire.base import RETRY_SECONDS, ErrorCode
from server.wire.events import Role

LIMITS = Limits(max_frame_bytes=1024, languages=frozenset({"zh"}))
CUSTOMER = {"leg": "customer", "role": "customer"}
AGENT = {"leg": "agent", "role": "agent"}


def start_text(**changes):
    fields = {"type": "start", "external_id": "c-1", "legs": [CUSTOMER], "sample_rate": 8000} | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...})


def listening(**changes):
    dialect = NativeDialect(LIMITS)
    (opened,) = dialect.receive_text(start_text(**changes))
    assert isinstance(opened, OpenCall)
    return dialect


def refusal(actions: list[Action]) -> Refuse:
    (refused,) = actions
    assert isinstance(refused, Refuse)
    return refused


def test_a_call_from_start_to_end():
    sender = NativeDialect(LIMITS)

    (opened,) = sender.receive_text(start_text(agent="wang", queue="loans"))
    assert isinstance(opened, OpenCall) and opened.resumable
    assert opened.start.legs[0].role is Role.CUSTOMER
    assert (opened.start.agent, opened.start.queue) == ("wang", "loans")

    started = listen.Started(conversation_id="1", resume_token="t", resume_from=80)
    assert sender.started(started) == [SendText(started.model_dump_json())]

    (audio,) = sender.receive_bytes(b"\x01\x00\xff\xff")
    assert isinstance(audio, Audio)
    assert audio.samples["customer"].tolist() == [1, -1]
    assert audio.raw == {"customer": b"\x01\x00\xff\xff"}
    assert sender.chunk_done() == []

    (ack,) = sender.acked("customer", 82)
    assert json.loads(ack.text) == {"type": "ack", "leg": "customer", "samples": 82}
    interim = listen.Interim(leg="customer", text="你", start=0.0, end=0.1)
    assert sender.interim(interim) == [SendText(interim.model_dump_json())]

    assert sender.receive_text('{"type": "stop"}') == [EndAudio()]
    ended = listen.Ended(conversation_id="1", samples={"customer": 82})
    assert sender.ended(ended) == [SendText(ended.model_dump_json()), Close(1000, "")]
    assert sender.receive_bytes(b"\0\0") == sender.receive_text("{}") == []


def test_stereo_is_taken_apart_in_the_order_of_the_legs():
    sender = listening(legs=[AGENT, CUSTOMER])
    (audio,) = sender.receive_bytes(np.array([1, -1, 2, -2, 3, -3], "<i2").tobytes())
    assert {leg: track.tolist() for leg, track in audio.samples.items()} == {
        "agent": [1, 2, 3],
        "customer": [-1, -2, -3],
    }
    assert audio.raw["customer"] == np.array([-1, -2, -3], "<i2").tobytes()


def test_mulaw_is_decoded_and_kept_as_it_came():
    sender = listening(legs=[AGENT, CUSTOMER], encoding="mulaw")
    (audio,) = sender.receive_bytes(b"\xff\x00\xff\x80")
    assert audio.raw == {"agent": b"\xff\xff", "customer": b"\x00\x80"}
    assert audio.samples["agent"].tolist() == [0, 0]
    assert audio.samples["customer"].tolist() == [-32124, 32124]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 2, "new_field": 1}, ErrorCode.UNSUPPORTED_VERSION),
        ({"version": "one"}, ErrorCode.UNSUPPORTED_VERSION),
        ({"encoding": "opus"}, ErrorCode.UNSUPPORTED_ENCODING),
        ({"sample_rate": 7999}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": 96000}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": -8000}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": "fast"}, ErrorCode.BAD_MESSAGE),
        ({"sample_rate": ...}, ErrorCode.BAD_MESSAGE),
        ({"language": "xx"}, ErrorCode.UNSUPPORTED_LANGUAGE),
        ({"legs": [CUSTOMER | {"language": "fr"}]}, ErrorCode.UNSUPPORTED_LANGUAGE),
        ({"legs": []}, ErrorCode.BAD_MESSAGE),
        ({"legs": [CUSTOMER, CUSTOMER]}, ErrorCode.BAD_MESSAGE),
        ({"legs": [CUSTOMER, AGENT, CUSTOMER | {"leg": "c"}]}, ErrorCode.BAD_MESSAGE),
        ({"legs": [{"leg": "../x", "role": "customer"}]}, ErrorCode.BAD_MESSAGE),
        ({"external_id": ""}, ErrorCode.BAD_MESSAGE),
        ({"channel": "chat"}, ErrorCode.BAD_MESSAGE),
        ({"surprise": 1}, ErrorCode.BAD_MESSAGE),
    ],
)
def test_a_start_that_cannot_be_is_refused_with_its_own_code(changes, code):
    refused = refusal(NativeDialect(LIMITS).receive_text(start_text(**changes)))
    assert (refused.code, refused.fatal) == (code, True)


@pytest.mark.parametrize("text", ["", "hello", "[]", "null", '{"type": "stop"}', '{"type": "bye"}', "[" * 1000])
def test_the_first_message_must_be_a_start(text):
    assert refusal(NativeDialect(LIMITS).receive_text(text)).code is ErrorCode.START_EXPECTED


def test_audio_before_start_is_refused():
    refused = refusal(NativeDialect(LIMITS).receive_bytes(b"\0\0"))
    assert (refused.code, refused.fatal) == (ErrorCode.START_EXPECTED, True)


@pytest.mark.parametrize(
    ("changes", "size"),
    [({}, 3), ({"legs": [CUSTOMER, AGENT]}, 2), ({"legs": [CUSTOMER, AGENT], "encoding": "mulaw"}, 1)],
)
def test_a_torn_sample_is_refused(changes, size):
    refused = refusal(listening(**changes).receive_bytes(bytes(size)))
    assert (refused.code, refused.fatal) == (ErrorCode.ODD_AUDIO_LENGTH, True)


def test_messages_over_the_limit_are_refused():
    assert listening().receive_bytes(bytes(1024))[0].samples["customer"].size == 512
    assert refusal(listening().receive_bytes(bytes(1026))).code is ErrorCode.FRAME_TOO_LARGE
    assert refusal(listening().receive_text("字" * 342)).code is ErrorCode.FRAME_TOO_LARGE


def test_harmless_mistakes_leave_the_call_alone():
    sender = listening()
    assert sender.receive_bytes(b"") == []
    mistakes = {
        start_text(): ErrorCode.BAD_MESSAGE,
        "hello": ErrorCode.AUDIO_EXPECTED,
        '{"type": "stop", "now": true}': ErrorCode.BAD_MESSAGE,
    }
    for text, code in mistakes.items():
        refused = refusal(sender.receive_text(text))
        assert (refused.code, refused.fatal) == (code, False)
    assert isinstance(sender.receive_bytes(b"\0\0")[0], Audio)


def test_a_sender_that_never_stops_making_mistakes_is_closed():
    sender = listening()
    refusals = [refusal(sender.receive_text("hello")) for _ in range(21)]
    assert [refused.fatal for refused in refusals] == [False] * 20 + [True]
    assert sender.receive_text("hello") == sender.receive_bytes(b"\0\0") == []


def test_audio_after_stop_is_not_lost_in_silence():
    sender = listening()
    sender.receive_text('{"type": "stop"}')
    assert refusal(sender.receive_bytes(b"\0\0")).code is ErrorCode.CONVERSATION_ENDED
    assert sender.receive_text('{"type": "stop"}') == []


@pytest.mark.parametrize(
    ("code", "close"),
    [
        (ErrorCode.BAD_MESSAGE, 1008),
        (ErrorCode.FRAME_TOO_LARGE, 1009),
        (ErrorCode.STORAGE, 1011),
        (ErrorCode.SHUTTING_DOWN, 1012),
        (ErrorCode.OVERLOADED, 1013),
    ],
)
def test_a_fatal_error_is_told_and_closes(code, close):
    told, closed = listening().failed(code, "because", fatal=True)
    retry = RETRY_SECONDS if code is ErrorCode.OVERLOADED else None
    said = {"type": "error", "code": code, "message": "because", "fatal": True, "retry_after": retry}
    assert json.loads(told.text) == said
    assert closed == Close(close, code)


SECRET = "6222020200112233"


@pytest.mark.parametrize(
    "changes",
    [
        {SECRET: 1},
        {"external_id": f"{SECRET} "},
        {"encoding": SECRET},
        {"language": SECRET},
        {"channel": SECRET},
        {"sample_rate": SECRET + "x"},
        {"context": {SECRET: 5}},
        {"legs": [{"leg": "a", "role": SECRET}]},
        {"legs": [{"leg": "a", "role": "customer", SECRET: 1}]},
        {"type": SECRET},
        {"version": SECRET},
    ],
)
def test_refusals_never_repeat_what_was_sent(changes):
    assert SECRET not in refusal(NativeDialect(LIMITS).receive_text(start_text(**changes))).message


MESSAGES = st.lists(
    st.one_of(
        st.text(),
        st.binary(max_size=2000),
        st.sampled_from([start_text(), start_text(legs=[CUSTOMER, AGENT]), '{"type":"stop"}', '"\\ud800"', "1e999"]),
        st.fixed_dictionaries(
            {"type": st.just("start"), "legs": st.just([CUSTOMER]), "sample_rate": st.just(8000)},
            optional={
                name: st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.integers(), max_size=2))
                for name in listen.Start.model_fields.keys() - {"type", "legs", "sample_rate"}
            },
        ).map(json.dumps),
    ),
    max_size=12,
)


@given(MESSAGES)
def test_nothing_a_sender_says_raises(messages):
    sender = NativeDialect(LIMITS)
    for message in messages:
        actions = sender.receive_text(message) if isinstance(message, str) else sender.receive_bytes(message)
        for action in actions:
            if isinstance(action, Refuse):
                sender.failed(action.code, action.message, action.fatal)
