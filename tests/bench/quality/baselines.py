"""What is simple and known to work, for comparison."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kb.lexical import Segmenter
from kb.text import normalise
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.forms import model_form
from suggest.samples import Sample
from suggest.train import Mode
from tests.bench.quality.bench import Bench, said_by
from tests.bench.quality.metrics import Figures, Said, figures

TFIDF = "TF-IDF (words and characters), linear SVM"
NEAREST = "nearest neighbour on the encoder"
HIGHEST = ", known by its highest probability"


class TfIdf:
    """TF-IDF of words (1 to 2) and characters (1 to 4), a linear SVM with C = 1; sure by its widest margin."""

    def __init__(self, samples: Sequence[Sample], segment: Segmenter, seed: int) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(tokenizer=segment, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), preprocessor=normalise, sublinear_tf=True)
        self._model: Any = make_pipeline(make_union(words, characters), LinearSVC(C=1.0, random_state=seed))
        self._model.fit([sample.text for sample in samples], [sample.intent for sample in samples])

    def __call__(self, texts: Sequence[str]) -> Said:
        """What it says of texts."""
        margins = np.asarray(self._model.decision_function(texts))
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], axis=1)
        labels = self._model.classes_[margins.argmax(axis=1)]
        return Said(tuple(map(str, labels)), margins.max(axis=1))


class Nearest:
    """The label of the training text with the highest cosine on the frozen encoder; sure by that cosine."""

    def __init__(self, samples: Sequence[Sample], encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self._labels = [sample.intent for sample in samples]
        self._vectors = encoder.encode([model_form(sample.text) for sample in samples])

    def __call__(self, texts: Sequence[str]) -> Said:
        """What it says of texts."""
        cosines = self._encoder.encode([model_form(text) for text in texts]) @ self._vectors.T
        return Said(tuple(self._labels[row] for row in cosines.argmax(axis=1)), cosines.max(axis=1))


def compare(
    bench: Bench,
    trained: dict[Mode, IntentClassifier],
    samples: Sequence[Sample],
    lang: str,
    known: Sequence[Sample],
    unknown: Sequence[str] = (),
) -> dict[str, Figures]:
    """The figures of trained models and of the baselines (trained here on `samples`) on the same texts."""
    truth, texts = [sample.intent for sample in known], [sample.text for sample in known]
    found: dict[str, Figures] = {}
    for mode, classifier in trained.items():
        inside = said_by(classifier, texts, f"classify {mode}")
        outside = said_by(classifier, unknown, f"classify unknown {mode}") if unknown else None
        found[f"Tici, {mode}"] = figures(truth, inside, outside)
        if outside is not None:
            found[f"Tici, {mode}{HIGHEST}"] = replace(figures(truth, _by_best(inside), _by_best(outside)), ece=None)
    for name, method in (
        (TFIDF, TfIdf(samples, bench.segmenter(), bench.seed)),
        (NEAREST, Nearest(samples, bench.encoder(lang))),
    ):
        found[name] = figures(truth, method(texts), method(unknown) if unknown else None)
    return found


def _by_best(said: Said) -> Said:
    assert said.best is not None
    return replace(said, sure=said.best, accepted=None)
