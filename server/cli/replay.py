"""`tici replay`: play audio files into a server as a phone system would."""

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from server.ids import new_id
from server.replay.audio import CallAudio, load_call
from server.replay.call import play_call
from server.replay.errors import ReplayError
from server.replay.options import CallOptions, ClientDialect, Sockets
from server.replay.receipts import fetch_receipts, receipts_summary
from server.replay.switch import ScriptedEvent, load_script, play_script
from server.replay.view import live_view, print_json
from server.settings import Settings

LOCAL_DOORS = {
    ClientDialect.NATIVE: "ws://127.0.0.1:8600/v1/listen",
    ClientDialect.VOSK: "ws://127.0.0.1:8600/v1/vosk",
    ClientDialect.AUDIOSOCKET: "tcp://127.0.0.1:9092",
}
LOCAL_CONNECTOR = "ws://127.0.0.1:8600/v1/connect/{}"
"""The door of a connector that is called as its dialect is."""

Key = Annotated[
    str | None, typer.Option(envvar="TICI_KEY", show_envvar=True, help="API key; a demo server's own is found.")
]


def replay(
    audio: Annotated[list[Path], typer.Argument(help="One file per leg, or one stereo file: WAV, FLAC, …")],
    url: Annotated[str | None, typer.Option(help="The server's audio door.", show_default="the local server's")] = None,
    dialect: Annotated[ClientDialect, typer.Option(help="What to speak.")] = ClientDialect.NATIVE,
    legs: Annotated[
        str, typer.Option(help="Names of the legs; customer, agent, third_party and mixed are roles.")
    ] = "",
    sockets: Annotated[Sockets, typer.Option(help="All legs over one socket, or one each.")] = Sockets.SHARED,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How many times faster than real time.")] = 1.0,
    key: Annotated[
        str | None, typer.Option(envvar="TICI_KEY", help="API key; a demo server's own is found.", show_envvar=True)
    ] = None,
    external_id: Annotated[str | None, typer.Option(help="The call's id; the same one again resumes it.")] = None,
    agent: Annotated[str | None, typer.Option(help="The agent's login or extension.")] = None,
    customer: Annotated[str | None, typer.Option(help="The customer's reference.")] = None,
    queue: Annotated[str, typer.Option(help="The queue that the call came in by.")] = "default",
    language: Annotated[str, typer.Option(help="Language spoken.")] = "zh",
    encoding: Annotated[
        str | None, typer.Option(help="pcm16, mulaw or alaw.", show_default="what the dialect has")
    ] = None,
    chunk: Annotated[float, typer.Option(min=0.01, max=2, help="Seconds of audio per message.")] = 0.1,
    retry_seconds: Annotated[float, typer.Option(min=0, help="How long to try again for a lost connection.")] = 30.0,
    events: Annotated[
        Path | None, typer.Option(help="Script of a switch (JSONL): call events told beside the audio.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="The connector's secret, where the dialect is a phone system's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One event per line as JSON, then a summary.")] = False,
) -> None:
    """Play AUDIO into a server in real time, as one call, and show what it hears.

    A script for --events has one call event a line, with seconds from the start instead of its time:
    {"after": 8.5, "type": "transferred", "agent": "8012"}; "told" delays the telling of it. The key needs the scope
    `events` then. One to try is kb/packs/zh_bank/calls/lost_card.switch.jsonl.

    A phone system's dialect (twilio, …) is played to a connector: the first leg as its track `inbound`, the second as
    `outbound`, signed with --secret as the vendor does. With audiohook they are `external` and `internal`, --secret
    is API_KEY:CLIENT_SECRET, and an --external-id that is no UUID is told as one that is made of it.

    A lost connection is resumed where the server has audio for good. Exit codes: 2 unusable audio or options,
    3 refused by the server, 4 key refused, 5 connection lost for good, 1 anything else.
    """
    options = CallOptions(
        url=url or LOCAL_DOORS.get(dialect, LOCAL_CONNECTOR.format(dialect)),
        external_id=external_id or (new_id() if dialect is ClientDialect.AUDIOHOOK else f"replay-{new_id()}"),
        dialect=dialect,
        sockets=sockets,
        key=key or demo_key(url),
        agent=agent,
        customer=customer,
        queue=queue,
        language=language,
        encoding=check_encoding(encoding or dialect.encoding),
        secret=secret,
        speed=speed,
        chunk=chunk,
        retry_seconds=retry_seconds,
    )
    try:
        call = load_call(audio, leg_names(legs, len(audio)))
        script = load_script(events) if events is not None else []
        summary = asyncio.run(_play(call, options, script, as_json))
    except ReplayError as error:
        raise fail(error) from error
    _print_summary(summary, as_json)


def demo_key(url: str | None) -> str | None:
    """The key of a demo server on this machine, where its data folder is the one of the settings."""
    host = urlsplit(url).hostname if url else "127.0.0.1"
    path = Settings().data_dir / "demo.key"
    here = host in ("127.0.0.1", "localhost", "::1")
    return path.read_text(encoding="utf-8").strip() if here and path.is_file() else None


def check_encoding(encoding: str) -> str:
    """`encoding` if senders may use it; else the usual complaint about an option."""
    if encoding not in ("pcm16", "mulaw", "alaw"):
        raise typer.BadParameter("use pcm16, mulaw or alaw", param_hint="--encoding")
    return encoding


def leg_names(legs: str, files: int) -> list[str]:
    """The names in `--legs`; by default a customer alone, or a customer and an agent."""
    return legs.split(",") if legs else ["customer", "agent"][: max(1, files)]


def fail(error: ReplayError) -> typer.Exit:
    """Say what went wrong; the exit to raise."""
    sys.stderr.write(f"tici: {error}\n")
    return typer.Exit(error.exit_code)


async def _play(call: CallAudio, options: CallOptions, script: list[ScriptedEvent], as_json: bool) -> dict[str, Any]:
    with nullcontext(print_json) if as_json else live_view(Console()) as emit:
        tally, _ = await asyncio.gather(play_call(call, options, emit), play_script(script, options))
    receipts = await fetch_receipts(options, tally.conversation_id)
    return {
        "external_id": options.external_id,
        "seconds": round(call.samples / call.sample_rate, 3),
        **tally.summary(),
        "suggestions": receipts_summary(receipts),
    }


def _print_summary(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"summary": summary})
        return
    suggestions = summary.pop("suggestions") or {}
    suggestions.pop("receipts", None)
    for name, value in {**summary, **suggestions}.items():
        sys.stdout.write(f"{name:>20}: {value}\n")
