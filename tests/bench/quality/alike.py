"""How much the texts of a pack repeat each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.files import read_articles
from kb.text import normalise
from tests.bench.quality.bench import ENCODERS, Bench, PackData
from tests.bench.quality.tables import share, table

COMMON = 100
"""Words that stay in a frame: the commonest of the pack."""
LEAST = 3
"""Common words from which what is left of a text is a frame."""
AT_ONCE = 500
NEAR = 0.7
LIMIT = 0.02
OPENING = (3, 5)
"""Words, and characters of a text without spaces."""


@dataclass(frozen=True)
class Repeat:
    """What most texts of an intent share: a frame or an opening, and their number and share 0..1."""

    intent: str
    form: str
    texts: int
    share: float


def section(bench: Bench) -> list[str]:
    """Frames and openings within intents, and the nearest texts of each pack."""
    repeated, near = [], []
    for lang in ENCODERS:
        pack = bench.pack(lang)
        words = [bench.segmenter()(sample.text) for sample in pack.samples]
        common = {word for word, _ in Counter(w for text in words for w in set(text)).most_common(COMMON)}
        for kind, forms in (
            ("frame", [frame(text, common) for text in words]),
            ("opening", [opening(sample.text) for sample in pack.samples]),
        ):
            found = repeats([sample.intent for sample in pack.samples], forms)
            above, first = sum(one.share > LIMIT for one in found), found[0]
            where = f"{first.intent}: {first.form}" if first.texts else "none"
            repeated.append([pack.folder.name, kind, str(len(found)), share(first.share), where, str(above)])
        near += [[pack.folder.name, *row] for row in _nearest(pack)]
    return [
        f"A frame is what is left of a text when all but the pack's {COMMON} commonest words are blanked; at least",
        f"{LEAST} words must be left. An opening is the first {OPENING[0]} words, in Chinese {OPENING[1]} characters.",
        "What only one text has does not count.",
        "",
        *table(["pack", "what", "intents", "largest share %", "where", "intents with one above 2%"], repeated),
        "Jaccard similarity of character pairs, each text against every other one:",
        "",
        *table(["pack", "texts", "n", "largest", f"pairs above {NEAR}", "nearest pair"], near),
    ]


def repeats(intents: Sequence[str], forms: Sequence[str]) -> list[Repeat]:
    """The commonest form of each intent's texts, by falling share; 0 texts where no two share one."""
    found: dict[str, Counter[str]] = {}
    for intent, form in zip(intents, forms, strict=True):
        found.setdefault(intent, Counter())[form] += 1
    rows = []
    for intent, counts in found.items():
        texts, form = max(((n, form) for form, n in counts.items() if form and n > 1), default=(0, ""))
        rows.append(Repeat(intent, form, texts, texts / counts.total()))
    return sorted(rows, key=lambda one: (-one.share, one.intent))


def frame(words: Sequence[str], common: set[str]) -> str:
    """The text with runs of other words blanked; empty where fewer than `LEAST` words are left."""
    kept: list[str] = []
    for word in words:
        if word in common:
            kept.append(word)
        elif not kept or kept[-1] != "_":
            kept.append("_")
    return " ".join(kept) if sum(word != "_" for word in kept) >= LEAST else ""


def opening(text: str) -> str:
    """How a text begins; empty where it says no more than that."""
    form = normalise(text)
    words = form.split()
    if len(words) > OPENING[0]:
        return " ".join(words[: OPENING[0]])
    return form[: OPENING[1]] if len(words) == 1 and not form.isascii() and len(form) > OPENING[1] else ""


def nearest_pair(texts: Sequence[str], others: Sequence[str] | None = None) -> tuple[float, int, str, str]:
    """Largest Jaccard similarity of character pairs between two texts, how many are above `NEAR`, and which two.

    Without `others` within the texts. Equal texts count; a text is not compared with itself.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    model = CountVectorizer(analyzer="char", ngram_range=(2, 2), binary=True, lowercase=False, dtype=np.float32)
    model.fit([*texts, *(others or ())])
    right = model.transform(others if others is not None else texts).tocsr()
    right_sizes = np.asarray(right.sum(axis=1)).ravel()
    best, pairs, where = 0.0, 0, (0, 0)
    for start in range(0, len(texts), AT_ONCE):
        left = model.transform(texts[start : start + AT_ONCE])
        shared = (left @ right.T).toarray()
        either = np.asarray(left.sum(axis=1)) + right_sizes[None, :] - shared
        similar = shared / np.maximum(either, 1)
        if others is None:  # each pair once
            similar[np.tril_indices(len(similar), start, similar.shape[1])] = 0
        pairs += int((similar > NEAR).sum())
        if similar.size and similar.max() > best:
            row, column = np.unravel_index(similar.argmax(), similar.shape)
            best, where = float(similar.max()), (start + int(row), int(column))
    return best, pairs, texts[where[0]], (others or texts)[where[1]]


def _nearest(pack: PackData) -> list[list[str]]:
    trained = [normalise(sample.text) for sample in pack.samples] + [normalise(text) for text in pack.oos]
    held = [normalise(sample.text) for sample in pack.samples_test] + [normalise(text) for text in pack.oos_test]
    queries = [normalise(query.text) for query in pack.queries]
    asked = [normalise(t) for a in read_articles(pack.folder / "articles.jsonl") for t in a.phrasings]
    rows = []
    for name, texts, others in (
        ("samples and out-of-scope, all parts", [*trained, *held], None),
        ("held-out against training", held, trained),
        ("queries against phrasings", queries, asked),
    ):
        best, pairs, one, other = nearest_pair(texts, others)
        rows.append([name, str(len(texts)), f"{best:.2f}", str(pairs), f"{one} / {other}"])
    return rows
