"""What a sender, or the address that it was given, says of a call besides its audio."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError

from server.ingest.connector import Connector
from server.ingest.dialect import Refuse
from server.ingest.parsing import describe
from server.wire.base import ErrorCode, Label, Language, Message
from server.wire.events import Direction
from server.wire.listen import LegSpec, Name


class Told(Message):
    """Each field is None where nobody says it; unknown ones are ignored.

    `track` is which of the connector's tracks a connection with one channel carries.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    external_id: Name | None = None
    track: Name | None = None
    queue: Name | None = None
    language: Language | None = None
    direction: Direction | None = None
    agent: Label | None = None
    customer: Label | None = None
    sample_rate: int | None = None
    mix_type: Label | None = None

    def start_fields(
        self, connector: Connector, external_id: str, legs: Sequence[LegSpec], encoding: str, sample_rate: int
    ) -> dict[str, Any]:
        """The native `start` that says the same; the connector fills in what is not said."""
        said = {
            "queue": self.queue or connector.queue,
            "language": self.language or connector.language,
            "direction": self.direction or connector.direction,
            "agent": self.agent,
            "customer": self.customer,
        }
        legs_said = [spec.model_dump() for spec in legs]
        return {**said, "external_id": external_id, "legs": legs_said, "encoding": encoding, "sample_rate": sample_rate}


def read_told(*sources: Mapping[str, Any]) -> Told | Refuse:
    """What the sources say together, the first that says something counts; a fatal refusal where one is malformed."""
    said: dict[str, Any] = {}
    for source in reversed(sources):
        said |= {name: source[name] for name in Told.model_fields if source.get(name) not in (None, "")}
    try:
        return Told.model_validate(said)
    except ValidationError as error:
        return Refuse(ErrorCode.BAD_MESSAGE, f"what is said of the call: {describe(error)}", fatal=True)
