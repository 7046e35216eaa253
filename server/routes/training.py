"""The trainer's doors: the queue of samples, decisions about them, what a model is trained on."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import time
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from server.access import working
from server.catalogue import article_choice, intent_choices, matching_articles, named_intents
from server.routes.paging import Limit, Moment, Offset
from server.routes.people import Trainer
from server.services import Services, ServicesDep
from server.store import InvalidError, Reach, UserRecord
from server.store.queries.samples import SampleFilter
from server.wire.training import (
    ArticleChoice,
    DecisionRequest,
    IntentChoice,
    SampleDetail,
    SamplePage,
    SampleReason,
    SampleRow,
    SampleState,
)

router = APIRouter(prefix="/v1/training", tags=["training"])

Language = Annotated[str | None, Query(alias="lang", max_length=8)]
LINES = "application/x-ndjson"


@router.get("/samples")
async def listing(
    user: Trainer,
    services: ServicesDep,
    state: SampleState = SampleState.TO_LABEL,
    reason: SampleReason | None = None,
    lang: Language = None,
    intent: Annotated[str | None, Query(max_length=128)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    offset: Offset = 0,
    limit: Limit = 50,
    since: Annotated[float, Moment] = 0.0,
) -> SamplePage:
    """Samples within reach, what teaches most first; texts that say the same are one. `since` is for `done`."""
    wanted = SampleFilter(state=state, reason=reason, language=lang, intent=intent, query=q)
    return await services.store.labelling.page(working(user), wanted, offset, limit, user.login, since)


@router.get("/samples/{sample_id}")
async def one(sample_id: str, user: Trainer, services: ServicesDep) -> SampleDetail:
    """A sample with the turns before it, masked and without names, and the cards that the agent saw."""
    reach = working(user)
    row = await services.store.labelling.row(reach, sample_id)
    conversation_id, turns, cards = await services.store.labelling.context(reach, sample_id)
    if turns and conversation_id is not None:
        subject = ("conversation", conversation_id)
        await services.store.append_audit(user.login, "sample.context", subject, {"sample": sample_id}, user.tenant)
    article = services.knowledge.stored(row.article_id) if row.article_id is not None else None
    return SampleDetail(row=row, turns=turns, cards=cards, article=article_choice(article) if article else None)


@router.post("/samples/{sample_id}")
async def decide(sample_id: str, request: DecisionRequest, user: Trainer, services: ServicesDep) -> SampleRow:
    """Label, put aside or skip a sample and all that say the same. 409 if somebody else was there first."""
    reach = working(user)
    row = await services.store.labelling.row(reach, sample_id)
    if request.intent is not None and request.intent not in (row.guess, row.label):
        await _check_intent(services, reach, request.intent)
    if request.article_id is not None:
        _check_article(services, request.article_id, row.language)
    decided = await services.store.labelling.decide(reach, sample_id, request, user.login, time())
    detail = {"decision": request.decision.value}
    await services.store.append_audit(user.login, "sample.decide", ("sample", sample_id), detail, user.tenant)
    return decided


@router.delete("/samples/{sample_id}/decisions/{action_id}")
async def undo(sample_id: str, action_id: str, user: Trainer, services: ServicesDep) -> SampleRow:
    """Take one's own decision back. 409 if it was somebody else's, about another sample, or is not the last."""
    restored = await services.store.labelling.undo(working(user), sample_id, action_id, user.login)
    await services.store.append_audit(user.login, "sample.undo", ("sample", sample_id), {}, user.tenant)
    return restored


@router.get("/intents")
async def intents(user: Trainer, services: ServicesDep, lang: Language = None) -> list[IntentChoice]:
    """What a sample can be labelled with, and how many texts are."""
    return await _intents(services, working(user), lang)


@router.get("/articles")
async def articles(
    user: Trainer,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=200)] = "",
    lang: Annotated[str, Query(max_length=8)] = "zh",
    limit: Annotated[int, Query(ge=1, le=50)] = 12,
) -> list[ArticleChoice]:
    """Articles in effect for these words: by title, question, id or pinyin initials, then by meaning."""
    found = {article.id: article for article in matching_articles(services.knowledge.articles(lang), q)}
    if q.strip() and len(found) < limit:
        for hit in await services.knowledge.search(q, lang, limit):
            article = services.knowledge.stored(hit.article_id)
            if article is not None:
                found.setdefault(article.id, article)
    return [article_choice(article) for article in list(found.values())[:limit]]


@router.get("/export")
async def export(
    user: Trainer,
    services: ServicesDep,
    lang: Annotated[str, Query(max_length=8)],
    format: Literal["samples", "oos"] = "samples",
) -> StreamingResponse:
    """JSON Lines for `tici train`: `{"text", "intent"}` for `--samples`, `{"text"}` for `--oos`."""
    subject = ("samples", lang)
    await services.store.append_audit(user.login, "sample.export", subject, {"format": format}, user.tenant)
    name = f"tici-{format}-{'en' if lang == 'en' else 'zh' if lang == 'zh' else 'other'}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(services, user, lang, format == "oos"), media_type=LINES, headers=headers)


async def _lines(services: Services, user: UserRecord, language: str, oos: bool) -> AsyncIterator[str]:
    async for row in services.store.labelling.training_rows(working(user), language, oos=oos):
        yield json.dumps(row, ensure_ascii=False) + "\n"


async def _intents(services: Services, reach: Reach, language: str | None) -> list[IntentChoice]:
    named = await asyncio.to_thread(named_intents, services.settings.packs_dir, language)
    labelled = await services.store.labelling.labels(reach, language)
    return intent_choices(named, services.knowledge.articles(language), labelled)


def _check_article(services: Services, article_id: str, language: str) -> None:
    article = services.knowledge.stored(article_id)
    if article is None:
        raise InvalidError("name an article that is in effect; that one is not")
    if article.lang != language:
        raise InvalidError(f"the sample is in `{language}`: name an article in that language")


async def _check_intent(services: Services, reach: Reach, intent: str) -> None:
    if intent not in {choice.intent for choice in await _intents(services, reach, None)}:
        raise InvalidError("there is no such intent here: pick one of `GET /v1/training/intents`")
