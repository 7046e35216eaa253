"""Secrets leave what was heard before anything else sees it."""

from copy import deepcopy
from dataclasses import replace

from asr.transcript import Transcript
from server.masking import Masker
from server.masking.kinds import Language
from server.session.state import LegState
from server.wire import events as ev


def language_of(language: str) -> Language:
    """The rules that fit a language."""
    return "zh" if language.startswith("zh") else "en"


def masked(masker: Masker, transcript: Transcript, leg: LegState) -> tuple[Transcript, list[ev.MaskedSpan]]:
    """The transcript without its secrets, and where they were spoken (seconds from the conversation's origin).

    Finals of speech move the masker on; interims, music and prompts do not. Words of a masked stretch are gone; where
    a stretch has no times of its own, all words of the utterance are, and the whole utterance counts as masked.
    """
    language = language_of(leg.language)
    if not transcript.final:
        return replace(transcript, text=masker.preview(transcript.text, leg.role, language), words=()), []
    if transcript.sound != "speech":
        masker = deepcopy(masker)
    result = masker.mask(transcript.text, role=leg.role, language=language, words=transcript.words)
    if not result.spans:
        return transcript, []
    times = [span.audio or (transcript.start, transcript.end) for span in result.spans]
    words = tuple(
        word for word in transcript.words if all(word.end <= start or word.start >= end for start, end in times)
    )
    spans = [
        ev.MaskedSpan(kind=span.kind, start=leg.offset + start, end=leg.offset + end)
        for span, (start, end) in zip(result.spans, times, strict=True)
    ]
    return replace(transcript, text=result.text, words=words), spans
