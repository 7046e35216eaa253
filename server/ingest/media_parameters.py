"""What an application sends along with a media stream, as fields of the native `start`."""

from collections.abc import Mapping
from typing import Any

TOKEN = "token"
"""The parameter that shows a connector's secret."""
FIELDS = ("external_id", "queue", "language", "direction", "agent", "customer", "product", "task")
"""Parameters that are fields of `start`. Everything else is context."""
_BY_PLAIN_NAME = {name.replace("_", ""): name for name in (*FIELDS, TOKEN)}
_MOST_CONTEXT = 32
_LONGEST_NAME = 128
_LONGEST_TEXT = 4000


def known_name(name: str) -> str | None:
    """The name that we know for a parameter: some vendors allow no `_`, so `externalId` is `external_id`."""
    plain = name.lower().replace("_", "").replace("-", "").removeprefix("xph")
    return _BY_PLAIN_NAME.get(plain)


def start_fields(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `start` that the parameters say, `context` included. What context has no room for is left out."""
    fields: dict[str, Any] = {}
    context: dict[str, str] = {}
    for name, value in parameters.items():
        known = known_name(name)
        if known in FIELDS:
            fields[known] = value
        elif known is None and len(context) < _MOST_CONTEXT and _fits(name, value):
            context[name] = value
    return fields | {"context": context}


def shown_token(parameters: Mapping[str, str]) -> str:
    """The secret that the parameters show; empty for none."""
    return next((value for name, value in parameters.items() if known_name(name) == TOKEN), "")


def _fits(name: str, value: str) -> bool:
    return len(name) <= _LONGEST_NAME and len(value) <= _LONGEST_TEXT
