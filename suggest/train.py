"""Training an intent model: a head on the frozen encoder, or a fine-tuned encoder beside it."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from suggest.card import Card, now, write_model
from suggest.encoder import Encoder, OnnxEncoder
from suggest.figures import TARGET_FALSE_ACCEPT, HeldOut, measure
from suggest.fit import Data, Opinions, Settings, Texts, cross_validate, make_head, prepare
from suggest.forms import model_form
from suggest.grams import counted
from suggest.head import Floats, Head, signals
from suggest.samples import Sample, data_hash

Mode = Literal["head", "full"]
"""A linear head on the frozen encoder, in seconds; or the encoder fine-tuned as well, in minutes."""
Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of it done, 0..1."""


class TrainingError(ValueError):
    """Data that no model can be trained on. The message says what is missing."""


@dataclass(frozen=True)
class _Outcome:
    """What either way of training hands over."""

    head: Head
    held: HeldOut
    settings: dict[str, float | str]


def train(
    samples: Sequence[Sample],
    out: Path,
    encoder: OnnxEncoder,
    *,
    mode: Mode = "head",
    oos: Sequence[str] | None = None,
    silent: Sequence[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Card:
    """Train on `samples`, replace the folder `out` as a whole, return the model's card.

    `oos` are texts that belong to no intent; they set the abstaining. `silent` names the intents of small talk.
    The same samples, encoder and seed give the same model on the same kind of machine. Mode `full` keeps its
    checkpoints beside `out` and goes on from there when it is called again. Raises `TrainingError`.
    """
    started = time.perf_counter()
    report = progress or (lambda step, share: None)
    labels = _labels(samples)
    targets = np.array([labels.index(sample.intent) for sample in samples])
    texts = _texts(encoder, [sample.text for sample in samples], "encode samples", report)
    unknown = _texts(encoder, list(oos or ()), "encode out-of-scope texts", report)
    data = prepare(texts, targets, seed)
    settings, opinions, held = cross_validate(data, unknown, lambda share: report("cross-validate", share))
    with _draft(out) as folder:
        if mode == "full":
            known = _Known(data, unknown, settings, opinions)
            outcome = _tuned(samples, oos or (), encoder, known, folder, _work(out), seed, report)
        else:
            outcome = _Outcome(make_head(data, settings, opinions), held, _told(settings))
        figures = measure(outcome.held, labels)
        digest = data_hash(samples, oos or ())
        card = Card(
            name=_name(mode, digest, encoder.fingerprint, seed, outcome),
            mode=mode,
            labels=tuple(labels),
            silent=tuple(sorted(set(silent) & set(labels))),
            samples=len(samples),
            oos_texts=len(unknown),
            data_hash=digest,
            encoder=encoder.name,
            encoder_hash=encoder.fingerprint,
            seed=seed,
            settings=outcome.settings,
            target_false_accept=TARGET_FALSE_ACCEPT,
            trained_at=now(),
            seconds=round(time.perf_counter() - started, 2),
            **asdict(figures),
        )
        write_model(folder, outcome.head, card)
    report("done", 1.0)
    return card


@dataclass(frozen=True)
class _Known:
    """What is there before the encoder is tuned."""

    data: Data
    unknown: Texts
    settings: Settings
    opinions: Opinions


def _tuned(
    samples: Sequence[Sample],
    oos: Sequence[str],
    encoder: OnnxEncoder,
    known: _Known,
    folder: Path,
    work: Path,
    seed: int,
    report: Progress,
) -> _Outcome:
    try:
        from suggest.tuning.loop import Recipe
        from suggest.tuning.tune import tune
    except ImportError as error:
        raise TrainingError("fine-tuning needs torch and transformers: run `make train`, or use --mode head") from error

    def telling(share: float, left: float) -> None:
        report(f"fine-tune, {left / 60:.0f} min left", share)

    forms = [model_form(sample.text) for sample in samples]
    recipe = Recipe()
    work.mkdir(parents=True, exist_ok=True)
    tuned = tune(encoder, forms, known.data, known.settings.c, folder, work, recipe, seed, telling)
    shutil.rmtree(work, ignore_errors=True)
    settings = replace(known.settings, shares=tuned.shares)
    head = make_head(known.data, settings, known.opinions, (tuned.weight, tuned.bias))
    held = _held_out(head, known, tuned.inside, tuned.held_out, tuned.encoder, oos)
    return _Outcome(head, held, {**_told(settings), "products": tuned.products.value, **asdict(recipe)})


def _told(settings: Settings) -> dict[str, float | str]:
    """What a card says of the settings: the strength of the head and what each opinion counts."""
    names = ("frozen_share", "grams_share", "tuned_share")
    return {"c": settings.c, **{name: round(float(x), 4) for name, x in zip(names, settings.shares, strict=False)}}


def _held_out(
    head: Head, known: _Known, inside: Floats, rows: NDArray[np.int64], tuned: OnnxEncoder, oos: Sequence[str]
) -> HeldOut:
    """What the model says of the texts `rows`, which no part of it has seen when it said `inside`, each against the
    others; and of the out-of-scope texts."""
    data, unknown = known.data, known.unknown
    others = data.part(np.setdiff1d(np.arange(len(data.targets)), rows))
    sure = head.sure(signals(inside, data.vectors[rows] @ others.vectors.T, others.targets))
    if not len(unknown):
        return HeldOut(inside, data.targets[rows], sure, np.empty(0, np.int64), np.empty(0, np.float32))
    both = np.concatenate([unknown.vectors, tuned.encode([model_form(text) for text in oos])], axis=1)
    outside = head.probabilities(both, unknown.grams)
    unsure = head.sure(signals(outside, unknown.vectors @ data.vectors.T, data.targets))
    return HeldOut(inside, data.targets[rows], sure, outside.argmax(axis=1), unsure)


def _labels(samples: Sequence[Sample]) -> list[str]:
    labels = sorted({sample.intent for sample in samples})
    if len(labels) < 2:
        raise TrainingError(f"the samples have {len(labels)} intent(s); training needs at least 2")
    if len(samples) < 2 * len(labels):
        raise TrainingError(
            f"{len(samples)} samples for {len(labels)} intents are too few; give at least two a piece, better twenty"
        )
    return labels


def _texts(encoder: Encoder, texts: Sequence[str], step: str, report: Progress, size: int = 32) -> Texts:
    forms = [model_form(text) for text in texts]
    parts = []
    for start in range(0, len(forms), size):
        parts.append(encoder.encode(forms[start : start + size]))
        report(step, min(1.0, (start + size) / len(forms)))
    return Texts(np.concatenate(parts) if parts else np.empty((0, 0), np.float32), counted(forms))


def _name(mode: Mode, digest: str, encoder: str, seed: int, outcome: _Outcome) -> str:
    made_of = json.dumps([digest, encoder, seed, outcome.settings])
    return f"{mode}-{sha256(made_of.encode()).hexdigest()[:10]}"


def _work(out: Path) -> Path:
    """Where checkpoints of a model for `out` lie."""
    out = out.resolve()
    return out.with_name(f".{out.name}-training")


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A new folder beside `out` to fill, then swapped with it: a reader sees the old model or the new one."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out} is a file; give a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").exists():
        raise TrainingError(f"{out} holds other files than a model; give a new folder with --out")
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    old = draft.with_name(draft.name + "-old")
    try:
        yield draft
        draft.chmod(0o755)
        if out.exists():
            out.rename(old)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
