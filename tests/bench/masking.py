"""What masking finds and what it takes by mistake: recall per kind and the share of other words that are masked.

    python -m tests.bench.masking [--shared ../shared/data]

The labelled dialogues lie in tests/data/masking (`*_test` is never tuned on); the rest is ordinary talk, where every
masked word is a mistake. Data sets that are not there are left out, and said to be.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from server.masking.evaluate import Dialogue, Score, Secret, Turn, evaluate, read_dialogue

ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "tests" / "data" / "masking"
PACK = ROOT / "kb" / "packs" / "zh_bank"
SETS = ("zh", "en", "zh_test", "en_test", "varied", "varied_2")
PII_KINDS = {
    "CREDIT_CARD": "bank_card",
    "IBAN_CODE": "bank_card",
    "PHONE_NUMBER": "phone",
    "US_SSN": "id_number",
    "US_DRIVER_LICENSE": "id_number",
}


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pii(path: Path) -> Iterator[Dialogue]:
    """Sentences of presidio-research with the kinds that masking knows as secrets."""
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        spans = sorted(row["spans"], key=lambda span: span["start_position"])
        secrets = tuple(
            Secret(span["entity_value"], PII_KINDS[span["entity_type"]], re.sub(r"\D", "", span["entity_value"])[-4:])
            for span in spans
            if span["entity_type"] in PII_KINDS
        )
        yield Dialogue(f"pii-{number}", "en", (Turn("customer", row["full_text"], secrets),))


def talk(texts: Iterable[str], language: str, role: str) -> Iterator[Dialogue]:
    """One dialogue per text, without secrets."""
    for number, text in enumerate(texts):
        yield Dialogue(str(number), "en" if language == "en" else "zh", (Turn(role, text),))


def ordinary(shared: Path) -> Iterator[tuple[str, Iterator[Dialogue]]]:
    """Ordinary talk by name."""
    asked = [
        row["text"] for name in ("samples", "samples_test", "queries", "oos") for row in rows(PACK / f"{name}.jsonl")
    ]
    yield "zh_bank customers", talk(asked, "zh", "customer")
    articles = rows(PACK / "articles.jsonl")
    yield "zh_bank articles", talk((row["answer"] for row in articles), "zh", "agent")
    crosswoz = shared / "crosswoz" / "user_utterances.tsv"
    if crosswoz.exists():
        lines = crosswoz.read_text(encoding="utf-8").splitlines()[1:]
        yield "crosswoz", talk((line.split("\t")[2] for line in lines), "zh", "customer")


def told(name: str, score: Score) -> str:
    kinds = " ".join(
        f"{kind} {score.recall(kind):.2%} of {count}" for kind, count in sorted(score.secrets.items()) if count
    )
    return f"{name:18} {kinds or '-':90} false masks {score.false_rate:.2%} of {score.words} words"


def measure(shared: Path) -> Iterator[str]:
    """One line per data set."""
    for name in SETS:
        score = evaluate(map(read_dialogue, rows(LABELLED / f"{name}.jsonl")), interims=True)
        yield f"{told(name, score)}, interims that leak {score.leaked_interims}"
    every = (row for name in SETS for row in rows(LABELLED / f"{name}.jsonl"))
    yield told("all labelled", evaluate(map(read_dialogue, every)))
    path = shared / "pii_en" / "synth_dataset_v2.json"
    yield told("pii_en", evaluate(pii(path))) if path.exists() else f"pii_en: not at {path}"
    for name, dialogues in ordinary(shared):
        yield told(name, evaluate(dialogues))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the data sets")
    for line in measure(parser.parse_args().shared):
        print(line)


if __name__ == "__main__":
    main()
