"""The tenant's articles and the suggesters over them, one per language, kept in step with the database."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from time import time

from kb.article import Article
from kb.index import Index
from server.session import Ask, Suggested, SuggestedCard
from server.settings import Settings
from server.store import Store
from server.wire.rest import ArticleHit
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.suggester import Suggester

log = logging.getLogger(__name__)


class Knowledge:
    """Answers asks and searches. Build with `load`; the articles come with the first `refresh`."""

    def __init__(self, store: Store, suggesters: Mapping[str, Suggester]) -> None:
        self._store = store
        self._suggesters = dict(suggesters)
        self._articles: dict[str, Article] = {}
        self._mark: tuple[object, ...] | None = None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="suggest")
        self._refreshing = asyncio.Lock()

    @classmethod
    def load(cls, settings: Settings, store: Store) -> "Knowledge":
        """Load encoders and intent models of the languages in use; blocks. Raises MissingWeights, ModelError.

        A language without an intent model is served by retrieval alone, one without an encoder gets no suggestions;
        the log says so.
        """
        found = {language: _suggester(settings, language) for language in settings.asr_languages}
        return cls(store, {language: suggester for language, suggester in found.items() if suggester is not None})

    async def refresh(self) -> bool:
        """Take over what changed in the database's articles; whether anything did."""
        async with self._refreshing:
            mark = await self._store.articles_mark()
            if mark == self._mark:
                return False
            current = {a.id: a for a in await self._store.effective_articles()}
            changed = [a for i, a in current.items() if self._articles.get(i) != a]
            gone = self._articles.keys() - current.keys()
            if changed or gone:
                await asyncio.get_running_loop().run_in_executor(self._threads, self._reindex, changed, gone)
            self._articles, self._mark = current, mark
            return bool(changed or gone)

    async def suggest(self, ask: Ask) -> Suggested:
        """The cards for what the customer said; none when unsure, or when the language has no suggester."""
        suggester = self._suggesters.get(ask.language)
        if ask.script:
            return self._script(ask)
        if suggester is None:
            return Suggested(ask, (), model="", intent_at=time(), retrieval_at=time())
        return await asyncio.get_running_loop().run_in_executor(self._threads, answer, suggester, ask)

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

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _reindex(self, changed: list[Article], gone: set[str]) -> None:
        for language, suggester in self._suggesters.items():
            suggester.index.remove(gone)
            suggester.index.add(a for a in changed if a.lang == language)


def answer(suggester: Suggester, ask: Ask) -> Suggested:
    """The suggester's answer in the session's words; blocks."""
    began = time()
    result = suggester.suggest(
        ask.text, turn=ask.turn, context=ask.context, topic=ask.topic, interim=ask.source == "interim"
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
    return Suggester(classifier, Index(encoder), encoder, max_cards=settings.max_cards, lang=language)


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
