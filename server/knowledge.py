"""The tenant's articles and the suggesters over them, one per language, kept in step with the database."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import time

from kb.article import Article
from kb.index import FusionWeights, Index
from server.session import Ask, Suggested, SuggestedCard
from server.settings import Settings
from server.store import Store
from server.usage import Using
from server.wire.rest import ArticleHit
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.suggester import Suggester

log = logging.getLogger(__name__)
MOST_IDS = 500
"""Articles that are asked for by name."""


class Knowledge:
    """Answers asks and searches. Build with `load`; the articles come with the first `refresh`."""

    def __init__(self, store: Store, suggesters: Mapping[str, Suggester]) -> None:
        self._store = store
        self._suggesters = dict(suggesters)
        self._articles: dict[str, Article] = {}
        self._mark: tuple[object, ...] | None = None
        self.using = Using(store)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="suggest")
        self._changes = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._refreshing = asyncio.Lock()
        self._woken = asyncio.Event()

    @classmethod
    def load(cls, settings: Settings, store: Store) -> "Knowledge":
        """Load encoders and intent models of the languages in use; blocks. Raises MissingWeights, ModelError.

        A language without an intent model is served by retrieval alone, one without an encoder gets no suggestions;
        the log says so.
        """
        found = {language: _suggester(settings, language) for language in settings.asr_languages}
        return cls(store, {language: suggester for language, suggester in found.items() if suggester is not None})

    async def refresh(self) -> bool:
        """Take over what changed in the database's articles; whether anything did. Costs what has changed."""
        async with self._refreshing:
            mark = await self._store.articles_mark()
            if mark == self._mark:
                return False
            versions = await self._store.effective_versions()
            changed = await self._read([i for i, n in versions.items() if self._version(i) != n])
            gone = self._articles.keys() - versions.keys()
            if changed or gone:
                # What is gone is no answer from here on, even while the index still finds it.
                self._articles = {i: a for i, a in self._articles.items() if i not in gone}
                await asyncio.get_running_loop().run_in_executor(self._changes, self._reindex, changed, gone)
            self._articles |= {article.id: article for article in changed}
            self._mark = mark
            return bool(changed or gone)

    def wake(self) -> None:
        """Refresh soon: articles were changed by this process."""
        self._woken.set()

    async def keep_fresh(self, seconds: float) -> None:
        """Refresh whenever woken, and every so many seconds, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), seconds)
            self._woken.clear()
            try:
                await self.refresh()
                await self.using.refresh()
            except Exception as error:  # noqa: BLE001 - the articles as they were still serve, and the next try may work
                log.error("articles not refreshed: %s", type(error).__name__)

    async def suggest(self, ask: Ask) -> Suggested:
        """The cards for what the customer said; none when unsure, or when the language has no suggester.

        An article that was withdrawn, has expired or was edited since the index was asked gets no card.
        """
        suggester = self._suggesters.get(ask.language)
        if ask.script:
            return self._script(ask)
        if suggester is None:
            return Suggested(ask, (), model="", intent_at=time(), retrieval_at=time())
        usage = self.using.priors(ask.team)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, answer, suggester, ask, usage)
        if not found.cards:
            return found
        in_force = await self._store.effective_versions([card.article_id for card in found.cards])
        cards = tuple(card for card in found.cards if in_force.get(card.article_id) == card.article_version)
        if len(cards) < len(found.cards):
            self.wake()
        return replace(found, cards=tuple(self._explained(card, ask.team) for card in cards))

    async def search(self, query: str, language: str, limit: int) -> list[ArticleHit]:
        """Articles for words typed by hand, best first; never abstains."""
        suggester = self._suggesters.get(language)
        if suggester is None or not query.strip():
            return []
        loop = asyncio.get_running_loop()
        hits = await loop.run_in_executor(self._threads, lambda: suggester.index.search(query, limit, lang=language))
        return [
            ArticleHit(
                article_id=hit.article.id,
                version=hit.article.version,
                title=hit.article.name,
                reply=hit.article.reply,
                reply_to_send=hit.article.reply_to_send,
                matched=hit.matched,
                score=hit.score,
            )
            for hit in hits
        ]

    def article(self, article_id: str) -> SuggestedCard | None:
        """An article in effect, as a card raised by hand."""
        stored = self._articles.get(article_id)
        return None if stored is None else _card(stored, 1.0, "")

    def stored(self, article_id: str) -> Article | None:
        """An article in effect."""
        return self._articles.get(article_id)

    def articles(self, language: str | None = None) -> list[Article]:
        """The articles in effect, of one language or of all."""
        return [article for article in self._articles.values() if language in (None, article.lang)]

    def _script(self, ask: Ask) -> Suggested:
        """The articles that an ask names, in their order: those in effect and in its language."""
        found = [self._articles[name] for name in ask.script if name in self._articles]
        cards = tuple(_card(article, 1.0, "") for article in found if article.lang == ask.language)
        return Suggested(ask, cards, model="script", intent_at=time(), retrieval_at=time())

    def _explained(self, card: SuggestedCard, team: str) -> SuggestedCard:
        why = tuple(self.using.reasons(team, card.article_id, card.intent))
        return replace(card, why=why) if why else card

    def close(self) -> None:
        """Stop the threads."""
        for threads in (self._threads, self._changes):
            threads.shutdown(wait=True, cancel_futures=True)

    def _version(self, article_id: str) -> int | None:
        known = self._articles.get(article_id)
        return known.version if known is not None else None

    async def _read(self, ids: list[str]) -> list[Article]:
        """These articles as they are in force; all at once where most are asked for."""
        if len(ids) > MOST_IDS:
            wanted = set(ids)
            return [article for article in await self._store.effective_articles() if article.id in wanted]
        return await self._store.effective_articles(ids=ids) if ids else []

    def _reindex(self, changed: list[Article], gone: set[str]) -> None:
        for language, suggester in self._suggesters.items():
            mine = [article for article in changed if article.lang == language]
            suggester.index.remove(gone | {article.id for article in changed if article.lang != language})
            suggester.index.add(mine)
            if len(mine) > MOST_IDS:
                suggester.index.tidy()


def answer(suggester: Suggester, ask: Ask, usage: Mapping[str, float] | None = None) -> Suggested:
    """The suggester's answer in the session's words; `usage` is as in `Index.search`. Blocks."""
    began = time()
    interim = ask.source == "interim"
    result = suggester.suggest(
        ask.text,
        turn=ask.turn,
        context=ask.context,
        said=ask.said,
        topic=ask.topic,
        dealt=ask.dealt,
        interim=interim,
        usage=usage,
    )
    intent_at = began + result.intent_seconds
    return Suggested(
        ask=ask,
        cards=tuple(_card(c.article, c.confidence, c.matched) for c in result.candidates),
        model=result.model,
        intent_at=intent_at,
        retrieval_at=intent_at + result.retrieval_seconds,
        thresholds=result.thresholds,
        guess=result.intent,
        confidence=result.confidence,
        wordless=result.reason in ("too_short", "small_talk"),
        unrelated=result.reason == "unrelated",
    )


def _suggester(settings: Settings, language: str) -> Suggester | None:
    weights, folder = settings.encoder(language), settings.intent_model(language)
    if weights is None:
        log.warning("no text encoder for %s: no suggestions in that language", language)
        return None
    encoder = OnnxEncoder(weights)
    classifier = IntentClassifier.load(folder, encoder) if folder is not None and folder.is_dir() else None
    if classifier is None:
        log.warning("no intent model for %s at %s: suggestions come from retrieval alone", language, folder)
    index = Index(encoder, weights=fusion_weights(settings, language), folder=settings.data_dir / "index" / language)
    return Suggester(classifier, index, encoder, max_cards=settings.max_cards, lang=language)


def weights_file(settings: Settings, language: str) -> Path:
    """Where the fusion weights of a language lie that were learned from the tenant's own queries."""
    return settings.models_dir / f"fusion-{language}.json"


def fusion_weights(settings: Settings, language: str) -> FusionWeights:
    """The learned weights of a language, or the shipped ones. Raises `kb.fusion.WeightsError`."""
    path = weights_file(settings, language)
    return FusionWeights.load(path) if path.is_file() else FusionWeights()


def _card(article: Article, confidence: float, matched: str) -> SuggestedCard:
    return SuggestedCard(
        article_id=article.id,
        article_version=article.version,
        title=article.name,
        reply=article.reply,
        reply_to_send=article.reply_to_send,
        intent=article.intent,
        confidence=confidence,
        matched=matched,
        language=article.lang,
    )
