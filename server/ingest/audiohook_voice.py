"""The server's side of an AudioHook session: numbered messages, and the check of the client's numbers."""

import json
from typing import Any

from server.ingest.audiohook_messages import NO_ID, VERSION, ClientMessage
from server.ingest.dialect import Refuse, SendText
from server.wire.base import ErrorCode


class Voice:
    """Numbers what is sent and follows what is received."""

    def __init__(self, session_id: str | None) -> None:
        """`session_id`: what the request's header said, None where it said nothing."""
        self._id = session_id
        self._seq = 0
        self._clientseq = 0

    @property
    def session_id(self) -> str:
        """The session's id, as far as it is known."""
        return self._id or NO_ID

    def say(self, kind: str, **parameters: Any) -> SendText:
        """The next message of the server."""
        self._seq += 1
        message = {
            "version": VERSION,
            "id": self.session_id,
            "type": kind,
            "seq": self._seq,
            "clientseq": self._clientseq,
            "parameters": parameters,
        }
        return SendText(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def check(self, message: ClientMessage) -> Refuse | None:
        """Take the numbers of the client's next message; what is wrong with them is a fatal refusal."""
        if message.seq != self._clientseq + 1:
            return _bad("seq: each message has the number after that of the one before it, beginning with 1")
        if message.serverseq > self._seq:
            return _bad("serverseq: this server has not sent so many messages")
        if self._id is not None and message.id.lower() != self._id.lower():
            return _bad("id: it is not that of this session")
        self._id = self._id or message.id
        self._clientseq = message.seq
        return None

    def follow(self, seq: int) -> None:
        """Go on from here, whatever came before."""
        self._clientseq = seq


def _bad(message: str) -> Refuse:
    return Refuse(ErrorCode.BAD_MESSAGE, message, fatal=True)
