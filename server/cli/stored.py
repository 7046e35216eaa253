"""What commands on the database share: opening it, clear errors, results as JSON or lines."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from server.settings import Settings

if TYPE_CHECKING:
    from server.store import Store

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def with_store(work: Callable[["Store"], Awaitable[T]]) -> T:
    """Run `work` on the database of the settings; its errors end the command with a sentence and exit code 1."""
    from server.store import StoreError

    try:
        return asyncio.run(_run(work))
    except StoreError as error:
        fail(str(error))


async def _run(work: Callable[["Store"], Awaitable[T]]) -> T:
    from server.store import Store

    store = await Store.open(Settings().resolved_database_url())
    try:
        return await work(store)
    finally:
        await store.close()


def fail(message: str) -> NoReturn:
    """End the command: a sentence on the error stream, exit code 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def show(value: Any, lines: list[str], as_json: bool) -> None:
    """Print `value` as one JSON document, or the lines for people."""
    typer.echo(json.dumps(value, ensure_ascii=False) if as_json else "\n".join(lines))


def read_password(from_stdin: bool) -> str:
    """A password from the prompt, asked twice, or the first line of standard input; never from the arguments."""
    if from_stdin:
        return typer.get_text_stream("stdin").readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
