"""Asterisk's AudioSocket: recorded streams, cut anywhere, and everything that can be wrong in one."""

import random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from server.ingest.audiosocket import AudioSocketConnector
from server.ingest.audiosocket_frames import RATES, Frame, FrameParser, Kind
from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.dialect import Audio, Close, EndAudio, OpenCall, Refuse, SendBytes, Tell
from server.wire.base import ErrorCode
from server.wire.events import Role
from tests.server.golden import LIMITS, heard, play, session

UPGRADE = Upgrade(url="", now=0.0, address="127.0.0.1")
CUSTOMER = UUID("0b7f1d3a-5c2e-4f60-a1b2-c3d4e5f60711")
AGENT = UUID("0b7f1d3a-5c2e-4f60-a1b2-c3d4e5f60712")
CALL = "0b7f1d3a-5c2e-4f60-a1b2-c3d4e5f60710"
HANGUP = SendBytes(b"\x00\x00\x00")


def connector(legs=None, **fields):
    legs = legs or {"1": "customer", "2": "agent"}
    return AudioSocketConnector(name="pbx", dialect="audiosocket", listen="127.0.0.1:9092", legs=legs, **fields)


def spoken(legs=None):
    return connector(legs).dialect_for(UPGRADE, LIMITS)


def tone(hz, rate, samples):
    return np.round(6000 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)).astype("<i2").tobytes()


def said(*frames):
    return b"".join(frame.encode() for frame in frames)


def named(uuid=CUSTOMER):
    return Frame(Kind.UUID, uuid.bytes)


AUDIO = Frame(0x10, bytes(320))


def test_a_recorded_stream():
    actions = play(spoken(), session("asterisk_audiosocket"))
    assert [type(action) for action in actions] == [OpenCall, Audio, Audio, Audio, EndAudio]
    start = actions[0].start
    assert (start.external_id, start.sample_rate, start.encoding) == (CALL, 8000, "pcm16")
    assert [(leg.leg, leg.role) for leg in start.legs] == [("customer", Role.CUSTOMER)]
    assert heard(actions) == {"customer": tone(440, 8000, 480)}


def test_the_other_leg_at_another_rate_joins_the_same_call():
    actions = play(spoken(), session("asterisk_audiosocket_slin16"))
    start = actions[0].start
    assert (start.external_id, start.sample_rate, start.legs[0].role) == (CALL, 16000, Role.AGENT)
    assert heard(actions) == {"agent": tone(440, 16000, 640)}
    assert actions[-1] == EndAudio(), "closing the socket is as good as hanging up"


@pytest.mark.parametrize("seed", range(20))
def test_the_stream_may_be_cut_anywhere(seed):
    stream = b"".join(session("asterisk_audiosocket").messages)
    cuts = sorted(random.Random(seed).sample(range(len(stream)), 12))
    dialect, actions = spoken(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        actions += dialect.receive_bytes(stream[start:end])
    assert heard(actions) == {"customer": tone(440, 8000, 480)}
    assert actions[-1] == EndAudio()


def test_audio_that_came_in_one_piece_is_one_piece():
    frames = [Frame(0x10, tone(440, 8000, 160))] * 50
    opened, audio = spoken().receive_bytes(said(named(), *frames))
    assert isinstance(opened, OpenCall) and len(audio.raw["customer"]) == 50 * 320


@pytest.mark.parametrize(("kind", "rate"), [(kind, rate) for kind, rate in RATES.items() if rate <= 48000])
def test_every_rate_has_its_own_type(kind, rate):
    opened, audio = spoken().receive_bytes(said(named(), Frame(kind, bytes(rate // 50 * 2))))
    assert opened.start.sample_rate == rate and len(audio.raw["customer"]) == rate // 50 * 2


def test_each_uuid_can_be_a_call_of_its_own():
    opened, _ = spoken({"any": "mixed"}).receive_bytes(said(named(), AUDIO))
    assert (opened.start.external_id, opened.start.legs[0].role) == (str(CUSTOMER), Role.MIXED)


def test_digits_and_unknown_types_are_dropped():
    dialect = spoken()
    assert dialect.receive_bytes(said(named(), Frame(Kind.DTMF, b"5"), Frame(0x42, b"?"), Frame(0x10))) == []
    assert dialect.receive_bytes(said(named())) == [], "the same UUID again changes nothing"
    assert isinstance(dialect.receive_bytes(said(AUDIO))[0], OpenCall)


@pytest.mark.parametrize("kind", [Kind.HANGUP, Kind.ERROR])
def test_both_ways_to_end(kind):
    dialect = spoken()
    dialect.receive_bytes(said(named(), AUDIO))
    assert dialect.receive_bytes(said(Frame(kind, b"\x01"), AUDIO)) == [EndAudio()]
    assert dialect.receive_bytes(said(AUDIO)) == dialect.left() == []
    assert spoken().receive_bytes(said(Frame(kind))) == [Tell(HANGUP), Tell(Close(1000, ""))]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (said(AUDIO), ErrorCode.START_EXPECTED),
        (b"GET / HTTP/1.1\r\nHost: node\r\n\r\n" + bytes(0x4554), ErrorCode.START_EXPECTED),
        (said(Frame(Kind.UUID, CUSTOMER.bytes[:15])), ErrorCode.BAD_MESSAGE),
        (said(named(), named(AGENT)), ErrorCode.BAD_MESSAGE),
        (said(named(UUID(CALL))), ErrorCode.POLICY),
        (said(named(), Frame(0x10, bytes(319))), ErrorCode.ODD_AUDIO_LENGTH),
        (said(named(), AUDIO, Frame(0x10, bytes(1)), Frame(0x10, bytes(1))), ErrorCode.ODD_AUDIO_LENGTH),
        (said(named(), AUDIO, Frame(0x12, bytes(640))), ErrorCode.BAD_MESSAGE),
        (said(named(), Frame(0x17, bytes(320))), ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        (said(named(), Frame(0x18, bytes(320))), ErrorCode.UNSUPPORTED_SAMPLE_RATE),
    ],
)
def test_what_is_wrong_hangs_up(stream, code):
    dialect = spoken()
    *_, refused = dialect.receive_bytes(stream + said(AUDIO))
    assert isinstance(refused, Refuse) and (refused.code, refused.fatal) == (code, True)
    hung_up, closed = dialect.failed(refused.code, refused.message, True)
    assert hung_up == HANGUP and isinstance(closed, Close) and closed.reason.startswith(f"{code}: ")
    assert dialect.receive_bytes(said(AUDIO)) == []


def test_one_unfinished_frame_is_all_that_is_held():
    parser = FrameParser()
    assert parser.feed(b"\x10\xff\xff" + bytes(0xFFFE)) == []
    (frame,) = parser.feed(b"\0")
    assert len(frame.payload) == 0xFFFF and parser.feed(b"") == []


def test_the_settings_are_checked():
    for wrong in ("9092", "127.0.0.1:", "127.0.0.1:99999", "a b:1"):
        with pytest.raises(ValidationError):
            connector().model_validate(connector().model_dump() | {"listen": wrong})
    with pytest.raises(ValidationError, match="it stands alone"):
        connector({"any": "mixed", "1": "customer"})
    assert connector().model_copy(update={"listen": "[::1]:9092"}).address == ("::1", 9092)


def test_only_named_addresses_and_never_over_http():
    connector().admit_address("127.0.0.1")
    connector(networks=["10.1.0.0/16"]).admit_address("10.1.2.3")
    for one, address in [(connector(), "10.1.2.3"), (connector(networks=["10.1.0.0/16"]), None)]:
        with pytest.raises(NotAdmitted):
            one.admit_address(address)
    with pytest.raises(NotAdmitted, match="a port of its own"):
        connector().admit(UPGRADE)


FRAMES = st.builds(
    Frame,
    st.one_of(st.sampled_from([*Kind, *RATES]), st.integers(0, 255)),
    st.one_of(st.binary(max_size=40), st.sampled_from([CUSTOMER.bytes, AGENT.bytes])),
).map(Frame.encode)


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=40)), max_size=20))
def test_no_stream_raises(pieces):
    dialect = spoken()
    for piece in pieces:
        for action in dialect.receive_bytes(piece):
            if isinstance(action, Refuse):
                dialect.failed(action.code, action.message, action.fatal)
    dialect.left()
