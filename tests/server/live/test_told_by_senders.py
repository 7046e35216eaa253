"""What senders tell in mid-stream: that time was left out, and that another language is spoken."""

import asyncio
from dataclasses import replace
from time import time

import pytest

from asr.pool import RecognizerPool
from asr.recognizer import RecognizedWord
from server.ingest.dialect import MOST_FILLED, Missing
from server.live import slot as slots
from server.wire.events import LegGap, Utterance
from tests.asr.fakes import FakeModel, HashingRecognizer
from tests.server.live.parts import RATE, Node, Phone, audio, say, until


async def payloads(node: Node, call, kind: type) -> list:
    events = await node.store.events(call.live.conversation_id)
    return [event.payload for event in events if isinstance(event.payload, kind)]


async def test_silence_stands_in_for_what_is_missing(node: Node) -> None:
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await call.missing(Missing("customer", 5 * RATE, "pcm16", "discarded"), phone)
    (gap,) = await payloads(node, call, LegGap)
    assert (gap.reason, gap.missing, gap.start, gap.end) == ("discarded", 5.0, 2.0, 7.0)
    await call.audio(audio(customer=say(1)), phone)
    assert await call.end(phone, "stopped") == {"customer": 9 * RATE}


async def test_a_long_hole_is_only_marked_and_the_leg_goes_on_later(node: Node) -> None:
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    missing = round((MOST_FILLED + 1) * RATE)
    await call.missing(Missing("customer", missing, "pcm16", "paused"), phone)
    await call.missing(Missing("nobody", missing, "pcm16", "paused"), phone)
    await call.missing(Missing("customer", missing, "pcm16", "paused"), Phone())
    await call.audio(audio(customer=say(1)), phone)
    assert await call.end(phone, "stopped") == {"customer": 4 * RATE}
    (gap,) = await payloads(node, call, LegGap)
    assert (gap.reason, gap.missing, gap.start, gap.end) == ("paused", MOST_FILLED + 1, 2.0, 2.0)
    clock = call.live.session.state.clock
    assert (clock("customer", 1.0), clock("customer", 3.0)) == (1.0, 3.0 + MOST_FILLED + 1)


async def test_a_pause_that_was_told_is_no_stall(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.calls._room = replace(node.calls._room, stall_seconds=0.2)
    monkeypatch.setattr(slots, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr("server.live.call.MOST_FILLED", 0.5)
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)[:800]), phone)
    paused = time()
    await asyncio.sleep(0.8)
    await call.missing(Missing("customer", round((time() - paused) * RATE), "pcm16", "paused"), phone)
    await call.audio(audio(customer=say(1)[:800]), phone)
    call.tick(time() + 1)
    await until(lambda: not call._finishing)
    await call.end(phone, "stopped")
    assert [gap.reason for gap in await payloads(node, call, LegGap)] == ["paused"]


class Speaker(HashingRecognizer):
    """Says in which language it hears."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def finish(self):
        text, _ = super().finish()
        return (f"{self._language} {text}", (RecognizedWord(self._language, 0.0, 0.1, 1.0),)) if text else ("", ())


@pytest.fixture
def bilingual(node: Node) -> Node:
    pools = {language: RecognizerPool(FakeModel(lambda spoken=language: Speaker(spoken))) for language in ("zh", "en")}
    node.calls._room.pools.update(pools)
    return node


async def test_another_language_is_spoken_from_here_on(bilingual: Node) -> None:
    call, _, phone = await bilingual.open("call-1")
    heard = say(0, 1, 2)
    await call.audio(audio(customer=heard[: 3 * RATE]), phone)
    await call.change_language("en", phone)
    assert not call.slots["customer"].live.decoder.in_speech
    await call.audio(audio(customer=heard[3 * RATE :]), phone)
    await call.end(phone, "stopped")
    said = await payloads(bilingual, call, Utterance)
    spoken = [(one.language, one.text[:2]) for one in said]
    assert spoken[:2] == [("zh", "zh"), ("zh", "zh")] and set(spoken[2:]) == {("en", "en")}
    assert said[1].end_sample == 3 * RATE
    assert call.live.session.state.language == "en"


async def test_a_language_that_is_not_loaded_changes_nothing(bilingual: Node) -> None:
    call, _, phone = await bilingual.open("call-1")
    await call.change_language("fr", phone)
    await call.change_language("en", Phone())
    assert call.live.session.state.language == "zh"
    await call.end(phone, "stopped")
