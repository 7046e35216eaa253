"""Passwords, codes and document numbers that are not digits alone: by what stands before them or by the question."""

import re

from server.masking import answer_words as words
from server.masking import lexicon
from server.masking.answers import answers
from server.masking.asks import Ask
from server.masking.context import OTHER, Around, Mention
from server.masking.kinds import SECRET, Found, Kind
from server.masking.repeats import merged
from server.masking.spelled import Spelled, rows

_I = re.IGNORECASE
_MIXED = re.compile(r"[A-Za-z0-9!@#$%^&*_+.?~=\-]{4,40}")
_SAYS_EN = re.compile(
    r"\s*(?:for (?:my|the|this|that) [\w ]{1,20}?\s+)?(?:(?:i (?:use|set|have|chose)|should|would|used to|has "
    r"always)\s+)?"
    r"(?:(?:,?\s*(?:which|that)\s+)?(?:is|was|are|be|'s)(?![a-z])|[:：=])(?: (?:set to|probably|just|simply"
    r"|currently|always))?\s*",
    _I,
)
_BECOMES_EN = re.compile(r"\s+(?:to(?: be)?|as)\s+", _I)
_CHANGES_EN = re.compile(r"\b(?:chang|set|updat|reset|switch|made)\w*\s+(?:\w+\s+){0,3}$", _I)
_WORDY = re.compile(
    r"(?:memorable|security|secret|safe|magic)[ -]?(?:word|phrase|answer|name|place)|pass ?phrase|codeword",
    _I,
)
_SAYS_ZH = re.compile(
    r"(?:的?答案|的?提示)?\s*我?(?:[设改换写填记用]置?)?(?:成了?|为|的)?了?\s*(?:就|应该|好像|可能|大概|一直"
    r"|其实|原来|现在|暂时)?\s*"
    r"(?:是|为|叫做?|设成|改成|换成|成了?|[:：=])\s*"
)
_ONE = re.compile(r"\b(?:new|old|current|previous|other|second) one(?= (?:is|was)\b)|[新旧另]的(?=[是叫])", _I)
_MEASURE_EN = re.compile(r"\w+ (?:or \w+ )?(?:characters?|digits?|letters?|numbers?)\b", _I)
_TYPED_ZH = re.compile(r"[^，,。\[]{0,8}?我(?:(?:[输填设写用]入?|设置)的|记得|以为|觉得|猜)(?:应该|好像|就|一直)?是\s*")
_DOMAIN_ZH = re.compile(words.DOMAIN_ZH)
_AFTER_ZH = re.compile(r"[是为成了:： 设的就]{0,4}([A-Za-z0-9!@#$%^&*_+.\-]{4,40})")
_ENDS_EN, _ENDS_ZH = re.compile(words.ENDS_EN, _I), re.compile(words.ENDS_ZH)
_NOT_ZH = re.compile(words.NOT_ZH)
_DOCUMENT = re.compile(
    r"(?<![A-Za-z0-9])(?:[EeGg]\d{8}|[EeGg][A-Za-z]\d{7}"
    r"|(?!(?:BG|GB|KN|NK|NT|TN|ZZ))[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D])(?![A-Za-z0-9])"
)
_AFFIRMS = re.compile(
    r"[嗯哦啊呃\s]*(?:记得|知道|没忘|记着|有印象)[的呢啊]?[\s，,]*(?:应该|好像|就)?[是叫]?|(?:yes|yeah|yep|sure"
    r"|i do)[\s,]+(?:i think )?(?:it's|it is|it was"
    r"|that's)\s",
    _I,
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_SENT_CODE = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{1,3}-(\d{5,8})(?![\w-])")
_NAMED_EN = (
    r"(?:my|the|our)\s+(?:\w+\s+)?(?:password|passphrase|pin|passcode|pwd|code ?word|(?:security|secret"
    r"|memorable) word)\b"
)
_REVERSED = (
    re.compile(
        r"\b(?:tried|try|use|used|using|entered|enter|typed|put|chose|picked|have|had)\s+(?:it\s+as\s+)?"
        rf"([^,.;\n]{{2,30}}?)\s+(?:as|for)\s+{_NAMED_EN}",
        _I,
    ),
    re.compile(rf"(?:^|[,.;:]\s*)(\w[^,.;\n]{{1,30}}?)\s+(?:is|was)\s+{_NAMED_EN}", _I),
    re.compile(
        r"(?:用的?|拿|输入?了?|填了?)([^，,。；;\n]{2,16}?)(?:当|做|作为?)(?:我的?|的)?[^，,。；;\n]{0,4}?(?:密码|口令)"
    ),
)
_LETTERS_BEFORE = re.compile(r"(?<![A-Za-z0-9'’])([A-Za-z]{1,3})[\s-]?$")
_LETTERS_AFTER = re.compile(r"[\s-]?([A-Za-z]{1,2})(?![A-Za-z0-9'])")
_SHORT_WORDS = lexicon.word_set(
    "is my no id it i ssn nin to of on the and or so um uh oh yes ok hi but for at in as was has we he are you "
    "can not now "
    "ni her his its our one two six ten nic dl thx pls re am do if me us be by go up an"
)
_ATTACHED = 12
_ATTACHED_ZH = re.compile(
    r"(?!我?[设改换用记写填]|.{0,8}[是成为]$)[\u4e00-\u9fffA-Za-z@#!_.]*[\u4e00-\u9fff][A-Za-z@#!_.]*",
)
_POINTS = lexicon.word_set("this that it here there so well and forgetting losing changing one")
_TALK_HEAD_ZH = re.compile(r"什么|怎么|哪|这个|那个|吗|同一|一样|手机号|身份证|生日|银行卡|验证码")
_TALK_ZH = re.compile(lexicon.ZH_TALK)
_FILLED = re.compile(words.LEAD_ZH)
_LEAD_IN = re.compile(lexicon.LEAD_IN, _I)
_WORD = re.compile(r"[A-Za-z']+")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_ANSWER_CHARS = 40
_LENGTH = re.compile(r"位|[个字]|\b(?:digits?|characters?|letters?|words?)\b", _I)
_ASKED_BACK = re.compile(r"\b(?:your|you)\b[^?]*\?", _I)
_CLAUSE = 60
_SPELT = (Kind.CODE, Kind.PASSWORD, Kind.ID_NUMBER)


def find_words(text: str, found: list[Found], around: Around, ask: Ask | None, *, agent: bool) -> list[Found]:
    """`found` with secret words added, in order. `ask` is the question open; an agent's turn reads back."""
    firm = ask if ask is not None and ask.firm else None
    extra = _named(text, around, agent=agent)
    extra += [Found(*match.span(), Kind.ID_NUMBER) for match in _DOCUMENT.finditer(text) if not _other(around, match)]
    extra += [Found(*match.span(1), Kind.PASSWORD) for match in _reversed(text)]
    extra += [Found(*match.span(1), Kind.CODE) for match in _SENT_CODE.finditer(text)]
    extra += [near for secret in _mixed(text, Kind.PASSWORD) if (near := _near_secret(text, secret, around))]
    extra += [Found(*match.span(), Kind.BANK_CARD) for match in _IBAN.finditer(text)]
    extra += [secret for row in rows(text) if (secret := _spelt(row, around, firm, agent=agent))]
    if firm is not None and not agent:
        extra += _answered(text, found, around, firm)
    extra += [widened for secret in found if (widened := _widened(text, secret, around))]
    return merged(found, extra)


def _widened(text: str, secret: Found, around: Around) -> Found | None:
    """Letters at the edge of a document number, and words that stand before the digits of a password."""
    start, end = secret.start, secret.end
    if secret.kind is Kind.ID_NUMBER:
        before, after = _LETTERS_BEFORE.search(text, max(0, start - 6), start), _LETTERS_AFTER.match(text, end)
        if before and before.group(1).lower() not in _SHORT_WORDS:
            start = before.start(1)
        if after and after.group(1).lower() not in _SHORT_WORDS:
            end = after.end(1)
    elif secret.kind is Kind.PASSWORD and (named := around.before(start)) and named.kind == Kind.PASSWORD:
        said = text[named.end : start].lstrip(" ：:是")
        if 0 < len(said) <= _ATTACHED and _ATTACHED_ZH.fullmatch(said) and not _starts_as_talk(said):
            start -= len(said)
    if (start, end) == (secret.start, secret.end):
        return None
    return Found(start, end, secret.kind, secret.digits)


def _answered(text: str, found: list[Found], around: Around, firm: Ask) -> list[Found]:
    extra: list[Found] = []
    if firm.kind in SECRET or firm.kind is None:
        extra += _mixed(text, firm.kind or Kind.CODE)
        named = any(mention.kind != Kind.PASSWORD for mention in around.mentions)
        if (
            firm.kind in SECRET
            and firm.fresh
            and not firm.counting
            and not firm.words
            and not named
            and (whole := _whole(text))
        ):
            extra.append(Found(*whole, firm.kind, "".join(secret.digits for secret in found)))
    elif firm.kind is Kind.PHONE and len(text.split()) == 1:
        extra += _mixed(text, Kind.CODE)
    if firm.counting and _LENGTH.search(text):
        return extra
    if (firm.words or (firm.kind is Kind.PASSWORD and _AFFIRMS.match(text))) and "[" not in text:
        extra += [Found(*place, Kind.PASSWORD) for place in answers(text, more=firm.more or bool(firm.also))]
    return extra


def _other(around: Around, match: re.Match[str]) -> bool:
    before = around.before(match.start())
    return before is not None and before.kind == OTHER


def _named(text: str, around: Around, *, agent: bool) -> list[Found]:
    """What follows `my password is`, 密码是."""
    return [
        Found(*place, Kind(mention.kind))
        for mention in around.mentions
        if mention.kind in (Kind.PASSWORD, Kind.CODE)
        and (place := _said(text, mention, agent=agent) or _figures(text, mention))
    ] + _others(text, around)


def _others(text: str, around: Around) -> list[Found]:
    """`the new one is …` after a password was spoken of."""
    first = next((mention.end for mention in around.mentions if mention.kind == Kind.PASSWORD), None)
    if first is None:
        return []
    ones = [Mention(*match.span(), Kind.PASSWORD) for match in _ONE.finditer(text, first)]
    return [Found(*place, Kind.PASSWORD) for one in ones if (place := _said(text, one, agent=False))]


def _said(text: str, mention: Mention, *, agent: bool) -> tuple[int, int] | None:
    """The clause after `password is`, whatever words it has."""
    if mention.kind != Kind.PASSWORD or _is_question(text, mention):
        return None
    if _CJK.search(text[mention.start : mention.end + 12]):
        return None if agent and not re.search(r"[吗吧?？]\s*$", text[-8:]) else _said_zh(text, mention)
    return None if agent and not re.search(r"right|correct|\?\s*$", text[-60:], _I) else _said_en(text, mention)


def _is_question(text: str, mention: Mention) -> bool:
    """A security question, after which comes the question, unless its answer is spoken of."""
    if not re.search("question|问题", text[mention.start : mention.end], _I):
        return False
    return not re.search("answer|答案", text[max(0, mention.start - 24) : mention.end + 4], _I)


def _said_zh(text: str, mention: Mention) -> tuple[int, int] | None:
    says = _SAYS_ZH.match(text, mention.end) or _TYPED_ZH.match(text, mention.end)
    if not says or _NOT_ZH.match(text, says.end()):
        return None
    end = _ENDS_ZH.search(text, says.end(), says.end() + _CLAUSE)
    clause = text[says.end() : end.start() if end else says.end() + _CLAUSE]
    if clause.rstrip(" ?？").endswith(("吗", "么")) and _DOMAIN_ZH.search(clause):
        return None
    return _stretch(text, says.end(), end.start() if end else says.end() + _CLAUSE)


def _said_en(text: str, mention: Mention) -> tuple[int, int] | None:
    says = _SAYS_EN.match(text, mention.end)
    if says is None and _CHANGES_EN.search(text[max(0, mention.start - 40) : mention.start]):
        says = _BECOMES_EN.match(text, mention.end)
    if says is None and _WORDY.fullmatch(text[mention.start : mention.end]):
        says = re.compile(r"\s+(?=[A-Za-z])").match(text, mention.end)
    if says is None:
        return None
    first = _WORD.match(text, says.end())
    if _MEASURE_EN.match(text, says.end()):
        return None
    if first and _ordinary(first.group().lower()):
        return None
    if _ASKED_BACK.search(text, says.end()):
        return None
    end = _ENDS_EN.search(text, says.end(), says.end() + _CLAUSE)
    return _stretch(text, says.end(), end.start() if end else says.end() + _CLAUSE)


def _ordinary(word: str) -> bool:
    return word in lexicon.EN_NOT_PASSWORD or word in words.GOES_BEFORE or word.endswith(("ed", "n't", "ing"))


def _stretch(text: str, start: int, end: int) -> tuple[int, int] | None:
    said = text[start:end].rstrip(" .了啊吧呢呀哦嘛")
    return (start, start + len(said)) if len(said) >= 2 and "[" not in said and said[0] not in ",.?!;)" else None


def _reversed(text: str) -> list[re.Match[str]]:
    """The password named after itself (I use … as my password, 用…当密码)."""
    found = [match for pattern in _REVERSED for match in pattern.finditer(text)]
    return [match for match in found if "[" not in match.group(1) and not _starts_as_talk(match.group(1))]


def _starts_as_talk(said: str) -> bool:
    first = _WORD.match(said)
    if first and first.group().lower() in words.STALL_EN | lexicon.EN_NOT_PASSWORD | _POINTS:
        return True
    return bool(_CJK.search(said)) and (_NOT_ZH.match(said) is not None or _TALK_HEAD_ZH.search(said) is not None)


def _figures(text: str, mention: Mention) -> tuple[int, int] | None:
    """Letters and figures right after the name of a secret."""
    match = _AFTER_ZH.match(text, mention.end)
    if match is None:
        return None
    word = match.group(1).rstrip(".?!")
    both = any(char.isdigit() for char in word) and any(char.isalpha() for char in word)
    return (match.start(1), match.start(1) + len(word)) if both and len(word) >= 3 else None


def _spelt(row: Spelled, around: Around, firm: Ask | None, *, agent: bool) -> Found | None:
    """A row of spelled characters, where it is asked for, named, or can be nothing else."""
    if not row.letters + row.symbols:
        return None
    before = around.before(row.start)
    if before is not None and before.kind == OTHER:
        return None
    named = Kind(before.kind) if before is not None and before.kind in _SPELT else None
    if named and row.size >= 3 and (row.digits or row.letters >= 3) and (row.digits >= 4 or named in SECRET):
        return Found(row.start, row.end, named)
    if firm is not None and firm.kind in (*_SPELT, None) and not before:
        kind = firm.kind or Kind.CODE
        if row.size >= (3 if agent or kind is not Kind.PASSWORD else 2) and (row.digits or kind in SECRET):
            return Found(row.start, row.end, kind)
    if row.cases and row.digits >= 2 and row.size >= 4:
        return Found(row.start, row.end, Kind.PASSWORD)
    return None


def _near_secret(text: str, secret: Found, around: Around) -> Found | None:
    before = around.before(secret.start)
    if before is None or before.kind not in SECRET:
        return None
    return Found(secret.start, secret.end, Kind(before.kind))


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
    if all(word in words.ACK_EN for word in _WORD.findall(text.lower())) and not re.search(r"[^\x00-\x7f]|\d", text):
        return None
    said = _WORD.findall(text[begin:end].lower())
    if end - begin < 3 or any(word in lexicon.EN_TALK or word in words.STALL_EN for word in said) or len(said) > 5:
        return None
    return begin, end
