"""A leg changes its language in mid-call: nothing is lost, and whoever decodes it again hears the same."""

from dataclasses import replace

import pytest

from asr.pool import RecognizerPool
from asr.recognizer import RecognizedWord
from server.ingest.dialect import OpenCall
from server.live.noticing import LanguageWatch
from server.wire import panel
from server.wire.events import LegLanguageChanged, Role, Utterance
from server.wire.listen import LegSpec, Start
from tests.asr.fakes import FakeModel, HashingRecognizer
from tests.server.live.parts import RATE, Node, Phone, assert_gapless, audio, say, until


class Speaker(HashingRecognizer):
    """Says in which language it hears, and how sure it is."""

    def __init__(self, language: str, sure: float) -> None:
        super().__init__()
        self._language = language
        self._sure = sure

    def finish(self):
        text, _ = super().finish()
        if not text:
            return "", ()
        words = [RecognizedWord(f"{self._language}{n}", n / 10, n / 10 + 0.1, self._sure) for n in range(3)]
        return f"{self._language} {text}", tuple(words)


def pool(language: str, sure: float = 1.0) -> RecognizerPool:
    return RecognizerPool(FakeModel(lambda: Speaker(language, sure)))


@pytest.fixture
def bilingual(node: Node) -> Node:
    node.calls._room.pools.update({"zh": pool("zh"), "en": pool("en")})
    return node


async def spoken(node: Node, conversation_id: str) -> list[tuple[str, str]]:
    payloads = [event.payload for event in await node.store.events(conversation_id)]
    return [(p.language, p.text[:2]) for p in payloads if isinstance(p, Utterance)]


async def choose(call, language: str) -> None:
    bound = lambda s: s.bind_agent("lin", "test", 0.0)  # noqa: E731
    await call.live.do(bound)
    name = f"{language}-{call.live.session.state.seq}"
    action = panel.SetLanguage(action_id=name, conversation_id=call.live.conversation_id, language=language)
    assert await call.live.act(lambda s: s.act(action, "lin", 0.0)) is None


async def test_a_leg_is_heard_in_the_other_language_from_the_last_boundary_on(bilingual: Node) -> None:
    node, heard = bilingual, say(0, 1, 2)
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=heard[: 3 * RATE]), phone)
    await until(lambda: phone.done == 1)
    leg = call.slots["customer"].live
    assert leg.decoder.in_speech, "the second utterance is open"
    boundary = leg.decoder.boundary
    await choose(call, "en")
    await call.audio(audio(customer=heard[3 * RATE :]), phone)
    await call.end(phone, "stopped")
    tiles = await node.tiles(started.conversation_id)
    assert_gapless(tiles, len(heard))
    assert await spoken(node, started.conversation_id) == [("zh", "zh"), ("en", "en"), ("en", "en")]
    payloads = [event.payload for event in await node.store.events(started.conversation_id)]
    assert [p.start_sample for p in payloads if isinstance(p, LegLanguageChanged)] == [boundary]


async def test_after_a_crash_the_language_is_that_of_the_boundary(bilingual: Node, store, tmp_path) -> None:
    node, heard = bilingual, say(0, 1, 2, 3)
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=heard[: 4 * RATE]), phone)
    await until(lambda: phone.done == 1)
    await choose(call, "en")
    await node.crash()
    again = Node(tmp_path, store)
    again.calls._room.pools.update({"zh": pool("zh"), "en": pool("en")})
    await again.recover()
    call, _, phone = await again.open("call-1", token=started.resume_token)
    await call.audio(audio(customer=heard[4 * RATE :]), phone)
    await call.end(phone, "stopped")
    assert [language for language, _ in await spoken(again, started.conversation_id)] == ["zh", "zh", "en", "en"]
    assert_gapless(await again.tiles(started.conversation_id), len(heard))
    await again.crash()
    again.executor.shutdown()


async def test_a_language_told_before_the_audio_holds_unless_the_sender_names_one(bilingual: Node) -> None:
    node = bilingual
    live = await node.conversations.open(channel="call", external_id="call-1", language="en", queue="default")
    await node.open("call-1")
    assert live.session.state.legs["customer"].language == "en"
    start = Start(external_id="call-1", legs=[LegSpec(leg="b", role=Role.AGENT, language="zh")], sample_rate=RATE)
    await node.calls.open(OpenCall(start, True), Phone())
    assert live.session.state.legs["b"].language == "zh"


async def test_a_call_in_a_language_without_a_model_is_heard_in_that_of_its_sender(bilingual: Node) -> None:
    await bilingual.conversations.open(channel="call", external_id="call-1", language="fr", queue="default")
    call, _, _ = await bilingual.open("call-1")
    assert call.live.session.state.legs["customer"].language == "zh"
    del bilingual.calls._room.pools["zh"]
    with pytest.raises(Exception, match="no speech model"):
        await bilingual.open("call-1", "agent")


@pytest.mark.parametrize(("zh", "en", "then"), [(0.6, 0.95, "en"), (0.6, 0.65, "zh"), (0.9, 1.0, "zh")])
async def test_the_wrong_language_is_noticed_after_two_doubtful_utterances(
    node: Node, zh: float, en: float, then: str
) -> None:
    node.calls._room.pools.update({"zh": pool("zh", zh), "en": pool("en", en)})
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    assert call.live.session.state.legs["customer"].language == "zh"
    await call.audio(audio(customer=say(1)), phone)
    await until(lambda: phone.done == 2 and not call._finishing)
    assert call.live.session.state.legs["customer"].language == then
    await call.audio(audio(customer=say(2)), phone)
    await call.end(phone, "stopped")
    assert (await spoken(node, call.live.conversation_id))[-1] == (then, then)


async def test_music_and_a_single_language_are_not_tried() -> None:
    from asr.transcript import Transcript, Word

    words = tuple(Word(w, 0, 1, 0.3) for w in "abc")
    doubtful = Transcript("a", "abc", True, 0, 10, 0.0, 1.0, words)
    two = {"zh": pool("zh"), "en": pool("en")}
    watch = LanguageWatch("a", RATE, two)
    assert [watch.heard(doubtful) for _ in range(4)] == [False, True, False, True]
    assert not any(watch.heard(replace(doubtful, sound="music")) for _ in range(4))
    alone = LanguageWatch("a", RATE, {"zh": two["zh"]})
    assert not any(alone.heard(doubtful) for _ in range(4))
