"""Word search: a tantivy index held in memory, fed with jieba's words."""

import logging
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.article import Article
from kb.text import figures, normalise

Segmenter = Callable[[str], list[str]]
HEAP = 20_000_000


class JiebaSegmenter:
    """Cuts texts into words by a dictionary of its own, and long words into their parts too, so that short words
    find them. Safe in several threads."""

    def __init__(self) -> None:
        self._tokenizer = _jieba_tokenizer()
        self._learned: set[str] = set()

    def __call__(self, text: str) -> list[str]:
        """The words of a text."""
        return [word for word in self._tokenizer.cut_for_search(figures(normalise(text))) if not word.isspace()]

    def learn(self, words: Iterable[str]) -> None:
        """Take words of the business into the dictionary, in the form in which texts are cut."""
        for word in words:
            if word not in self._learned:
                self._learned.add(word)
                self._tokenizer.add_word(word)


def jieba_segmenter() -> JiebaSegmenter:
    """A segmenter with its own dictionary; loading it takes about a second."""
    return JiebaSegmenter()


def domain_words(article: Article) -> list[str]:
    """What the article's author marked as words of the business: tags of 2 to 8 characters without a space."""
    tags = [normalise(tag) for tag in article.tags]
    return [tag for tag in tags if 2 <= len(tag) <= 8 and " " not in tag]


def jieba_cut() -> Segmenter:
    """A segmenter with its own dictionary that cuts a text into words, nothing left out, nothing twice."""
    tokenizer = _jieba_tokenizer()
    return lambda text: list(tokenizer.cut(text))


def _jieba_tokenizer() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's regular expressions warn on Python 3.11 and later
        import jieba
    logging.getLogger("jieba").setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


@dataclass(frozen=True)
class Words:
    """An article's words, parted by spaces: of its phrasings and tags, and of its reply."""

    asked: str
    reply: str


def words_of(article: Article, segment: Segmenter) -> Words:
    """Cut an article into words."""
    asked = segment(" ".join((*article.phrasings, *article.tags)))
    return Words(" ".join(asked), " ".join(segment(article.reply)))


class Lexical:
    """BM25 over articles: phrasings and tags in full, the reply a little. One writer; any thread may search."""

    def __init__(self, segment: Segmenter, *, reply_boost: float) -> None:
        """`reply_boost`: how much a word of the reply counts against one of a phrasing, from 0 on."""
        import tantivy

        self._tantivy = tantivy
        self._segment = segment
        self._boosts = {"asked": 1.0, "reply": reply_boost} if reply_boost else {"asked": 1.0}
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        for name in ("asked", "reply"):
            builder.add_text_field(name, tokenizer_name="words", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("words", words)
        self._writer = self._index.writer(heap_size=HEAP, num_threads=1)

    def update(self, removed: Sequence[str], added: Mapping[str, Words]) -> Any:
        """Apply changes, `added` by article id; returns a snapshot to hand to `search`."""
        for article_id in removed:
            self._writer.delete_documents_by_term("id", article_id)
        for article_id, words in added.items():
            document = self._tantivy.Document()
            document.add_text("id", article_id)
            document.add_text("asked", words.asked)
            document.add_text("reply", words.reply)
            self._writer.add_document(document)
        self._writer.commit()
        self._index.reload()
        return self._index.searcher()

    def search(self, snapshot: Any, text: str, limit: int) -> dict[str, float]:
        """BM25 scores (> 0) by article id of the best `limit` articles that share a word with the text."""
        terms = [
            (self._tantivy.Occur.Should, self._boosted(field, word))
            for word in dict.fromkeys(self._segment(text))
            for field in self._boosts
        ]
        if not terms or limit < 1:
            return {}
        hits = snapshot.search(self._tantivy.Query.boolean_query(terms), limit, count=False).hits
        return {str(snapshot.doc(address).get_first("id")): float(score) for score, address in hits}

    def _boosted(self, field: str, word: str) -> Any:
        query = self._tantivy.Query.term_query(self._schema, field, word, "freq")
        return self._tantivy.Query.boost_query(query, self._boosts[field])
