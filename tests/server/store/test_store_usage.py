"""Learning from use: acts counted per team, and wordings that agents came to by themselves."""

import pytest

from kb.article import Article
from server.store import ConflictError, NotFoundError, QueuePolicy, Reach, Store
from server.store.queries import usage, wordings
from server.store.queries.usage import DAY
from server.usage import Using
from server.wire.events import OutcomeKind, SuggestionOutcome
from server.wire.wordings import WordingDecision
from suggest.usage import Reason
from tests.server.store.dialogue import ORIGIN, Dialogue, card, cards

NOW = ORIGIN + DAY
EVERYTHING = Reach("default", None, None, None)
REPLY = "请拨打挂失电话，二十四小时都有人接听。"
BETTER = "请您马上拨打挂失电话，二十四小时都有人接听。"


async def acted(
    store: Store, number: int, outcome: str, text: str | None = None, queue: str = "cards", **values: object
) -> None:
    """One conversation with one card and what became of it."""
    dialogue = Dialogue(f"call-{number}", queue=queue)
    shown = card(f"s{number}", reply=REPLY, article_version=1, **values)
    by = f"agent{number % 2}"
    done = SuggestionOutcome(
        suggestion_id=f"s{number}", outcome=OutcomeKind(outcome), by=by, action_id=f"a{number}", text=text
    )
    await store.commit([dialogue.first, *dialogue.events(cards(shown), done)])


async def counted(store: Store, at: float) -> usage.Usage:
    async with store.read() as session:
        return await usage.usage(session, "default", at)


async def test_acts_are_counted_by_team_and_fade(store: Store):
    await store.save_queue(QueuePolicy(queue="loans", team="loans"))
    for number, outcome in enumerate(["sent", "sent", "used", "dismissed", "expired"]):
        await acted(store, number, outcome)
    await acted(store, 9, "not_right", queue="loans")
    found = await counted(store, NOW)
    mine = found["default"]["lost", "card_lost"]
    assert {act: tally.count for act, tally in mine.items()} == {"sent": 2, "used": 1, "dismissed": 1}
    assert set(found["loans"]["lost", "card_lost"]) == {"not_right"}
    later = (await counted(store, NOW + 60 * DAY))["default"]["lost", "card_lost"]
    assert later["sent"].count == 2 and later["sent"].weight < mine["sent"].weight / 3
    assert await counted(store, NOW + 91 * DAY) == {}


async def test_the_team_s_acts_are_told_in_reasons(store: Store, monkeypatch: pytest.MonkeyPatch):
    for number in range(6):
        await acted(store, number, "sent")
    monkeypatch.setattr("server.usage.time", lambda: NOW)
    using = Using(store)
    assert using.priors("default") == {}
    assert await using.refresh() and not await using.refresh(), "once a minute"
    assert using.priors("default")["lost"] > 0.5 and using.priors("loans") == {}
    assert using.reasons("default", "lost", "card_lost") == [Reason("sent", 6)]
    assert using.reasons("loans", "lost", "card_lost") == []


async def proposals(store: Store, reach: Reach = EVERYTHING) -> list[wordings.ProposedWording]:
    async with store.read() as session:
        return await wordings.proposed(session, reach, NOW)


async def edited(store: Store, times: int = 3) -> wordings.ProposedWording:
    article = Article(id="lost", title="挂失", answer=REPLY, intent="card_lost")
    await store.import_articles([article], "import")
    for number in range(times):
        await acted(store, number, "edited", BETTER)
    found = await proposals(store)
    assert len(found) == 1
    return found[0]


async def decide(store: Store, one: wordings.ProposedWording, decision: WordingDecision):  # type: ignore[no-untyped-def]
    of = (one.article_id, one.article_version, one.wording)
    return await store.write(lambda session: wordings.decide(session, EVERYTHING, of, decision, "wang", NOW))


async def test_an_accepted_wording_becomes_a_draft_that_is_not_suggested(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.store.store.time.time", lambda: ORIGIN)
    one = await edited(store)
    assert (one.old, one.new, one.count, one.agents, one.sent) == (REPLY, BETTER, 3, 2, False)
    assert await proposals(store, Reach("default", "loans", None, None)) == [], "of another team"
    done = await decide(store, one, WordingDecision.ACCEPT)
    assert done.version == 2 and (await decide(store, one, WordingDecision.ACCEPT)) == done
    assert await proposals(store) == []
    with pytest.raises(ConflictError):
        await decide(store, one, WordingDecision.DISMISS)
    assert [(a.version, a.answer) for a in await store.effective_articles()] == [(1, REPLY)]
    old = Article(id="lost", title="挂失", answer=REPLY, intent="card_lost")
    assert (await store.import_articles([old], "import")).unchanged == 1
    new = old.model_copy(update={"answer": BETTER})
    assert (await store.import_articles([new], "import")).changed == 1
    monkeypatch.setattr("server.store.store.time.time", lambda: NOW)
    assert [(a.version, a.answer) for a in await store.effective_articles()] == [(3, BETTER)]


async def test_a_dismissed_wording_does_not_come_back(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.store.store.time.time", lambda: ORIGIN)
    one = await edited(store)
    assert (await decide(store, one, WordingDecision.DISMISS)).version is None
    await acted(store, 8, "edited", BETTER)
    assert await proposals(store) == []
    with pytest.raises(NotFoundError):
        await decide(store, one.model_copy(update={"wording": "other"}), WordingDecision.ACCEPT)
