"""`tici eval`: figures on anyone's files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.train import encoder_folder, fail, progress_bar, sentences

if TYPE_CHECKING:
    from suggest.encoder import OnnxEncoder

app = typer.Typer(help="Measure intent, retrieval and speech recognition on your own files.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
LangOption = Annotated[str, typer.Option(help="Language of the texts: zh or en.")]


@app.command("intent")
def intent(
    samples: Annotated[Path, typer.Option(help='Labelled texts, JSONL: {"text", "intent"}.')],
    model: Annotated[Path | None, typer.Option(help="Folder of a trained model; the live one when left out.")] = None,
    oos: Annotated[Path | None, typer.Option(help='Texts of no intent, JSONL: {"text"}.')] = None,
    lang: LangOption = "zh",
    json_output: JsonOption = False,
) -> None:
    """Accuracy of intents; with --oos also how well unknown texts are told apart."""
    from suggest.classifier import IntentClassifier
    from suggest.evaluate import evaluate_intent
    from suggest.samples import read_oos, read_samples

    with sentences(), progress_bar() as report:
        rows, outside = read_samples(samples), read_oos(oos) if oos else None
        folder = model or live_model(lang)
        classifier = IntentClassifier.load(folder, encoder_of(folder, lang))
        figures = evaluate_intent(classifier, rows, outside, lambda share: report("classify", share))
    show(figures.as_dict(), json_output)


@app.command("retrieval")
def retrieval(
    kb: Annotated[Path, typer.Option(help="Knowledge-base file, JSONL.")],
    queries: Annotated[Path, typer.Option(help='Queries, JSONL: {"text", "article"}.')],
    lang: LangOption = "zh",
    json_output: JsonOption = False,
) -> None:
    """How often the right article is found, in a throw-away index with the shipped weights."""
    from kb.files import read_articles, read_queries
    from suggest.encoder import OnnxEncoder
    from suggest.evaluate import evaluate_retrieval

    with sentences(), progress_bar() as report:
        articles, asked = read_articles(kb), read_queries(queries)
        encoder = OnnxEncoder(encoder_folder(lang), cache=0)
        figures = evaluate_retrieval(articles, asked, encoder, progress=lambda share: report("search", share))
    show(figures.as_dict(), json_output)


@app.command("asr")
def asr(
    manifest: Annotated[Path, typer.Option(help="Sound files and their texts, TSV with the header: path, text.")],
    lang: Annotated[
        str, typer.Option(help="Language spoken: zh (character error rate) or en (word error rate).")
    ] = "zh",
    json_output: JsonOption = False,
) -> None:
    """Error rate and real-time factor of speech recognition, cut and decoded as in service."""
    from asr.evaluate import evaluate
    from asr.recognizer import ModelError
    from asr.vosk_recognizer import VoskModel
    from server.settings import Settings

    settings = Settings()
    folder = settings.speech_model(lang)
    if folder is None:
        fail(f"there is no speech model for language `{lang}`; use --lang zh or --lang en")
    with sentences(), progress_bar() as report:
        try:
            model = VoskModel(folder, settings.data_dir / "asr")
        except ModelError as error:
            fail(str(error))
        figures = evaluate(manifest, lang, model, lambda done, total: report("transcribe", done / total))
    show(figures.as_dict(), json_output)


def live_model(lang: str) -> Path:
    """Folder of the intent model in service for a language."""
    from server.settings import Settings

    folder = Settings().intent_model(lang)
    if folder is None:
        fail(f"there is no intent model for language `{lang}`; use --lang zh or --lang en, or give --model")
    return folder


def encoder_of(model: Path, lang: str) -> "OnnxEncoder":
    """The encoder that a model was trained on, uncached so that timings are honest."""
    from suggest.card import read_model
    from suggest.encoder import OnnxEncoder

    _, card = read_model(model)
    named = encoder_folder(lang, card.encoder)
    return OnnxEncoder(named if named.is_dir() else encoder_folder(lang), cache=0)


def show(figures: dict[str, float | int], json_output: bool) -> None:
    """Print figures as one JSON object or as a small table."""
    if json_output:
        typer.echo(json.dumps(figures))
        return
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        typer.echo(f"{name:<{width}}  {value:.4f}" if isinstance(value, float) else f"{name:<{width}}  {value}")
