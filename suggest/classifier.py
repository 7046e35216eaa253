"""Intent classification with a trained head, on a frozen encoder alone or beside a tuned one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from suggest.card import Card, ModelError, read_model
from suggest.encoder import Encoder, OnnxEncoder, Vectors
from suggest.forms import model_form
from suggest.grams import counted
from suggest.head import NEAR, Head, products, signals

TOP = 5
Standing = Literal["mine", "near", "far"]


@dataclass(frozen=True)
class IntentResult:
    """What a text was taken for.

    confidence: probability 0..1 that the text belongs to any intent of the model; below the threshold of the best
    one the product abstains.
    scores: probabilities of the best five, given that it is one of them.
    known: whether confidence reaches that threshold.
    standing: "mine" where known; else "near" for what this business may be asked, "far" for what has nothing to do
    with it, by the likeness to the nearest training texts.
    nearest_intent, distance: label of the nearest training text, and 1 - cosine to it.
    """

    intent: str
    confidence: float
    scores: dict[str, float]
    known: bool
    standing: Standing
    nearest_intent: str
    distance: float


class IntentClassifier:
    """A trained model with its encoder. Reading only: safe in several threads."""

    def __init__(self, head: Head, card: Card, encoder: Encoder, tuned: Encoder | None = None) -> None:
        """`tuned` is the fine-tuned encoder of a model of mode `full`. Raises `ModelError` where the head was trained
        on another encoder."""
        if card.encoder_hash != encoder.fingerprint:
            raise ModelError(
                f"model {card.name} was trained on another encoder ({card.encoder}); train it again with `tici train`"
            )
        self.head = head
        self.card = card
        self.encoder = encoder
        self._tuned = tuned
        self._samples = head.samples.astype(np.float32)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "IntentClassifier":
        """Raises `ModelError` where the folder has no usable model or it is for another encoder."""
        head, card = read_model(folder)
        return cls(head, card, encoder, OnnxEncoder(folder) if card.mode == "full" else None)

    @property
    def silent(self) -> frozenset[str]:
        """Labels for which no card is raised."""
        return frozenset(self.card.silent)

    def classify(self, text: str, vector: Vectors | None = None) -> IntentResult:
        """The intent of a text. `vector` is what `encoder` makes of `model_form(text)`, shape (dim,), where it is
        known already."""
        form = model_form(text)
        if vector is None:
            vector = self.encoder.encode([form])[0]
        seen = vector if self._tuned is None else np.concatenate([vector, self._tuned.encode([form])[0]])
        probabilities = self.head.probabilities(seen[None, :], counted([form]))
        similar = products(vector[None, :], self._samples)
        found = signals(probabilities, similar, self.head.sample_labels)
        sure = float(self.head.sure(found)[0])
        order = np.argsort(-probabilities[0], kind="stable")[:TOP]
        nearest = int(similar[0].argmax())
        labels = self.card.labels
        known = sure >= self.card.least(labels[int(order[0])])
        return IntentResult(
            intent=labels[int(order[0])],
            confidence=sure,
            scores={labels[int(number)]: float(probabilities[0][number]) for number in order},
            known=known,
            standing="mine" if known else "near" if found[0, NEAR] >= self.head.far else "far",
            nearest_intent=labels[int(self.head.sample_labels[nearest])],
            distance=1.0 - float(similar[0][nearest]),
        )
