"""The training loop: early stopping on a held-out part, a checkpoint after every round, the same result for a seed."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from suggest.bert.write import Floats
from suggest.noise import misheard
from suggest.tuning.batches import Ids, padded, shuffled
from suggest.tuning.network import Network

Labels = NDArray[np.int64]
Progress = Callable[[float, float], None]
"""Called with the share done, 0..1, and the seconds that are likely left."""
CHECKPOINT = "checkpoint.pt"
READ_AT_ONCE = 64


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults were chosen on the training parts of BANKING77 and the packs (docs/spikes.md)."""

    rounds: int = 6
    batch: int = 32
    encoder_rate: float = 1e-4
    head_rate: float = 3e-3
    warm_up: float = 0.06
    """Share of the steps in which the rates rise to their peak; then they fall along half a cosine."""
    smoothing: float = 0.05
    dropout: float = 0.1
    decay: float = 0.01
    contrast: float = 0.1
    """Weight of the supervised contrastive loss (Khosla et al. 2020), which keeps intents apart from strangers."""
    sharpness: float = 10.0
    """1 / temperature of that loss."""
    misheard: float = 0.3
    """Share of the texts that are read with a recognizer's slips in each round, others each time (`suggest.noise`)."""
    patience: int = 3
    """Rounds without a better held-out accuracy after which training stops."""


@dataclass(frozen=True)
class Examples:
    """Texts, their token ids and their labels. `read` makes ids of texts."""

    texts: Sequence[str]
    ids: Sequence[Ids]
    labels: Labels
    read: Callable[[Sequence[str]], Sequence[Ids]]

    def part(self, rows: NDArray[np.int64]) -> "Examples":
        """Some of them."""
        return replace(
            self,
            texts=[self.texts[row] for row in rows],
            ids=[self.ids[row] for row in rows],
            labels=self.labels[rows],
        )

    def heard(self, share: float, random: np.random.Generator) -> "Examples":
        """The same, about `share` of them as a recognizer might have written them."""
        chosen = np.flatnonzero(random.random(len(self.texts)) < share).tolist()
        ids = list(self.ids)
        for row, noisy in zip(chosen, self.read([misheard(self.texts[row], random) for row in chosen]), strict=True):
            ids[row] = noisy
        return replace(self, ids=ids)


def fit(
    network: Network,
    train: Examples,
    held_out: Examples,
    recipe: Recipe,
    seed: int,
    folder: Path,
    progress: Progress,
) -> float:
    """Train `network` in place; leaves it as it was after its best round, and returns its held-out accuracy.

    A checkpoint in `folder` of the same seed, recipe and data is gone on with; it is removed at the end.
    """
    run = _Run(network, train, recipe, seed, folder)
    started, first = time.monotonic(), run.round
    while run.round < recipe.rounds and run.waited < recipe.patience:
        begun = run.round

        def report(share: float, begun: int = begun) -> None:
            done = begun - first + share
            spent = time.monotonic() - started
            progress((begun + share) / recipe.rounds, spent / done * (recipe.rounds - begun - share))

        run.one_round(report)
        run.keep_best(accuracy(network, held_out))
    run.close()
    return run.best


def accuracy(network: Network, examples: Examples) -> float:
    """Share of texts whose best label is theirs."""
    if not len(examples.labels):
        return 0.0
    vectors = vectors_of(network, examples.ids)
    with torch.inference_mode():
        found = network.logits(torch.from_numpy(vectors)).argmax(dim=1).numpy()
    return float((found == examples.labels).mean())


def vectors_of(network: Network, ids: Sequence[Ids]) -> Floats:
    """Normalised vectors of texts, shape (texts, dim), in their order."""
    network.whole.eval()
    order = np.argsort([len(row) for row in ids], kind="stable")
    found = np.empty((len(ids), network.head.in_features), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), READ_AT_ONCE):
            rows = order[start : start + READ_AT_ONCE]
            batch, mask = (torch.from_numpy(item) for item in padded([ids[row] for row in rows]))
            found[rows] = network.vectors(batch, mask).numpy()
    return found


class _Run:
    """Everything that a checkpoint holds."""

    def __init__(self, network: Network, train: Examples, recipe: Recipe, seed: int, folder: Path) -> None:
        self.network, self.train, self.recipe, self.seed = network, train, recipe, seed
        self.round, self.waited, self.best = 0, 0, -1.0
        self.kept = {name: value.clone() for name, value in network.whole.state_dict().items()}
        self.path = folder / CHECKPOINT
        self.lengths = [len(row) for row in train.ids]
        self.steps = math.ceil(len(self.lengths) / recipe.batch) * recipe.rounds
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in network.encoder.parameters() if p.requires_grad], "lr": recipe.encoder_rate},
                {"params": list(network.head.parameters()), "lr": recipe.head_rate, "weight_decay": 0.0},
            ],
            weight_decay=recipe.decay,
        )
        self.peaks = [group["lr"] for group in self.optimiser.param_groups]
        self.step = 0
        self._resume()

    def one_round(self, report: Callable[[float], None]) -> None:
        """Every text once. Its randomness follows from seed and round alone, so that it can be resumed."""
        torch.manual_seed(self.seed * 1000 + self.round)
        random = np.random.default_rng([self.seed, self.round])
        self.network.whole.train()
        heard = self.train.heard(self.recipe.misheard, random)
        batches = list(shuffled(self.lengths, self.recipe.batch, random))
        for number, rows in enumerate(batches, start=1):
            self._step(heard, rows)
            report(number / len(batches))
        self.round += 1

    def keep_best(self, accuracy: float) -> None:
        """Remember the weights if they are the best so far, and write the checkpoint."""
        if accuracy > self.best:
            self.best, self.waited = accuracy, 0
            self.kept = {name: value.clone() for name, value in self.network.whole.state_dict().items()}
        else:
            self.waited += 1
        self._save()

    def close(self) -> None:
        """Leave the network as it was at its best."""
        self.network.whole.load_state_dict(self.kept)
        self.network.whole.eval()
        self.path.unlink(missing_ok=True)

    def _step(self, heard: Examples, rows: NDArray[np.int64]) -> None:
        self._set_rates()
        ids, mask = (torch.from_numpy(item) for item in padded([heard.ids[row] for row in rows]))
        labels = torch.from_numpy(heard.labels[rows])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_matrix_units()):
            vectors = self.network.vectors(ids, mask)
        logits = self.network.logits(vectors.float())
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.recipe.smoothing)
        if self.recipe.contrast:
            loss = loss + self.recipe.contrast * contrastive(vectors.float(), labels, self.recipe.sharpness)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.whole.parameters(), 1.0)
        self.optimiser.step()

    def _set_rates(self) -> None:
        share = self.step / self.steps
        factor = min(1.0, share / self.recipe.warm_up) * 0.5 * (1 + math.cos(math.pi * share))
        self.step += 1
        for group, peak in zip(self.optimiser.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor

    def _key(self) -> str:
        return f"{asdict(self.recipe)} {self.seed} {len(self.lengths)} {sum(self.lengths)} {self.train.labels.sum()}"

    def _save(self) -> None:
        partial = self.path.with_suffix(".part")
        state = {
            "key": self._key(),
            "round": self.round,
            "waited": self.waited,
            "best": self.best,
            "step": self.step,
            "kept": self.kept,
            "network": self.network.whole.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        torch.save(state, partial)
        partial.replace(self.path)

    def _resume(self) -> None:
        if not self.path.is_file():
            return
        state = torch.load(self.path, weights_only=True)
        if state["key"] != self._key():
            return
        self.round, self.waited, self.best, self.step = (state[name] for name in ("round", "waited", "best", "step"))
        self.kept = state["kept"]
        self.network.whole.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])


def contrastive(vectors: torch.Tensor, labels: torch.Tensor, sharpness: float) -> torch.Tensor:
    """Supervised contrastive loss of a batch of normalised vectors; zero where no two texts share a label."""
    own = torch.eye(len(labels), dtype=torch.bool)
    same = (labels[:, None] == labels[None, :]) & ~own
    has = same.any(dim=1)
    if not has.any():
        return vectors.new_zeros(())
    shares = (vectors @ vectors.T * sharpness).masked_fill(own, -1e9).log_softmax(dim=1)
    return -((shares * same).sum(dim=1)[has] / same.sum(dim=1)[has]).mean()


def has_matrix_units() -> bool:
    """Whether this processor multiplies bfloat16 matrices in hardware (AMX); elsewhere that type is slower."""
    return bool(torch.cpu._is_amx_tile_supported())
