"""Fine-tuning the encoder for a tenant's intents, and joining what it learned with what the frozen one knows."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from suggest.bert.read import read_weights
from suggest.bert.write import Products, bert
from suggest.encoder import OnnxEncoder
from suggest.fit import Data, fit_opinions, pool, pooled
from suggest.head import Floats
from suggest.tuning.batches import token_ids
from suggest.tuning.loop import Examples, Recipe, fit, vectors_of
from suggest.tuning.network import Network

Labels = NDArray[np.int64]
HELD_OUT = 0.1
"""Share of each intent's texts that training does not see: it says when to stop and how to calibrate."""
ENOUGH = 500
"""Texts that are enough for that: of more than ten times as many a smaller share is held out."""
MOST_LOST = 0.005
"""Share of right answers that an exported model may lose against the trained one."""


class ExportError(ValueError):
    """The exported model is worse than the trained one."""


@dataclass(frozen=True)
class Tuned:
    """A tuned encoder, written to the folder that was asked for, and its own linear layer.

    weight (labels, tuned dim) and bias (labels,). `held_out` are the rows that training did not see, `shares` what the
    frozen encoder, the n-grams and the tuned encoder count together there, `inside` the probabilities (rows, labels)
    that follow.
    """

    encoder: OnnxEncoder
    weight: Floats
    bias: Floats
    held_out: Labels
    shares: Floats
    inside: Floats
    products: Products


def tune(
    base: OnnxEncoder,
    forms: Sequence[str],
    data: Data,
    c: float,
    folder: Path,
    work: Path,
    recipe: Recipe,
    seed: int,
    progress: Callable[[float, float], None],
) -> Tuned:
    """Fine-tune on `forms` (texts in model form) with the vectors and labels of `data`.

    `c` is the strength of the frozen head, `folder` gets the encoder's files, `work` keeps checkpoints: the same
    call goes on from there. Raises `ExportError`.
    """
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    held = held_out(data.targets, seed)
    kept = np.setdiff1d(np.arange(len(data.targets)), held)
    others = fit_opinions(data.part(kept), c)
    weights = read_weights(base.folder / base.settings.model)
    network = Network(weights, base.pooling, data.labels, recipe.dropout)
    network.begin_with(others.weight, others.bias)

    def read(texts: Sequence[str]) -> list[list[int]]:
        lower = [text.lower() if base.lower_case else text for text in texts]
        return token_ids(base.folder / "tokenizer.json", lower, base.settings.max_tokens)

    examples = Examples(forms, read(forms), data.targets, read)
    fit(network, examples.part(kept), examples.part(held), recipe, seed, work, progress)
    weight, bias = network.head_weights()
    trained = vectors_of(network, [examples.ids[row] for row in held])
    encoder, products = _export(
        network, base, weights.heads, folder, [forms[row] for row in held], trained, (weight, bias), data.targets[held]
    )
    vectors = encoder.encode([forms[row] for row in held])
    opinions = [*others.logits(data.texts.part(held)), vectors @ weight.T + bias]
    shares = pool(opinions, data.targets[held])
    return Tuned(encoder, weight, bias, held, shares, pooled(opinions, shares), products)


def held_out(targets: Labels, seed: int) -> Labels:
    """Row numbers of about `HELD_OUT` of each label's texts; none of labels with fewer than five."""
    random, part = np.random.default_rng(seed), min(HELD_OUT, ENOUGH / len(targets))
    rows = []
    for label in np.unique(targets):
        own = random.permutation(np.flatnonzero(targets == label))
        rows.append(own[: max(1, round(part * len(own)))] if len(own) >= 5 else own[:0])
    return np.sort(np.concatenate(rows))


def _export(
    network: Network,
    base: OnnxEncoder,
    heads: int,
    folder: Path,
    forms: Sequence[str],
    trained: Floats,
    head: tuple[Floats, Floats],
    targets: Labels,
) -> tuple[OnnxEncoder, Products]:
    """Write the fast file; the exact one where the fast one loses too much; raise `ExportError` where both do."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base.folder / "tokenizer.json", folder / "tokenizer.json")
    settings = {"pooling": base.pooling, "lower_case": base.lower_case, "max_tokens": base.settings.max_tokens}
    (folder / "encoder.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    right = _accuracy(trained, head, targets)
    for products in (Products.INTEGERS, Products.FLOATS):
        (folder / "model.onnx").write_bytes(bert(network.tensors(), heads, products))
        encoder = OnnxEncoder(folder, cache=0)
        served = _accuracy(encoder.encode(forms), head, targets)
        # Of a few held-out texts a single one is more than that share.
        if served >= right - max(MOST_LOST, 1 / max(1, len(targets))) - 1e-9:
            return encoder, products
    raise ExportError(
        f"the exported encoder is right for {served:.1%} of the held-out texts, the trained one for {right:.1%}"
    )


def _accuracy(vectors: Floats, head: tuple[Floats, Floats], targets: Labels) -> float:
    return float(((vectors @ head[0].T + head[1]).argmax(axis=1) == targets).mean()) if len(targets) else 0.0
