"""The L16 socket as its senders speak it: recorded sessions, and everything that they can get wrong."""

import json
import warnings
from base64 import b64encode

import jwt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from vonage_jwt import verify_signature

from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.dialect import Audio, Close, EndAudio, OpenCall, Refuse
from server.ingest.l16_connectors import FreeSwitchConnector, JambonzConnector, VonageConnector, l16_rate
from server.wire.base import ErrorCode
from server.wire.events import Direction, Role
from tests.server.golden import LIMITS, heard, play, receive, session

STEREO = {"left": "customer", "right": "agent"}
DESCRIBED = {"sampleRate": 8000, "mixType": "mono", "callSid": "c-1"}
CONNECTED = {"event": "websocket:connected", "content-type": "audio/l16;rate=16000"}
SECRET = "a-signature-secret-of-32-bytes-or-more"
NOW = 1_764_200_000.0


def jambonz(legs=None, **fields):
    return JambonzConnector(name="line", dialect="jambonz", legs=legs or {"mono": "customer"}, **fields)


def freeswitch(legs=None, **fields):
    return FreeSwitchConnector(name="line", dialect="freeswitch", legs=legs or {"mono": "customer"}, **fields)


def vonage(legs=None, **fields):
    return VonageConnector(name="line", dialect="vonage", legs=legs or {"mixed": "mixed"}, **fields)


def upgrade(address="127.0.0.1", subprotocols=(), headers=None, **query):
    return Upgrade("wss://node/", NOW, address, headers or {}, query, tuple(subprotocols))


def spoken(connector, **query):
    return connector.dialect_for(upgrade(**query), LIMITS)


def tone(hz, rate, samples):
    return np.round(6000 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)).astype("<i2").tobytes()


def opened(actions):
    (call,) = [action for action in actions if isinstance(action, OpenCall)]
    return call


# --- recorded sessions


def test_jambonz_in_stereo():
    recorded = session("jambonz_listen_stereo")
    connector = jambonz(STEREO, queue="cards", secret="s3cret")
    assert connector.subprotocol(recorded.upgrade) == "audio.jambonz.org"

    actions = play(connector.dialect_for(recorded.upgrade, LIMITS), recorded)

    call = opened(actions)
    assert call.start.external_id == "fffa8ee3-d8ff-4c65-b5ce-a0c5a5b6ffe2"
    assert [(leg.leg, leg.role) for leg in call.start.legs] == [("customer", Role.CUSTOMER), ("agent", Role.AGENT)]
    assert (call.start.encoding, call.start.sample_rate, call.start.queue) == ("pcm16", 8000, "cards")
    assert not call.resumable and call.supersede
    assert heard(actions) == {"customer": tone(440, 8000, 480), "agent": tone(660, 8000, 480)}
    assert actions[-1] == EndAudio()
    assert [type(action) for action in actions] == [OpenCall, Audio, Audio, Audio, EndAudio]


def test_jambonz_nested_in_a_dial_takes_the_id_that_the_application_names():
    recorded = session("jambonz_listen_nested_mono")
    actions = play(jambonz().dialect_for(recorded.upgrade, LIMITS), recorded)
    start = opened(actions).start
    assert (start.external_id, start.agent) == ("fffa8ee3-d8ff-4c65-b5ce-a0c5a5b6ffe2", "8012")
    assert start.direction is Direction.INBOUND, "the leg that was dialled is outbound, the call is not"
    assert start.sample_rate == 16000
    assert heard(actions) == {"customer": tone(440, 16000, 640)}


def test_freeswitch_audio_fork_with_metadata():
    recorded = session("freeswitch_audio_fork")
    connector = freeswitch(STEREO, secret="t0ken")
    connector.admit(recorded.upgrade)
    assert connector.subprotocol(recorded.upgrade) == "audio.drachtio.org"
    actions = play(connector.dialect_for(recorded.upgrade, LIMITS), recorded)
    start = opened(actions).start
    assert (start.agent, start.customer, start.sample_rate) == ("8012", "c-77", 16000)
    assert heard(actions) == {"customer": tone(440, 16000, 640), "agent": tone(660, 16000, 640)}


def test_freeswitch_audio_stream_without_any_text():
    recorded = session("freeswitch_audio_stream")
    connector = freeswitch(STEREO, secret="t0ken")
    connector.admit(recorded.upgrade)
    assert connector.may_join(recorded.upgrade), "it names its track: it may be the second leg of its call"
    assert connector.subprotocol(recorded.upgrade) is None
    actions = play(connector.dialect_for(recorded.upgrade, LIMITS), recorded)
    start = opened(actions).start
    assert start.external_id == "1f2e7a66-8d3b-4c1c-9a5b-2f0f4b6f7d10"
    assert heard(actions) == {"customer": tone(440, 8000, 320)}
    assert actions[-1] == EndAudio()


def test_vonage_hears_both_in_one_channel():
    recorded = session("vonage")
    actions = play(vonage().dialect_for(recorded.upgrade, LIMITS), recorded)
    start = opened(actions).start
    assert start.external_id == "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    assert (start.sample_rate, start.language) == (16000, "zh")
    assert [(leg.leg, leg.role) for leg in start.legs] == [("mixed", Role.MIXED)]
    assert heard(actions) == {"mixed": tone(440, 16000, 640)}


def test_no_digit_that_was_pressed_is_kept():
    for name, connector in {"jambonz_listen_stereo": jambonz(STEREO), "vonage": vonage()}.items():
        recorded = session(name)
        dialect = connector.dialect_for(recorded.upgrade, LIMITS)
        pressed = [text for text in recorded.messages[1:] if isinstance(text, str)]
        receive(dialect, recorded.messages[0])
        assert pressed and all(receive(dialect, text) == [] for text in pressed)


# --- which leg is whose


def test_two_mono_streams_are_the_two_legs_of_one_call():
    connector = freeswitch(STEREO)
    starts = [
        opened(spoken(connector, external_id="c-9", track=track).receive_bytes(bytes(320))).start
        for track in ("left", "right")
    ]
    assert {start.external_id for start in starts} == {"c-9"}
    assert [start.legs[0].role for start in starts] == [Role.CUSTOMER, Role.AGENT]


def test_a_track_that_is_not_listed_is_not_listened_to():
    one_side = spoken(freeswitch({"right": "agent"}), mix_type="stereo")
    actions = one_side.receive_bytes(tone(1, 8000, 160))
    assert [leg.role for leg in opened(actions).start.legs] == [Role.AGENT]
    assert list(heard(actions)) == ["agent"] and len(heard(actions)["agent"]) == 160

    (refused,) = spoken(freeswitch(STEREO)).receive_bytes(bytes(320))
    assert (refused.code, refused.fatal) == (ErrorCode.POLICY, True)


def test_a_mixed_track_cannot_be_somebodys():
    with pytest.raises(ValidationError, match="both parties speak"):
        freeswitch({"mixed": "customer"})
    with pytest.raises(ValidationError, match="its tracks are called left, mixed, mono, right"):
        freeswitch({"inbound": "customer"})


def test_where_nothing_is_said_the_connector_decides():
    connector = freeswitch(STEREO, sample_rate=16000, mix_type="stereo", language="en", direction="outbound")
    start = opened(spoken(connector).receive_bytes(bytes(1280))).start
    assert (start.sample_rate, start.language, start.direction, len(start.legs)) == (16000, "en", "outbound", 2)
    assert len(start.external_id) == 36, "nobody named the call, so it gets an id"


def test_what_freeswitch_sends_first_may_be_any_text():
    dialect = spoken(freeswitch(), external_id="c-1")
    assert dialect.receive_text("hello {caller}") == []
    assert dialect.receive_text("[1]") == []
    assert isinstance(dialect.receive_text('{"customer": "c-3"}')[0], OpenCall)


def test_what_the_message_says_goes_before_the_url():
    dialect = spoken(freeswitch(), external_id="of-the-url", agent="8012")
    start = opened(dialect.receive_text('{"external_id": "of-the-message", "agent": ""}')).start
    assert (start.external_id, start.agent) == ("of-the-message", "8012")


# --- what goes wrong


def test_audio_before_the_description():
    for connector in (jambonz(), vonage()):
        dialect = spoken(connector)
        (refused,) = dialect.receive_bytes(bytes(320))
        assert (refused.code, refused.fatal) == (ErrorCode.START_EXPECTED, True)
        assert dialect.receive_bytes(bytes(320)) == dialect.receive_text(json.dumps(DESCRIBED)) == dialect.left() == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", ErrorCode.START_EXPECTED),
        ("[]", ErrorCode.START_EXPECTED),
        ({}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "mixType": "surround"}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "sampleRate": "fast"}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "sampleRate": 64000}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({**DESCRIBED, "sampleRate": 4000}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({**DESCRIBED, "callSid": "../../etc"}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "callSid": {"a": 1}}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "customer": "\x00"}, ErrorCode.BAD_MESSAGE),
        ({**DESCRIBED, "language": "fr"}, ErrorCode.UNSUPPORTED_LANGUAGE),
        ({**DESCRIBED, "mixType": "stereo"}, ErrorCode.POLICY),
        ({**DESCRIBED, "note": "x" * 70_000}, ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_a_description_that_cannot_be(message, code):
    dialect = spoken(jambonz())
    (refused,) = dialect.receive_text(message if isinstance(message, str) else json.dumps(message))
    assert isinstance(refused, Refuse) and (refused.code, refused.fatal) == (code, True)
    assert "etc" not in refused.message and "surround" not in refused.message
    (closed,) = dialect.failed(refused.code, refused.message, refused.fatal)
    assert isinstance(closed, Close) and closed.reason.startswith(f"{code}: ")


@pytest.mark.parametrize(
    "message", [{}, {"event": "websocket:dtmf"}, {**CONNECTED, "content-type": "audio/l16"}, {"event": 1}]
)
def test_a_first_message_that_is_not_vonages(message):
    (refused,) = spoken(vonage()).receive_text(json.dumps(message))
    assert (refused.code, refused.fatal) == (ErrorCode.BAD_MESSAGE, True)


@pytest.mark.parametrize(
    ("content_type", "rate"),
    [
        ("audio/l16;rate=16000", 16000),
        ("audio/L16; rate=8000", 8000),
        ('audio/l16 ; channels=1; rate="24000"', 24000),
        ("audio/l16", None),
        ("audio/l16;rate=", None),
        ("audio/l16;rate=16000;rate=8000", None),
        ("audio/l16;rate=-8000", None),
        ("audio/pcmu;rate=8000", None),
        ("audio/l160;rate=8000", None),
        (16000, None),
        (None, None),
    ],
)
def test_media_types(content_type, rate):
    assert l16_rate(content_type) == rate


@pytest.mark.parametrize(
    ("legs", "mix", "size"), [({"mono": "customer"}, "mono", 319), (STEREO, "stereo", 322), (STEREO, "stereo", 1)]
)
def test_torn_samples_are_refused_with_the_reason(legs, mix, size):
    dialect = spoken(freeswitch(legs), mix_type=mix)
    *_, refused = dialect.receive_bytes(bytes(size))
    assert (refused.code, refused.fatal) == (ErrorCode.ODD_AUDIO_LENGTH, True)
    assert f"{size} bytes" in refused.message and "send a multiple of" in refused.message
    assert dialect.receive_bytes(bytes(320)) == []


def test_messages_that_are_too_large_or_empty():
    dialect = spoken(freeswitch())
    assert [type(action) for action in dialect.receive_bytes(b"")] == [OpenCall]
    assert dialect.receive_bytes(b"") == []
    (refused,) = dialect.receive_bytes(bytes(65538))
    assert refused.code is ErrorCode.FRAME_TOO_LARGE


def test_the_end_is_told_once_and_only_of_a_call():
    dialect = spoken(freeswitch())
    assert dialect.left() == []
    dialect = spoken(freeswitch())
    dialect.receive_bytes(bytes(320))
    assert dialect.left() == [EndAudio()] and dialect.left() == []
    failed = spoken(freeswitch())
    failed.receive_bytes(bytes(320))
    failed.failed(ErrorCode.SUPERSEDED, "", fatal=True)
    assert failed.left() == [], "the leg is somebody else's"


# --- who is let in


def basic(user, password):
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "query", "admitted"),
    [
        (basic("jambonz", "s3cret"), {}, True),
        (basic("", "s3cret"), {}, True),
        ({"authorization": "Bearer s3cret"}, {}, True),
        ({}, {"token": "s3cret"}, True),
        (basic("s3cret", ""), {}, False),
        (basic("jambonz", "other"), {}, False),
        ({"authorization": "Basic s3cret"}, {}, False),
        ({"authorization": "Basic \u00e4"}, {}, False),
        ({"authorization": "Digest s3cret"}, {}, False),
        ({}, {"token": ""}, False),
        ({}, {"token": "\ud800"}, False),
        ({}, {}, False),
    ],
)
def test_a_secret_is_shown(headers, query, admitted):
    for connector in (jambonz(secret="s3cret"), freeswitch(secret="s3cret")):
        asked = upgrade("203.0.113.9", (), headers, **query)
        if admitted:
            connector.admit(asked)
            continue
        with pytest.raises(NotAdmitted) as refused:
            connector.admit(asked)
        assert refused.value.status == 401 and "s3cret" not in str(refused.value)


def test_without_a_secret_only_this_machine_and_the_networks_named_get_in():
    freeswitch().admit(upgrade("127.0.0.1"))
    freeswitch(networks=["10.1.0.0/16"]).admit(upgrade("10.1.2.3"))
    for connector, address in [(freeswitch(), "10.1.2.3"), (freeswitch(networks=["10.1.0.0/16"]), "127.0.0.1")]:
        with pytest.raises(NotAdmitted) as refused:
            connector.admit(upgrade(address))
        assert refused.value.status == 403


@pytest.mark.parametrize(
    ("offered", "spoken_one"),
    [
        (["audio.jambonz.org"], "audio.jambonz.org"),
        (["chat", "audio.drachtio.org", "audio.jambonz.org"], "audio.drachtio.org"),
        (["chat"], None),
        ([], None),
    ],
)
def test_the_subprotocol_is_one_that_was_offered(offered, spoken_one):
    assert jambonz().subprotocol(upgrade(subprotocols=offered)) == spoken_one
    assert freeswitch().subprotocol(upgrade(subprotocols=offered)) == spoken_one
    assert vonage().subprotocol(upgrade(subprotocols=offered)) is None


def signed(secret=SECRET, algorithm="HS256", **claims):
    said = {"iat": NOW, "jti": "b2a5", "iss": "Vonage", "api_key": "abcd1234", **claims}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "authorization": "Bearer " + jwt.encode({k: v for k, v in said.items() if v is not None}, secret, algorithm)
        }


def test_vonages_token_is_one_that_its_own_package_accepts():
    headers = signed()
    assert verify_signature(headers["authorization"].removeprefix("Bearer "), SECRET)
    vonage(secret=SECRET).admit(upgrade("203.0.113.9", (), headers))


@pytest.mark.parametrize(
    "headers",
    [
        signed("another-signature-secret-of-32-bytes"),
        signed(iat=NOW - 301),
        signed(iat=NOW + 301),
        signed(iat=None),
        signed(iat="soon"),
        signed(iat=float("nan")),
        signed(exp=NOW - 301),
        signed(None, "none"),
        signed(SECRET * 2, "HS512"),
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer a.b.c"},
        {"authorization": signed()["authorization"].replace("Bearer", "Basic")},
        {},
    ],
    ids=str,
)
def test_vonages_token_is_refused(headers):
    with pytest.raises(NotAdmitted) as refused:
        vonage(secret=SECRET).admit(upgrade("203.0.113.9", (), headers, token=SECRET))
    assert refused.value.status == 401


def test_vonage_may_show_the_secret_instead():
    connector = vonage(secret=SECRET, authorization="shown")
    connector.admit(upgrade("203.0.113.9", (), {"authorization": f"Bearer {SECRET}"}))
    connector.admit(upgrade("203.0.113.9", (), {}, token=SECRET))
    with pytest.raises(NotAdmitted):
        connector.admit(upgrade("203.0.113.9", (), signed()))


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2))
METADATA = st.dictionaries(
    st.sampled_from(
        ["event", "content-type", "callSid", "sampleRate", "mixType", "external_id", "agent", "queue", "language", "x"]
    ),
    VALUES,
).map(json.dumps)


@given(
    st.sampled_from([jambonz(), jambonz(STEREO), freeswitch(), freeswitch(STEREO), vonage()]),
    st.dictionaries(st.sampled_from(["external_id", "track", "mix_type", "sample_rate", "agent"]), st.text()),
    st.lists(st.one_of(st.text(), METADATA, st.binary(max_size=400)), max_size=10),
)
def test_nothing_a_sender_says_raises(connector, query, messages):
    dialect = connector.dialect_for(upgrade(**query), LIMITS)
    for message in messages:
        for action in receive(dialect, message):
            if isinstance(action, Refuse):
                dialect.failed(action.code, action.message, action.fatal)
    dialect.left()
