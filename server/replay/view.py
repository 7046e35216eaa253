"""What a person, or a script, sees of a call being played."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from server.replay.stream import Emit


def print_json(event: dict[str, Any]) -> None:
    """One event per line."""
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def live_view(console: Console) -> Iterator[Emit]:
    """Utterances as lines; the words being spoken below them, while they are."""
    speaking: dict[str, str] = {}
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def show(event: dict[str, Any]) -> None:
            line = _line(event)
            if line is not None:
                live.console.print(line)
            if event["type"] in ("interim", "final"):
                speaking[event["leg"]] = event["text"] if event["type"] == "interim" else ""
            words = "\n".join(f"{leg:>9} … {text}" for leg, text in speaking.items() if text)
            live.update(Text(words, style="dim"), refresh=True)

        yield show


def _line(event: dict[str, Any]) -> Text | None:
    match event["type"]:
        case "final" if event["text"]:
            return Text.assemble((f"{event['leg']:>9}", "bold"), f"   {event['text']}")
        case "started":
            return Text(f"conversation {event['conversation_id']}, from sample {event['resume_from']}", style="dim")
        case "reconnecting":
            return Text(f"connection lost, trying again: {event['reason']}", style="yellow")
        case "error":
            return Text(f"{event['code']}: {event['message']}", style="red")
        case _:
            return None
