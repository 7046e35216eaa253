"""Intents and retrieval on the packs' held-out parts, and what is far out of scope."""

import csv
from collections.abc import Sequence

from kb.files import Query
from suggest.classifier import IntentClassifier
from suggest.suggester import Suggester
from suggest.train import Mode
from tests.bench.quality.baselines import compare
from tests.bench.quality.bench import ENCODERS, Bench, PackData
from tests.bench.quality.metrics import recall
from tests.bench.quality.tables import intent_table, share, table

FAR_TEXTS = 1000


def intents(bench: Bench) -> list[str]:
    """Intents of both packs against their baselines."""
    lines = [
        "Trained on `samples.jsonl` and `oos.jsonl`, measured on `samples_test.jsonl` and `oos_test.jsonl`. `head`:",
        "the frozen encoder with a linear head; `full`: fine-tuned. AUROC: known against out-of-scope texts. Accepted:",
        "at or above the thresholds of the model's card, which were set on the training data.",
        "",
    ]
    for lang in ENCODERS:
        pack = bench.pack(lang)
        lines += [f"### {_name(pack)}", "", _sizes(pack), ""]
        found = compare(bench, _models(bench, pack), pack.samples, lang, pack.samples_test, pack.oos_test)
        lines += intent_table({name: [one] for name, one in found.items()})
    return lines


def retrieval(bench: Bench) -> list[str]:
    """Retrieval on the packs' queries, with and without the classifier's opinion."""
    rows = []
    for lang in ENCODERS:
        pack = bench.pack(lang)
        for name, classifier in [("no classifier", None), *_models(bench, pack).items()]:
            places = ranked(bench.suggester(pack, classifier), pack.queries)
            figures = [share(recall(places, most)) for most in (1, 3, 5)]
            rows.append([_name(pack), name, str(len(pack.queries)), *figures])
    return [
        "`queries.jsonl` against all articles of the pack, through `Suggester.look_up` (no threshold).",
        "",
        *table(["pack", "classifier", "queries", "first %", "among 3 %", "among 5 %"], rows),
    ]


def far(bench: Bench) -> list[str]:
    """Travel questions against the Chinese pack."""
    if bench.data is None or not (bench.data / "crosswoz").is_dir():
        return ["Skipped: no folder `crosswoz` (give `--data DIR`).", ""]
    pack = bench.pack("zh")
    with (bench.data / "crosswoz/user_utterances.tsv").open(encoding="utf-8") as file:
        said = [row["utterance"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    texts = bench.some(sorted(set(said)), 60, FAR_TEXTS)
    models = _models(bench, pack)
    found = compare(bench, models, pack.samples, "zh", pack.samples_test, texts)
    rows = [[mode, *_raised(bench.suggester(pack, classifier), texts)] for mode, classifier in models.items()]
    return [
        f"{len(texts)} customer utterances of CrossWOZ (hotels, restaurants, sights, taxis, the metro) as unknown, the",
        "pack's held-out texts as known. Greetings and thanks among them are rightly taken for small talk, which",
        "raises no card.",
        "",
        *intent_table({name: [one] for name, one in found.items()}),
        *table(["classifier", "accepted as an intent with cards %", "shown a card %"], rows),
    ]


def ranked(suggester: Suggester, queries: Sequence[Query]) -> list[int]:
    """The place, from 1, of each query's article among the hits; 0 where it is not there."""
    places = []
    for query in queries:
        hits, _ = suggester.look_up(query.text)
        places.append(next((n for n, hit in enumerate(hits, 1) if hit.article.id == query.article), 0))
    return places


def _raised(suggester: Suggester, texts: Sequence[str]) -> list[str]:
    """Shares of texts that the classifier accepts as an intent with cards, and that a card is shown for."""
    classifier = suggester.classifier
    assert classifier is not None
    found = [classifier.classify(text) for text in texts]
    accepted = sum(one.known and one.intent not in classifier.silent for one in found)
    shown = sum(bool(suggester.suggest(text).candidates) for text in texts)
    return [share(accepted / len(texts)), share(shown / len(texts))]


def _models(bench: Bench, pack: PackData) -> dict[Mode, IntentClassifier]:
    return {mode: bench.pack_model(pack, mode) for mode in bench.modes}


def _name(pack: PackData) -> str:
    return pack.folder.name


def _sizes(pack: PackData) -> str:
    return (
        f"{len({s.intent for s in pack.samples})} intents, {len(pack.samples)} texts and {len(pack.oos)} out-of-scope "
        f"ones to train on; {len(pack.samples_test)} and {len(pack.oos_test)} to measure."
    )
