"""Media streams as Twilio, Telnyx, Plivo, Exotel and SignalWire send them, byte for byte, and what they get wrong."""

import json
from base64 import b64encode

import pytest

from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.dialect import Audio, Close, EndAudio, Missing, OpenCall, Refuse
from server.ingest.media_connectors import (
    ExotelConnector,
    PlivoConnector,
    SignalWireConnector,
    TelnyxConnector,
    TwilioConnector,
)
from server.wire import listen
from server.wire.base import ErrorCode
from tests.server.golden import LIMITS, play, session

BOTH = {"inbound": "customer", "outbound": "agent"}
KINDS = {
    "twilio": TwilioConnector,
    "telnyx": TelnyxConnector,
    "plivo": PlivoConnector,
    "exotel": ExotelConnector,
    "signalwire": SignalWireConnector,
}
UPGRADE = Upgrade("ws://node/v1/connect/line", 0.0, "127.0.0.1")


def connector(dialect, **fields):
    return KINDS[dialect].model_validate({"name": "line", "dialect": dialect, "legs": BOTH} | fields)


def line(dialect="twilio", **fields):
    return connector(dialect, **fields).dialect_for(UPGRADE, LIMITS)


def heard(actions):
    """What each leg sounds like, silence included, as (first byte, bytes) of each piece."""
    legs = {}
    for action in actions:
        if isinstance(action, Audio):
            for leg, raw in action.raw.items():
                legs.setdefault(leg, []).append(raw)
        if isinstance(action, Missing):
            legs.setdefault(action.leg, []).append(("silence", action.samples))
    return legs


def pieces(*bytes_, samples=160):
    return [bytes([one]) * samples for one in bytes_]


def opened(actions):
    (call,) = [action.start for action in actions if isinstance(action, OpenCall)]
    return call


# --- recorded sessions


def test_twilio_both_tracks():
    actions = play(line(), session("twilio_both_tracks"))
    start = opened(actions)
    assert (start.external_id, start.encoding, start.sample_rate) == (
        "CA5f8d3e1c7a9b4f2e8d6c0a1b3e5f7d92",
        "mulaw",
        8000,
    )
    assert [(leg.leg, leg.role) for leg in start.legs] == [("customer", "customer"), ("agent", "agent")]
    assert (start.agent, start.customer, start.queue, start.context) == (
        "8012",
        "C-1042",
        "cards",
        {"FirstName": "Jane"},
    )
    # The first message of each track says that it began 5 and 7 ms after the stream.
    assert heard(actions) == {
        "customer": [("silence", 40), *pieces(1, 2, 3, 4)],
        "agent": [("silence", 56), *pieces(0x81, 0x82, 0x83, 0x84)],
    }
    assert isinstance(actions[0], OpenCall) and not actions[0].resumable
    assert isinstance(actions[-1], EndAudio)


def test_messages_that_never_come_become_silence_of_their_length():
    actions = play(line(legs={"inbound": "customer"}), session("twilio_inbound_lost"))
    assert heard(actions) == {"customer": [("silence", 160), *pieces(1, 2), ("silence", 320), *pieces(5, 6)]}


def test_telnyx_in_disorder():
    actions = play(line("telnyx"), session("telnyx_alaw_disorder"))
    start = opened(actions)
    assert (start.external_id, start.encoding, start.customer) == (
        "ff55a038-6f5d-11ef-9692-02420aeffb1f",
        "alaw",
        "C-1042",
    )
    assert heard(actions) == {
        "customer": [("silence", 40), *pieces(1, 2, 3), ("silence", 160), *pieces(5, 6)],
        "agent": [("silence", 40), *pieces(0x91, 0x92, 0x93)],
    }


def test_plivo_ends_with_the_connection():
    actions = play(line("plivo"), session("plivo_no_stop"))
    start = opened(actions)
    assert (start.external_id, start.agent) == ("crm-78", "8012")
    assert heard(actions) == {"customer": pieces(1, 2, 3), "agent": pieces(0x81, 0x82)}
    assert isinstance(actions[-1], EndAudio)


def test_exotel_one_track_of_linear_samples():
    actions = play(line("exotel", legs={"inbound": "mixed"}), session("exotel_stream"))
    start = opened(actions)
    assert (start.external_id, start.encoding, start.queue) == ("a1b2c3d4e5f6", "pcm16", "cards")
    low, high, last = ((1000).to_bytes(2, "little"), (-1000).to_bytes(2, "little", signed=True), b"\xf4\x01")
    assert heard(actions) == {"mixed": [low * 800, high * 800, ("silence", 800), last * 800]}


def test_signalwire_wideband():
    actions = play(line("signalwire"), session("signalwire_l16"))
    start = opened(actions)
    assert (start.external_id, start.encoding, start.sample_rate) == ("crm-77", "pcm16", 16000)
    assert [len(raw) for raw in heard(actions)["agent"]] == [640, 640]


# --- parts of a call


def start_message(call="c-1", tracks=("inbound", "outbound"), encoding="audio/x-mulaw", rate=8000, **parameters):
    media_format = {"encoding": encoding, "sampleRate": rate}
    start = {"callSid": call, "tracks": list(tracks), "mediaFormat": media_format, "customParameters": parameters}
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": start})


def media(number, payload=b"\x01" * 160, track="inbound", at=None):
    at = {} if at is None else {"timestamp": str(at)}
    said = {"track": track, "payload": b64encode(payload).decode(), **at}
    return json.dumps({"event": "media", "sequenceNumber": str(number), "media": said})


def calling(dialect="twilio", start=None, **fields):
    sender = line(dialect, **fields)
    (action,) = sender.receive_text(start or start_message())
    assert isinstance(action, OpenCall), action
    return sender


def test_a_stream_of_one_track_opens_one_leg():
    (action,) = line().receive_text(start_message(tracks=["outbound_track"]))
    assert [leg.leg for leg in action.start.legs] == ["agent"]


def test_roles_are_the_connectors():
    sender = calling(legs={"inbound": "agent", "outbound": "customer"})
    (audio,) = sender.receive_text(media(2))
    assert list(audio.raw) == ["agent"]


def test_a_track_that_is_not_listened_to_is_left_out():
    sender = calling(legs={"inbound": "customer"})
    assert sender.receive_text(media(2, track="outbound")) == []
    assert len(sender.receive_text(media(3))) == 1


def test_parameters_that_are_fields_and_those_that_are_not():
    said = {"externalId": "crm-1", "direction": "outbound", "X-PH-product": "loan", "task": "t-1", "tier": "gold"}
    (action,) = line(queue="cards", language="en").receive_text(start_message(**said))
    start = action.start
    assert (start.external_id, start.direction, start.product, start.task) == ("crm-1", "outbound", "loan", "t-1")
    assert (start.context, start.queue, start.language) == ({"tier": "gold"}, "cards", "en")


def test_the_token_is_shown_in_start_and_kept_nowhere():
    guarded = {"secret": "s3cret", "authorization": "parameter"}
    (refused,) = line(**guarded).receive_text(start_message(token="S3cret"))
    assert isinstance(refused, Refuse) and refused.code is ErrorCode.UNAUTHENTICATED and refused.fatal
    (refused,) = line(**guarded).receive_text(start_message())
    assert refused.code is ErrorCode.UNAUTHENTICATED
    (action,) = line(**guarded).receive_text(start_message(token="s3cret"))
    assert action.supersede and "s3cret" not in repr(action)


def test_a_track_that_begins_late_begins_in_its_place():
    sender = calling()
    sender.receive_text(media(2, at=0))
    silence, audio = sender.receive_text(media(3, b"\x02" * 160, "outbound", at=3000))
    assert (silence, audio.raw) == (Missing("agent", 24000, "mulaw", "lost"), {"agent": b"\x02" * 160})


def test_unrest_is_no_hole_and_a_wrong_time_does_not_fill_the_disk():
    sender = calling()
    assert [len(sender.receive_text(media(n, at=at))) for n, at in ((2, 0), (3, 55), (4, 30), (5, 75))] == [1] * 4
    silence, _ = sender.receive_text(media(6, at=10**9))
    assert 9 * 8000 < silence.samples < 12 * 8000
    assert len(sender.receive_text(media(7, at=20))) == 1


def test_long_holes_stay_pieces_that_are_filled(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("server.ingest.media_connectors.monotonic", lambda: now[0])
    sender = calling()
    now[0] = 200.0
    *holes, _ = sender.receive_text(media(2, at=150_000))
    assert [hole.samples for hole in holes] == [60 * 8000, 60 * 8000, 30 * 8000]


def test_telnyx_linear_samples_in_network_order():
    start = {
        "call_session_id": "c-1",
        "media_format": {"encoding": "L16", "sample_rate": 16000, "channels": 1},
    }
    opening = json.dumps({"event": "start", "sequence_number": "1", "start": start})
    sender = calling("telnyx", opening, byte_order="big")
    (audio,) = sender.receive_text(media(2, b"\x01\x02" * 10))
    assert audio.raw == {"customer": b"\x02\x01" * 10}


# --- what senders get wrong


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (start_message(encoding="OPUS"), ErrorCode.UNSUPPORTED_ENCODING),
        (start_message(rate=4000), ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        (start_message(tracks=["video"]), ErrorCode.BAD_MESSAGE),
        (start_message(call=""), ErrorCode.BAD_MESSAGE),
        (start_message(call="../../etc"), ErrorCode.BAD_MESSAGE),
        (start_message(direction="sideways"), ErrorCode.BAD_MESSAGE),
        (start_message(language="fr"), ErrorCode.UNSUPPORTED_LANGUAGE),
        ('{"event": "stop"}', ErrorCode.START_EXPECTED),
        ("x" * 70_000, ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_a_stream_that_cannot_be_taken(message, code):
    sender = line()
    (refused,) = sender.receive_text(message)
    assert isinstance(refused, Refuse) and (refused.code, refused.fatal) == (code, True)
    assert sender.receive_text(start_message()) == []
    (close,) = sender.failed(refused.code, refused.message, True)
    assert isinstance(close, Close) and close.reason.startswith(code)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", ErrorCode.BAD_MESSAGE),
        ("[1]", ErrorCode.BAD_MESSAGE),
        ('{"event": 1}', ErrorCode.BAD_MESSAGE),
        ('{"event": "media", "media": {"payload": "!!"}}', ErrorCode.BAD_MESSAGE),
        ('{"event": "media"}', ErrorCode.BAD_MESSAGE),
        (b"\0\0", ErrorCode.BAD_MESSAGE),
    ],
)
def test_one_bad_message_is_forgiven_and_many_are_not(message, code):
    sender = calling()
    take = sender.receive_text if isinstance(message, str) else sender.receive_bytes
    refusals = [take(message)[0] for _ in range(51)]
    assert {refused.code for refused in refusals} == {code}
    assert [refused.fatal for refused in refusals] == [False] * 50 + [True]
    assert sender.failed(code, "", False) == [] and take(message) == []


def test_media_before_start_is_left_out():
    sender = line()
    (refused,) = sender.receive_text(media(1))
    assert (refused.code, refused.fatal) == (ErrorCode.START_EXPECTED, False)
    assert isinstance(sender.receive_text(start_message())[0], OpenCall)


def test_half_a_sample_is_left_out():
    sender = calling(start=start_message(encoding="audio/x-l16;rate=16000", rate=None))
    (refused,) = sender.receive_text(media(2, b"abc"))
    assert (refused.code, refused.fatal) == (ErrorCode.ODD_AUDIO_LENGTH, False)


def test_nothing_is_told_but_the_end():
    sender = calling()
    started = listen.Started(conversation_id="1", resume_token="t", resume_from=0)
    assert sender.started(started) == sender.acked("customer", 1) == sender.chunk_done() == []
    assert sender.ended(listen.Ended(conversation_id="1", samples={})) == [Close(1000, "")]


def test_a_connection_that_closes_before_start_ends_nothing():
    assert line().left() == []
    sender = calling()
    assert sender.left() == [EndAudio()]
    assert sender.left() == []


def test_admission_by_a_shown_secret():
    shown = {"authorization": "Bearer s3cret"}
    for dialect in ("telnyx", "signalwire", "exotel"):
        guarded = connector(dialect, secret="s3cret")
        guarded.admit(Upgrade("ws://node/", 0.0, "203.0.113.7", shown))
        with pytest.raises(NotAdmitted) as refused:
            guarded.admit(Upgrade("ws://node/", 0.0, "203.0.113.7", {"authorization": "Bearer other"}))
        assert refused.value.status == 401
    basic = {"authorization": "Basic " + b64encode(b"key:s3cret").decode()}
    connector("exotel", secret="s3cret").admit(Upgrade("ws://node/", 0.0, "203.0.113.7", basic))
