"""`tici samples`: what people said that a model can learn from."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, fail, show, with_store

if TYPE_CHECKING:
    from server.store import Store
    from server.wire.training import SamplePage, SampleRow

samples_app = typer.Typer(no_args_is_help=True, help="Samples from conversations: list them, export them for training.")

Lang = Annotated[str, typer.Option(help="Language of the texts: zh or en.")]


@samples_app.command("export")
def export(
    out: Annotated[Path, typer.Option(help='File for labelled texts, JSONL: {"text", "intent"}.')],
    oos: Annotated[Path | None, typer.Option(help='File for texts out of scope, JSONL: {"text"}.')] = None,
    lang: Lang = "zh",
    as_json: AsJson = False,
) -> None:
    """Write what `tici train --samples FILE --oos FILE` takes; each text once."""

    async def write(store: "Store") -> dict[str, int]:
        everything = _everything()
        counts = {"samples": await _write(out, store.labelling.training_rows(everything, lang))}
        if oos is not None:
            counts["oos"] = await _write(oos, store.labelling.training_rows(everything, lang, oos=True))
        await store.append_audit("cli", "sample.export", ("samples", lang), dict(counts))
        return counts

    try:
        counts = with_store(write)
    except OSError as error:
        fail(f"cannot write {error.filename}: {error.strerror}")
    if not counts["samples"]:
        typer.echo(f"Nothing is labelled in `{lang}` yet: label samples on the training page.", err=True)
    show(counts, [f"{name}: {count}" for name, count in counts.items()], as_json)


@samples_app.command("list")
def list_samples(
    state: Annotated[str, typer.Option(help="to_label, labelled, out_of_scope or discarded.")] = "to_label",
    lang: Annotated[str | None, typer.Option(help="Only texts of this language: zh or en.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most samples to print.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List samples, those that teach most first; texts that say the same are one line."""
    from server.store.queries.samples import SampleFilter
    from server.wire.training import SampleState

    if state not in list(SampleState):
        fail(f"`{state}` is no state of a sample; use {', '.join(SampleState)}")
    wanted = SampleFilter(state=SampleState(state), language=lang)

    async def read(store: "Store") -> "SamplePage":
        found = await store.labelling.page(_everything(), wanted, 0, limit)
        await store.append_audit("cli", "sample.list", ("samples", lang or "all"), {"state": state})
        return found

    page = with_store(read)
    lines = [_line(row) for row in page.rows] or [f"No samples are `{state}`."]
    if page.total > len(page.rows):
        lines.append(f"… and {page.total - len(page.rows)} more")
    show(page.model_dump(mode="json"), lines, as_json)


def _everything() -> Any:
    from server.store import Reach
    from server.store.tables.columns import DEFAULT_TENANT

    return Reach(DEFAULT_TENANT, None, None, None)


async def _write(path: Path, rows: AsyncIterator[dict[str, str]]) -> int:
    """Write the rows beside the file, then put them in its place; how many there were. Raises OSError."""
    partial = path.with_name(path.name + ".part")
    count = 0
    with partial.open("w", encoding="utf-8") as file:
        async for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    partial.replace(path)
    return count


def _line(row: "SampleRow") -> str:
    sure = "" if row.confidence is None else f" {row.confidence:.0%}"
    meant = row.label or (f"{row.guess}?{sure}" if row.guess else "?")
    return f"{row.reason.value:<10} {row.count:>3}×  {meant:<32} {row.text}"
