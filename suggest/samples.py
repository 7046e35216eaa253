"""Sample files: labelled texts to train and test on, and out-of-scope texts. JSON Lines in UTF-8."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kb.article import Filled
from kb.files import not_empty, read_rows


class Sample(BaseModel):
    """A text and its label. Keys that are not named here are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    text: Filled
    intent: Filled


class OosText(BaseModel):
    """A text that belongs to no intent."""

    model_config = ConfigDict(extra="allow", frozen=True)

    text: Filled


def read_samples(path: Path) -> list[Sample]:
    """The rows of a samples file. Raises `kb.files.FileError`, naming file and line."""
    return not_empty([sample for _, sample in read_rows(path, Sample)], path, "samples")


def read_oos(path: Path) -> list[str]:
    """The texts of an out-of-scope file. Raises `kb.files.FileError`."""
    return [row.text for row in not_empty([row for _, row in read_rows(path, OosText)], path, "texts")]


def data_hash(samples: Sequence[Sample], oos: Sequence[str] = ()) -> str:
    """Names the training data: the same rows in the same order give the same 16 hex digits."""
    digest = hashlib.sha256()
    for text, intent in [*((s.text, s.intent) for s in samples), *((text, "") for text in oos)]:
        digest.update(f"{text}\t{intent}\n".encode())
    return digest.hexdigest()[:16]
