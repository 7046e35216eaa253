"""The card of a trained model: what it was made from, how good it is, where it abstains."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from suggest.figures import Confusion, IntentFigures
from suggest.grams import Grams
from suggest.head import Head

HEAD_FILE = "head.npz"
CARD_FILE = "card.json"
FORMAT = 3


class ModelError(ValueError):
    """A trained model that cannot be used. The message says what to do."""


class Card(BaseModel):
    """`card.json`. Figures marked held-out come from cross-validation on the training data, or in mode `full` from
    the texts that training did not see.

    The out-of-scope texts also weigh the signals and set the threshold, so `auroc` and `false_accept_rate` flatter:
    measure them on other texts with `tici eval intent --oos`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    format: int = FORMAT
    name: str
    """Names this model: changes with data, encoder and settings."""
    mode: Literal["head", "full"] = "head"
    """Whether the encoder was frozen or fine-tuned; a tuned one lies beside the head."""
    labels: tuple[str, ...]
    silent: tuple[str, ...] = ()
    """Labels of small talk, for which no card is ever raised."""
    samples: int
    oos_texts: int
    data_hash: str
    encoder: str
    encoder_hash: str
    seed: int
    settings: dict[str, float | str]
    threshold: float
    """Least confidence at which a text counts as known."""
    thresholds: dict[str, float] = {}
    """The same for intents that other texts are often taken for."""
    target_false_accept: float
    accuracy: float
    """Held-out."""
    macro_f1: float
    """Held-out."""
    calibration_error: float = 0.0
    """Held-out: mean gap between the best probability and how often it is right."""
    intents: dict[str, IntentFigures] = {}
    """Held-out."""
    confusions: list[Confusion] = []
    """Held-out: the pairs of intents that are taken for each other most often."""
    auroc: float | None
    """Known (held-out) against the out-of-scope training texts; None without those."""
    accept_rate: float
    """Held-out share of known texts at or above the threshold."""
    false_accept_rate: float | None
    """Share of the out-of-scope training texts at or above the threshold: `target_false_accept` by construction."""
    trained_at: datetime
    seconds: float

    def least(self, intent: str) -> float:
        """Least confidence at which a text counts as this intent."""
        return self.thresholds.get(intent, self.threshold)


def write_model(folder: Path, head: Head, card: Card) -> None:
    """Write head and card into an existing folder."""
    np.savez_compressed(
        folder / HEAD_FILE,
        weight=head.weight,
        bias=head.bias,
        gram_rarity=head.grams.rarity,
        gram_weight=head.grams.weight,
        known_weight=head.known_weight,
        known_bias=np.float32(head.known_bias),
        far=np.float32(head.far),
        samples=head.samples,
        sample_labels=head.sample_labels,
    )
    (folder / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_model(folder: Path) -> tuple[Head, Card]:
    """Raises `ModelError` when the folder holds no usable model."""
    try:
        card = Card.model_validate(json.loads((folder / CARD_FILE).read_text(encoding="utf-8")))
        with np.load(folder / HEAD_FILE, allow_pickle=False) as file:
            head = Head(
                weight=file["weight"],
                bias=file["bias"],
                grams=Grams(file["gram_rarity"], file["gram_weight"]),
                known_weight=file["known_weight"],
                known_bias=float(file["known_bias"]),
                far=float(file["far"]),
                samples=file["samples"],
                sample_labels=file["sample_labels"],
            )
    except FileNotFoundError as error:
        raise ModelError(f"{folder} holds no trained model: run `tici train --samples FILE --out {folder}`") from error
    except (ValidationError, ValueError, KeyError, OSError) as error:
        raise ModelError(f"{folder}: the model cannot be read; train it again with `tici train`") from error
    if card.format != FORMAT:
        raise ModelError(f"{folder}: model format {card.format} is not {FORMAT}; train it again with `tici train`")
    return head, card


def now() -> datetime:
    """The time that goes on a card."""
    return datetime.now(UTC).replace(microsecond=0)
