"""What a Vosk client is told: `{"partial"}` and `{"text", "result"}`, one per chunk."""

import json
from typing import Any

from server.ingest.dialect import SendText
from server.ingest.vosk_config import VoskConfig
from server.wire import listen
from server.wire.events import WordTime


class VoskReplies:
    """Collects what was heard until the client is due a reply.

    `origin`: seconds from the conversation's origin to this connection's first sample.
    """

    def __init__(self) -> None:
        self.origin = 0.0
        self._partial = ""
        self._finals: list[listen.Final] = []

    @property
    def waiting(self) -> bool:
        """Whether an utterance was not told yet."""
        return bool(self._finals)

    def interim(self, interim: listen.Interim) -> None:
        """Take the words being spoken; they replace those before."""
        self._partial = interim.text

    def final(self, final: listen.Final) -> None:
        """Take an utterance."""
        self._partial = ""
        if final.text:
            self._finals.append(final)

    def chunk(self, config: VoskConfig) -> SendText:
        """The reply to one chunk of audio."""
        if self._finals:
            return self.result(config)
        return SendText(_dump({"partial": self._partial}))

    def result(self, config: VoskConfig) -> SendText:
        """All utterances since the last result as one result; without any, the empty one."""
        words = [self._word(word) for final in self._finals for word in final.words]
        found: dict[str, Any] = {"text": " ".join(_spaced(final) for final in self._finals)}
        if words and config.words:
            found["result"] = words
        self._finals = []
        if config.max_alternatives > 0:
            return SendText(_dump({"alternatives": [_as_alternative(found, words)]}))
        return SendText(_dump(found))

    def _word(self, word: WordTime) -> dict[str, Any]:
        return {
            "conf": round(word.confidence, 6),
            "end": round(word.end - self.origin, 6),
            "start": round(word.start - self.origin, 6),
            "word": word.text,
        }


def _spaced(final: listen.Final) -> str:
    # Vosk puts a space between words in every language.
    return " ".join(word.text for word in final.words) or final.text


def _as_alternative(found: dict[str, Any], words: list[dict[str, Any]]) -> dict[str, Any]:
    confidence = sum(word["conf"] for word in words) / len(words) if words else 1.0
    return {"confidence": confidence, **found}


def _dump(reply: dict[str, Any]) -> str:
    return json.dumps(reply, ensure_ascii=False, indent=2)
