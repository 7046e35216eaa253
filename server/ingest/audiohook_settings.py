"""What an AudioHook session needs to know of its connector and of the request that opened it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from server.ingest.audiohook_messages import RATE, Open
from server.wire.base import without_region
from server.wire.events import Direction
from server.wire.listen import LegSpec

_TAGS = {"zh": ("zh-CN", "cmn-CN"), "en": ("en-US", "en-AU", "en-GB", "en-IN", "en-ZA")}
"""How Genesys calls the languages, the usual one first."""
_SAME = {"cmn": "zh"}


@dataclass(frozen=True, slots=True)
class AudioHookSettings:
    """`legs` by channel, those that are listened to. `customer`: which number of the participant names the customer.

    `session_id` and `organization_id` are what the request's header said, None where it said nothing. `authentic`:
    the request was signed. `transcripts`, `interims` and `suggestions` are told to the client where they are true.
    """

    legs: Mapping[str, LegSpec]
    queue: str = "default"
    language: str = "zh"
    direction: Direction = Direction.INBOUND
    customer: Literal["ani", "dnis"] | None = None
    session_id: str | None = None
    organization_id: str | None = None
    authentic: bool = False
    transcripts: bool = False
    interims: bool = False
    suggestions: bool = False

    def start_fields(self, opened: Open, channels: list[str], encoding: str, language: str) -> dict[str, Any]:
        """The native `start` that says what `opened` says."""
        return {
            "external_id": opened.conversation_id.lower(),
            "direction": self.direction,
            "legs": [self.legs[channel].model_dump(exclude_none=True) for channel in channels if channel in self.legs],
            "encoding": encoding,
            "sample_rate": RATE,
            "language": language,
            "queue": self.queue,
            "customer": self._customer(opened),
        }

    def _customer(self, opened: Open) -> str | None:
        numbers = {"ani": opened.participant.ani, "dnis": opened.participant.dnis}
        number = numbers[self.customer].removeprefix("tel:") if self.customer is not None else ""
        return number or None


class Spoken:
    """What the client says is spoken."""

    def __init__(self, language: str, loaded: Container[str]) -> None:
        self._loaded = loaded
        self.language = language
        """In which of our languages it is heard."""
        self.tag = tag_of(language)
        """How the client calls it."""
        self.understood = True
        """Whether there is a recogniser for it; where there is none, the client is asked to pause."""

    def change(self, tag: str) -> None:
        """Another language from here on; where nobody understands it, `language` stays what it was."""
        wanted = without_region(tag)
        wanted = _SAME.get(wanted, wanted)
        self.understood = wanted in self._loaded
        if self.understood:
            self.language, self.tag = wanted, tag


def tag_of(language: str) -> str:
    """What Genesys calls a language of ours."""
    return _TAGS.get(language, (language,))[0]


def tags_of(languages: Container[str]) -> list[str]:
    """Every name that Genesys has for these languages."""
    return [tag for language, tags in sorted(_TAGS.items()) if language in languages for tag in tags]
