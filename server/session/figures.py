"""Amounts and days: read from what was said or stored, written as an article's language says or writes them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kb.numbers import arabic, english_digits, hanzi

_UNITS = {
    "yuan": "元|块钱|块|人民币|yuan|rmb|cny|renminbi|kuai",
    "dollar": "美元|美金|刀|us dollars?|dollars?|bucks?|usd",
    "euro": "欧元|euros?|eur",
    "pound": "英镑|pounds?|gbp",
    "hkd": "港币|港元|hkd",
}
_UNIT = "|".join(words for words in _UNITS.values())
_SIGNS = {"¥": "yuan", "￥": "yuan", "$": "dollar", "€": "euro", "£": "pound"}
_NAMES = {
    "zh": {"yuan": "元", "dollar": "美元", "euro": "欧元", "pound": "英镑", "hkd": "港币"},
    "en": {"yuan": " yuan", "dollar": " dollars", "euro": " euros", "pound": " pounds", "hkd": " Hong Kong dollars"},
}
_SIZES = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "k": 1000}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<sign>[¥￥$€£]|\b(?:rmb|cny|usd|eur|gbp|hkd)\s)?\s*(?<![\d.:])(?P<number>{_NUMBER})(?![\d:])"
    rf"(?P<size>百万|千万|[百千万亿]|k\b)?\s*(?P<unit>{_UNIT})?"
)
_BEFORE_UNIT = re.compile(rf"\s*(?:{_UNIT})", re.IGNORECASE)
_BESIDE_SIGN = re.compile(r"(?:[¥￥$€£]|\b(?:rmb|cny|usd|eur|gbp|hkd))\s*$", re.IGNORECASE)
_PAYS = re.compile(
    r"(?:[还取转存借贷扣付交充花刷汇退少收欠]|pay|paid|repay|repaid|transfer|transferred|withdraw|withdrew|borrow|borrowed"
    r"|owe|send|sent|spent|charged)(?:了|到|出)?\s*$"
)
_NUMBERS = re.compile(
    r"(?:尾号|号码|编号|位数?|工号|ending|ends|digits?|number|code)(?:是|为|:| in| with| is| are)*\s*$"
)
_ROUGHLY = re.compile(r"(?:大概|大约|差不多|将近|接近|快|about|around|roughly|almost|nearly|some)\s*$")
_OR_SO = re.compile(r"\s*(?:元|块)?(?:多|左右|上下|出头|or so|something)")
_COUNTS = re.compile(
    r"\s*(?:[天个月号日年点时分秒次笔张条位岁期折倍%:-]|周|星期|小时|st\b|nd\b|rd\b|th\b|days?|months?|weeks?|years?|hours?)"
)
_A_HUNDRED = re.compile(r"\ba (?=hundred|thousand|million)")
LEAST_BARE = 100
"""A smaller number without a currency is taken for something else than money."""

_MONTHS = [
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_DAYS = (
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)"),
    re.compile(r"(?:(?P<year>20\d\d)年)?(?P<month>\d{1,2})月(?:份)?(?P<day>\d{1,2})(?:号|日)"),
    re.compile(
        rf"\b(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<name>{_MONTH})\b(?:,? (?P<year>20\d\d)\b)?"
    ),
    re.compile(rf"\b(?P<name>{_MONTH})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>20\d\d)\b)?"),
    re.compile(r"(?<![月\d])(?P<day>\d{1,2})(?:号|日)(?![码线])"),
    re.compile(r"\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)\b"),
)
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth",
]  # fmt: skip
_ORDINAL = {word: n for n, word in enumerate(_ORDINALS, start=1)} | {"thirtieth": 30}
_SPELT_DAY = re.compile(rf"\b(?:(twenty|thirty)[ -])?({'|'.join(_ORDINAL)})\b")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; `unit` is a currency, empty if nobody named one."""

    number: Decimal
    unit: str = ""

    def written(self, language: str, *, aloud: bool, before: str = "", after: str = "") -> str | None:
        """As it stands between `before` and `after`, which may name the currency; None if they name another one."""
        named = _unit_around(before, after)
        if named and self.unit and named != self.unit:
            return None
        unit = "" if named or not self.unit else _NAMES[language][self.unit]
        whole = self.number == self.number.to_integral_value()
        if language == "zh" and aloud and whole and self.number < 10**12:
            return hanzi(int(self.number)) + unit
        plain = f"{self.number:.0f}" if whole else f"{self.number:.2f}"
        return (plain if language == "zh" else _grouped(plain)) + unit


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month (1 to 12) and a year, as far as they were said."""

    day: int
    month: int | None = None
    year: int | None = None

    def written(self, language: str, *, aloud: bool, this_year: int) -> str:
        """The day; the year only where it is another one than `this_year`."""
        year = self.year if self.year != this_year else None
        return _zh_day(self, year, aloud) if language == "zh" else _en_day(self, year, aloud)


def readable(text: str, language: str) -> str:
    """A text as `amounts` and `days` read it: digits for numbers, lower case, no masked stretches."""
    bare = re.sub(r"\[[^\]]*\]", " ", unicodedata.normalize("NFKC", text)).lower()
    return arabic(bare) if language == "zh" else english_digits(_SPELT_DAY.sub(_ordinal, _A_HUNDRED.sub("one ", bare)))


def amounts(text: str, *, asked: bool = False) -> Iterator[tuple[int, Money]]:
    """Amounts in a readable text and where they begin.

    A number without a currency counts only where money is spoken of: somebody `asked` for an amount, there is a verb of
    paying before a number or a currency after one. Rough amounts are passed over.
    """
    found = [match for match in _AMOUNT.finditer(text) if not _NUMBERS.search(text, 0, match.start())]
    about_money = asked or any(_named(match) or _PAYS.search(text, 0, match.start()) for match in found)
    for match in found:
        number = Decimal(match["number"].replace(",", "")) * _SIZES[match["size"] or ""]
        bare = about_money and number >= LEAST_BARE and not _COUNTS.match(text, match.end())
        rough = _ROUGHLY.search(text, 0, match.start()) or _OR_SO.match(text, match.end("number"))
        if (_named(match) or bare) and not rough:
            yield match.start(), Money(number, _named(match))


def days(text: str) -> Iterator[tuple[int, Day]]:
    """Days in a readable text and where they begin."""
    taken: list[tuple[int, int]] = []
    for pattern in _DAYS:
        for match in pattern.finditer(text):
            day = _day_of(match.groupdict())
            if day is not None and not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield match.start(), day


def _named(match: re.Match[str]) -> str:
    return _unit_of(match["sign"], match["unit"])


def _unit_of(sign: str | None, unit: str | None) -> str:
    if sign and sign.strip() in _SIGNS:
        return _SIGNS[sign.strip()]
    said = (unit or sign or "").strip()
    return next((name for name, words in _UNITS.items() if said and re.fullmatch(words, said, re.IGNORECASE)), "")


def _unit_around(before: str, after: str) -> str:
    follows = _BEFORE_UNIT.match(after)
    precedes = _BESIDE_SIGN.search(before)
    if follows:
        return _unit_of(None, follows[0].lower())
    return _unit_of(precedes[0].lower(), None) if precedes else ""


def _day_of(found: dict[str, str | None]) -> Day | None:
    name = found.get("name")
    month = next(n for n, m in enumerate(_MONTHS, 1) if m.startswith(name[:3])) if name else None
    said = found.get("month")
    month = int(said) if said else month
    day, year = int(found["day"] or 0), found.get("year")
    if not 1 <= day <= 31 or (month is not None and not 1 <= month <= 12):
        return None
    return Day(day, month, int(year) if year else None)


def _ordinal(match: re.Match[str]) -> str:
    tens = {"twenty": 20, "thirty": 30, None: 0}[match[1]]
    day = tens + _ORDINAL[match[2]]
    return f"{day}th" if day <= 31 else match[0]


def _zh_day(day: Day, year: int | None, aloud: bool) -> str:
    month = day.month
    if aloud:
        spelt = "".join("零一二三四五六七八九"[int(digit)] for digit in str(year)) if year else ""
        return (f"{spelt}年" if spelt else "") + (f"{hanzi(month)}月" if month else "") + f"{hanzi(day.day)}号"
    return (f"{year}年" if year else "") + (f"{month}月{day.day}日" if month else f"{day.day}号")


def _en_day(day: Day, year: int | None, aloud: bool) -> str:
    ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    if day.month is None:
        return f"the {day.day}{ending}"
    name = _MONTHS[day.month - 1].title()
    tail = f", {year}" if year and aloud else f" {year}" if year else ""
    return (f"{name} {day.day}{ending}" if aloud else f"{day.day} {name}") + tail


def _grouped(plain: str) -> str:
    whole, point, rest = plain.partition(".")
    return f"{int(whole):,}{point}{rest}"
