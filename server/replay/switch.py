"""Plays a scripted switch: sends call events beside the audio, signed, each at its time.

A script is JSONL: `{"after": seconds from the start, "type": …}` and the other fields of a call event but `at`.
`after` may be negative (told at once, for the past); `"told": seconds` delays the telling, for events that come late.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from time import time

import httpx
from pydantic import ValidationError

from server.replay.errors import BadOptionError, RefusedError, UnauthorisedError
from server.replay.options import CallOptions
from server.signing import signature
from server.wire.calls import CallEvent

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class ScriptedEvent:
    """An event that happens `after` seconds and is told at `told` seconds from the start."""

    after: float
    told: float
    fields: dict[str, object]

    def body(self, start: float) -> bytes:
        """The event as it is sent; `start` in Unix seconds.

        Its time is the audio's: at another speed than 1 it lies where the words lie, not when it is told.
        """
        event = CallEvent.model_validate({**self.fields, "at": start + self.after})
        return event.model_dump_json(exclude_unset=True).encode()


def load_script(path: Path) -> list[ScriptedEvent]:
    """Read a script. Raises BadOptionError naming the line that is wrong."""
    if not path.is_file():
        raise BadOptionError(f"there is no file {path}")
    return [_event(path, number, line) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line]


def _event(path: Path, number: int, line: str) -> ScriptedEvent:
    try:
        fields = json.loads(line)
        after = float(fields.pop("after"))
        event = ScriptedEvent(after, float(fields.pop("told", max(0.0, after))), {"event_id": f"e{number}", **fields})
        event.body(0.0)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise BadOptionError(f"{path}, line {number}: not a scripted call event") from error
    return event


async def play_script(script: list[ScriptedEvent], options: CallOptions) -> None:
    """Tell each event at its time. Raises RefusedError or UnauthorisedError."""
    _, key_id, secret = (options.key or "..").split(".", 2)
    signing_key = hashlib.sha256(secret.encode()).hexdigest()
    url = options.http_url(f"/v1/calls/{options.external_id}/events")
    start = time()
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
        for event in sorted(script, key=lambda event: event.told):
            await asyncio.sleep(max(0.0, start + event.told / options.speed - time()))
            body = event.body(start)
            headers = {"Tici-Key": key_id, "Tici-Signature": signature(signing_key, int(time()), body)}
            _check(await client.post(url, content=body, headers=headers))


def _check(answer: httpx.Response) -> None:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise UnauthorisedError("the server does not take call events signed with this key")
    if not answer.is_success:
        raise RefusedError("invalid", f"the server refused a call event ({answer.status_code})")
