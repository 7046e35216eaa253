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
from suggest.encoder import Encoder, OnnxEncoder, Vectors
from suggest.figures import TARGET_FALSE_ACCEPT, HeldOut, measure
from suggest.fit import Data, Settings, cross_validate, fit_head, prepare
from suggest.forms import model_form
from suggest.head import Head
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
    vectors = _encode(encoder, [sample.text for sample in samples], "encode samples", report)
    unknown = _encode(encoder, list(oos or ()), "encode out-of-scope texts", report)
    data = prepare(vectors, targets, seed)
    settings, held = cross_validate(data, unknown, lambda share: report("cross-validate", share))
    with _draft(out) as folder:
        if mode == "full":
            outcome = _tuned(samples, oos or (), encoder, data, unknown, settings, folder, _work(out), seed, report)
        else:
            outcome = _Outcome(fit_head(data, settings), held, {"c": settings.c})
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
            temperature=outcome.head.temperature,
            target_false_accept=TARGET_FALSE_ACCEPT,
            trained_at=now(),
            seconds=round(time.perf_counter() - started, 2),
            **asdict(figures),
        )
        write_model(folder, outcome.head, card)
    report("done", 1.0)
    return card


def _tuned(
    samples: Sequence[Sample],
    oos: Sequence[str],
    encoder: OnnxEncoder,
    data: Data,
    unknown: Vectors,
    settings: Settings,
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
    tuned = tune(encoder, forms, data, settings.c, folder, work, recipe, seed, telling)
    head = Head(
        weight=tuned.weight,
        bias=tuned.bias,
        temperature=1.0,
        known_weight=settings.known_weight,
        known_bias=settings.known_bias,
        samples=data.vectors.astype(np.float16),
        sample_labels=data.targets,
    )
    shutil.rmtree(work, ignore_errors=True)
    held = _held_out(head, data, tuned.vectors, tuned.held_out, unknown, _side_by_side(unknown, tuned.encoder, oos))
    chosen = {"c": settings.c, "frozen_share": tuned.share, "products": tuned.products.value, **asdict(recipe)}
    return _Outcome(head, held, chosen)


def _side_by_side(vectors: Vectors, tuned: OnnxEncoder, texts: Sequence[str]) -> Vectors:
    """What both encoders make of texts."""
    if not len(texts):
        return vectors
    return np.concatenate([vectors, tuned.encode([model_form(text) for text in texts])], axis=1)


def _held_out(
    head: Head, data: Data, tuned: Vectors, rows: NDArray[np.int64], unknown: Vectors, unknown_both: Vectors
) -> HeldOut:
    """What the tuned model says of the texts that its training did not see, each against the others."""
    kept = np.setdiff1d(np.arange(len(data.targets)), rows)
    against = replace(head, samples=head.samples[kept], sample_labels=head.sample_labels[kept])
    rest = data.vectors[kept]
    inside = head.probabilities(np.concatenate([data.vectors[rows], tuned[rows]], axis=1))
    sure = against.known(inside, data.vectors[rows] @ rest.T)
    if not len(unknown):
        return HeldOut(inside, data.targets[rows], sure, np.empty(0, np.int64), np.empty(0, np.float32))
    outside = head.probabilities(unknown_both)
    unsure = head.known(outside, unknown @ data.vectors.T)
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


def _encode(encoder: Encoder, texts: Sequence[str], step: str, report: Progress, size: int = 32) -> Vectors:
    forms = [model_form(text) for text in texts]
    parts = []
    for start in range(0, len(forms), size):
        parts.append(encoder.encode(forms[start : start + size]))
        report(step, min(1.0, (start + size) / len(forms)))
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _name(mode: Mode, digest: str, encoder: str, seed: int, outcome: _Outcome) -> str:
    made_of = json.dumps([digest, encoder, seed, outcome.settings, round(outcome.head.temperature, 4)])
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
