"""What is lost from clean text to what the recognizer hears on a telephone line."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from asr.error_rate import cer, wer
from asr.evaluate import transcribe
from asr.pool import RecognizerPool
from asr.vosk_recognizer import VoskModel
from suggest.suggester import Suggester
from tests.bench.quality.bench import ENCODERS, REPOSITORY, Bench, PackData, Progress
from tests.bench.quality.metrics import difference
from tests.bench.quality.tables import share, table
from tests.bench.worlds import SLIPPED, slip

LABELS = Path(__file__).parent / "spoken"
MARGIN = 0.3
"""Seconds kept on either side of a turn cut from a call."""
Marks = dict[str, list[bool]]


@dataclass(frozen=True)
class Spoken:
    """A question as it was meant, which articles answer it, and where it is said (seconds; 0 to -1 is all)."""

    text: str
    articles: frozenset[str]
    path: Path
    start: float = 0.0
    end: float = -1.0


def section(bench: Bench) -> list[str]:
    """Recorded questions through the recognizer, and all test texts with simulated slips."""
    rows, rates = [], []
    for lang in ENCODERS:
        pack = bench.pack(lang)
        items = bench.some(_spoken(pack), 10)
        heard = _heard(bench, lang, items)
        clean = [item.text for item in items]
        rates.append(f"{pack.folder.name}: {share((cer if lang == 'zh' else wer)(clean, heard))}%")
        right = [item.articles for item in items]
        for mode in bench.modes:
            suggester = bench.suggester(pack, bench.pack_model(pack, mode))
            before, after = (_marks(suggester, texts, right) for texts in (clean, heard))
            rows += _rows(bench, [pack.folder.name, "recordings", mode], before, after)
            if lang == "zh":
                rows += _slips(bench, pack, suggester, mode)
    head = ["pack", "heard as", "classifier", "figure", "n", "clean %", "heard %", "change, points (95%)"]
    return [
        "Recordings: the telephone recordings in `tests/data/asr_*` that ask what the pack answers (labelled in",
        "`tests/bench/quality/spoken`) and the customers' questions of the packs' demo calls, through the shipped",
        f"recognizer. Character (Chinese) and word error rates: {'; '.join(rates)}. Slips: the pack's held-out texts",
        f"with {share(SLIPPED)}% of the characters replaced by homophones, which is no recognizer but many more texts.",
        "The 95% interval is a bootstrap over the texts.",
        "",
        *table(head, rows),
    ]


def _marks(suggester: Suggester, texts: Sequence[str], right: Sequence[frozenset[str]]) -> Marks:
    """For each text: whether the intent, the first hit, five hits, and the cards are right."""
    intents = {article.id: article.intent for article in suggester.index.articles}
    marks: Marks = {"intent": [], "found first": [], "found among 5": [], "right among cards": []}
    for text, articles in zip(texts, right, strict=True):
        hits = [hit.article.id for hit in suggester.look_up(text)[0]] if text else []
        cards = {card.article.id for card in suggester.suggest(text).candidates} if text else set()
        said = suggester.classifier.classify(text).intent if suggester.classifier and text else None
        marks["intent"].append(said in {intents[name] for name in articles})
        marks["found first"].append(bool(articles & set(hits[:1])))
        marks["found among 5"].append(bool(articles & set(hits[:5])))
        marks["right among cards"].append(bool(articles & cards))
    return marks


def _slips(bench: Bench, pack: PackData, suggester: Suggester, mode: str) -> list[list[str]]:
    """The same for held-out texts with characters replaced: intents on samples, the rest on queries."""
    assert suggester.classifier is not None
    classify = suggester.classifier.classify
    samples = [sample.text for sample in pack.samples_test]
    said = [
        [classify(text).intent == sample.intent for text, sample in zip(texts, pack.samples_test, strict=True)]
        for texts in (samples, slip(samples, SLIPPED, bench.seed))
    ]
    queries = [query.text for query in pack.queries]
    right = [frozenset({query.article}) for query in pack.queries]
    before, after = (_marks(suggester, texts, right) for texts in (queries, slip(queries, SLIPPED, bench.seed)))
    before["intent"], after["intent"] = said
    return _rows(bench, [pack.folder.name, "slips", mode], before, after)


def _rows(bench: Bench, names: list[str], before: Marks, after: Marks) -> list[list[str]]:
    rows = []
    for figure, marks in before.items():
        change, low, high = difference(marks, after[figure], bench.seed)
        shares = [share(sum(part[figure]) / len(marks)) for part in (before, after)]
        rows.append([*names, figure, str(len(marks)), *shares, f"{change:+.1f} ({low:+.1f} to {high:+.1f})"])
    return rows


def _spoken(pack: PackData) -> list[Spoken]:
    """All recorded questions that the pack answers."""
    folder = REPOSITORY / "tests/data" / f"asr_{pack.lang}"
    texts = {row["path"]: row["text"] for row in _tsv(folder / "manifest.tsv")}
    found = [
        Spoken(texts[row["path"]], frozenset(row["articles"].split()), folder / row["path"])
        for row in _tsv(LABELS / f"{pack.lang}.tsv")
    ]
    for script in sorted((pack.folder / "calls").glob("*.json")):
        call = json.loads(script.read_text(encoding="utf-8"))
        sound = script.parent / call["legs"]["customer"]
        for turn in call["turns"]:
            if turn["leg"] == "customer" and turn["article"]:
                articles = frozenset({turn["article"], *turn["articles_also_right"]})
                found.append(Spoken(turn["text"], articles, sound, turn["start"] - MARGIN, turn["end"] + MARGIN))
    return found


def _heard(bench: Bench, lang: str, items: Sequence[Spoken]) -> list[str]:
    """What the recognizer hears, decoded once for the same sound and kept under `work`."""
    kept = bench.work / f"heard-{lang}.json"
    known: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    weights = bench.models / f"vosk-small-{lang}"
    keys = [_key(item, weights) for item in items]
    missing = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
    if missing:
        pool, progress = RecognizerPool(VoskModel(weights, bench.work / "asr")), Progress(f"hear {lang}")
        for number, (key, item) in enumerate(missing.items()):
            known[key] = _hear(item, pool)
            progress((number + 1) / len(missing))
        pool.close()
        kept.write_text(json.dumps(known, ensure_ascii=False, indent=0), encoding="utf-8")
    return [known[key] for key in keys]


def _hear(item: Spoken, pool: RecognizerPool) -> str:
    sound, rate = soundfile.read(item.path, dtype="int16")
    end = len(sound) if item.end < 0 else round(item.end * rate)
    return transcribe(sound[max(0, round(item.start * rate)) : end], rate, pool)


def _key(item: Spoken, weights: Path) -> str:
    digest = hashlib.sha256(item.path.read_bytes())
    digest.update(f"{item.start} {item.end}".encode())
    for name in ("am/final.mdl", "graph/Gr.fst"):
        digest.update(str((weights / name).stat().st_size).encode())
    return digest.hexdigest()[:20]


def _tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
