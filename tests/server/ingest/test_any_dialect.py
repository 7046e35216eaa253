"""Whatever bytes and messages a sender sends, no dialect raises, and none keeps more than a little."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.ingest.audiohook_connector import AudioHookConnector
from server.ingest.audiosocket import AudioSocketConnector
from server.ingest.chan_websocket import ChanWebSocketConnector
from server.ingest.connector import Upgrade
from server.ingest.dialect import Dialect, Missing, OpenCall, Refuse
from server.ingest.l16_connectors import FreeSwitchConnector, JambonzConnector, VonageConnector
from server.ingest.media_connectors import (
    ExotelConnector,
    PlivoConnector,
    SignalWireConnector,
    TelnyxConnector,
    TwilioConnector,
)
from server.ingest.native import NativeDialect
from server.ingest.vosk import VoskDialect, parse_query
from server.wire import listen
from tests.server.golden import LIMITS, session

UPGRADE = Upgrade("ws://node/v1/connect/line", 0.0, "127.0.0.1")
TRACKS = {"inbound": "customer", "outbound": "agent"}
STEREO = {"left": "customer", "right": "agent"}


def made_by(kind: type, dialect: str, legs: dict[str, str], **fields: Any) -> Callable[[], Dialect]:
    """Makes a dialect as its connector does."""
    connector = kind.model_validate({"name": "line", "dialect": dialect, "legs": legs} | fields)
    return lambda: connector.dialect_for(UPGRADE, LIMITS)


DIALECTS: dict[str, tuple[Callable[[], Dialect], str | None]] = {
    "native": (lambda: NativeDialect(LIMITS), None),
    "vosk": (lambda: VoskDialect(parse_query({}), LIMITS, lambda: "made-up"), None),
    "twilio": (made_by(TwilioConnector, "twilio", TRACKS), "twilio_both_tracks"),
    "telnyx": (made_by(TelnyxConnector, "telnyx", TRACKS), "telnyx_alaw_disorder"),
    "plivo": (made_by(PlivoConnector, "plivo", TRACKS), "plivo_no_stop"),
    "exotel": (made_by(ExotelConnector, "exotel", TRACKS), "exotel_stream"),
    "signalwire": (made_by(SignalWireConnector, "signalwire", TRACKS), "signalwire_l16"),
    "audiohook": (
        made_by(AudioHookConnector, "audiohook", {"external": "customer", "internal": "agent"}),
        "audiohook/paused",
    ),
    "jambonz": (made_by(JambonzConnector, "jambonz", STEREO), "jambonz_listen_stereo"),
    "freeswitch": (made_by(FreeSwitchConnector, "freeswitch", STEREO), "freeswitch_audio_stream"),
    "vonage": (made_by(VonageConnector, "vonage", {"mixed": "mixed"}), "vonage"),
    "audiosocket": (
        made_by(AudioSocketConnector, "audiosocket", {"any": "customer"}, listen="127.0.0.1:0"),
        "asterisk_audiosocket",
    ),
    "chan-websocket": (
        made_by(ChanWebSocketConnector, "chan-websocket", {"channel": "customer"}),
        "asterisk_chan_websocket",
    ),
}
"""Each dialect, and a recorded session (`tests/data/dialects`) from whose messages others are bent."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


@st.composite
def bent(draw: st.DrawFn, recorded: list[str | bytes]) -> str | bytes:
    """A recorded message, as it is, cut short, or with one of its values replaced at any depth."""
    message = draw(st.sampled_from(recorded))
    if draw(st.booleans()):
        return message
    if isinstance(message, bytes):
        return message[: draw(st.integers(0, len(message)))] + draw(st.binary(max_size=8))
    try:
        content = json.loads(message)
    except ValueError:
        return message[: draw(st.integers(0, len(message)))] + draw(st.text(max_size=8))
    place = content
    while isinstance(place, dict) and place:
        name = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or draw(st.booleans()):
            place[name] = draw(JSON)
            break
        place = place[name]
    return json.dumps(content)


def messages(name: str) -> st.SearchStrategy[list[str | bytes]]:
    _, golden = DIALECTS[name]
    anything = st.text() | st.binary(max_size=700) | JSON.map(json.dumps)
    recorded = session(golden).messages if golden else []
    return st.lists(anything | bent(recorded) if recorded else anything, max_size=25)


def drive(dialect: Dialect, said: list[str | bytes]) -> int:
    """Answer as the socket does; samples of silence that were asked for."""
    silence = 0
    for message in said:
        actions = dialect.receive_text(message) if isinstance(message, str) else dialect.receive_bytes(message)
        for action in actions:
            match action:
                case OpenCall(start):
                    assert start.legs and start.external_id
                    dialect.started(listen.Started(conversation_id="1", resume_token="t", resume_from=0))
                case Missing():
                    assert action.samples > 0
                    silence += action.samples
                case Refuse(code, told, fatal):
                    dialect.failed(code, told, fatal)
        dialect.chunk_done()
    dialect.left()
    return silence


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=60)
@given(data=st.data())
def test_nothing_that_is_said_raises(name: str, data: st.DataObject) -> None:
    said = data.draw(messages(name))
    silence = drive(DIALECTS[name][0](), said)
    # By the clock some ten seconds, at no more than 48 kHz, on two legs.
    assert silence <= 2 * 60 * 48_000


@pytest.mark.parametrize("name", [name for name, (_, golden) in DIALECTS.items() if golden])
def test_a_session_said_over_and_over_is_not_kept(name: str) -> None:
    make, golden = DIALECTS[name]
    assert golden is not None
    recorded = session(golden).messages
    dialect = make()
    sizes = []
    for _ in range(60):
        drive_on(dialect, recorded)
        sizes.append(deep_size(dialect))
    assert sizes[-1] <= max(sizes[:20]) + 10_000


def drive_on(dialect: Dialect, said: list[str | bytes]) -> None:
    for message in said[:-1]:
        _ = dialect.receive_text(message) if isinstance(message, str) else dialect.receive_bytes(message)


def deep_size(value: object, seen: set[int] | None = None) -> int:
    """Bytes of what a dialect holds, its settings left out."""
    seen = seen if seen is not None else set()
    if id(value) in seen or isinstance(value, type) or callable(value):
        return 0
    seen.add(id(value))
    inner: list[object] = []
    if isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif type(value).__module__.startswith("server."):
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        inner = [*getattr(value, "__dict__", {}).values(), *(getattr(value, name, None) for name in slots)]
    return sys.getsizeof(value) + sum(deep_size(one, seen) for one in inner)
