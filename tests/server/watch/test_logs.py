"""The log for people and for machines; what exceptions say is in neither."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from server.hub import Hub
from server.live.conversation import conversation_topic
from server.watch.diary import Diary
from server.watch.logs import Careful, JsonLines
from server.wire import events as ev

SECRET = "my card is 6225 7611"


class Written:
    def __init__(self) -> None:
        self.text, self.json = io.StringIO(), io.StringIO()
        self.handlers = [logging.StreamHandler(self.text), logging.StreamHandler(self.json)]
        self.handlers[0].setFormatter(Careful("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self.handlers[1].setFormatter(JsonLines())

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.json.getvalue().splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    made, root = Written(), logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    for handler in made.handlers:
        root.addHandler(handler)
    yield made
    for handler in made.handlers:
        root.removeHandler(handler)
    root.setLevel(level)


def test_our_sentences_become_events_and_fields(written: Written) -> None:
    log = logging.getLogger("server.live.recorder")
    log.error("conversation %s: recording kept as raw audio: %s", "c-1", "OSError")
    log.info("%d utterances were added to the search index", 12)
    log.error("%.1f s of a leg could not be decoded", 2.5)
    first, second, third = written.lines
    assert first["time"].endswith("Z")
    assert (first["level"], first["logger"]) == ("error", "server.live.recorder")
    assert (first["event"], first["conversation"], first["error"]) == ("recording kept as raw audio", "c-1", "OSError")
    assert second["event"] == "utterances were added to the search index"
    assert second["message"] == "12 utterances were added to the search index"
    assert third["event"] == "s of a leg could not be decoded"
    assert (
        "ERROR server.live.recorder conversation c-1: recording kept as raw audio: OSError" in written.text.getvalue()
    )


def test_an_exception_is_told_without_what_it_says(written: Written) -> None:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise RuntimeError(f"again: {SECRET}") from error
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = written.lines
    assert (line["event"], line["error"]) == ("Exception in ASGI application", "RuntimeError")
    assert "test_logs.py" in line["at"][-1]
    text = written.text.getvalue()
    assert "test_logs.py" in text and text.rstrip().endswith("RuntimeError")
    assert SECRET not in text + written.json.getvalue()


async def test_a_task_that_nobody_waits_for_does_not_tell_what_went_wrong(written: Written) -> None:
    async def fails() -> None:
        raise ValueError(SECRET)

    async def forgotten() -> None:
        asyncio.get_running_loop().create_task(fails())
        for _ in range(3):
            await asyncio.sleep(0)

    await forgotten()
    for _ in range(100):
        if written.lines:
            break
        await asyncio.sleep(0.01)
    (line,) = written.lines
    assert (line["event"], line["error"]) == ("Task exception was never retrieved", "ValueError")
    assert SECRET not in written.text.getvalue() + written.json.getvalue()


def test_a_call_is_told_from_beginning_to_end_without_its_words(written: Written) -> None:
    hub: Hub[Any] = Hub(Diary().overhear)
    payloads: list[ev.Payload] = [
        ev.ConversationStarted(
            channel=ev.Channel.CALL,
            direction=ev.Direction.INBOUND,
            external_id=SECRET,
            language="en",
            queue=SECRET,
            agent=SECRET,
            customer=SECRET,
        ),
        ev.LegStarted(leg=SECRET, role=ev.Role.CUSTOMER, language="en", encoding="pcm16", sample_rate=8000, offset=0.0),
        ev.Utterance(utterance_id="u", role=ev.Role.CUSTOMER, text=SECRET, start=0.0, end=1.0, leg=SECRET),
        ev.LegGap(leg=SECRET, start=1.0, end=1.0, missing=2.5, reason="stalled"),
        ev.LegEnded(leg=SECRET, samples=96_000, reason="stopped"),
        ev.ConversationEnded(reason="hangup"),
    ]
    for seq, payload in enumerate(payloads, start=1):
        event = ev.Event(conversation_id="c-1", seq=seq, at=1000.0 + seq, payload=payload)
        hub.publish(conversation_topic("c-1"), event)
        hub.publish("agent:xiaolin", event)
    lines = [
        {key: value for key, value in line.items() if key not in ("time", "level", "logger", "message")}
        for line in written.lines
    ]
    assert lines == [
        {"event": "conversation.started", "conversation": "c-1", "channel": "call"},
        {"event": "leg.started", "conversation": "c-1", "leg": "customer", "sample_rate": 8000},
        {"event": "leg.gap", "conversation": "c-1", "leg": "customer", "duration": 2.5, "reason": "stalled"},
        {"event": "leg.ended", "conversation": "c-1", "leg": "customer", "duration": 12.0, "reason": "stopped"},
        {"event": "conversation.ended", "conversation": "c-1", "duration": 5.0},
    ]
    assert "conversation c-1: leg.ended leg=customer duration=12.0 reason=stopped" in written.text.getvalue()
    assert SECRET not in written.text.getvalue() + written.json.getvalue()
