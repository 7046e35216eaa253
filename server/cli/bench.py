"""`tici bench`: how many calls a server carries, and how fast it is then."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from server.cli.replay import LOCAL_DOORS, check_encoding, demo_key, fail
from server.ids import new_id
from server.replay.audio import CallAudio, load_call
from server.replay.bench import bench_calls
from server.replay.errors import BadAudioError, ReplayError
from server.replay.options import CallOptions, ClientDialect

RETRY_SECONDS = 5.0

bench_app = typer.Typer(help="Measure a running server.", no_args_is_help=True)


@bench_app.callback()
def _group() -> None:
    """Measure a running server."""


@bench_app.command("calls")
def calls(
    audio: Annotated[list[Path], typer.Argument(help="Files of speech; each call takes as many as it has legs.")],
    count: Annotated[int, typer.Option("--calls", min=1, max=1000, help="Calls at once.")],
    seconds: Annotated[float, typer.Option(min=1, help="How long each call lasts; files are repeated or cut.")],
    url: Annotated[str | None, typer.Option(help="The server's audio door.", show_default="the local server's")] = None,
    dialect: Annotated[ClientDialect, typer.Option(help="What to speak.")] = ClientDialect.NATIVE,
    legs: Annotated[str, typer.Option(help="Legs of each call.")] = "customer",
    key: Annotated[
        str | None, typer.Option(envvar="TICI_KEY", help="API key; a demo server's own is found.", show_envvar=True)
    ] = None,
    agent: Annotated[str | None, typer.Option(help="The agent's login or extension.")] = None,
    language: Annotated[str, typer.Option(help="Language spoken.")] = "zh",
    encoding: Annotated[str, typer.Option(help="pcm16, mulaw or alaw.")] = "pcm16",
    chunk: Annotated[float, typer.Option(min=0.01, max=2, help="Seconds of audio per message.")] = 0.1,
    pid: Annotated[int | None, typer.Option(help="The server's process id, to measure its CPU and memory.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Play many calls at once into a server, in real time, and measure.

    Exit codes: as `tici replay`; calls that the server refuses are counted and no error.
    """
    options = CallOptions(
        url=url or LOCAL_DOORS[dialect],
        external_id=f"bench-{new_id()}",
        dialect=dialect,
        key=key or demo_key(url),
        agent=agent,
        language=language,
        encoding=check_encoding(encoding),
        chunk=chunk,
        retry_seconds=RETRY_SECONDS,
    )
    try:
        played = [_call(audio, legs.split(","), number).lasting(seconds) for number in range(count)]
        result = asyncio.run(bench_calls(played, options, pid, show_progress=sys.stderr.isatty()))
    except ReplayError as error:
        raise fail(error) from error
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:>24}: {value}\n")


def _call(files: list[Path], legs: list[str], number: int) -> CallAudio:
    if len(files) < len(legs):
        raise BadAudioError(f"{len(legs)} legs need at least as many files")
    first = number * len(legs)
    return load_call([files[(first + leg) % len(files)] for leg in range(len(legs))], legs)
