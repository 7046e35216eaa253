"""Every message that crosses a door, as pydantic models: one file per door.

`events` are the rows of a conversation, `listen` the audio door, `panel` the agent's socket, `chat` the
customer's socket, `rest` the HTTP bodies. Times called `at` are Unix seconds and for display only; `start` and
`end` are seconds from the conversation's origin; `*_sample` are samples of one leg at its source rate.
"""

from server.wire.base import WIRE_VERSION, ErrorCode, Message

__all__ = ["WIRE_VERSION", "ErrorCode", "Message"]
