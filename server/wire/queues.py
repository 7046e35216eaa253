"""HTTP bodies under `/v1/admin/queues`: what each line of work allows. A change holds for what begins later."""

from typing import Annotated, Literal

from pydantic import Field

from server.wire.base import STORABLE, Message
from server.wire.listen import Name

QueueTeam = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^*]+$"), STORABLE]
RecordingPolicy = Literal["record", "off", "on_demand"]
ChatAction = Literal["send", "insert"]


class QueueRow(Message):
    """A queue with rules of its own; `default` serves all others. `webhook` tells whether texts of calls have a way
    out, which `tici queue set --webhook-url` makes."""

    queue: str
    team: str
    language: str
    text_out_on_call: bool
    chat_action: ChatAction
    recording_policy: RecordingPolicy
    retention_class: str
    webhook: bool


class SaveQueueRequest(Message):
    """What to change of a queue, or to make it with; what is left out stays, or is as the default queue has it."""

    team: QueueTeam | None = None
    language: Literal["zh", "en"] | None = None
    text_out_on_call: bool | None = None
    chat_action: ChatAction | None = None
    recording_policy: RecordingPolicy | None = None
    retention_class: Name | None = None
