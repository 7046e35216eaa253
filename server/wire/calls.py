"""The call-event door, `POST /v1/calls/{external_id}/events`: what a switch says about a call.

Events may come before, during or after the audio, late, twice and in any order. The sender signs the body:
`Tici-Key: <key id>` and `Tici-Signature: t=<Unix seconds>,v1=<hex>`, where the hex is HMAC-SHA256 over
`<t>.<body>` with the SHA-256 (hex) of the key's secret part.
"""

from pydantic import Field

from server.wire.base import Label, Message
from server.wire.events import CallEventType, Direction
from server.wire.listen import Name


class CallEvent(Message):
    """One thing that happened to a call. `at` is Unix seconds by the switch's clock."""

    event_id: Name
    """The switch's own id: the same one again changes nothing."""
    type: CallEventType
    at: float = Field(ge=0)
    agent: Name | None = None
    """Who answered, is consulted, joins, or gets the call."""
    customer: Label | None = None
    direction: Direction = Direction.INBOUND
    queue: Name = "default"
    language: str = "zh"
    code: Name | None = None
    """For `wrap_up` the wrap-up code, for `result` the business result."""


class CallEventTaken(Message):
    """The event is stored. `repeated`: it had been before."""

    conversation_id: str
    repeated: bool
