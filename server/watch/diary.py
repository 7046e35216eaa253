"""Writes into the log how conversations and their audio come and go: when, how long, why; never what was said."""

import logging

from server.live.conversation import Published, conversation_topic
from server.wire import events as ev
from server.wire.events import Event

log = logging.getLogger(__name__)
Fields = dict[str, str | float]
MOST = 10_000
"""Conversations of which it is remembered when they began; some never end."""


class Diary:
    """Overhears the hub."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._legs: dict[tuple[str, str], tuple[str, int]] = {}
        """Role and sample rate of the open legs."""

    def overhear(self, topic: str, message: Published) -> None:
        """Take in what is published."""
        if isinstance(message, Event) and topic == conversation_topic(message.conversation_id):
            fields = self._fields(message)
            if fields is not None:
                _note(message, fields)

    def _fields(self, event: Event) -> Fields | None:
        """What the log says of the event; None: nothing."""
        conversation, payload = event.conversation_id, event.payload
        match payload:
            case ev.ConversationStarted():
                self._began[conversation] = event.at
                while len(self._began) > MOST:
                    del self._began[next(iter(self._began))]
                return {"channel": payload.channel.value}
            case ev.LegStarted():
                self._legs[conversation, payload.leg] = payload.role.value, payload.sample_rate
                return {"leg": payload.role.value, "sample_rate": payload.sample_rate}
            case ev.LegGap():
                role, _ = self._legs.get((conversation, payload.leg), ("unknown", 0))
                return {"leg": role, "duration": payload.missing, "reason": payload.reason}
            case ev.LegEnded():
                role, rate = self._legs.pop((conversation, payload.leg), ("unknown", 0))
                length: Fields = {"duration": round(payload.samples / rate, 1)} if rate else {}
                return {"leg": role, **length, "reason": payload.reason}
            case ev.ConversationEnded():
                began = self._began.pop(conversation, None)
                return {} if began is None else {"duration": round(event.at - began, 1)}
        return None


def _note(event: Event, fields: Fields) -> None:
    """One line; machines get the values as fields of their own."""
    name = event.payload.type
    values = "".join(f" {key}={value}" for key, value in fields.items())
    known = {"event": name, "fields": fields}
    log.info("conversation %s: %s%s", event.conversation_id, name, values, extra=known)
