"""The sending side of `/v1/vosk` (and of any vosk-server), without I/O."""

import json
from typing import Any

from server.replay.client import StreamClient
from server.replay.errors import ReplayError
from server.replay.heard import Begin, Failed, FinalHeard, Finished, Heard, Received
from server.replay.options import CallOptions, role_of
from server.wire.base import ErrorCode


class VoskClient(StreamClient):
    """One leg's words to the server. The protocol cannot resume: what was under way when a connection broke is lost."""

    def __init__(self, options: CallOptions, leg: str, sample_rate: int) -> None:
        """Who is calling goes into the URL's query."""
        said = {
            "external_id": options.external_id,
            "leg": leg,
            "role": role_of(leg).value,
            "language": options.language,
            "queue": options.queue,
            "agent": options.agent,
            "customer": options.customer,
        }
        self.url = options.url_with({name: value for name, value in said.items() if value is not None})
        self.options = options
        self._leg = leg
        self._rate = sample_rate
        self._first_sample = 0

    def opening(self, position: int) -> list[str]:
        """The first message of a connection; the server counts seconds from `position` on."""
        self._first_sample = position
        return [json.dumps({"config": {"sample_rate": self._rate, "words": True}})]

    def begun(self) -> Begin | None:
        """At once: the server does not answer the opening."""
        return Begin(None, None)

    def ending(self) -> list[str]:
        """The last message of the call."""
        return ['{"eof" : 1}']

    def receive(self, text: str) -> Received:
        """Understand a reply; raises `ReplayError` if it is none of vosk-server's."""
        try:
            reply = json.loads(text)
        except ValueError as error:
            raise ReplayError("the server's answer is not of the Vosk protocol: is the URL right?") from error
        if not isinstance(reply, dict) or not reply.keys() & {"partial", "text"}:
            raise ReplayError("the server's answer is not of the Vosk protocol: is the URL right?")
        if "partial" in reply:
            return Received({"type": "interim", "leg": self._leg, "text": reply["partial"]}, None)
        return self._result(reply)

    def closed(self, reason: str, ending: bool) -> Heard | None:
        """The error in a close reason, if it is one of ours (`code: message`); else the end, if we asked for it."""
        code, _, message = reason.partition(": ")
        if code in set(ErrorCode):
            return Failed(code, message, fatal=True)
        return Finished() if ending else None

    def _result(self, reply: dict[str, Any]) -> Received:
        words = reply.get("result", [])
        event = {"type": "final", "leg": self._leg, "text": reply["text"], "words": words}
        if not words:
            return Received(event, None)
        end = self._first_sample + round(words[-1]["end"] * self._rate)
        return Received(event, FinalHeard(self._leg, f"{self._leg}:{end}", end))
