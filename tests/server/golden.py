"""Recorded sessions in `tests/data/dialects`: byte for byte what a phone system sends, from its documentation.

Each line is a JSON object: `subprotocols` and `query` of the upgrade first, then a message each, `text` or `binary`
(hexadecimal), and at last the `close` code.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from server.ingest.connector import Upgrade
from server.ingest.dialect import Action, Audio, Dialect, Limits

FOLDER = Path(__file__).resolve().parents[1] / "data" / "dialects"
LIMITS = Limits(65536, frozenset({"zh", "en"}))


@dataclass
class Session:
    upgrade: Upgrade
    messages: list[str | bytes] = field(default_factory=list)
    close: int | None = None


def session(name: str) -> Session:
    query: dict[str, str] = {}
    offered: tuple[str, ...] = ()
    messages: list[str | bytes] = []
    close = None
    for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        match json.loads(line):
            case {"subprotocols": list(names)}:
                offered = tuple(names)
            case {"query": dict(said)}:
                query = said
            case {"text": str(text)}:
                messages.append(text)
            case {"binary": str(data)}:
                messages.append(bytes.fromhex(data))
            case {"close": int(code)}:
                close = code
    upgrade = Upgrade(
        url="wss://node/v1/connect/line", now=1_764_200_000.0, address="127.0.0.1", query=query, subprotocols=offered
    )
    return Session(upgrade, messages, close)


def receive(dialect: Dialect, message: str | bytes) -> list[Action]:
    return dialect.receive_text(message) if isinstance(message, str) else dialect.receive_bytes(message)


def play(dialect: Dialect, recorded: Session) -> list[Action]:
    """What the dialect makes of the whole session."""
    actions = [action for message in recorded.messages for action in receive(dialect, message)]
    return actions + (dialect.left() if recorded.close is not None else [])


def heard(actions: list[Action]) -> dict[str, bytes]:
    """All audio of each leg."""
    legs: dict[str, bytes] = {}
    for action in actions:
        if isinstance(action, Audio):
            for leg, raw in action.raw.items():
                legs[leg] = legs.get(leg, b"") + raw
    return legs
