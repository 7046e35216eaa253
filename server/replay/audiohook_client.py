"""The sending side of Genesys AudioHook, without I/O."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import HMAC_SHA256

from server.ingest.audiohook_media import CHANNELS
from server.ingest.audiohook_messages import RATE, VERSION, duration
from server.ingest.audiohook_settings import tag_of
from server.ingest.audiohook_signature import COVERED, SignedRequest
from server.replay.audio import CallAudio
from server.replay.client import StreamClient
from server.replay.errors import BadOptionError, ReplayError
from server.replay.heard import Begin, Failed, FinalHeard, Finished, Heard, Received
from server.replay.options import CallOptions
from server.wire.base import ErrorCode

_FORMATS = {"mulaw": "PCMU", "pcm16": "L16"}
_PING_EVERY = 5 * RATE
_OUR_PREFIX = "replay-"


class AudioHookClient(StreamClient):
    """A call's session; the first leg is the party outside. After a lost connection another session continues it."""

    def __init__(self, options: CallOptions, legs: list[str], sample_rate: int) -> None:
        """Raises BadOptionError where the options or the audio are none of AudioHook's."""
        if options.encoding not in _FORMATS:
            raise BadOptionError(f"AudioHook carries {' or '.join(_FORMATS)}")
        if sample_rate != RATE:
            raise BadOptionError(f"AudioHook carries {RATE} Hz only: convert the files")
        self.options = options
        self.url = options.url
        self._legs = dict(zip(CHANNELS, legs, strict=False))
        self._api_key, self._secret = _credentials(options.secret)
        self._organization = str(uuid5(NAMESPACE_URL, "tici replay"))
        self._conversation = _uuid(options.external_id)
        self._session = str(uuid4())
        self._before: list[dict[str, Any]] = []
        self._seq = self._serverseq = self._first = self._position = self._next_ping = 0

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of a new session, signed if there is a secret."""
        self._session = str(uuid4())
        url = urlsplit(self.url)
        named = {
            "host": url.netloc,
            "audiohook-organization-id": self._organization,
            "audiohook-session-id": self._session,
            "audiohook-correlation-id": str(uuid4()),
            "x-api-key": self._api_key,
        }
        scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
        request = SignedRequest(url._replace(scheme=scheme).geturl(), named)
        if self._secret is not None:
            keys = MappingKeyResolver(public_keys={}, private_keys={self._api_key: self._secret})
            signer = HTTPMessageSigner(signature_algorithm=HMAC_SHA256, key_resolver=keys)
            signer.sign(request, key_id=self._api_key, nonce=token_urlsafe(18), covered_component_ids=COVERED)
        return {name: value for name, value in named.items() if name != "host"}

    def opening(self, position: int) -> Sequence[str]:
        """`open`, as the continuation of the sessions before."""
        self._seq = self._serverseq = 0
        self._first = self._position = position
        self._next_ping = position + RATE
        parameters = {
            "organizationId": self._organization,
            "conversationId": self._conversation,
            "participant": {
                "id": str(uuid5(NAMESPACE_URL, self._conversation)),
                "ani": self.options.customer or "",
                "aniName": "",
                "dnis": "",
            },
            "media": [{
                "type": "audio",
                "format": _FORMATS[self.options.encoding],
                "channels": list(self._legs),
                "rate": RATE,
            }],
            "language": tag_of(self.options.language),
            "continuedSessions": list(self._before),
        }  # fmt: skip
        opened = self._say("open", **parameters)
        self._before.append({"id": self._session, "serverseq": 0, "clientseq": 1})
        return [opened]

    def begun(self) -> Begin | None:
        """Nothing: the server says when to begin."""
        return None

    def pieces(self, audio: CallAudio, start: int, end: int) -> Sequence[str | bytes]:
        """The samples, and a ping every few seconds."""
        self._position = start
        ping = [self._say("ping")] if start >= self._next_ping else []
        self._next_ping += _PING_EVERY if ping else 0
        self._position = end
        return [*ping, audio.chunk(start, end, self.options.encoding)]

    def ending(self) -> Sequence[str]:
        """`close`, as the call is over."""
        return [self._say("close", reason="end")]

    def receive(self, text: str) -> Received:
        """Understand a message; raises `ReplayError` if it is none of AudioHook's."""
        try:
            message = json.loads(text)
            kind, parameters, self._serverseq = message["type"], message["parameters"], int(message["seq"])
        except (ValueError, KeyError, TypeError) as error:
            raise ReplayError("the server's answer is not of AudioHook: is the URL right?") from error
        match kind:
            case "opened" if not parameters.get("startPaused"):
                return Received({"type": "opened"}, Begin(None, None))
            case "opened" | "pause":
                return self._leave("unsupported_language: the server does not understand this language")
            case "closed":
                return Received({"type": "closed"}, Finished())
            case "disconnect":
                return self._leave(str(parameters.get("info", "")))
            case "event":
                return self._heard(parameters)
        return Received({"type": str(kind)}, None)

    def closed(self, reason: str, ending: bool) -> Heard | None:
        """Nothing: the end comes as a message, and it is the client that closes."""
        return None

    def _heard(self, parameters: dict[str, Any]) -> Received:
        entity = parameters["entities"][0]
        data = entity["data"]
        if entity["type"] != "transcript":
            return Received({"type": "suggestions", "suggestions": data.get("suggestions", [])}, None)
        leg = self._legs[CHANNELS[data["channelId"]]]
        said = data["alternatives"][0]["interpretations"][0]["transcript"]
        start, length = (float(data[name][2:-1]) for name in ("offset", "duration"))
        event: dict[str, object] = {"leg": leg, "text": said, "start": start, "end": round(start + length, 3)}
        if not data["isFinal"]:
            return Received({"type": "interim", **event}, None)
        end = self._first + round((start + length) * RATE)
        return Received({"type": "final", **event}, FinalHeard(leg, data["id"], end))

    def _leave(self, info: str) -> Received:
        """The server does not want the session: close it, as the protocol asks for."""
        code, _, message = info.partition(": ")
        failed = Failed(code, message, True) if code in set(ErrorCode) else Failed("disconnect", info, True)
        event: dict[str, object] = {"type": "error", "code": failed.code, "message": failed.message}
        return Received(event, failed, (self._say("close", reason="disconnect"),))

    def _say(self, kind: str, **parameters: Any) -> str:
        self._seq += 1
        return json.dumps({
            "version": VERSION,
            "id": self._session,
            "type": kind,
            "seq": self._seq,
            "serverseq": self._serverseq,
            "position": duration(self._position - self._first),
            "parameters": parameters,
        })  # fmt: skip


def _uuid(external_id: str) -> str:
    """The conversation id; one made of the external id where that is none."""
    try:
        return str(UUID(external_id.removeprefix(_OUR_PREFIX)))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, external_id))


def _credentials(secret: str | None) -> tuple[str, bytes | None]:
    """API key and client secret, from `KEY:SECRET`."""
    if secret is None:
        return "tici-replay", None
    api_key, _, client_secret = secret.rpartition(":")
    try:
        decoded = b64decode(client_secret, validate=True)
    except (Base64Error, ValueError):
        decoded = b""
    if not api_key or not decoded:
        raise BadOptionError("give the secret of an AudioHook connector as API_KEY:CLIENT_SECRET, the latter in base64")
    return api_key, decoded
