"""What is fuzzed: an adapter driven by bytes, and what it must never do."""

import json
from typing import Any

from server.ingest.dialect import Audio, Close, Dialect, EndAudio, Limits, OpenCall, Refuse, SendText
from server.ingest.native import NativeDialect
from server.ingest.vosk import QueryError, VoskDialect, parse_query
from server.wire import listen

LIMITS = Limits(max_frame_bytes=4096, languages=frozenset({"zh", "en"}))
MOST_KEPT = 1 << 20
"""Bytes that one adapter may hold on to, whatever it was sent."""
START = {"type": "start", "external_id": "c", "sample_rate": 8000, "legs": [{"leg": "a", "role": "customer"}]}
SEEDS = [
    b"\x00" + json.dumps(START).encode() + b"\xff\x01" + bytes(64) + b"\xff\x00" + b'{"type":"stop"}',
    b'\x00{"config":{"sample_rate":8000,"words":true}}\xff\x01' + bytes(64) + b'\xff\x00{"reset":1}\xff\x00{"eof" : 1}',
]


def messages(data: bytes) -> list[str | bytes]:
    """Split at 0xFF; an even first byte makes a text message, an odd one a binary message."""
    parts = [part for part in data.split(b"\xff") if part]
    return [part[1:] if part[0] % 2 else part[1:].decode("utf-8", "surrogateescape") for part in parts]


def drive(dialect: Dialect, sent: list[str | bytes]) -> None:
    """What a socket does with an adapter; raises where the adapter breaks its contract."""
    for message in sent:
        known = dialect.receive_text(message) if isinstance(message, str) else dialect.receive_bytes(message)
        for action in known:
            replies = _answer(dialect, action)
            assert all(isinstance(reply, SendText | Close) for reply in replies)
            assert all(len(r.reason.encode()) <= 123 for r in replies if isinstance(r, Close))


def _answer(dialect: Dialect, action: object) -> list[Any]:
    match action:
        case OpenCall(start, _):
            json.loads(start.model_dump_json())
            started = listen.Started(conversation_id="c", resume_token="t", resume_from=0)
            return list(dialect.started(started, 0.0))
        case Audio(raw, _):
            assert len(set(map(len, raw.values()))) == 1
            return list(dialect.chunk_done())
        case EndAudio():
            return list(dialect.ended(listen.Ended(conversation_id="c", samples={})))
        case Refuse(code, message, fatal):
            return list(dialect.failed(code, message, fatal))
    return []


def native(data: bytes) -> None:
    """One connection to `/v1/listen`."""
    _check(NativeDialect(LIMITS), data)


def vosk(data: bytes) -> None:
    """One connection to `/v1/vosk`; the first line of the input is its query."""
    query, _, rest = data.partition(b"\n")
    pairs = [pair.partition("=") for pair in query.decode("utf-8", "replace").split("&")]
    try:
        asked = parse_query({name: value for name, _, value in pairs})
    except QueryError:
        return
    _check(VoskDialect(asked, LIMITS, lambda: "made-up"), rest)


def _check(dialect: Dialect, data: bytes) -> None:
    drive(dialect, messages(data))
    kept = sum(len(repr(value)) for value in vars(dialect).values())
    assert kept < MOST_KEPT, "it keeps what it was sent"


TARGETS = {"native": native, "vosk": vosk}
