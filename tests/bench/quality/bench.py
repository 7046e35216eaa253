"""What all parts of the measuring share: options, encoders, and models that are trained once for the same data."""

import hashlib
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from kb.files import Query, read_articles, read_queries
from kb.index import Index
from kb.lexical import Segmenter, jieba_segmenter
from kb.pack import load_pack
from suggest.card import CARD_FILE
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.samples import Sample, data_hash, read_oos, read_samples
from suggest.suggester import Suggester
from suggest.train import Mode, train
from tests.bench.quality.metrics import Said
from tests.bench.worlds import PACKS

REPOSITORY = Path(__file__).parents[3]
ENCODERS = {"zh": "bge-small-zh-tici", "en": "all-minilm-l6-v2"}
TRAINER = ("suggest/*.py", "suggest/bert/*.py", "suggest/tuning/*.py", "kb/text.py", "kb/numbers.py")
"""Sources that a trained model depends on."""
NOT_TRAINING = {"suggester.py", "rank.py", "evaluate.py", "spoken.py"}
QUICK_INTENTS = 12
QUICK_TEXTS = 25
CACHED = 100_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class PackData:
    """A pack's parts; the `_test` ones were never trained on."""

    lang: str
    folder: Path
    silent: tuple[str, ...]
    samples: list[Sample]
    oos: list[str]
    samples_test: list[Sample]
    oos_test: list[str]
    queries: list[Query]


@dataclass
class Bench:
    """Options of a run, and what was loaded for it. `modes` are the ways of training to measure."""

    models: Path
    work: Path
    data: Path | None
    quick: bool
    modes: tuple[Mode, ...]
    folds: int
    full_folds: int
    clinc_full: bool
    seed: int = 0
    _encoders: dict[str, OnnxEncoder] = field(default_factory=dict)
    _segmenter: Segmenter | None = None
    _sources: str = field(default_factory=lambda: _trainer())

    def encoder(self, lang: str) -> OnnxEncoder:
        """The encoder of a language, which remembers what it encoded."""
        if lang not in self._encoders:
            self._encoders[lang] = OnnxEncoder(self.models / ENCODERS[lang], cache=CACHED)
        return self._encoders[lang]

    def segmenter(self) -> Segmenter:
        """Cuts texts into words."""
        self._segmenter = self._segmenter or jieba_segmenter()
        return self._segmenter

    def some(self, rows: Sequence[Row], quick: int, full: int | None = None) -> list[Row]:
        """The rows, or as many of them drawn at random as the run has time for."""
        most = quick if self.quick else full
        if most is None or len(rows) <= most:
            return list(rows)
        return random.Random(self.seed).sample(list(rows), most)

    def pack(self, lang: str) -> PackData:
        """A pack; in a quick run a few intents of it."""
        folder = PACKS / f"{lang}_bank"
        pack = load_pack(folder)
        samples = read_samples(folder / "samples.jsonl")
        kept = {*self.intents([sample.intent for sample in samples]), *pack.silent_intents}
        articles = {article.id for article in pack.articles if not self.quick or article.intent in kept}
        test = [s for s in read_samples(folder / "samples_test.jsonl") if s.intent in kept]
        queries = [q for q in read_queries(folder / "queries.jsonl") if q.article in articles]
        return PackData(
            lang=lang,
            folder=folder,
            silent=tuple(sorted(pack.silent_intents)),
            samples=self.few_each([sample for sample in samples if sample.intent in kept]),
            oos=self.some(read_oos(folder / "oos.jsonl"), 60),
            samples_test=self.some(test, 60),
            oos_test=self.some(read_oos(folder / "oos_test.jsonl"), 60),
            queries=self.some(queries, 40),
        )

    def intents(self, labels: Sequence[str]) -> list[str]:
        """The labels, without repeats; in a quick run some."""
        return sorted(set(labels))[: QUICK_INTENTS if self.quick else None]

    def few_each(self, samples: Sequence[Sample]) -> list[Sample]:
        """All samples; in a quick run a few of each intent."""
        seen: dict[str, int] = {}
        kept = []
        for sample in samples:
            seen[sample.intent] = seen.get(sample.intent, 0) + 1
            if not self.quick or seen[sample.intent] <= QUICK_TEXTS:
                kept.append(sample)
        return kept

    def model(
        self,
        name: str,
        mode: Mode,
        lang: str,
        samples: Sequence[Sample],
        oos: Sequence[str] = (),
        silent: Sequence[str] = (),
    ) -> Path:
        """Folder of a model trained on the samples; one that the same code trained on them before is taken as it is."""
        encoder = self.encoder(lang)
        made_of = f"{data_hash(samples, oos)} {silent} {encoder.fingerprint} {self.seed} {self._sources}"
        folder = self.work / "models" / f"{name}-{mode}-{hashlib.sha256(made_of.encode()).hexdigest()[:10]}"
        if not (folder / CARD_FILE).is_file():
            progress = Progress(f"train {name} {mode}")
            train(
                samples,
                folder,
                encoder,
                mode=mode,
                oos=list(oos) or None,
                silent=silent,
                seed=self.seed,
                progress=lambda step, done: progress(done, step),
            )
        return folder

    def classifier(self, folder: Path, lang: str) -> IntentClassifier:
        """A trained model on the encoder that remembers."""
        return IntentClassifier.load(folder, self.encoder(lang))

    def pack_folder(self, pack: PackData, mode: Mode) -> Path:
        """Folder of a pack's model, as `tici train` makes it."""
        return self.model(f"{pack.lang}_bank", mode, pack.lang, pack.samples, pack.oos, pack.silent)

    def pack_model(self, pack: PackData, mode: Mode) -> IntentClassifier:
        """The model of a pack."""
        return self.classifier(self.pack_folder(pack, mode), pack.lang)

    def suggester(self, pack: PackData, classifier: IntentClassifier | None) -> Suggester:
        """What serves conversations: all articles of the pack, and a classifier where given."""
        encoder = self.encoder(pack.lang)
        index = Index(encoder, segmenter=self.segmenter())
        index.add(read_articles(pack.folder / "articles.jsonl"))
        return Suggester(classifier, index, encoder, lang=pack.lang)


class Progress:
    """One line on stderr at most every few seconds."""

    def __init__(self, what: str, every: float = 10.0) -> None:
        self._what, self._every, self._last = what, every, time.monotonic()

    def __call__(self, done: float, step: str = "") -> None:
        """`done` is a share, 0..1."""
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            print(f"  {self._what}: {step} {100 * done:.0f}%", file=sys.stderr, flush=True)


def said_by(classifier: IntentClassifier, texts: Sequence[str], what: str = "classify") -> Said:
    """What a model says of texts, one by one as in service."""
    progress, found = Progress(what), []
    for number, text in enumerate(texts):
        found.append(classifier.classify(text))
        progress((number + 1) / len(texts))
    return Said(
        tuple(result.intent for result in found),
        np.array([result.confidence for result in found]),
        np.array([result.scores[result.intent] for result in found]),
        np.array([result.known for result in found], bool),
    )


def _trainer() -> str:
    """Changes with the sources that a trained model depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in TRAINER for path in REPOSITORY.glob(pattern)):
        if path.name not in NOT_TRAINING:
            digest.update(path.read_bytes())
    return digest.hexdigest()
