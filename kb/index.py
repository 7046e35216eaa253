"""The hybrid index: words, meaning, sound and spelling, fused into one score per article."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.article import Article
from kb.fusion import Entry, Evidence, FusionWeights, Hit, Vectors, damped, fuse
from kb.lexical import Lexical, Segmenter, jieba_segmenter
from kb.ngrams import SoundIndex, sound_counts
from kb.text import normalise, search_form

__all__ = ["Encoder", "FusionWeights", "Hit", "Index"]


class Encoder(Protocol):
    """Turns texts into vectors."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1, float32, shape (len(texts), dim)."""
        ...


@dataclass(frozen=True)
class _State:
    """What one search sees. Replaced as a whole by every change."""

    entries: tuple[Entry, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    replies: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    sounds: SoundIndex = field(default_factory=lambda: SoundIndex(()))
    words: Any = None


class Index:
    """Articles in memory. Searches may run in any thread while another adds or removes."""

    def __init__(
        self, encoder: Encoder, *, weights: FusionWeights | None = None, segmenter: Segmenter | None = None
    ) -> None:
        """Starts empty; loads jieba's dictionary (about a second) unless a `segmenter` is handed in."""
        self.weights = weights or FusionWeights()
        self._encoder = encoder
        self._lexical = Lexical(segmenter or jieba_segmenter(), reply_boost=self.weights.reply_boost)
        self._state = _State()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many articles it holds."""
        return len(self._state.entries)

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles held now."""
        return tuple(entry.article for entry in self._state.entries)

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles; one with a known id replaces the old one. Visible to the next search."""
        new = {article.id: article for article in articles}
        entries = [self._entry(article) for article in new.values()]
        self._change(set(new), entries)

    def remove(self, ids: Iterable[str]) -> None:
        """Drop articles; unknown ids are no error."""
        self._change(set(ids), [])

    def search(
        self,
        text: str,
        limit: int = 5,
        *,
        lang: str | None = None,
        intents: Mapping[str, float] | None = None,
        vector: Vectors | None = None,
    ) -> list[Hit]:
        """The best articles for a text, best first.

        `intents` gives probabilities 0..1 that lift articles of those intents. `vector` is the text's own
        vector, shape (dim,), where the caller has it already. Texts without words find nothing.
        """
        state = self._state
        query = search_form(text)
        if not query or not state.entries or limit < 1:
            return []
        if vector is None:
            vector = self._encoder.encode([query])[0]
        dense, replies = _cosines(state.vectors, vector), _cosines(state.replies, vector)
        words = self._lexical.search(state.words, query, self.weights.candidates)
        chosen = self._candidates(state, dense, replies, words, lang)
        evidence = self._evidence(state, query, dense, replies, words, chosen, intents or {})
        hits = [fuse(state.entries[n], query, one, self.weights) for n, one in zip(chosen, evidence, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.article.id))[:limit]

    def _entry(self, article: Article) -> Entry:
        texts = tuple(search_form(text) or normalise(text) or text for text in article.phrasings)
        vectors = self._encoder.encode([*texts, normalise(article.reply)])
        return Entry(article, texts, vectors[:-1], tuple(sound_counts(text) for text in texts), vectors[-1])

    def _change(self, gone: set[str], entries: list[Entry]) -> None:
        with self._lock:
            kept = tuple(entry for entry in self._state.entries if entry.article.id not in gone)
            removed = [article_id for article_id in gone if article_id in self._state.rows]
            words = self._lexical.update(removed, [entry.article for entry in entries])
            self._state = _build((*kept, *entries), words)

    def _candidates(
        self, state: _State, dense: Vectors, replies: Vectors, words: Mapping[str, float], lang: str | None
    ) -> list[int]:
        best = np.maximum.reduceat(dense, state.starts[:-1]) + self.weights.reply * replies
        found = dict.fromkeys(np.argsort(-best, kind="stable")[: self.weights.candidates].tolist())
        # The word search may be a change ahead of this state: what it found and the state lacks is left out.
        found.update(dict.fromkeys(state.rows[article_id] for article_id in words if article_id in state.rows))
        return [number for number in found if lang is None or state.entries[number].article.lang == lang]

    def _evidence(
        self,
        state: _State,
        query: str,
        dense: Vectors,
        replies: Vectors,
        words: Mapping[str, float],
        chosen: list[int],
        intents: Mapping[str, float],
    ) -> list[Evidence]:
        if not chosen:
            return []
        spans = [np.arange(state.starts[number], state.starts[number + 1]) for number in chosen]
        sounds = np.split(state.sounds.scores(query, np.concatenate(spans)), np.cumsum([len(s) for s in spans])[:-1])
        return [
            Evidence(
                dense=dense[span],
                sound=sound,
                reply=float(replies[number]),
                words=damped(words, state.entries[number].article.id, self.weights.half_words),
                intent=float(intents.get(state.entries[number].article.intent or "", 0.0)),
            )
            for number, span, sound in zip(chosen, spans, sounds, strict=True)
        ]


def _cosines(rows: Vectors, vector: Vectors) -> Vectors:
    """Products on this thread: BLAS would share them among threads that a busy machine makes it wait for."""
    return np.asarray(np.einsum("rd,d->r", rows, vector), dtype=np.float32)


def _build(entries: tuple[Entry, ...], words: Any) -> _State:
    if not entries:
        return _State(words=words)
    return _State(
        entries=entries,
        rows={entry.article.id: number for number, entry in enumerate(entries)},
        starts=np.cumsum([0, *(len(entry.texts) for entry in entries)], dtype=np.int64),
        vectors=np.ascontiguousarray(np.concatenate([entry.vectors for entry in entries])),
        replies=np.stack([entry.reply for entry in entries]),
        sounds=SoundIndex([row for entry in entries for row in entry.sounds]),
        words=words,
    )
