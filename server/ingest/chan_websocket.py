"""Asterisk's WebSocket channel driver (`chan_websocket`, from 20.16, 21.11, 22.6 and 23.0 on): one channel, one leg.

Text `MEDIA_START connection_id:… channel:… format:ulaw optimal_frame_size:160` (or the same as a JSON object), then
binary frames without headers. Other events (`DTMF_END`, `MEDIA_XOFF`, …) are dropped unread. The call ends when
Asterisk closes. What the protocol has no room for (which call, which party) comes in the URL.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from server.ingest.connector import Connector, SecretConnector, Upgrade
from server.ingest.dialect import Action, Audio, Dialect, Limits, OpenCall, Refuse
from server.ingest.frames import to_audio, too_large
from server.ingest.one_way import OneWay
from server.ingest.parsing import json_object, parse_start
from server.ingest.shown import check_shown, tokens
from server.ingest.told import Told, read_told
from server.wire import listen
from server.wire.base import ErrorCode

START = "MEDIA_START"
SUBPROTOCOL = "media"
CHANNEL, IN, OUT = "channel", "in", "out"
FORMATS = {
    "ulaw": ("mulaw", 8000),
    "alaw": ("alaw", 8000),
    "slin": ("pcm16", 8000),
    "slin12": ("pcm16", 12000),
    "slin16": ("pcm16", 16000),
    "slin24": ("pcm16", 24000),
    "slin32": ("pcm16", 32000),
    "slin44": ("pcm16", 44100),
    "slin48": ("pcm16", 48000),
}
"""Encoding and Hz by Asterisk's name of the format."""


class ChanWebSocketConnector(SecretConnector):
    """Asterisk, `chan_websocket`: `username` and `password` in `websocket_client.conf` show the secret as the
    password. One connection carries one channel; `external_id` and `track` in its URL say which call and which of the
    tracks `in` and `out` (or `channel`, where there is no `track`). See [Asterisk](asterisk.md)."""

    tracks: ClassVar[frozenset[str]] = frozenset({CHANNEL, IN, OUT})
    dialect: Literal["chan-websocket"]

    def may_join(self, upgrade: Upgrade) -> bool:
        """Each carries one leg; see `Connector`."""
        return True

    def subprotocol(self, upgrade: Upgrade) -> str | None:
        """See `Connector`."""
        return SUBPROTOCOL if SUBPROTOCOL in upgrade.subprotocols else None

    def admit(self, upgrade: Upgrade) -> None:
        """Check the address, and the secret where there is one; see `Connector`."""
        super().admit(upgrade)
        if self.secret is not None:
            check_shown(tokens(upgrade), self.secret.get_secret_value())

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """See `Connector`."""
        return ChanWebSocketDialect(self, upgrade.query, limits)


class ChanWebSocketDialect(OneWay):
    """One connection of `chan_websocket`."""

    def __init__(self, connector: Connector, query: Mapping[str, str], limits: Limits) -> None:
        super().__init__()
        self._connector = connector
        self._query = query
        self._limits = limits
        self._start: listen.Start | None = None

    def receive_text(self, text: str) -> list[Action]:
        """Take `MEDIA_START`; see `Dialect`."""
        if self.over:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self.refuse(too_large(size, self._limits.max_frame_bytes))
        if self._start is not None:
            return []
        event = media_start(text)
        if event is None:
            return self.wrong(ErrorCode.START_EXPECTED, "the first message must be MEDIA_START")
        return self._open(event)

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take audio; see `Dialect`."""
        if self.over:
            return []
        if len(data) > self._limits.max_frame_bytes:
            return self.refuse(too_large(len(data), self._limits.max_frame_bytes))
        if self._start is None:
            return self.wrong(ErrorCode.START_EXPECTED, "send MEDIA_START before audio")
        if not data:
            return []
        heard = to_audio(data, self._start.encoding, [self._start.legs[0].leg])
        return [heard] if isinstance(heard, Audio) else self.refuse(heard)

    def _open(self, event: Mapping[str, Any]) -> list[Action]:
        told = read_told(self._query, {"external_id": event.get("connection_id")})
        start = told if isinstance(told, Refuse) else self._start_of(event, told)
        if isinstance(start, Refuse):
            return self.refuse(start)
        self._start, self.opened = start, True
        return [OpenCall(start, resumable=False, supersede=self._connector.guarded, restart=True)]

    def _start_of(self, event: Mapping[str, Any], told: Told) -> listen.Start | Refuse:
        described = FORMATS.get(str(event.get("format")))
        if described is None:
            message = f"choose another codec in the dial string, such as c(slin16): one of {', '.join(FORMATS)}"
            return Refuse(ErrorCode.UNSUPPORTED_ENCODING, message, fatal=True)
        legs = self._connector.leg_specs([told.track or CHANNEL])
        if not legs:
            message = "the connector's `legs` does not name this track: add it, or send another `track`"
            return Refuse(ErrorCode.POLICY, message, fatal=True)
        if told.external_id is None:
            message = "no call is named: send `external_id` in the URL, or MEDIA_START with a connection_id"
            return Refuse(ErrorCode.BAD_MESSAGE, message, fatal=True)
        return parse_start(told.start_fields(self._connector, told.external_id, legs, *described), self._limits)


def media_start(text: str) -> dict[str, Any] | None:
    """The parameters of a `MEDIA_START` in either of its forms; None for anything else."""
    word, *parameters = text.split() or [""]
    if word == START:
        return {name: value for name, _, value in (one.partition(":") for one in parameters)}
    event = json_object(text)
    return event if event is not None and event.get("event") == START else None
