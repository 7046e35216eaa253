"""The customer's chat socket, `/v1/chat?token=…` (a signed link that expires)."""

from typing import Annotated, Literal

from pydantic import Field

from server.wire.base import STORABLE, WIRE_VERSION, Message, Problem

Id = Annotated[str, Field(min_length=1, max_length=64), STORABLE]


class CustomerSays(Message):
    """`client_id` is made by the page: sending it again after a lost connection adds nothing."""

    type: Literal["say"] = "say"
    client_id: Id
    text: Annotated[str, Field(min_length=1, max_length=2000), STORABLE]


class CustomerReceived(Message):
    """The page has shown this message: it is delivered."""

    type: Literal["received"] = "received"
    message_id: Id


class CustomerEnds(Message):
    """The customer closes the chat."""

    type: Literal["end"] = "end"


ChatClientMessage = Annotated[CustomerSays | CustomerReceived | CustomerEnds, Field(discriminator="type")]


class ChatLine(Message):
    """One message of either side. `client_id` echoes the customer's own."""

    type: Literal["message"] = "message"
    message_id: str
    role: Literal["customer", "agent"]
    text: str
    at: float
    client_id: str | None = None


class ChatHello(Message):
    """First answer: what was said so far."""

    type: Literal["hello"] = "hello"
    version: int = WIRE_VERSION
    conversation_id: str
    bank: str
    language: str
    ended: bool
    lines: list[ChatLine]


class ChatEnded(Message):
    """The chat is over; nothing more can be said."""

    type: Literal["ended"] = "ended"


class ChatError(Message):
    """Something the page sent could not be done."""

    type: Literal["error"] = "error"
    problem: Problem


ChatServerMessage = Annotated[ChatHello | ChatLine | ChatEnded | ChatError, Field(discriminator="type")]
