"""Which samples a conversation leaves, in which order a trainer sees them, what a decision does, what is trained on."""

from typing import Any

import pytest
from dialogue import Dialogue, card, cards, leg, said
from sqlalchemy import update

from server.store import ConflictError, InvalidError, NotFoundError, QueuePolicy, Reach, Store
from server.store.project.sample import text_key
from server.store.queries.samples import SampleFilter
from server.store.tables.speech import UtteranceTable
from server.wire.events import Consent, ConsentChanged, OutcomeKind, SuggestionOutcome, SuggestionsUnsure, Utterance
from server.wire.training import Decision, DecisionRequest, SampleReason, SampleState

ALL = Reach("default", None, None, None)
AT = 1_900_000_000.0


def acted(suggestion_id: str, kind: OutcomeKind) -> SuggestionOutcome:
    return SuggestionOutcome(suggestion_id=suggestion_id, outcome=kind, by="li")


def unsure(utterance: str = "u1", guess: str | None = "fees", confidence: float = 0.3) -> SuggestionsUnsure:
    return SuggestionsUnsure(trigger=utterance, guess=guess, confidence=confidence, threshold=0.5)


def utterance(talk: Dialogue, number: int, text: str) -> Utterance:
    return said(text, number * 8000, number * 8000 + 4000, f"{talk.id}-{number}")


async def call(store: Store, name: str, *texts: str, queue: str = "cards") -> Dialogue:
    """A call in which the customer said these; utterance n is called `<id>-n`."""
    talk = Dialogue(name, queue=queue)
    await store.commit([talk.first, *talk.events(leg(), *(utterance(talk, n, text) for n, text in enumerate(texts)))])
    return talk


async def unsure_call(store: Store, name: str, text: str, confidence: float = 0.3, **where: Any) -> Dialogue:
    talk = await call(store, name, text, **where)
    await store.commit(talk.events(unsure(f"{talk.id}-0", confidence=confidence)))
    return talk


async def carded_call(store: Store, name: str, text: str, kind: OutcomeKind, **values: Any) -> Dialogue:
    talk = await call(store, name, text)
    raised = cards(card(f"{name}-g", **values), trigger=f"{talk.id}-0", text=text)
    await store.commit(talk.events(raised, acted(f"{name}-g", kind)))
    return talk


async def queue_of(store: Store, state: SampleState = SampleState.TO_LABEL, **wanted: Any) -> list[Any]:
    return (await store.labelling.page(ALL, SampleFilter(state=state, **wanted), 0, 50)).rows


async def decide(
    store: Store, row: Any, decision: Decision, action: str = "a1", by: str = "wang", **values: Any
) -> Any:
    request = DecisionRequest(action_id=action, revision=row.revision, decision=decision, **values)
    return await store.labelling.decide(ALL, row.sample_id, request, by, AT)


async def trained_on(store: Store, language: str = "zh", *, oos: bool = False) -> list[dict[str, str]]:
    return [row async for row in store.labelling.training_rows(ALL, language, oos=oos)]


async def test_what_the_suggester_was_unsure_of_is_asked_about_once(store: Store) -> None:
    await store.save_queue(QueuePolicy(queue="cards", retention_class="short"))
    await unsure_call(store, "c1", "嗯，这个钱怎么算的")
    await unsure_call(store, "c2", "这个钱怎么算的？")
    (sample,) = await store.samples()
    assert (sample.state, sample.reason, sample.text) == ("to_label", "uncertain", "嗯，这个钱怎么算的")
    assert (sample.retention_class, sample.consent, sample.language) == ("short", "unknown", "zh")
    assert sample.mask_version > 0 and sample.label is None
    (row,) = await queue_of(store)
    assert (row.count, row.guess, row.confidence, row.threshold) == (2, "fees", 0.3, 0.5)


@pytest.mark.parametrize("text", ["嗯好的", "[验证码]", "行", "啊，对对"])
async def test_nothing_is_asked_about_a_few_syllables(store: Store, text: str) -> None:
    await unsure_call(store, "c1", text)
    assert await store.samples() == []


@pytest.mark.parametrize(
    "heard", [{"segment": "hold"}, {"segment": "ivr"}, {"sound": "music"}, {"sound": "prompt"}, {"role": "mixed"}]
)
async def test_only_what_a_customer_says_in_talk_becomes_a_sample(store: Store, heard: dict[str, str]) -> None:
    talk = await call(store, "c1", "我的卡丢了怎么办")
    await store.write(lambda session: session.execute(update(UtteranceTable).values(**heard)))
    raised = cards(card("g1"), trigger=f"{talk.id}-0")
    await store.commit(talk.events(unsure(f"{talk.id}-0"), raised, acted("g1", OutcomeKind.USED)))
    assert await store.samples() == []


async def test_a_refused_consent_leaves_no_sample(store: Store) -> None:
    talk = await unsure_call(store, "c1", "我的卡丢了怎么办")
    await store.commit(talk.events(ConsentChanged(consent=Consent.REFUSED, by="li")))
    assert await store.samples() == []
    raised = cards(card("g1"), trigger=f"{talk.id}-0")
    await store.commit(talk.events(unsure(f"{talk.id}-0"), raised, acted("g1", OutcomeKind.USED)))
    assert await store.samples() == []


async def test_the_last_four_digits_stay_with_the_agent(store: Store) -> None:
    await unsure_call(store, "c1", "我的卡[银行卡 尾号1234]刷不了")
    (sample,) = await store.samples()
    assert sample.text == "我的卡[银行卡]刷不了"


async def test_an_unsure_sample_becomes_that_of_the_card_somebody_acted_on(store: Store) -> None:
    talk = await call(store, "c1", "我的卡丢了怎么办")
    raised = cards(card("g1", confidence=0.45), trigger=f"{talk.id}-0")
    await store.commit(talk.events(raised, unsure(f"{talk.id}-0"), acted("g1", OutcomeKind.USED)))
    (sample,) = await store.samples()
    assert (sample.state, sample.label, sample.reason, sample.suggestion_id) == ("labelled", "card_lost", "used", "g1")


async def test_an_article_found_by_hand_corrects_the_card_that_was_dismissed(store: Store) -> None:
    talk = await call(store, "c1", "我的卡丢了怎么办", "嗯")
    found = card("g2", source="search", article_id="freeze", intent="card_freeze")
    await store.commit(
        talk.events(
            cards(card("g1"), trigger=f"{talk.id}-0"),
            acted("g1", OutcomeKind.DISMISSED),
            cards(found, trigger="search-1", text="冻结"),
            acted("g2", OutcomeKind.USED),
        )
    )
    (row,) = await queue_of(store)
    assert (row.reason, row.guess, row.article_id) == (SampleReason.CORRECTED, "card_freeze", "freeze")
    assert row.text == "我的卡丢了怎么办"
    _, turns, shown = await store.labelling.context(ALL, row.sample_id)
    assert [(turn.text, turn.current) for turn in turns] == [("我的卡丢了怎么办", True), ("嗯", False)]
    assert [(c.article_id, c.outcome, c.by_hand) for c in shown] == [
        ("lost", OutcomeKind.DISMISSED, False),
        ("freeze", OutcomeKind.USED, True),
    ]


async def test_an_article_found_by_hand_explains_what_raised_nothing(store: Store) -> None:
    talk = await unsure_call(store, "c1", "我的卡丢了怎么办")
    found = card("g2", source="search", article_id="freeze", intent="card_freeze")
    await store.commit(talk.events(cards(found, trigger="search-1", text="冻结"), acted("g2", OutcomeKind.USED)))
    (row,) = await queue_of(store)
    assert (row.reason, row.guess, row.confidence) == (SampleReason.CORRECTED, "card_freeze", None)


async def test_a_search_after_a_card_was_used_corrects_nothing(store: Store) -> None:
    talk = await call(store, "c1", "我的卡丢了怎么办")
    shown = cards(card("g1"), card("g3", article_id="other", rank=2), trigger=f"{talk.id}-0")
    found = card("g2", source="search", article_id="freeze", intent="card_freeze")
    await store.commit(
        talk.events(
            shown,
            acted("g3", OutcomeKind.DISMISSED),
            acted("g1", OutcomeKind.USED),
            cards(found, trigger="search-1", text="冻结"),
            acted("g2", OutcomeKind.USED),
        )
    )
    assert [row.reason for row in await queue_of(store)] == [SampleReason.DISMISSED]


async def test_what_teaches_most_comes_first(store: Store) -> None:
    await carded_call(store, "dismissed", "第一句话说了什么", OutcomeKind.DISMISSED)
    await carded_call(store, "edited", "第二句话说了什么", OutcomeKind.EDITED)
    await unsure_call(store, "far", "第三句话说了什么", confidence=0.05)
    await unsure_call(store, "near", "第四句话说了什么", confidence=0.49)
    await carded_call(store, "wrong", "第五句话说了什么", OutcomeKind.NOT_RIGHT)
    rows = await queue_of(store)
    assert [row.text[1] for row in rows] == ["五", "四", "三", "二", "一"]
    await decide(store, rows[0], Decision.SKIP)
    assert (await queue_of(store))[-1].text == "第五句话说了什么"
    page = await store.labelling.page(ALL, SampleFilter(reason=SampleReason.UNCERTAIN), 1, 1)
    assert (page.total, [row.text[1] for row in page.rows]) == (2, ["三"])
    assert page.reasons == {"not_right": 1, "uncertain": 2, "edited": 1, "dismissed": 1}


async def test_filters(store: Store) -> None:
    await unsure_call(store, "c1", "手续费是 5% 吗朋友")
    await unsure_call(store, "c2", "我的卡丢了怎么办")
    assert [row.text for row in await queue_of(store, query="5%")] == ["手续费是 5% 吗朋友"]
    assert await queue_of(store, query="%") == await queue_of(store, query="5%")
    assert len(await queue_of(store, intent="fees")) == 2 and await queue_of(store, intent="card_lost") == []
    assert await queue_of(store, language="en") == [] and len(await queue_of(store, language="zh")) == 2


async def test_a_decision_counts_for_all_that_say_the_same_and_can_be_taken_back(store: Store) -> None:
    await carded_call(store, "c1", "我的卡丢了", OutcomeKind.DISMISSED)
    await carded_call(store, "c2", "嗯我的卡丢了", OutcomeKind.NOT_RIGHT)
    (row,) = await queue_of(store)
    assert row.count == 2
    decided = await decide(store, row, Decision.CORRECT, intent="card_freeze", article_id="freeze")
    assert (decided.state, decided.label, decided.article_id, decided.labelled_by) == (
        SampleState.LABELLED, "card_freeze", "freeze", "wang",
    )  # fmt: skip
    assert await queue_of(store) == [] and {s.label for s in await store.samples()} == {"card_freeze"}
    assert await decide(store, row, Decision.CORRECT, intent="fees") == decided  # the same action again
    page = await store.labelling.page(ALL, SampleFilter(), 0, 50, "wang", AT - 1)
    assert (page.done, page.total, page.ever) == (1, 0, True)
    await store.labelling.undo(ALL, row.sample_id, "a1", "wang")
    (again,) = await queue_of(store)
    assert (again.label, again.article_id, again.labelled_by, again.count) == (None, "lost", None, 2)
    assert (await store.labelling.undo(ALL, row.sample_id, "a1", "wang")).revision == again.revision


async def test_the_second_of_two_trainers_is_told_who_was_first(store: Store) -> None:
    await unsure_call(store, "c1", "我的卡丢了怎么办")
    (row,) = await queue_of(store)
    await decide(store, row, Decision.DISCARD, "a1", by="wang")
    with pytest.raises(ConflictError, match="wang"):
        await decide(store, row, Decision.CONFIRM, "a2", by="zhao")
    with pytest.raises(ConflictError, match="wang"):
        await store.labelling.undo(ALL, row.sample_id, "a2", "wang")


async def test_only_who_decided_takes_it_back_and_only_there(store: Store) -> None:
    await unsure_call(store, "c1", "我的卡丢了怎么办")
    await unsure_call(store, "c2", "今天天气真不错啊")
    first, second = await queue_of(store)
    await decide(store, first, Decision.DISCARD, "a1", by="wang")
    with pytest.raises(ConflictError, match="somebody else"):
        await store.labelling.undo(ALL, first.sample_id, "a1", "zhao")
    assert (await store.labelling.undo(ALL, second.sample_id, "a1", "wang")).revision == second.revision
    assert (await store.labelling.row(ALL, first.sample_id)).state is SampleState.DISCARDED
    with pytest.raises(ConflictError, match="action_id"):
        await decide(store, second, Decision.DISCARD, "a1", by="wang")
    assert (await store.labelling.row(ALL, second.sample_id)).state is SampleState.TO_LABEL
    undone = await store.labelling.undo(ALL, first.sample_id, "a1", "wang")
    assert undone.state is SampleState.TO_LABEL


async def test_a_skip_is_taken_back_by_whoever_skipped(store: Store) -> None:
    await unsure_call(store, "c1", "我的卡丢了怎么办")
    (row,) = await queue_of(store)
    await decide(store, row, Decision.SKIP, "a1", by="wang")
    with pytest.raises(ConflictError):
        await store.labelling.undo(ALL, row.sample_id, "a1", "zhao")
    await store.labelling.undo(ALL, row.sample_id, "a1", "wang")


async def test_nothing_is_confirmed_without_a_guess(store: Store) -> None:
    talk = await call(store, "c1", "我的卡丢了怎么办")
    await store.commit(talk.events(unsure(f"{talk.id}-0", guess=None)))
    (row,) = await queue_of(store)
    with pytest.raises(InvalidError, match="name the intent"):
        await decide(store, row, Decision.CONFIRM)
    assert (await decide(store, row, Decision.CONFIRM, intent="fees")).label == "fees"


async def test_an_agents_click_does_not_undo_a_trainers_decision(store: Store) -> None:
    talk = await carded_call(store, "c1", "我的卡丢了", OutcomeKind.EDITED)
    (row,) = await queue_of(store)
    await decide(store, row, Decision.OUT_OF_SCOPE)
    await store.commit(talk.events(acted("c1-g", OutcomeKind.SENT)))
    assert [s.state for s in await store.samples()] == ["out_of_scope"]


async def test_each_text_is_trained_on_once_and_a_person_outweighs_a_click(store: Store) -> None:
    await carded_call(store, "c1", "我的卡丢了", OutcomeKind.USED)
    await carded_call(store, "c2", "我的卡丢了", OutcomeKind.USED)
    await carded_call(store, "c3", "还有别的事吗", OutcomeKind.USED)
    await carded_call(store, "c4", "今天天气真不错", OutcomeKind.NOT_RIGHT)
    assert await store.labelling.labels(ALL, "zh") == {"card_lost": 2}
    (weather,) = await queue_of(store)
    await decide(store, weather, Decision.OUT_OF_SCOPE, "a1")
    other = next(row for row in await queue_of(store, SampleState.LABELLED) if row.text == "还有别的事吗")
    await decide(store, other, Decision.CORRECT, "a2", intent="greeting")
    rows = sorted(await trained_on(store), key=lambda row: row["intent"])
    assert rows == [{"text": "我的卡丢了", "intent": "card_lost"}, {"text": "还有别的事吗", "intent": "greeting"}]
    assert await trained_on(store, oos=True) == [{"text": "今天天气真不错"}]
    assert await trained_on(store, "en") == []


async def test_nobody_reaches_samples_of_another_team_or_queue(store: Store) -> None:
    await store.save_queue(QueuePolicy(queue="loans", team="loans"))
    await unsure_call(store, "c1", "我的卡丢了怎么办", queue="loans")
    (row,) = await queue_of(store)
    request = DecisionRequest(action_id="a", revision=row.revision, decision=Decision.DISCARD)
    for reach in (
        Reach("default", "cards", None, None),
        Reach("default", "loans", frozenset({"cards"}), None),
        Reach("other", None, None, None),
    ):
        page = await store.labelling.page(reach, SampleFilter(), 0, 50)
        assert (page.rows, page.total, page.reasons, page.ever) == ([], 0, {}, False)
        for tried in (
            store.labelling.row(reach, row.sample_id),
            store.labelling.context(reach, row.sample_id),
            store.labelling.decide(reach, row.sample_id, request, "wang", AT),
            store.labelling.undo(reach, row.sample_id, "a", "wang"),
        ):
            with pytest.raises(NotFoundError):
                await tried
    assert (
        len(
            (
                await store.labelling.page(Reach("default", "loans", frozenset({"loans"}), None), SampleFilter(), 0, 5)
            ).rows
        )
        == 1
    )


def test_texts_that_say_the_same_have_one_key() -> None:
    assert text_key("嗯，我想问一下三十天") == text_key("我想问一下30天。") != text_key("我想问一下四十天")
    assert text_key("嗯") != text_key("啊")
