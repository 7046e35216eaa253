"""Searching stored conversations, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from kb.terms import patterns
from server.access import Reach
from server.reindex import index_older_utterances
from server.store import InvalidError, QueuePolicy, RecordingRecord, Store
from server.store.queries.choices import choices
from server.store.queries.search import Wanted, page
from server.store.tables.conversations import ConversationTable
from server.store.tables.search import SearchTermTable
from server.store.tables.speech import UtteranceTable
from server.wire.events import AgentBound, Channel, OutcomeKind, SuggestionOutcome, WrappedUp
from server.wire.rest import FoundPage, WrapUpCode
from tests.server.store.dialogue import ORIGIN, Dialogue, card, cards, leg, said

EVERYTHING = Reach("default", None, None, None)
CODES = [
    WrapUpCode(code="done", parent=None, name_zh="已解决", name_en="Done"),
    WrapUpCode(code="done_info", parent="done", name_zh="咨询", name_en="Question"),
    WrapUpCode(code="open", parent=None, name_zh="待跟进", name_en="Open"),
]


async def keep(store: Store, name: str, texts: Sequence[str], *more: Any, **started: Any) -> str:
    dialogue = Dialogue(name, **started)
    spoken = [said(text, n * 8000, (n + 1) * 8000, f"{name}-{n}") for n, text in enumerate(texts)]
    await store.commit([dialogue.first, *dialogue.events(leg(), *spoken, *more)])
    return dialogue.id


async def look(store: Store, query: str = "", reach: Reach = EVERYTHING, **wanted: Any) -> FoundPage:
    async with store.read() as session:
        return await page(session, reach, Wanted(words=patterns(query, list), **wanted), 0, 20)


def names(found: FoundPage) -> set[str]:
    return {one.row.external_id for one in found.found}


async def test_two_characters_are_found_whatever_the_segmentation(store: Store) -> None:
    await keep(store, "inside", ["我要转账户里的钱"])
    await keep(store, "cut", ["他转，账单来了"])
    found = await look(store, "转账")
    assert names(found) == {"inside"}
    assert found.total == 1
    (snippet,) = found.found[0].snippets
    assert [(part.text, part.hit) for part in snippet.parts] == [("我要", False), ("转账", True), ("户里的钱", False)]
    assert (snippet.utterance_id, snippet.start) == ("inside-0", 0.0)


async def test_all_words_must_occur_but_not_in_one_utterance(store: Store) -> None:
    await keep(store, "both", ["我的卡丢了", "怎么挂失"])
    await keep(store, "one", ["怎么挂失存折"])
    assert names(await look(store, "卡丢 挂失")) == {"both"}
    assert names(await look(store, '"卡丢了怎么"')) == set()
    (found,) = (await look(store, "卡丢 挂失")).found
    assert found.hits == 2
    assert [snippet.utterance_id for snippet in found.snippets] == ["both-0", "both-1"]


async def test_a_long_word_is_not_found_in_pieces(store: Store) -> None:
    await keep(store, "pieces", ["手续很多续费也多"])
    await keep(store, "whole", ["手续费多少"])
    assert names(await look(store, "手续费")) == {"whole"}


async def test_one_character_and_english_forms(store: Store) -> None:
    await keep(store, "end", ["办银行卡"])
    await keep(store, "english", ["Two cards were transferred"])
    assert names(await look(store, "卡")) == {"end"}
    assert names(await look(store, "CARD transfer")) == {"english"}


async def test_many_hits_are_counted_and_few_are_shown(store: Store) -> None:
    await keep(store, "often", ["手续费"] * 5 + ["很久以前" * 40 + "挂失" + "很久以后" * 40])
    (found,) = (await look(store, "手续费 挂失")).found
    assert (found.hits, len(found.snippets)) == (6, 3)
    long = found.snippets[-1]
    assert len("".join(part.text for part in long.parts)) <= 122
    assert [part.text for part in long.parts if part.hit] == ["挂失"]


async def test_newest_first_with_pages_and_total(store: Store) -> None:
    for number in range(5):
        dialogue = Dialogue(f"c{number}")
        events = [dialogue.first, *dialogue.events(leg(), said("手续费", 0, 8000, f"u{number}"))]
        await store.commit([event.model_copy(update={"at": event.at + number * 60}) for event in events])
    async with store.read() as session:
        found = await page(session, EVERYTHING, Wanted(words=patterns("手续费", list)), 1, 2)
    assert [one.row.external_id for one in found.found] == ["c3", "c2"]
    assert found.total == 5
    assert names(await look(store, since=ORIGIN + 60, until=ORIGIN + 180)) == {"c1", "c2"}


async def test_what_it_is_narrows_it(store: Store) -> None:
    await store.import_wrap_up_codes(CODES)
    done = WrappedUp(code="done_info", by="lin", action_id="a")
    raised = cards(card("s1"), trigger="call-0")
    edited = SuggestionOutcome(suggestion_id="s1", outcome=OutcomeKind.EDITED, by="lin", action_id="b")
    bound = AgentBound(agent="lin", by="switch")
    call = await keep(store, "call", ["卡丢了"], raised, edited, bound, done, customer="c-7")
    await store.add_recording(RecordingRecord(call, "customer", "x.flac", "flac", 8000, 8000))
    await keep(store, "chat", [], channel=Channel.CHAT, queue="loans")
    for wanted in (
        {"agent": "lin"},
        {"queue": "cards"},
        {"channel": Channel.CALL},
        {"customer": "c-7"},
        {"intent": "card_lost"},
        {"wrap_up": "done"},
        {"wrap_up": "done_info"},
        {"traits": frozenset({"recording", "edited"})},
    ):
        assert names(await look(store, **wanted)) == {"call"}, wanted
    assert names(await look(store, wrap_up="open")) == set()
    assert names(await look(store, traits=frozenset({"not_right"}))) == set()
    assert names(await look(store, queue="loans")) == {"chat"}
    assert (await look(store, "卡丢")).found[0].recorded
    with pytest.raises(InvalidError, match="wrap-up code"):
        await look(store, wrap_up="nonsense")


async def test_only_what_lies_within_reach(store: Store) -> None:
    await store.save_queue(QueuePolicy(queue="north", team="north"))
    await keep(store, "north", ["手续费"], cards(card("s1"), trigger="north-0"), queue="north", agent="lin")
    await keep(store, "other", ["手续费"], queue="other", agent="da")
    for reach, seen in (
        (Reach("default", "north", None, None), {"north"}),
        (Reach("default", None, frozenset({"other"}), None), {"other"}),
        (Reach("default", None, None, "da"), {"other"}),
        (Reach("nobody", None, None, None), set()),
    ):
        found = await look(store, "手续费", reach)
        assert (names(found), found.total) == (seen, len(seen))
    async with store.read() as session:
        all_of_them = await choices(session, EVERYTHING)
        north = await choices(session, Reach("default", "north", None, None))
    assert ([a.login for a in north.agents], north.queues, [i.intent for i in north.intents]) == (
        ["lin"],
        ["north"],
        ["card_lost"],
    )
    assert (all_of_them.queues, all_of_them.teams) == (["north", "other"], ["default", "north"])


async def terms(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(SearchTermTable))).scalar_one()


async def test_terms_go_with_the_utterance_and_with_the_conversation(store: Store) -> None:
    first = await keep(store, "first", ["手续费", "挂失"])
    await keep(store, "second", ["手续费"])
    assert await terms(store) == 3 + 2 + 3

    async def forget(session: Any) -> None:
        await session.execute(delete(UtteranceTable).where(UtteranceTable.id == "first-1"))

    await store.write(forget)
    assert await terms(store) == 6

    async def forget_all(session: Any) -> None:
        await session.execute(delete(ConversationTable).where(ConversationTable.id == first))

    await store.write(forget_all)
    assert await terms(store) == 3
    assert names(await look(store, "手续费")) == {"second"}


async def test_older_utterances_are_indexed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.reindex.BATCH", 2)
    await keep(store, "old", ["手续费", "，", "挂失", "转账", "还款"])

    async def unlearn(session: Any) -> None:
        await session.execute(delete(SearchTermTable))

    await store.write(unlearn)
    await keep(store, "new", ["手续费"])
    assert names(await look(store, "手续费")) == {"new"}
    assert await index_older_utterances(store) == 5
    assert await index_older_utterances(store) == 1  # the one that holds no word
    assert names(await look(store, "手续费")) == {"new", "old"}
