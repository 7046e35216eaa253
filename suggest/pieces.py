"""Cutting what was said in one breath into its questions, with punctuation or, as recognizers write, without."""

import re

from kb.text import clauses, search_form, syllables
from suggest.acts import asks, is_backchannel, wants

MOST = 3
"""Questions that are looked for in one text: as many as there are cards."""
LEAST = 3
"""Chinese characters or other words of a piece; a shorter one belongs to its neighbour."""

_MARK_ZH = r"还有(?!没|几|多)|另外(?!一|加|的)|顺便|顺带|以及|并且|而且|对了|再问|再帮|再就是|同时|此外"
_MARK_EN = r"also|plus|by the way|another thing|and (?:also|then|what about|how about)|what about|how about"
_AS_WELL = r"\bas well$|\btoo$|\balso\b"
_MARK = re.compile(
    rf"^(?:{_MARK_ZH}|还[要想得])|^.{{0,6}}[也又](?!许)|^(?:and |but )?(?:{_MARK_EN})\b|{_AS_WELL}|"
    r"^and (?:i|i'm|i'd|i've|my|please|stop|tell|let)\b",
    re.IGNORECASE,
)
_BARE_MARK = re.compile(_MARK_ZH)
_WH = r"(?:what|how|when|where|why|which|who)"
_TURNED = (
    r"(?:can|could|do|does|did|is|are|will|would|should|may|must)(?:n't)? "
    r"(?:i|you|we|it|they|there|he|she|my|your|the|this|that)"
)
_QUESTION = rf"(?:{_WH} (?:\w+ ){{0,3}}?{_TURNED}|{_WH}(?:'s|'re)|{_TURNED})\b"
_CUT = re.compile(
    rf"(?<=.)(?={_MARK_ZH})|"
    r"(?<=[吗呢啊呀])(?=\s*[\u3400-\u9fff])|(?:(?<=怎么办)|(?<=多少钱)|(?<=什么原因))(?=\s*[\u3400-\u9fff])|"
    r"(?:(?<=多久)|(?<=多少)|(?<=[\u3400-\u9fff]不))(?=\s)|"
    rf"\s+(?=(?:{_MARK_EN})\b)|"
    rf"\s+(?=(?:and|so|but|or) (?:{_WH}|{_TURNED}|i|i'm|i'd|i've|my|now|tell|stop|let|please)\b)|"
    rf"\s+(?={_QUESTION})",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    rf"\b(?:{_WH}(?: \w+){{0,3}}|and|so|but|or|if|know|tell me|see|find out|ask|say|says|wondering|sure|understand|"
    r"about|on|in|at|to|for|with|of|from|that|as|the|then|just|even|me|check|never mind|by the way|also)$",
    re.IGNORECASE,
)
"""How a piece ends that is not over: "I want to know | how", "how much | would you"."""


def questions(text: str) -> list[str]:
    """The questions or requests of a text in their order, each with what was said before it; one for most texts."""
    groups: list[str] = []
    complete = False
    for piece in _pieces(text):
        marked = bool(groups) and bool(_MARK.search(piece))
        new = marked or (complete and wants(piece))
        if groups and not new:
            groups[-1] = f"{groups[-1]}，{piece}"
        else:
            groups.append(piece)
            complete = False
        complete = complete or asks(piece)
    return groups if 1 < len(groups) <= MOST else [text]


def _pieces(text: str) -> list[str]:
    """The clauses and parts of clauses of a text, none too short, without those that only keep the talk going."""
    found: list[str] = []
    for part in (part for clause in clauses(text) for part in _cut(clause)):
        if is_backchannel(part):
            continue
        if found and (_short(found[-1]) or _short(part)):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def _cut(clause: str) -> list[str]:
    found: list[str] = []
    for part in filter(None, (part.strip() for part in _CUT.split(clause))):
        if found and (_GOES_ON.search(found[-1]) or (_BARE_MARK.match(part) and not wants(found[-1]))):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def _short(text: str) -> bool:
    return len(syllables(search_form(text))) < LEAST
