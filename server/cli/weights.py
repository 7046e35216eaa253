"""`tici models`: fetch, compose, list and verify the weights named in `models/manifest.toml`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.settings import Settings

if TYPE_CHECKING:
    from server.weights import Weight

models_app = typer.Typer(no_args_is_help=True, help="Fetch, compose, list and verify the model weights.")

Names = Annotated[list[str] | None, typer.Argument(help="Weights by name; all when none is named.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--from",
        exists=True,
        file_okay=False,
        help="Take weights, or their archives, from this folder instead of the network "
        "(otherwise the setting TICI_MODELS_SOURCE decides).",
    ),
]


@models_app.command()
def fetch(names: Names = None, source: Folder = None, as_json: AsJson = False) -> None:
    """Download missing weights, verify them by SHA-256 and put them in place. Safe to repeat."""
    from server.weights import Fetcher, WeightsUnavailable

    settings = Settings()
    weights = _select(settings, names)
    try:
        with _progress_bars() as progress:
            fetched = Fetcher(settings.models_dir, progress, source or settings.models_source).fetch(weights)
    except WeightsUnavailable as error:
        raise _failure(str(error)) from error
    if as_json:
        typer.echo(json.dumps({"fetched": fetched, "weights": [weight.name for weight in weights]}))
    else:
        typer.echo(f"Fetched and verified: {', '.join(fetched)}." if fetched else "All weights are in place.")


@models_app.command()
def compose(names: Names = None) -> None:
    """Compose the graphs of the speech models on disk: recognition then takes half of the time. Safe to repeat.

    Takes a minute a model and OpenFst's programs (Debian: libfst-tools and libfst22-plugins-base).
    """
    from server.weights.graph import GraphError, find_tools, lacks_graph
    from server.weights.graph import compose as compose_graph

    settings = Settings()
    folders = [settings.models_dir / weight.name for weight in _select(settings, names)]
    due = [folder for folder in folders if lacks_graph(folder)]
    if not due:
        typer.echo("All graphs are composed.")
        return
    tools = find_tools()
    if tools is None:
        raise _failure("OpenFst's programs are not here: recognition works without, and takes twice the time.")
    for folder in due:
        try:
            typer.echo(f"Composing the graph of {folder.name}: about a minute, once", err=True)
            compose_graph(folder, tools)
        except (GraphError, OSError) as error:
            raise _failure(f"{folder.name}: {error}. Recognition works without, and takes twice the time.") from error
    typer.echo(f"Composed: {', '.join(folder.name for folder in due)}.")


@models_app.command(name="list")
def list_weights(as_json: AsJson = False) -> None:
    """List every weight: size, licence, origin, and whether it is here."""
    from server.weights import present

    settings = Settings()
    rows = [
        {"name": weight.name, "use": weight.use, "licence": weight.licence, "origin": weight.origin}
        | {"bytes": weight.size, "present": present(weight, settings.models_dir)}
        for weight in _select(settings, None)
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "here" if row["present"] else "missing"
        typer.echo(f"{row['name']}  {int(str(row['bytes'])) / 1e6:.1f} MB  {row['licence']}  {state}")
        typer.echo(f"    {row['use']}; {row['origin']}")


@models_app.command()
def verify(names: Names = None, as_json: AsJson = False) -> None:
    """Compare every file of the weights with its SHA-256; exit code 1 when one is missing or wrong."""
    from server.weights import inspect

    settings = Settings()
    states = [inspect(weight, settings.models_dir) for weight in _select(settings, names)]
    if as_json:
        typer.echo(json.dumps([{"ok": state.ok} | state.model_dump(mode="json") for state in states]))
    for state in states if not as_json else []:
        wrong = [f"{path}: {how}" for path, how in state.files.items() if how != "ok"]
        typer.echo(f"{state.name}: {'ok' if state.ok else '; '.join(wrong)}")
    if not all(state.ok for state in states):
        raise _failure("Some weights are missing or wrong: run `tici models fetch` (delete a wrong folder first).")


def _select(settings: Settings, names: list[str] | None) -> "list[Weight]":
    from server.weights import ManifestError, load_manifest

    try:
        return load_manifest(settings.manifest_path()).select(names or [])
    except ManifestError as error:
        raise _failure(str(error)) from error


def _failure(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(1)


@contextmanager
def _progress_bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """One bar per source on the error stream, so that `--json` leaves the output clean."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, TaskID] = {}

    def report(label: str, done: int, total: int | None) -> None:
        if not tasks:
            # Not before: a display without a bar leaves an empty line.
            bars.start()
        if label not in tasks:
            tasks[label] = bars.add_task(label, total=total)
        bars.update(tasks[label], completed=done, total=total)

    try:
        yield report
    finally:
        bars.stop()
