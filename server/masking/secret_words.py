"""Passwords and codes that are words or letters, found by what stands before them or by the question."""

import re

from server.masking import lexicon
from server.masking.context import Around, Ask, Mention
from server.masking.kinds import SECRET, Found, Kind

_MIXED = re.compile(r"[A-Za-z0-9!@#$%^&*_+.?~=\-]{4,40}")
_AFTER_EN = re.compile(r"(?:\s+(?:is|was|to|number is)|\s*[:：=])\s*([^\s,，。]{3,40})", re.IGNORECASE)
_AFTER_ZH = re.compile(r"[是为成了:： 设的就]{0,4}([A-Za-z0-9!@#$%^&*_+.\-]{4,40})")
_DOCUMENT = re.compile(r"[号码是为:： ]{0,5}(?:\s?number)?(?:\s?is)?\s?([A-Za-z]{1,2}\d{6,12})", re.IGNORECASE)
_TALK_ZH = re.compile(lexicon.ZH_TALK)
_FILLED = re.compile(r"[嗯呃啊哦额是\s,，]*")
_LEAD_IN = re.compile(lexicon.LEAD_IN, re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z']+")
_ANSWER_CHARS = 40


def find_words(text: str, found: list[Found], around: Around, firm: Ask | None) -> list[Found]:
    """`found` with secret words added, in order. `firm` is the question that this turn answers."""
    extra = _named(text, around)
    extra += [secret for secret in _mixed(text, Kind.PASSWORD) if _near_password(text, secret, around)]
    if firm is not None and firm.kind in SECRET:
        extra += _mixed(text, firm.kind)
        if firm.fresh and (whole := _whole(text)):
            extra.append(Found(*whole, firm.kind, "".join(secret.digits for secret in found)))
    return _merged(found, extra)


def _named(text: str, around: Around) -> list[Found]:
    """A word right after `my password is`, letters and figures right after 密码."""
    found = []
    for mention in around.mentions:
        if mention.kind == Kind.ID_NUMBER and (match := _DOCUMENT.match(text, mention.end)):
            found.append(Found(*match.span(1), Kind.ID_NUMBER))
        if mention.kind not in (Kind.PASSWORD, Kind.CODE):
            continue
        for pattern in (_AFTER_ZH, _AFTER_EN):
            match = pattern.match(text, mention.end)
            if match and _secret_word(match.group(1), spoken=_announces(text, mention, match)):
                found.append(
                    Found(match.start(1), match.start(1) + len(match.group(1).rstrip(".?!")), Kind(mention.kind))
                )
                break
    return found


def _announces(text: str, mention: Mention, match: re.Match[str]) -> bool:
    """`password is` or `password:`, after which any word may be the password."""
    named = text[mention.start : mention.end].lower().startswith("pass") and mention.kind == Kind.PASSWORD
    return named and text[mention.end : match.start(1)].strip().lower() in ("is", ":", "：", "=")


def _secret_word(word: str, *, spoken: bool) -> bool:
    word = word.rstrip(".?!")
    if len(word) < 3 or not word.isascii() or "[" in word:
        return False
    if any(char.isdigit() for char in word):
        return any(char.isalpha() for char in word)
    ordinary = word.lower() in lexicon.EN_NOT_PASSWORD or word.lower().endswith("ed")
    return spoken and not ordinary and word.isalpha()


def _near_password(text: str, secret: Found, around: Around) -> bool:
    before = around.before(secret.start)
    return (
        before is not None
        and before.kind in SECRET
        and bool(re.search(r"[\d!@#$%^&*]", text[secret.start : secret.end]))
    )


def _mixed(text: str, kind: Kind) -> list[Found]:
    """Strings of letters and figures."""
    return [
        Found(match.start(), match.start() + len(match.group().rstrip(".-")), kind)
        for match in _MIXED.finditer(text)
        if any(char.isdigit() for char in match.group()) and any(char.isalpha() for char in match.group())
    ]


def _whole(text: str) -> tuple[int, int] | None:
    """A short answer without any word of talk, whatever was recognised in it."""
    if len(text) > _ANSWER_CHARS or "[" in text or _TALK_ZH.search(text):
        return None
    begin = max(found.end() for found in (_LEAD_IN.match(text), _FILLED.match(text)) if found)
    end = len(text.rstrip(" .。,，!！?？"))
    words = _WORD.findall(text[begin:end].lower())
    if end - begin < 3 or any(word in lexicon.EN_TALK or word.endswith("n't") for word in words) or len(words) > 5:
        return None
    return begin, end


def _merged(found: list[Found], extra: list[Found]) -> list[Found]:
    merged: list[Found] = []
    for secret in sorted([*found, *extra], key=lambda one: (one.start, -one.end)):
        last = merged[-1] if merged else None
        if last is None or secret.start >= last.end:
            merged.append(secret)
        elif secret.end > last.end:
            merged[-1] = Found(last.start, secret.end, last.kind, last.digits + secret.digits)
    return merged
