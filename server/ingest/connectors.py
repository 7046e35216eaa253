"""The connectors of this node, from their TOML file: one table `[connector.NAME]` each."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from server.ingest.audiohook_connector import AudioHookConnector
from server.ingest.audiosocket import AudioSocketConnector
from server.ingest.chan_websocket import ChanWebSocketConnector
from server.ingest.connector import Connector
from server.ingest.l16_connectors import FreeSwitchConnector, JambonzConnector, VonageConnector
from server.ingest.media_connectors import (
    ExotelConnector,
    PlivoConnector,
    SignalWireConnector,
    TelnyxConnector,
    TwilioConnector,
)

KINDS: tuple[type[Connector], ...] = (
    TwilioConnector,
    TelnyxConnector,
    PlivoConnector,
    ExotelConnector,
    SignalWireConnector,
    AudioHookConnector,
    JambonzConnector,
    FreeSwitchConnector,
    VonageConnector,
    AudioSocketConnector,
    ChanWebSocketConnector,
)
"""The class of each dialect, or of a group of dialects."""


class ConnectorError(Exception):
    """The connectors cannot be used; the message names the file, the connector and the field."""


def dialects_of(kind: type[Connector]) -> tuple[str, ...]:
    """The values of `dialect` that a class is for."""
    return get_args(kind.model_fields["dialect"].annotation)


def load_connectors(
    path: Path | None, environ: Mapping[str, str], kinds: tuple[type[Connector], ...] = KINDS
) -> dict[str, Connector]:
    """Every connector by name; none without a file. Raises ConnectorError."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectorError(f"cannot read the connectors in {path}: {error}") from error
    tables = content.pop("connector", {})
    if content or not isinstance(tables, dict):
        raise ConnectorError(f"{path}: write each connector as a table [connector.NAME]")
    context = {"environ": environ, "folder": path.parent}
    return {name: _connector(f"{path}: connector `{name}`", name, tables[name], kinds, context) for name in tables}


def _connector(
    where: str, name: str, fields: object, kinds: tuple[type[Connector], ...], context: Mapping[str, Any]
) -> Connector:
    if not isinstance(fields, dict) or "name" in fields:
        raise ConnectorError(f"{where}: its settings are lines below [connector.{name}], and its name is only there")
    by_dialect = {dialect: kind for kind in kinds for dialect in dialects_of(kind)}
    kind = by_dialect.get(str(fields.get("dialect")))
    if kind is None:
        raise ConnectorError(f"{where}: `dialect`: use one of {', '.join(sorted(by_dialect))}")
    try:
        return kind.model_validate(fields | {"name": name}, context=dict(context))
    except ValidationError as error:
        raise ConnectorError(f"{where}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, without any value: it may be a secret."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ")
    return f"`{place}`: {said}" if place else said
