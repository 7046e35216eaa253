"""What is told to Genesys: transcripts and suggestions as entities of an `event` message."""

from collections.abc import Callable, Sequence
from html import escape
from statistics import fmean
from typing import Any

from server.ingest.audiohook_messages import RATE, duration
from server.wire import listen
from server.wire.events import Card, SuggestionsRaised

Entity = dict[str, Any]
Position = Callable[[float], float]
"""From seconds of the conversation to samples of the client's stream."""


def interim_entity(interim: listen.Interim, name: str, channel: int, language: str, position: Position) -> Entity:
    """Words being spoken. No recogniser is sure of them, so their confidence is 0."""
    return _transcript(interim, name, channel, _alternative(interim.text, 0.0, language, []), position, final=False)


def final_entity(final: listen.Final, name: str, channel: int, language: str, position: Position) -> Entity:
    """A committed utterance with its words and their times."""
    tokens = [
        {
            "type": "word",
            "value": word.text,
            "confidence": round(word.confidence, 3),
            "offset": duration(position(word.start)),
            "duration": duration((word.end - word.start) * RATE),
            "language": language,
        }
        for word in final.words
    ]
    sure = round(fmean(word.confidence for word in final.words), 3) if final.words else 0.0
    return _transcript(final, name, channel, _alternative(final.text, sure, language, tokens), position, final=True)


def suggestions_entity(raised: SuggestionsRaised, name: str, position: float) -> Entity:
    """Cards as Genesys shows them. `position`: samples of the stream at which they were raised."""
    return {
        "type": "agentassist",
        "data": {"id": name, "suggestions": [_suggestion(card, position) for card in raised.cards]},
    }


def _suggestion(card: Card, position: float) -> Entity:
    return {
        "type": "faq",
        "id": card.suggestion_id,
        "confidence": round(card.confidence, 3),
        "position": duration(position),
        "question": card.matched or card.title,
        # The answer is HTML by the protocol; an article is plain text.
        "answer": escape(card.reply).replace("\n", "<br>"),
    }


def _transcript(
    said: listen.Interim | listen.Final,
    name: str,
    channel: int,
    alternative: Entity,
    position: Position,
    *,
    final: bool,
) -> Entity:
    start, end = _span(said)
    return {
        "type": "transcript",
        "data": {
            "id": name,
            "channelId": channel,
            "isFinal": final,
            "offset": duration(position(start)),
            "duration": duration((end - start) * RATE),
            "alternatives": [alternative],
        },
    }


def _alternative(text: str, confidence: float, language: str, tokens: Sequence[Entity]) -> Entity:
    display: Entity = {"type": "display", "transcript": text, "tokens": list(tokens)}
    return {"confidence": confidence, "languages": [language], "interpretations": [display]}


def _span(said: listen.Interim | listen.Final) -> tuple[float, float]:
    """The words' own time where it is known: an utterance's tile also holds the silence around them."""
    if isinstance(said, listen.Final) and said.words:
        return said.words[0].start, said.words[-1].end
    return said.start, max(said.start, said.end)
