"""BANKING77 and CLINC150: public data that nothing here was written for."""

import csv
import json
import random
from collections.abc import Sequence

from suggest.classifier import IntentClassifier
from suggest.samples import Sample
from suggest.train import Mode
from tests.bench.quality.baselines import compare
from tests.bench.quality.bench import Bench
from tests.bench.quality.metrics import Figures, folds
from tests.bench.quality.tables import intent_table

UNKNOWN = 5
"""One in so many intents is held out as unknown."""
Methods = dict[str, list[Figures]]


def banking(bench: Bench) -> list[str]:
    """BANKING77, cross-validated on its training part; its test part is never read."""
    if bench.data is None or not (bench.data / "banking77").is_dir():
        return ["Skipped: no folder `banking77` (give `--data DIR`).", ""]
    with (bench.data / "banking77/train.csv").open(encoding="utf-8") as file:
        samples = [Sample(text=row["text"], intent=row["category"]) for row in csv.DictReader(file)]
    kept = set(bench.intents([sample.intent for sample in samples]))
    samples = bench.few_each([sample for sample in samples if sample.intent in kept])
    held = folds([sample.intent for sample in samples], bench.folds, bench.seed)
    all_known, some_unknown = Methods(), Methods()
    for fold, rows in enumerate(held):
        out = set(rows.tolist())
        rest = [sample for n, sample in enumerate(samples) if n not in out]
        asked = [samples[n] for n in rows]
        _add(all_known, _fold(bench, f"banking77-{fold}", fold, rest, asked, []))
        unknown = strangers(sorted(kept), fold, bench.seed)
        strange = [sample.text for sample in samples if sample.intent in unknown]
        rest, asked = ([s for s in part if s.intent not in unknown] for part in (rest, asked))
        _add(some_unknown, _fold(bench, f"banking77-unknown-{fold}", fold, rest, asked, strange))
    return [
        f"{len(samples)} texts of {len(kept)} intents, {bench.folds} folds; `full` on {bench.full_folds} of them. Mean",
        "over the folds, with the lowest and highest.",
        "",
        *intent_table(all_known),
        f"The same folds with a fifth of the intents held out as unknown, another fifth in each; {len(strange)}",
        "unknown texts in the last. No out-of-scope texts are given to training.",
        "",
        *intent_table(some_unknown),
    ]


def clinc(bench: Bench) -> list[str]:
    """CLINC150 with its out-of-scope texts."""
    if bench.data is None or not (bench.data / "clinc150").is_dir():
        return ["Skipped: no folder `clinc150` (give `--data DIR`).", ""]
    parts = json.loads((bench.data / "clinc150/train_val.json").read_text(encoding="utf-8"))
    kept = set(bench.intents([label for _, label in parts["train"]]))
    rows = {
        name: [Sample(text=t, intent=label) for t, label in parts[name] if label in kept] for name in ("train", "val")
    }
    oos = {name: [text for text, _ in parts[f"oos_{name}"]] for name in ("train", "val")}
    train, known = bench.few_each(rows["train"]), bench.some(rows["val"], 60)
    modes = [mode for mode in bench.modes if mode == "head" or bench.clinc_full]
    models: dict[Mode, IntentClassifier] = {
        mode: bench.classifier(bench.model("clinc150", mode, "en", train, oos["train"]), "en") for mode in modes
    }
    found = compare(bench, models, train, "en", known, oos["val"])
    return [
        f"{len(train)} texts of {len(kept)} intents and {len(oos['train'])} out-of-scope ones to train on; the",
        f"validation part to measure ({len(known)} and {len(oos['val'])}).",
        *([] if "full" in modes else ["`full` takes long and was left out (`--clinc-full`)."]),
        "",
        *intent_table({name: [one] for name, one in found.items()}),
    ]


def strangers(intents: Sequence[str], fold: int, seed: int) -> set[str]:
    """The intents that are unknown in a fold: a fifth of all, another one in each of the first five folds."""
    mixed = list(intents)
    random.Random(seed).shuffle(mixed)
    return set(mixed[fold % UNKNOWN :: UNKNOWN])


def _fold(
    bench: Bench, name: str, fold: int, rest: list[Sample], asked: list[Sample], strange: list[str]
) -> dict[str, Figures]:
    modes = [mode for mode in bench.modes if mode == "head" or fold < bench.full_folds]
    models: dict[Mode, IntentClassifier] = {
        mode: bench.classifier(bench.model(name, mode, "en", rest), "en") for mode in modes
    }
    return compare(bench, models, rest, "en", asked, strange)


def _add(methods: Methods, found: dict[str, Figures]) -> None:
    for name, one in found.items():
        methods.setdefault(name, []).append(one)
