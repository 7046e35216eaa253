"""Asterisk's WebSocket channel: recorded sessions in both message formats, and everything that can be wrong."""

import json
from base64 import b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.audio import encode
from server.ingest.chan_websocket import FORMATS, ChanWebSocketConnector, media_start
from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.dialect import Audio, Close, EndAudio, OpenCall, Refuse
from server.wire.base import ErrorCode
from server.wire.events import Role
from tests.server.golden import LIMITS, heard, play, receive, session

LEGS = {"in": "customer", "out": "agent"}
START = "MEDIA_START connection_id:e226e283 channel:WebSocket/tici/0x7f format:{} optimal_frame_size:160"


def connector(legs=None, **fields):
    return ChanWebSocketConnector(name="pbx", dialect="chan-websocket", legs=legs or LEGS, **fields)


def spoken(legs=None, **query):
    upgrade = Upgrade("wss://node/", 0.0, "127.0.0.1", {}, query or {"track": "in", "external_id": "c-1"})
    return connector(legs).dialect_for(upgrade, LIMITS)


def tone(encoding):
    samples = np.round(6000 * np.sin(2 * np.pi * 440 * np.arange(320) / 8000)).astype(np.int16)
    return encode(samples, encoding)


@pytest.mark.parametrize(
    ("name", "encoding", "role"),
    [
        ("asterisk_chan_websocket", "mulaw", Role.CUSTOMER),
        ("asterisk_chan_websocket_json", "alaw", Role.AGENT),
    ],
)
def test_recorded_sessions(name, encoding, role):
    recorded = session(name)
    assert connector().subprotocol(recorded.upgrade) == "media"
    assert connector().may_join(recorded.upgrade)
    actions = play(connector().dialect_for(recorded.upgrade, LIMITS), recorded)
    assert [type(action) for action in actions] == [OpenCall, Audio, Audio, EndAudio]
    start = actions[0].start
    assert (start.external_id, start.encoding, start.sample_rate) == ("pbx1-1764200000.42", encoding, 8000)
    assert start.legs[0].role is role
    assert heard(actions) == {role.value: tone(encoding)}


@pytest.mark.parametrize(("name", "described"), FORMATS.items())
def test_every_format(name, described):
    (opened,) = spoken().receive_text(START.format(name))
    assert (opened.start.encoding, opened.start.sample_rate) == described


@pytest.mark.parametrize("name", ["opus", "g722", "slin96", "slin192", "", "ULAW"])
def test_a_format_that_is_not_read_is_refused_with_one_that_is(name):
    (refused,) = spoken().receive_text(START.format(name))
    assert (refused.code, refused.fatal) == (ErrorCode.UNSUPPORTED_ENCODING, True)
    assert "c(slin16)" in refused.message


def test_a_call_that_nobody_names_is_the_connection():
    (opened,) = spoken({"channel": "mixed"}, other="x").receive_text(START.format("ulaw"))
    assert (opened.start.external_id, opened.start.legs[0].role) == ("e226e283", Role.MIXED)
    (refused,) = spoken({"channel": "mixed"}, other="x").receive_text("MEDIA_START format:ulaw")
    assert refused.code is ErrorCode.BAD_MESSAGE


def test_both_forms_of_the_start():
    assert media_start("MEDIA_START a:1 channel:SIP/x:y") == {"a": "1", "channel": "SIP/x:y"}
    assert media_start(json.dumps({"event": "MEDIA_START", "format": "ulaw"})) is not None
    for other in ("", "MEDIA_STARTED a:1", "STATUS queue_length:1", '{"event":"STATUS"}', "[]"):
        assert media_start(other) is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\xff" * 160, ErrorCode.START_EXPECTED),
        ("STATUS queue_length:1", ErrorCode.START_EXPECTED),
        ("x" * 65537, ErrorCode.FRAME_TOO_LARGE),
        (bytes(65537), ErrorCode.FRAME_TOO_LARGE),
        ('{"event":"MEDIA_START","format":{"a":1}}', ErrorCode.UNSUPPORTED_ENCODING),
    ],
)
def test_a_wrong_beginning(message, code):
    dialect = spoken()
    (refused,) = receive(dialect, message)
    assert isinstance(refused, Refuse) and (refused.code, refused.fatal) == (code, True)
    (closed,) = dialect.failed(refused.code, refused.message, True)
    assert isinstance(closed, Close) and closed.reason.startswith(f"{code}: ")
    assert dialect.receive_bytes(b"\xff" * 160) == dialect.left() == []


def test_a_track_without_a_role_and_torn_samples():
    (refused,) = spoken(track="channel", external_id="c").receive_text(START.format("ulaw"))
    assert refused.code is ErrorCode.POLICY
    (refused,) = spoken(track="in", external_id="../etc").receive_text(START.format("ulaw"))
    assert refused.code is ErrorCode.BAD_MESSAGE and "etc" not in refused.message
    dialect = spoken()
    dialect.receive_text(START.format("slin16"))
    assert dialect.receive_bytes(b"") == []
    (refused,) = dialect.receive_bytes(bytes(639))
    assert refused.code is ErrorCode.ODD_AUDIO_LENGTH


def test_the_secret_is_the_password_of_its_client():
    guarded = connector(secret="s3cret")
    shown = {"authorization": "Basic " + b64encode(b"asterisk:s3cret").decode()}
    guarded.admit(Upgrade("wss://node/", 0.0, "203.0.113.9", shown))
    with pytest.raises(NotAdmitted):
        guarded.admit(Upgrade("wss://node/", 0.0, "203.0.113.9"))


EVENTS = st.dictionaries(
    st.sampled_from(["event", "format", "connection_id", "channel"]),
    st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["MEDIA_START", "ulaw"])),
).map(json.dumps)


@given(
    st.dictionaries(st.sampled_from(["external_id", "track", "agent"]), st.text()),
    st.lists(st.one_of(st.text(), st.text().map("MEDIA_START ".__add__), EVENTS, st.binary(max_size=40)), max_size=10),
)
def test_nothing_that_is_sent_raises(query, messages):
    dialect = spoken(**query)
    for message in messages:
        for action in receive(dialect, message):
            if isinstance(action, Refuse):
                dialect.failed(action.code, action.message, action.fatal)
    dialect.left()
