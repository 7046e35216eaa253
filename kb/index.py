"""The hybrid index: words, meaning, sound and spelling, fused into one score per article."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.article import Article
from kb.dense import Dense, DenseView, Shares
from kb.fusion import NEUTRAL, PARTS, Evidence, Fused, FusionWeights, Hit, Vectors, damped, fuse, settled
from kb.lexical import JiebaSegmenter, Lexical, Segmenter, domain_words, jieba_segmenter
from kb.ngrams import Sound, Sounds, SoundView, sound_of
from kb.prepare import Preparer, Ready
from kb.sound import echo, letters
from kb.text import search_form, syllables

__all__ = ["Encoder", "FusionWeights", "Hit", "Index"]
MOST_DEAD = 1000
"""Articles gone before the index is built anew, if they are as many as those that are left."""


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1, float32, shape (len(texts), dim)."""
        ...


@dataclass(frozen=True)
class _Entry:
    article: Article
    texts: tuple[str, ...]
    letters: tuple[str, ...]


@dataclass(frozen=True)
class _State:
    """What one search sees. `entries` and `numbers` are shared with the writer, who only adds to them."""

    dense: DenseView
    sounds: SoundView
    words: Any
    entries: list[_Entry]
    numbers: dict[str, int]

    def number(self, article_id: str) -> int | None:
        """The number of an article that this state holds."""
        number = self.numbers.get(article_id)
        return number if number is not None and number < len(self.dense.alive) and self.dense.alive[number] else None


class Index:
    """Articles in memory. Searches may run in any thread while another adds or removes.

    A change costs what it changes, not what the index holds, except that the space is learned anew whenever the
    index has doubled. With a `folder`, work on articles is kept there and a start only does what is new.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        weights: FusionWeights | None = None,
        segmenter: Segmenter | None = None,
        folder: Path | None = None,
    ) -> None:
        """Starts empty; loads jieba's dictionary (about a second) unless a `segmenter` is handed in."""
        self.weights = weights or FusionWeights()
        self._encoder = encoder
        self._segment = segmenter or jieba_segmenter()
        self._lexical = Lexical(self._segment, reply_boost=self.weights.reply_boost)
        self._preparer = Preparer(encoder.encode, self._segment, folder, encoder.fingerprint)
        self._lock = Lock()
        self._state: _State | None = None
        self._clear()

    def __len__(self) -> int:
        """How many articles it holds."""
        state = self._state
        return int(state.dense.alive.sum()) if state else 0

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles held now, in the order in which they came."""
        state = self._state
        if state is None:
            return ()
        return tuple(state.entries[number].article for number in np.flatnonzero(state.dense.alive))

    @property
    def dense(self) -> DenseView | None:
        """The vectors as searches see them now; None while it is empty."""
        state = self._state
        return state.dense if state else None

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles; one with a known id replaces the old one. Visible to the next search."""
        new = list({article.id: article for article in articles}.values())
        if isinstance(self._segment, JiebaSegmenter):
            self._segment.learn(word for article in new for word in domain_words(article))
        self._change([article.id for article in new], new, self._preparer.ready(new))

    def remove(self, ids: Iterable[str]) -> None:
        """Drop articles; unknown ids are no error."""
        self._change(list(ids), [], [])

    def tidy(self) -> None:
        """Drop from the folder what is kept of articles that the index does not hold."""
        self._preparer.forget_all_but(self.articles)

    def search(
        self,
        text: str,
        limit: int = 5,
        *,
        lang: str | None = None,
        intents: Mapping[str, float] | None = None,
        usage: Mapping[str, float] | None = None,
        vector: Vectors | None = None,
    ) -> list[Hit]:
        """The best articles for a text, best first.

        `intents` gives probabilities 0..1 that lift articles of those intents; `usage`, by article id, says 0..1 how
        agents took it before (a half: nothing known) and only settles what is nearly even
        among articles of one intent. `vector` is the text's
        own vector, shape (dim,), where the caller has it already. Texts without words find nothing.
        """
        state = self._state
        query = search_form(text)
        if not query or state is None or limit < 1:
            return []
        if vector is None:
            vector = self._encoder.encode([query])[0]
        words = self._lexical.search(state.words, query, self.weights.candidates)
        chosen = self._candidates(state, vector, words, lang)
        if not len(chosen):
            return []
        fused = fuse(self._evidence(state, query, vector, chosen, words, intents or {}, usage or {}), self.weights)
        found = [state.entries[number].article for number in chosen]
        order = sorted(range(len(found)), key=lambda n: (-fused.scores[n], found[n].id))
        if usage:
            order = settled(order, lambda n: found[n].intent, lambda n: float(fused.scores[n] + fused.nudges[n]))
        return [_hit(found[n], fused, n) for n in order[:limit]]

    def _candidates(
        self, state: _State, vector: Vectors, words: Mapping[str, float], lang: str | None
    ) -> NDArray[np.int64]:
        near = state.dense.nearest(vector, self.weights.candidates)
        # The word search may be a change ahead of this state: what it found and the state lacks is left out.
        worded = [number for number in map(state.number, words) if number is not None]
        found = dict.fromkeys([*near.tolist(), *worded])
        return np.array([n for n in found if lang is None or state.entries[n].article.lang == lang], np.int64)

    def _evidence(
        self,
        state: _State,
        query: str,
        vector: Vectors,
        chosen: NDArray[np.int64],
        words: Mapping[str, float],
        intents: Mapping[str, float],
        usage: Mapping[str, float],
    ) -> Evidence:
        near, said = state.dense.near(vector, chosen), syllables(query)
        entries = [state.entries[number] for number in chosen]
        articles = [entry.article for entry in entries]
        half = self.weights.half_words
        phrasings = {
            "dense": near.dense,
            "sound": state.sounds.scores(sound_of(said), near.rows),
            "fuzzy": _fuzzy(query, [text for entry in entries for text in entry.texts], self.weights.fuzzy),
            "echo": echo(letters(said), [text for entry in entries for text in entry.letters]),
        }
        return Evidence(
            near.sizes,
            phrasings,
            {
                "centre": near.centre,
                "reply": near.reply,
                "words": _floats(damped(words.get(article.id, 0.0), half) for article in articles),
                "intent": _floats(intents.get(article.intent or "", 0.0) for article in articles),
                "usage": _floats(usage.get(article.id, NEUTRAL) for article in articles),
            },
        )

    def _change(self, gone: list[str], articles: list[Article], ready: list[Ready]) -> None:
        with self._lock:
            dead = [self._numbers.pop(article_id) for article_id in gone if article_id in self._numbers]
            removed = [self._entries[number].article.id for number in dead]
            new = {article.id: made.words for article, made in zip(articles, ready, strict=True)}
            if not removed and not new:
                return
            words = self._lexical.update(removed, new)
            self._dense.drop(dead)
            self._dead += len(dead)
            entries = [_Entry(a, made.texts, made.letters) for a, made in zip(articles, ready, strict=True)]
            self._append(entries, [made.vectors for made in ready], [s for made in ready for s in made.sounds])
            if self._dead > max(MOST_DEAD, len(self._numbers)):
                self._rebuild()
            view = self._dense.view
            self._state = _State(view, self._sounds.view, words, self._entries, self._numbers) if view else None

    def _append(self, entries: list[_Entry], vectors: Sequence[NDArray[Any]], sounds: Sequence[Sound]) -> None:
        """`vectors`: of each article its phrasings' and, last, its reply's."""
        if not entries:
            return
        for number, entry in enumerate(entries, start=len(self._entries)):
            self._numbers[entry.article.id] = number
        self._entries.extend(entries)
        self._sounds.append(sounds)
        self._dense.append([rows[:-1] for rows in vectors], np.stack([rows[-1] for rows in vectors]))

    def _rebuild(self) -> None:
        """Forget the dead."""
        alive = sorted(self._numbers.values())
        entries, dense, sounds = [self._entries[n] for n in alive], self._dense, self._sounds.view
        self._clear()
        self._append(
            entries, [dense.vectors(n) for n in alive], [s for n in alive for s in sounds.rows(*dense.span(n))]
        )

    def _clear(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers: dict[str, int] = {}
        self._dead = 0
        self._sounds = Sounds()
        weights = self.weights
        self._dense = Dense(Shares(weights.dense, weights.centre, weights.reply))


def _hit(article: Article, fused: Fused, n: int) -> Hit:
    told = {name: float(value) for name, value in zip(PARTS, fused.parts[n], strict=True)}
    return Hit(article, float(fused.scores[n]), article.phrasings[fused.best[n]], told, float(fused.nudges[n]))


def _fuzzy(query: str, texts: Sequence[str], share: float) -> Vectors:
    if not share:
        return np.zeros(len(texts), np.float32)
    from rapidfuzz import fuzz, process

    return np.asarray(process.cdist([query], texts, scorer=fuzz.ratio)[0] / 100, np.float32)


def _floats(values: Iterable[float]) -> Vectors:
    return np.fromiter(values, np.float32)
