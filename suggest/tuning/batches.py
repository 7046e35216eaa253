"""Texts as token ids, and batches of texts of like length: padding is wasted work."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[int]
POOL = 20
"""Batches whose texts are sorted by length together: enough to save the padding, few enough to stay shuffled."""


def token_ids(tokenizer: Path, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """The ids of each text, begin and end marks included, at most `max_tokens`."""
    from tokenizers import Tokenizer

    model = Tokenizer.from_file(str(tokenizer))
    model.enable_truncation(max_tokens)
    model.no_padding()
    return [encoding.ids for encoding in model.encode_batch(list(texts))]


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Row numbers of every text once, in batches of at most `size` texts of like length, in random order."""
    order = random.permutation(len(lengths))
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(np.take(lengths, pool), kind="stable")]
        found += [pool[first : first + size] for first in range(0, len(pool), size)]
    for number in random.permutation(len(found)):
        yield found[number]


def padded(rows: Sequence[Ids]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and attention mask, both of shape (rows, longest row)."""
    width = max(map(len, rows))
    ids = np.zeros((len(rows), width), np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
