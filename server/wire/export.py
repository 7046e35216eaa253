"""The JSON schema of every wire message, for the browser's types and the protocol pages.

`python -m server.wire.export FILE` writes it; the output is the same for the same messages.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from server.wire import floor, people, privacy, queues, rest, training, wordings
from server.wire.chat import ChatClientMessage, ChatServerMessage
from server.wire.events import Event
from server.wire.listen import ListenClientMessage, ListenServerMessage
from server.wire.panel import PanelClientMessage, PanelServerMessage

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]

BODIES = (rest, training, people, privacy, queues, wordings, floor)
"""Modules of HTTP bodies: what a client sends is called `…Request`."""

RECEIVED: dict[str, Any] = {
    "ListenClientMessage": ListenClientMessage,
    "PanelClientMessage": PanelClientMessage,
    "ChatClientMessage": ChatClientMessage,
}
SENT: dict[str, Any] = {
    "Event": Event,
    "ListenServerMessage": ListenServerMessage,
    "PanelServerMessage": PanelServerMessage,
    "ChatServerMessage": ChatServerMessage,
}


def wire_schema() -> Schema:
    """One schema whose `definitions` hold every message and every door's unions, sorted by name.

    What the server receives may leave out fields that have a default; what it sends always has every field.
    `type`, which tells the messages of a union apart, is required both ways.
    """
    received = _definitions({**RECEIVED, **_bodies(requests=True)}, "validation")
    sent = _definitions({**SENT, **_bodies(requests=False)}, "serialization")
    definitions = received | sent
    differing = [name for name in received.keys() & sent.keys() if received[name] != sent[name]]
    if differing:
        raise ValueError(f"messages both sent and received must have no defaults: {sorted(differing)}")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Wire",
        "definitions": {name: definitions[name] for name in sorted(definitions)},
    }


def _bodies(*, requests: bool) -> dict[str, Any]:
    """The HTTP bodies by name: those that clients send, or those that they get."""
    return {
        name: kind
        for module in BODIES
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and issubclass(kind, BaseModel)
        and kind.__module__ == module.__name__
        and name.endswith("Request") == requests
    }


def _definitions(kinds: dict[str, Any], mode: Mode) -> Schema:
    inputs = [(name, mode, TypeAdapter(kind)) for name, kind in kinds.items()]
    roots, shared = TypeAdapter.json_schemas(inputs, ref_template="#/definitions/{model}")
    unions = {name: dict(root) for (name, _), root in roots.items() if "$ref" not in root}
    return {name: _clean(schema, mode) for name, schema in {**shared["$defs"], **unions}.items()}


def _clean(schema: Schema, mode: Mode) -> Schema:
    """The definition without the titles that pydantic gives to fields, and with its required fields named."""
    properties = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in schema.get("properties", {}).items()
    }
    if not properties:
        return schema
    required = set(properties) if mode == "serialization" else {"type", *schema.get("required", [])}
    return {**schema, "properties": properties, "required": [name for name in properties if name in required]}


def schema_text() -> str:
    """The schema as indented JSON."""
    return json.dumps(wire_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write_schema(path: Path) -> None:
    """Write the schema to `path` in UTF-8."""
    path.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m server.wire.export FILE")
    write_schema(Path(sys.argv[1]))
