"""Training an intent model on the frozen encoder."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from suggest.card import Card, now, write_model
from suggest.encoder import Encoder, Vectors
from suggest.fit import Settings, cross_validate, fit_head, prepare
from suggest.forms import model_form
from suggest.samples import Sample, data_hash

Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of it done, 0..1."""


class TrainingError(ValueError):
    """Data that no model can be trained on. The message says what is missing."""


def train(
    samples: Sequence[Sample],
    out: Path,
    encoder: Encoder,
    *,
    oos: Sequence[str] | None = None,
    silent: Sequence[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Card:
    """Train on `samples`, replace the folder `out` as a whole, return the model's card.

    `oos` are texts that belong to no intent; they set the abstaining. `silent` names the intents of small talk.
    The same samples, encoder and seed give the same model. Raises `TrainingError`.
    """
    started = time.perf_counter()
    report = progress or (lambda step, share: None)
    labels = _labels(samples)
    targets = np.array([labels.index(sample.intent) for sample in samples])
    vectors = _encode(encoder, [sample.text for sample in samples], "encode samples", report)
    unknown = _encode(encoder, list(oos or ()), "encode out-of-scope texts", report)
    data = prepare(vectors, targets, seed)
    settings, figures = cross_validate(data, unknown, lambda share: report("cross-validate", share))
    head = fit_head(data, settings)
    digest = data_hash(samples, oos or ())
    card = Card(
        name=_name(digest, encoder.fingerprint, settings),
        labels=tuple(labels),
        silent=tuple(sorted(set(silent) & set(labels))),
        samples=len(samples),
        oos_texts=len(unknown),
        data_hash=digest,
        encoder=encoder.name,
        encoder_hash=encoder.fingerprint,
        seed=seed,
        settings={"c": settings.c},
        temperature=settings.temperature,
        threshold=figures.threshold,
        target_false_accept=figures.target_false_accept,
        accuracy=figures.accuracy,
        macro_f1=figures.macro_f1,
        auroc=figures.auroc,
        accept_rate=figures.accept_rate,
        false_accept_rate=figures.false_accept_rate,
        trained_at=now(),
        seconds=round(time.perf_counter() - started, 2),
    )
    _replace(out, lambda folder: write_model(folder, head, card))
    report("done", 1.0)
    return card


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


def _name(digest: str, encoder: str, settings: Settings) -> str:
    made_of = json.dumps([digest, encoder, settings.c, round(settings.temperature, 4)])
    return f"head-{sha256(made_of.encode()).hexdigest()[:10]}"


def _replace(out: Path, write: Callable[[Path], None]) -> None:
    """Fill a new folder beside `out`, then swap: a reader sees the old model or the new one."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out} is a file; give a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").exists():
        raise TrainingError(f"{out} holds other files than a model; give a new folder with --out")
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    old = draft.with_name(draft.name + "-old")
    try:
        write(draft)
        draft.chmod(0o755)
        if out.exists():
            out.rename(old)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
