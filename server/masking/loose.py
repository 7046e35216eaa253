"""Secrets that nobody asked for or named: words that look like passwords, digits beside talk of codes."""

import re

from server.masking import lexicon
from server.masking.context import OTHER, Around
from server.masking.kinds import Found, Kind

CODE_TALK = re.compile(lexicon.CODE_TALK, re.IGNORECASE)
_BRINGS = re.compile(lexicon.BRINGS_CODE, re.IGNORECASE)
_WORD = re.compile(r"(?<![A-Za-z0-9@#$^*_./:\-])[A-Za-z0-9][A-Za-z0-9@#$^*_.\-]{4,30}!{0,2}(?![A-Za-z0-9])")
_MIXED = re.compile(r"[A-Za-z@#$^*][0-9]|[0-9][A-Za-z@#$^*]")
_PRODUCT = re.compile(lexicon.PRODUCT, re.IGNORECASE)
_ADDRESS = re.compile(
    r"@[\w-]+\.\w|\.(?:com|cn|net|org|jpe?g|png|pdf|docx?|xlsx?|zip|mp[34]|apk|html?)\b|www\.", re.IGNORECASE
)
_MONEY_OR_NUMBER = re.compile(r"[A-Za-z]+[#$.\-_]+\d+[\d.]*$")
_INNER = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z0-9]*[a-z]|\d[a-z]")
_TRIED = re.compile(
    r"\b(?:tried|try|trying|used|use|using|typed|typing|entered|enter|put(?: in)?|log ?in|login|sign)\b|pass|pin\b"
    r"|试|输|登|填|密码|口令",
    re.IGNORECASE,
)


def password_like(text: str) -> list[tuple[int, int]]:
    """Words of letters in both cases and figures, or of letters, figures and a symbol, that name no product."""
    if not _MIXED.search(text):
        return []
    tried = _TRIED.search(text) is not None
    return [
        match.span()
        for match in _WORD.finditer(text)
        if _looks(match.group().rstrip(".-!"), tried) and not _ADDRESS.search(match.group())
    ]


def _looks(word: str, tried: bool) -> bool:
    figures = sum(char.isdigit() for char in word)
    lower, upper = any(char.islower() for char in word), any(char.isupper() for char in word)
    if not figures or not (lower or upper) or len(word) < 6 or _PRODUCT.match(word) or _MONEY_OR_NUMBER.match(word):
        return False
    if any(char in "@#$^*" for char in word):
        return True
    if tried and lower and word.isalnum():
        return True
    return word.isalnum() and lower and upper and (figures >= 3 or _INNER.search(word) is not None)


def brought(text: str, start: int, end: int) -> bool:
    """Whether talk brings the digits at `start` to `end` as what was received or has to be said."""
    before = text[max(0, start - 24) : start]
    return _BRINGS.search(before) is not None or not re.search(r"\w", text[end : end + 8]) or start == 0


def loose_passwords(text: str) -> list[Found]:
    """Words of a customer's turn that look like passwords and are not named as anything else."""
    places = password_like(text)
    around = Around(text) if places else None
    return [
        Found(start, end, Kind.PASSWORD)
        for start, end in places
        if around and not ((before := around.before(start)) and before.kind == OTHER)
    ]
