"""The schema that the browser's types are made from."""

import json
from pathlib import Path

from server.wire.export import wire_schema, write_schema

SCHEMA = Path(__file__).resolve().parents[2] / "web" / "wire.schema.json"


def test_the_stored_schema_is_fresh(tmp_path: Path) -> None:
    fresh = tmp_path / "wire.schema.json"
    write_schema(fresh)
    assert SCHEMA.read_text("utf-8") == fresh.read_text("utf-8"), (
        "run `python -m server.wire.export web/wire.schema.json` and `npm run wire` in web/"
    )


def test_sent_fields_are_always_there_and_received_ones_may_be_left_out() -> None:
    definitions = wire_schema()["definitions"]
    assert "customer" in definitions["ConversationStarted"]["required"]
    assert "confirmed" not in definitions["Send"]["required"]
    assert "type" in definitions["Send"]["required"]


def test_every_reference_leads_somewhere() -> None:
    schema = wire_schema()
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split('"#/definitions/')[1:]}
    assert names <= set(schema["definitions"])
