"""`tici train`: an intent model from labelled texts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kb.files import FileError

if TYPE_CHECKING:
    from suggest.train import Mode, Progress


FULL_FROM = 1000
"""Texts from which fine-tuning is clearly better than a head (docs/spikes.md)."""


class Way(StrEnum):
    """How to train."""

    AUTO = "auto"
    HEAD = "head"
    FULL = "full"


def train(
    samples: Annotated[Path, typer.Option(help='Labelled texts, JSONL: {"text", "intent"}.')],
    out: Annotated[Path, typer.Option(help="Folder for the model; an older model in it is replaced as a whole.")],
    oos: Annotated[
        Path | None, typer.Option(help='Texts of no intent, JSONL: {"text"}. They set the abstaining.')
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Text encoder: a folder name in the models folder, or a path.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language whose encoder is used without --encoder: zh or en.")] = "zh",
    silent: Annotated[
        list[str] | None,
        typer.Option(
            help="An intent that raises no cards; may be repeated. Without it: as a pack.toml beside the samples says."
        ),
    ] = None,
    mode: Annotated[
        Way,
        typer.Option(
            help="head: seconds, on the frozen encoder. full: minutes, fine-tunes the encoder too (needs torch). "
            f"auto: full from {FULL_FROM} texts on, where torch is installed."
        ),
    ] = Way.AUTO,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same model.")] = 0,
    json_output: Annotated[bool, typer.Option("--json", help="Print the model's card as JSON.")] = False,
) -> None:
    """Train an intent model. Interrupted fine-tuning goes on where it was when the same command is given again."""
    from suggest.encoder import OnnxEncoder
    from suggest.samples import read_oos, read_samples
    from suggest.train import train as train_model

    with sentences(), progress_bar() as report:
        rows = read_samples(samples)
        card = train_model(
            rows,
            out,
            OnnxEncoder(encoder_folder(lang, encoder)),
            mode=_chosen(mode, len(rows)),
            oos=read_oos(oos) if oos else None,
            silent=silent or pack_silent(samples.parent),
            seed=seed,
            progress=report,
        )
    if json_output:
        typer.echo(card.model_dump_json())
        return
    typer.echo(f"{out}: {card.name}, {len(card.labels)} intents from {card.samples} texts in {card.seconds:.1f} s")
    typer.echo(
        f"held out: accuracy {card.accuracy:.1%}, macro F1 {card.macro_f1:.1%}, "
        f"accepted {card.accept_rate:.1%}, calibration error {card.calibration_error:.1%}"
    )


def _chosen(way: Way, texts: int) -> "Mode":
    """The mode for so many texts; says so where torch would have been wanted."""
    if way is Way.HEAD:
        return "head"
    if way is Way.FULL:
        return "full"
    if texts < FULL_FROM:
        return "head"
    if find_spec("torch") is None or find_spec("transformers") is None:
        typer.echo("fine-tuning would be better for so many texts, but torch is not installed: `make train`", err=True)
        return "head"
    return "full"


def pack_silent(folder: Path) -> list[str]:
    """The intents without cards of the pack in a folder; none where it holds no pack. Raises FileError."""
    from kb.pack import load_pack

    return sorted(load_pack(folder).silent_intents) if (folder / "pack.toml").exists() else []


def encoder_folder(lang: str, name: str | None = None) -> Path:
    """Folder of the named encoder, or of the language's own by the settings."""
    from server.settings import Settings

    settings = Settings()
    folder = settings.model_path(name) if name else settings.encoder(lang)
    if folder is None:
        fail(f"there is no encoder for language `{lang}`; name one with --encoder")
    return folder


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the errors that a person can mend into one sentence on stderr and exit code 1."""
    from suggest.encoder import MissingWeights

    try:
        yield
    except (FileError, MissingWeights, ValueError) as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Say what is wrong on stderr and leave with exit code 1."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """A progress bar on stderr, silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=share)
