"""The answer to a question for a password or secret answer: any words, told from talk."""

import re

from server.masking import answer_words as words

MAX_ANSWER = 120
"""Characters of a turn within which an answer of words is looked for."""
_I = re.IGNORECASE
_NO_ANSWER = re.compile(f"{words.NO_ANSWER_ZH}|{words.DOMAIN_ZH}")
_STRONG_NO = re.compile(r"什么|多少|哪|怎么|为什么|忘|[不没]|吗|几位|改|[查问看试]")
_ACK_ZH, _LEAD_ZH, _TRAIL_ZH = re.compile(words.ACK_ZH), re.compile(words.LEAD_ZH), re.compile(words.TRAIL_ZH)
_LEAD_EN, _TRAIL_EN = re.compile(words.LEAD_EN, _I), re.compile(words.TRAIL_EN, _I)
_TURN_ZH, _TURN_EN = re.compile(words.TURN_ZH), re.compile(words.TURN_EN, _I)
_BRINGS_ZH = re.compile(words.BRINGS_ZH)
_NAMES_ZH = re.compile(r"(?:口令|密码|答案|暗号|密保|名字)(?:应该|好像|可能|就)?[是叫为:：]$")
_CLAUSE_ZH = re.compile(r"[，,。！!？?；;\n]+")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*", _I)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_AND = re.compile(r"\s+(?:and|then)\s+|[，,；;]\s*|然后|还有")
_MOST_WORDS = 12


def answers(text: str, *, more: bool = False) -> list[tuple[int, int]]:
    """Stretches of an answering turn that may be the secret; empty for a nod, a refusal, a stall, a question.

    `more`: another thing was asked for in the same breath, and only the first part is the secret.
    """
    if not 0 < len(text.strip()) <= MAX_ANSWER:
        return []
    end = len(text)
    if more and (cut := _AND.search(text)):
        end = cut.start()
    if _CJK.search(text):
        return [place for start, stop in _clauses(text[:end]) if (place := _chinese(text, start, stop))]
    place = _english(text, 0, end)
    return [place] if place else []


def is_talk(text: str) -> bool:
    """Nothing of an answer in it, even if it breaks off here: a nod, a refusal, a stall."""
    return len(text) <= MAX_ANSWER and not answers(text) and not re.search(r"\d", text)


def _clauses(text: str) -> list[tuple[int, int]]:
    starts = [0, *(match.end() for match in _CLAUSE_ZH.finditer(text))]
    stops = [*(match.start() for match in _CLAUSE_ZH.finditer(text)), len(text)]
    return [(start, stop) for start, stop in zip(starts, stops, strict=True) if stop > start]


def _chinese(text: str, start: int, stop: int) -> tuple[int, int] | None:
    body = text[start:stop]
    if _ACK_ZH.fullmatch(body):
        return None
    begin = max([0, *(brings.end() for brings in _BRINGS_ZH.finditer(body))])
    lead = _LEAD_ZH.match(body, begin)
    begin = lead.end() if lead else begin
    tail = _TRAIL_ZH.search(body, begin)
    end = tail.start() if tail else len(body)
    if begin and _NAMES_ZH.search(body[:begin].rstrip()) and not _STRONG_NO.search(body[begin:end]):
        return _place(start, begin, end)
    if not _NO_ANSWER.search(body[begin:end]):
        return _place(start, begin, end)
    turn = next((turn for turn in _TURN_ZH.finditer(body[:end]) if not _NO_ANSWER.search(body[turn.end() : end])), None)
    if turn is None:
        return None
    return _place(start, turn.end() + len(body[turn.end() : end]) - len(body[turn.end() : end].lstrip()), end)


def _english(text: str, start: int, stop: int) -> tuple[int, int] | None:
    body = text[start:stop]
    said = _WORD.findall(body.lower())
    if all(word in words.ACK_EN for word in said) and not re.search(r"\d", body):
        return None
    if said and said[0] in words.ASKS_EN:
        return None
    lead = _LEAD_EN.match(body)
    begin = lead.end() if lead else 0
    tail = _TRAIL_EN.search(body, begin)
    end = tail.start() if tail else len(body)
    if not _talk(body[begin:end]):
        return _place(start, begin, end)
    for turn in _TURN_EN.finditer(body):
        after = _LEAD_EN.match(body, turn.end())
        begin = after.end() if after else turn.end()
        if begin < end and not _talk(body[begin:end]):
            return _place(start, begin, end)
    return None


def _talk(text: str) -> bool:
    said = _WORD.findall(text.lower().replace("’", "'"))
    return len(said) > _MOST_WORDS * 2 or any(word in words.STALL_EN for word in said)


def _place(start: int, begin: int, end: int) -> tuple[int, int] | None:
    return (start + begin, start + end) if end - begin >= 1 else None
