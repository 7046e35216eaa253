"""`tici replay` speaks every dialect of this page to its own connector, and the node hears every word of it."""

from dataclasses import replace

import numpy as np
import pytest

from server.replay.audio import CallAudio
from server.replay.call import play_call
from server.replay.errors import BadOptionError, RefusedError, ReplayError, UnauthorisedError
from server.replay.options import CallOptions, ClientDialect, Sockets
from tests.server.connect.serving import Served, serving
from tests.server.live.parts import RATE, Node, say

SECRET = "a-signature-secret-of-32-bytes-or-more"
CONNECTORS = f"""
[connector.jambonz]
dialect = "jambonz"
legs = {{ left = "customer", right = "agent" }}
secret = "{SECRET}"

[connector.freeswitch]
dialect = "freeswitch"
legs = {{ left = "customer", right = "agent" }}
secret = "{SECRET}"

[connector.vonage]
dialect = "vonage"
legs = {{ left = "customer", right = "agent" }}
secret = "{SECRET}"

[connector.mixed]
dialect = "vonage"
legs = {{ mixed = "mixed" }}
secret = "{SECRET}"

[connector.chan-websocket]
dialect = "chan-websocket"
legs = {{ in = "customer", out = "agent" }}
secret = "{SECRET}"

[connector.audiosocket]
dialect = "audiosocket"
listen = "127.0.0.1:0"
legs = {{ 1 = "customer", 2 = "agent" }}
"""
AUDIO = CallAudio({"customer": say(1, 2), "agent": np.concatenate([say(3), say(4)])}, RATE)
CALL = "0b7f1d3a-5c2e-4f60-a1b2-c3d4e5f60710"
HELD = [
    (ClientDialect.JAMBONZ, Sockets.SHARED, "pcm16"),
    (ClientDialect.JAMBONZ, Sockets.PER_LEG, "pcm16"),
    (ClientDialect.FREESWITCH, Sockets.SHARED, "pcm16"),
    (ClientDialect.FREESWITCH, Sockets.PER_LEG, "pcm16"),
    (ClientDialect.VONAGE, Sockets.SHARED, "pcm16"),
    (ClientDialect.CHAN_WEBSOCKET, Sockets.SHARED, "alaw"),
    (ClientDialect.CHAN_WEBSOCKET, Sockets.SHARED, "pcm16"),
    (ClientDialect.AUDIOSOCKET, Sockets.SHARED, "pcm16"),
]


def options(served: Served, dialect: ClientDialect, **changes: object) -> CallOptions:
    url = f"tcp://127.0.0.1:{served.ports['audiosocket']}" if dialect is ClientDialect.AUDIOSOCKET else None
    made = CallOptions(
        url=url or served.url(dialect),
        external_id=CALL,
        dialect=dialect,
        secret=SECRET,
        agent="8012",
        speed=50.0,
        retry_seconds=5.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def ignore(event: dict[str, object]) -> None:
    pass


@pytest.mark.parametrize(("dialect", "sockets", "encoding"), HELD)
async def test_every_word_of_both_is_heard(node: Node, dialect: ClientDialect, sockets: Sockets, encoding: str) -> None:
    async with serving(node, CONNECTORS) as served:
        await play_call(AUDIO, options(served, dialect, sockets=sockets, encoding=encoding), ignore)
        words = await served.words(CALL)
    assert {role: len(said) for role, said in words.items()} == {"customer": 2, "agent": 2}


@pytest.mark.parametrize(("dialect", "sockets", "encoding"), HELD)
async def test_a_stream_that_was_stopped_goes_on_in_the_same_conversation(
    node: Node, dialect: ClientDialect, sockets: Sockets, encoding: str
) -> None:
    async with serving(node, CONNECTORS) as served:
        for ended in (2, 4, 6):
            await play_call(AUDIO, options(served, dialect, sockets=sockets, encoding=encoding), ignore)
            words = await served.words(CALL, ended)
        live = await node.conversations.find(CALL)
    assert {role: len(said) for role, said in words.items()} == {"customer": 6, "agent": 6}
    assert live is not None and live.session.state.ended_at is not None
    assert set(live.session.state.legs) == {f"{role}{n}" for role in ("customer", "agent") for n in ("", "-2", "-3")}
    offsets = [live.session.state.legs[name].offset for name in ("customer", "customer-2", "customer-3")]
    assert offsets == sorted(offsets)


async def test_a_leg_called_mixed_is_one(node: Node) -> None:
    audio = CallAudio({"mixed": say(1, 2)}, RATE)
    async with serving(node, CONNECTORS) as served:
        await play_call(audio, options(served, ClientDialect.VONAGE, url=served.url("mixed")), ignore)
        assert len((await served.words(CALL, 1))["mixed"]) == 2


@pytest.mark.parametrize(
    "dialect",
    [ClientDialect.JAMBONZ, ClientDialect.FREESWITCH, ClientDialect.VONAGE, ClientDialect.CHAN_WEBSOCKET],
)
async def test_another_secret_is_refused(node: Node, dialect: ClientDialect) -> None:
    async with serving(node, CONNECTORS) as served:
        with pytest.raises(UnauthorisedError):
            await play_call(AUDIO, options(served, dialect, secret=SECRET.upper()), ignore)


async def test_a_hang_up_before_the_end_is_a_refusal(node: Node) -> None:
    only_customer = CONNECTORS.replace('{ 1 = "customer", 2 = "agent" }', '{ 1 = "customer" }')
    async with serving(node, only_customer) as served:
        with pytest.raises(RefusedError, match="its log says why"):
            await play_call(AUDIO, options(served, ClientDialect.AUDIOSOCKET), ignore)


@pytest.mark.parametrize(
    ("dialect", "changes"),
    [
        (ClientDialect.JAMBONZ, {"encoding": "mulaw"}),
        (ClientDialect.AUDIOSOCKET, {"encoding": "alaw"}),
        (ClientDialect.AUDIOSOCKET, {"url": "tcp://127.0.0.1"}),
        (ClientDialect.CHAN_WEBSOCKET, {"encoding": "opus"}),
    ],
)
async def test_what_no_such_sender_sends(node: Node, dialect: ClientDialect, changes: dict[str, object]) -> None:
    async with serving(node, CONNECTORS) as served:
        with pytest.raises(ReplayError):
            await play_call(AUDIO, options(served, dialect, **changes), ignore)


async def test_a_rate_that_asterisk_does_not_have() -> None:
    audio = CallAudio({"customer": say(1)}, 22050)
    for dialect in (ClientDialect.AUDIOSOCKET, ClientDialect.CHAN_WEBSOCKET):
        with pytest.raises(BadOptionError):
            await play_call(audio, CallOptions(url="tcp://127.0.0.1:1", external_id="c", dialect=dialect), ignore)
