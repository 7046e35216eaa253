"""Calls replayed from what was heard in them, through the real session and suggester, on a clock of their own.

python -m tests.bench.hearing --model models/vosk-small-zh --out build/heard kb/packs/zh_bank/calls/*.flac
python -m tests.bench.virtual --pack kb/packs/zh_bank --models models --heard build/heard
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from kb.index import Index
from kb.pack import load_pack
from server.ids import new_id
from server.knowledge import answer
from server.session import Ask, Commit, InterimHeard, Output, Policy, Session
from server.settings import Settings
from server.wire import events as ev
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.spoken import similarity
from suggest.suggester import Suggester
from tests.bench.hearing import Heard, read_heard
from tests.bench.summary import report
from tests.server.demo_run import DemoRun, judge

THINKING = 0.05
"""Seconds from the audio's arrival to cards: decoding and suggesting on a machine that is not overloaded."""
TICK = 0.5


class VirtualCall:
    """One conversation; `play` takes what was heard on all legs, in order."""

    def __init__(self, suggester: Suggester, language: str, policy: Policy | None = None) -> None:
        self.suggester = suggester
        self.language = language
        self.session = Session(new_id(), policy or Policy(), similarity)
        self.events: list[ev.Event] = []
        started = ev.ConversationStarted(
            channel=ev.Channel.CALL, direction=ev.Direction.INBOUND, external_id="x", language=language, queue="q",
            agent="lin", customer="c",
        )  # fmt: skip
        self._take(self.session.start(started, 0.0), 0.0)

    def play(self, heard: list[Heard]) -> list[ev.Event]:
        for leg in sorted({one.transcript.leg for one in heard}):
            leg_started = ev.LegStarted(
                leg=leg, role=ev.Role(leg), language=self.language, encoding="pcm16", sample_rate=8000, offset=0
            )
            self._take(self.session.open_leg(leg_started, 0.0), 0.0)
        ticked = 0.0
        for one in sorted(heard, key=lambda one: one.at):
            while ticked + TICK < one.at:
                ticked += TICK
                self._take(self.session.tick(ticked), ticked)
            self._take(self.session.heard(one.transcript, one.at, one.transcript.end), one.at)
        return self.events

    def _take(self, outputs: list[Output], at: float) -> None:
        for output in outputs:
            if isinstance(output, Commit):
                self.events.append(output.event)
            elif isinstance(output, Ask):
                found = replace(answer(self.suggester, output), intent_at=at, retrieval_at=at)
                done = at + THINKING
                self._take(self.session.suggested(found, done), done)
            elif not isinstance(output, InterimHeard):
                raise TypeError(output)


def load_suggester(folder: Path, models: Path, intent: str | None = None) -> Suggester:
    """Over the articles of the pack in `folder`, with the intent model of its language unless another is named."""
    pack, settings = load_pack(folder), Settings(models_dir=models)
    weights = settings.encoder(pack.lang)
    assert weights is not None
    encoder = OnnxEncoder(weights, cache=20_000)
    index = Index(encoder)
    index.add(pack.articles)
    classifier = IntentClassifier.load(models / (intent or f"intent-{pack.lang}"), encoder)
    return Suggester(classifier, index, encoder, lang=pack.lang)


def play(suggester: Suggester, script: Path, heard: Path) -> tuple[DemoRun, list[ev.Event]]:
    call = json.loads(script.read_text(encoding="utf-8"))
    legs = [read_heard(heard / f"{script.stem}.{leg}.jsonl") for leg in call["legs"]]
    events = VirtualCall(suggester, call["lang"]).play([one for leg in legs for one in leg])
    return judge(call, [(event.at, event.model_dump(mode="json")) for event in events], 1.0), events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pack", "models", "heard"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--intent", help="name of the intent model's folder, where it is not the language's own")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    suggester = load_suggester(args.pack, args.models, args.intent)
    runs = []
    for script in sorted((args.pack / "calls").glob("*.json")):
        run, events = play(suggester, script, args.heard)
        runs.append(run)
        if args.verbose:
            show(events)
    for run in runs:
        for question in run.questions:
            print(question.first_correct, question.right_first, question.article, question.shown, question.text)
        print("other", run.other_cards)
    print(json.dumps(report(runs), ensure_ascii=False))


def show(events: list[ev.Event]) -> None:
    names: dict[str, str] = {}
    for event in events:
        match event.payload:
            case ev.Utterance() as said:
                print(f"{event.at:6.2f} {said.role.value:8} [{said.start:.2f}-{said.end:.2f}] {said.text}")
            case ev.SuggestionsRaised() as raised:
                names |= {card.suggestion_id: card.article_id for card in raised.cards}
                cards = [(c.article_id, round(c.confidence, 2)) for c in raised.cards]
                print(f"{event.at:6.2f}     + {raised.cards[0].source} {cards} {raised.trigger_text}")
            case ev.SuggestionRevised() as revised:
                print(f"{event.at:6.2f}     = {names[revised.suggestion_id]} {revised.confidence:.2f}")
            case ev.SuggestionOutcome() as outcome:
                print(f"{event.at:6.2f}     - {names[outcome.suggestion_id]} {outcome.outcome.value}")


if __name__ == "__main__":
    main()
