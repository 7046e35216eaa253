"""What a sample can be labelled with: the intents that are known here, by name, and the articles in effect."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from kb.article import Article
from kb.pack import IntentInfo, load_pack
from server.wire.training import ArticleChoice, IntentChoice


def initials(text: str) -> str:
    """First letters of a text's pinyin, other words as they are: 提前还款 → tqhk."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def named_intents(folder: Path, language: str | None = None) -> dict[str, IntentInfo]:
    """The intents of the packs in a folder, by id; blocks. Raises `kb.files.FileError`."""
    packs = (load_pack(path.parent) for path in sorted(folder.glob("*/pack.toml")))
    return {intent.id: intent for pack in packs if language in (None, pack.lang) for intent in pack.intents}


def intent_choices(
    named: Mapping[str, IntentInfo], articles: Iterable[Article], labelled: Mapping[str, int]
) -> list[IntentChoice]:
    """Every intent that has a name, an article or a labelled text; the named ones in their packs' order."""
    with_articles = {article.intent for article in articles if article.intent}
    known = [*named, *sorted((with_articles | labelled.keys()) - named.keys())]
    choices = []
    for intent in known:
        info = named.get(intent, IntentInfo(id=intent))
        choices.append(
            IntentChoice(
                intent=intent,
                name_zh=info.name_zh or intent,
                name_en=info.name_en or intent,
                initials=initials(info.name_zh),
                cards=info.cards,
                labelled=labelled.get(intent, 0),
            )
        )
    return choices


def article_choice(article: Article) -> ArticleChoice:
    """An article as a trainer picks it."""
    return ArticleChoice(
        article_id=article.id, title=article.name, reply=article.reply, intent=article.intent, language=article.lang
    )


def matching_articles(articles: Iterable[Article], query: str) -> list[Article]:
    """Articles whose title, questions, id or pinyin initials hold the words, titles first; all for no words."""
    words = query.strip().lower()
    placed = ((_place(article, words), article) for article in articles)
    found = [(place, article) for place, article in placed if place is not None]
    return [article for _, article in sorted(found, key=lambda pair: (pair[0], pair[1].name, pair[1].id))]


def _place(article: Article, words: str) -> int | None:
    ways = (article.name, *article.questions, article.id, initials(article.name))
    return next((place for place, way in enumerate(ways) if words in way.lower()), None)
