"""An article made ready for searching, which is the slow part of adding it; and the file that keeps that work."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.article import Article
from kb.lexical import Words, words_of
from kb.ngrams import Sound, sound_of
from kb.sound import letters
from kb.text import normalise, search_form, syllables

FORM = 2
"""Goes up whenever the same article would be made ready differently."""
BATCH = 500
FILE = "articles.sqlite"


@dataclass(frozen=True)
class Ready:
    """What searches need of one article."""

    texts: tuple[str, ...]
    """Its phrasings as searched."""
    letters: tuple[str, ...]
    """The same as sounds, for comparing letter by letter."""
    sounds: tuple[Sound, ...]
    words: Words
    vectors: NDArray[np.float16]
    """Of the phrasings and, last, of the reply; shape (len(texts) + 1, dim)."""


Encode = Callable[[Sequence[str]], NDArray[Any]]
Segment = Callable[[str], list[str]]


class Preparer:
    """Makes articles ready, or remembers them. With a `folder`, work done once is not done again.

    The folder belongs to one encoder at a time: `fingerprint` names it, and what another one made is dropped.
    A folder that cannot be written is a loss of time only, and raises `sqlite3.OperationalError` at the start.
    """

    def __init__(self, encode: Encode, segment: Segment, folder: Path | None = None, fingerprint: str = "") -> None:
        self._encode = encode
        self._segment = segment
        self._path: Path | None = None
        self._made = f"{FORM} {fingerprint}"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._path = folder / FILE
            self._open_file()

    def ready(self, articles: Sequence[Article]) -> list[Ready]:
        """The articles made ready, in their order."""
        keys = [content_key(article) for article in articles]
        known = self._load(keys)
        missing = [n for n, key in enumerate(keys) if key not in known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            made = {keys[n]: self._make(articles[n]) for n in batch}
            self._save(made)
            known.update(made)
        return [known[key] for key in keys]

    def forget_all_but(self, articles: Sequence[Article]) -> None:
        """Drop what is kept of other articles from the file."""
        if self._path is None:
            return
        keep = {content_key(article) for article in articles}
        with closing(sqlite3.connect(self._path)) as file, file:
            stored = [key for (key,) in file.execute("SELECT key FROM ready")]
            file.executemany("DELETE FROM ready WHERE key = ?", [(key,) for key in stored if key not in keep])

    def _make(self, article: Article) -> Ready:
        texts = tuple(search_form(text) or normalise(text) or text for text in article.phrasings)
        said = [syllables(text) for text in texts]
        return Ready(
            texts=texts,
            letters=tuple(map(letters, said)),
            sounds=tuple(map(sound_of, said)),
            words=words_of(article, self._segment),
            vectors=self._encode([*texts, normalise(article.reply) or article.reply]).astype(np.float16),
        )

    def _open_file(self) -> None:
        assert self._path is not None
        with closing(sqlite3.connect(self._path)) as file, file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("CREATE TABLE IF NOT EXISTS maker (name TEXT PRIMARY KEY)")
            file.execute("CREATE TABLE IF NOT EXISTS ready (key BLOB PRIMARY KEY, form TEXT, numbers BLOB)")
            if file.execute("SELECT name FROM maker").fetchall() != [(self._made,)]:
                file.execute("DELETE FROM maker")
                file.execute("DELETE FROM ready")
                file.execute("INSERT INTO maker VALUES (?)", (self._made,))

    def _load(self, keys: Sequence[bytes]) -> dict[bytes, Ready]:
        if self._path is None:
            return {}
        with closing(sqlite3.connect(self._path)) as file:
            if len(keys) > BATCH:
                wanted = set(keys)
                rows = file.execute("SELECT key, form, numbers FROM ready")
                return {key: _unpack(form, numbers) for key, form, numbers in rows if key in wanted}
            found = {}
            for key in keys:
                row = file.execute("SELECT form, numbers FROM ready WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    found[key] = _unpack(*row)
            return found

    def _save(self, made: dict[bytes, Ready]) -> None:
        if self._path is None:
            return
        with closing(sqlite3.connect(self._path)) as file, file:
            rows = [(key, *_pack(ready)) for key, ready in made.items()]
            file.executemany("INSERT OR REPLACE INTO ready VALUES (?, ?, ?)", rows)


def content_key(article: Article) -> bytes:
    """Changes with everything that an article is searched by."""
    content = json.dumps((article.phrasings, article.tags, article.reply), ensure_ascii=False)
    return hashlib.sha256(content.encode()).digest()[:16]


def _pack(ready: Ready) -> tuple[str, bytes]:
    sizes = [len(sound.columns) for sound in ready.sounds]
    form = json.dumps([ready.texts, ready.letters, ready.words.asked, ready.words.reply, sizes], ensure_ascii=False)
    columns = b"".join(sound.columns.tobytes() for sound in ready.sounds)
    values = b"".join(sound.values.tobytes() for sound in ready.sounds)
    return form, columns + values + ready.vectors.tobytes()


def _unpack(form: str, numbers: bytes) -> Ready:
    texts, spelt, asked, reply, sizes = json.loads(form)
    cells = sum(sizes)
    columns = np.frombuffer(numbers, np.int32, cells)
    values = np.frombuffer(numbers, np.float32, cells, 4 * cells)
    vectors = np.frombuffer(numbers, np.float16, -1, 8 * cells)
    ends = np.cumsum(sizes)
    sounds = [Sound(columns[end - size : end], values[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    return Ready(tuple(texts), tuple(spelt), tuple(sounds), Words(asked, reply), vectors.reshape(len(texts) + 1, -1))
