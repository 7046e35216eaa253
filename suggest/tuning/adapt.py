"""Bring an encoder nearer to a business: texts of one meaning together, whatever their words and a recognizer's slips.

    python -m suggest.tuning.adapt --encoder models/bge-small-zh-v1.5 --groups FILE --samples FILE --kb FILE --out DELTA

Each row of a groups file is `{"texts": [...]}`, all asking the same; the samples of one intent are a group, and the
phrasings of one article. What comes out is the change alone (`suggest.bert.delta`). How much it is worth:
docs/spikes.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from kb.files import read_articles
from suggest.bert.delta import shrink, write_delta
from suggest.bert.read import read_weights
from suggest.bert.write import Tensors
from suggest.encoder import OnnxEncoder
from suggest.forms import model_form
from suggest.noise import misheard
from suggest.samples import read_samples
from suggest.tuning.batches import padded, token_ids
from suggest.tuning.loop import contrastive, has_matrix_units
from suggest.tuning.network import Network

Progress = Callable[[float], None]
Family = Sequence[Sequence[str]]
"""Groups that are of different meanings. Two of different families may mean the same, so no batch mixes them."""


@dataclass(frozen=True)
class Course:
    """How to adapt."""

    rounds: float = 4.0
    """How often as many texts as there are come up, in batches of `groups` groups with `of_each` texts."""
    groups: int = 24
    of_each: int = 3
    rate: float = 5e-5
    warm_up: float = 0.1
    sharpness: float = 20.0
    """1 / temperature of the contrastive loss."""
    misheard: float = 0.4
    """Share of the texts that are read with a recognizer's slips."""
    dropout: float = 0.1
    decay: float = 0.01
    rank: int = 48
    longest: int = 40
    """Tokens of a text; longer ones are cut."""


def adapt(base: OnnxEncoder, families: Sequence[Family], course: Course, seed: int, progress: Progress) -> Network:
    """The trained network; `progress` is called with the share done, 0..1."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Network(read_weights(base.folder / base.settings.model), base.pooling, 2, course.dropout)
    learned = [p for p in network.encoder.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=course.rate, weight_decay=course.decay)
    texts_of = np.array([sum(map(len, family)) for family in families])
    turns = np.sqrt(texts_of) / np.sqrt(texts_of).sum()
    steps = max(1, round(course.rounds * float(texts_of.sum()) / (course.groups * course.of_each)))
    network.whole.train()
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = course.rate * min(1.0, step / (course.warm_up * steps)) * (1 - step / steps)
        texts, labels = _drawn(families[int(random.choice(len(families), p=turns))], course, random)
        ids, mask = padded(token_ids(base.folder / "tokenizer.json", [_cased(base, t) for t in texts], course.longest))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_matrix_units()):
            vectors = network.vectors(torch.from_numpy(ids), torch.from_numpy(mask))
        loss = contrastive(vectors.float(), torch.tensor(labels), course.sharpness)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        progress((step + 1) / steps)
    network.whole.eval()
    return network


def _drawn(family: Family, course: Course, random: np.random.Generator) -> tuple[list[str], list[int]]:
    """Some texts of some groups, and the numbers of their groups."""
    # Large groups come up more often, and yet a text of a small one more than a text of theirs.
    chances = np.sqrt([len(group) for group in family])
    chosen = random.choice(len(family), min(course.groups, len(family)), replace=False, p=chances / chances.sum())
    texts: list[str] = []
    labels: list[int] = []
    for number in chosen.tolist():
        own = family[number]
        for place in random.choice(len(own), min(course.of_each, len(own)), replace=False).tolist():
            texts.append(misheard(own[place], random) if random.random() < course.misheard else own[place])
            labels.append(number)
    return texts, labels


def _cased(base: OnnxEncoder, text: str) -> str:
    return text.lower() if base.lower_case else text


def read_groups(path: Path) -> Family:
    """The rows of a groups file."""
    return _forms([json.loads(line)["texts"] for line in path.read_text(encoding="utf-8").splitlines()])


def _of_samples(path: Path) -> Family:
    found: dict[str, list[str]] = {}
    for sample in read_samples(path):
        found.setdefault(sample.intent, []).append(sample.text)
    return _forms(found.values())


def _of_articles(path: Path) -> Family:
    return _forms([article.phrasings for article in read_articles(path)])


def _forms(groups: Iterable[Sequence[str]]) -> Family:
    """Groups in model form, each text once; those of one text teach nothing."""
    forms = [list(dict.fromkeys(map(model_form, group))) for group in groups]
    return [group for group in forms if len(group) > 1]


def main() -> None:
    """Adapt an encoder and write what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the base")
    parser.add_argument("--groups", type=Path, nargs="*", default=[], help='JSONL: {"texts": [...]}')
    parser.add_argument("--samples", type=Path, nargs="*", default=[], help='JSONL: {"text", "intent"}')
    parser.add_argument("--kb", type=Path, nargs="*", default=[], help="articles, JSONL")
    parser.add_argument("--out", type=Path, required=True, help="the delta, .npz")
    parser.add_argument("--rounds", type=float, default=Course.rounds)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    readers: list[tuple[Callable[[Path], Family], list[Path]]] = [
        (read_groups, args.groups), (_of_samples, args.samples), (_of_articles, args.kb)
    ]  # fmt: skip
    families = [family for read, paths in readers for path in paths if (family := read(path))]
    base, course, started = OnnxEncoder(args.encoder, cache=0), Course(rounds=args.rounds), time.monotonic()

    def tell(share: float) -> None:
        left = (time.monotonic() - started) * (1 - share) / share / 60
        print(f"\r{share:4.0%}, {left:.1f} min left ", end="", file=sys.stderr, flush=True)

    after = adapt(base, families, course, args.seed, tell).tensors()
    before = {name: value for name, value in _tensors(base).items() if name in after}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_delta(args.out, shrink(before, after, course.rank))
    print(f"\n{args.out}: from {sum(len(g) for f in families for g in f)} texts", file=sys.stderr)


def _tensors(base: OnnxEncoder) -> Tensors:
    return read_weights(base.folder / base.settings.model).tensors


if __name__ == "__main__":
    main()
