"""The call-event door, `POST /v1/calls/{external_id}/events`: what a switch says about a call.

Events may come before, during or after the audio, late, twice and in any order. The sender signs the body:
`Tici-Key: <key id>` and `Tici-Signature: t=<Unix seconds>,v1=<hex>`, where the hex is HMAC-SHA256 over
`<t>.<body>` with the SHA-256 (hex) of the key's secret part.
"""

from pydantic import Field

from server.wire.base import Label, Language, Message
from server.wire.events import CallEventType, Consent, Direction, Role
from server.wire.listen import Name


class CallEvent(Message):
    """One thing that happened to a call. `at` is Unix seconds by the switch's clock."""

    event_id: Name
    """The switch's own id: the same one again changes nothing."""
    type: CallEventType
    at: float = Field(ge=0, allow_inf_nan=False)
    agent: Name | None = None
    """Who answered, is consulted, joins, or gets the call."""
    customer: Label | None = None
    direction: Direction = Direction.INBOUND
    queue: Name = "default"
    language: Language | None = None
    """Of the call when it begins with this event; for `language` what `leg` (or every leg) speaks from now on."""
    code: Name | None = None
    """For `wrap_up` the wrap-up code, for `result` the business result (which may name a task instead of a call)."""
    leg: Name | None = None
    """For `leg_role` and `language`: which leg."""
    role: Role | None = None
    """For `leg_role`: whose voice the leg carries."""
    consent: Consent | None = None
    """For `consent`: what the customer said to being recorded."""
    task: Name | None = None
    """The outbound task that the call belongs to, by its external id."""
    product: Label | None = None
    """What the call is about, if that decides how long it is kept."""


class CallEventTaken(Message):
    """The event is stored. `repeated`: it had been before."""

    conversation_id: str | None
    """None for the result of a task that nobody has called about yet."""
    repeated: bool
    task_bound: bool | None = None
    """Whether the call belongs to the task that the event names; false too where there is no such task, or it is
    about another customer. None where the event names none."""
