"""Intent classification with a trained head."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suggest.card import Card, ModelError, read_model
from suggest.encoder import Encoder, Vectors
from suggest.forms import model_form
from suggest.head import Head, confidence, products

TOP = 5


@dataclass(frozen=True)
class IntentResult:
    """What a text was taken for.

    confidence: how sure, 0..1, that `intent` is right; below the model's threshold the product abstains.
    known_probability: probability 0..1 that the text belongs to any intent of the model.
    scores: probabilities of the best five, given that it is one of them.
    known: whether confidence reaches that threshold.
    nearest_intent, distance: label of the nearest training text, and 1 - cosine to it.
    """

    intent: str
    confidence: float
    known_probability: float
    scores: dict[str, float]
    known: bool
    nearest_intent: str
    distance: float


class IntentClassifier:
    """A trained model with its encoder. Reading only: safe in several threads."""

    def __init__(self, head: Head, card: Card, encoder: Encoder) -> None:
        """Raises `ModelError` where the head was trained on another encoder."""
        if card.encoder_hash != encoder.fingerprint:
            raise ModelError(
                f"model {card.name} was trained on another encoder ({card.encoder}); train it again with `tici train`"
            )
        self.head = head
        self.card = card
        self.encoder = encoder
        self._samples = head.samples.astype(np.float32)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "IntentClassifier":
        """Raises `ModelError` where the folder has no usable model or it is for another encoder."""
        head, card = read_model(folder)
        return cls(head, card, encoder)

    @property
    def silent(self) -> frozenset[str]:
        """Labels for which no card is raised."""
        return frozenset(self.card.silent)

    def classify(self, text: str, vector: Vectors | None = None) -> IntentResult:
        """The intent of a text. `vector` is that of `model_form(text)`, shape (dim,), where it is known already."""
        if vector is None:
            vector = self.encoder.encode([model_form(text)])[0]
        vectors = vector[None, :]
        probabilities = self.head.probabilities(vectors)
        similar = products(vectors, self._samples)
        known = self.head.known(probabilities, similar)
        sure = float(confidence(known, probabilities)[0])
        order = np.argsort(-probabilities[0], kind="stable")[:TOP]
        nearest = int(similar[0].argmax())
        labels = self.card.labels
        return IntentResult(
            intent=labels[int(order[0])],
            confidence=sure,
            known_probability=float(known[0]),
            scores={labels[int(number)]: float(probabilities[0][number]) for number in order},
            known=sure >= self.card.threshold,
            nearest_intent=labels[int(self.head.sample_labels[nearest])],
            distance=1.0 - float(similar[0][nearest]),
        )
