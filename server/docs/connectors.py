"""`docs/connect/README.md`, from the connector classes."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc

from pydantic.fields import FieldInfo

from server.docs.fields import default_of, type_of
from server.docs.markdown import code, table
from server.ingest.connector import Connector
from server.ingest.connectors import KINDS, dialects_of

HEAD = """# Connecting a phone system

Generated from the connector classes in `server/ingest`; do not edit. Each system has a page of its own beside this
one, with the lines to paste.

A **connector** is one phone system that sends the audio of its calls here. Connectors are tables of a TOML file, which
the setting `TICI_CONNECTORS` names:

```toml
[connector.main-line]
dialect = "twilio"
legs = { inbound = "customer", outbound = "agent" }
secret_env = "TWILIO_AUTH_TOKEN"
public_url = "wss://tici.bank.example/v1/connect/main-line"
queue = "cards"
```

- The heading gives its name, and with it its address: `wss://HOST/v1/connect/main-line`.
- `legs` says who speaks on which track. It has no default: `inbound` and `outbound` are seen from the phone system,
  and which of the two the customer is depends on how the call was set up.
- A connection is refused before the upgrade with 404 (no such connector), 401 (no valid secret), 403 (not from there)
  or 503 with `Retry-After` (no room for another call).
- Two connections for one call, one leg each, become one conversation when they name the same external id. Each leg
  lies where it began in the conversation's time.
- A stream that was stopped and starts again in the same call, as many systems do around a hold or a transfer, goes on
  in the same conversation, as a leg of its own (`customer-2`), within an hour and until the conversation is wrapped
  up. A call without a stream holds no place: where the node is full by then, it waits for one like a new call. The
  same name for a call of another customer is refused (`conversation_ended`): every call needs an id of its own.
- Media messages that a sender numbers are put back in order, doubled ones are dropped, and a hole becomes silence of
  its length, so that times stay true; from 0.3 s on it is marked as a gap. What a sender that numbers nothing leaves
  out, or says while it is disconnected, is marked as a gap of its length, and the leg goes on without a pause: from
  there on the times of this leg lie earlier by that much.
- A phone system may send nothing while a call is on hold, for as long as it keeps its WebSocket; a connection that
  begins no call is closed after `TICI_IDLE_TIMEOUT`.
- What happens to a call besides its audio (ringing, answered by whom, hold, transfer, hang-up) comes by
  `POST /v1/calls/{external_id}/events`, see [the protocol](../protocol.md); the audio alone does not say which agent
  speaks.
- A wrong file stops the start with a message that names the connector and the field. Secrets are never logged."""


def connectors_page() -> str:
    """The page as text; raises `ValueError` when a field has no description."""
    lines = [HEAD, "", "## Every connector", "", *_fields(Connector.model_fields)]
    for kind in KINDS:
        own = {name: field for name, field in kind.model_fields.items() if _differs(name, field)}
        lines += ["", f"## {_codes(dialects_of(kind))}", "", cleandoc(kind.__doc__ or ""), ""]
        lines += [f"Tracks for `legs`: {_codes(sorted(kind.tracks))}.", "", *_fields(own)]
    return "\n".join([*lines, ""])


def _codes(words: Iterable[str]) -> str:
    return ", ".join(code(word) for word in words)


def _differs(name: str, field: FieldInfo) -> bool:
    common = Connector.model_fields.get(name)
    if name == "dialect":
        return False
    return common is None or (common.description, common.default) != (field.description, field.default)


def _fields(fields: Mapping[str, FieldInfo]) -> list[str]:
    rows = []
    for name, field in fields.items():
        if not field.description:
            raise ValueError(f"connector field {name!r} has no description")
        default = "required" if field.is_required() else default_of(field)
        rows.append((code(name), type_of(field), default, field.description))
    return table(("Field", "Type", "Default", "Meaning"), rows)
