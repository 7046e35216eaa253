"""Numbers, amounts, dates and times in one form however they were said, and letters that were heard one by one."""

import re

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "幺": "1", "两": "2"}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_RUN = "[零〇幺一二两三四五六七八九十百千万亿]+"
_NUMERAL = re.compile(_RUN)
_PER_CENT = re.compile(f"百分之(?:({_RUN})点({_RUN})|({_RUN}))")
_DECIMAL = re.compile(
    f"({_RUN})点(?:({_RUN})(?=元|块|万|%|个百分点|折|倍)|([一二三四五六七八九][零一二三四五六七八九]+)(?!十))"
)
_CLOCK = re.compile(f"({_RUN}|\\d+)(?:点钟|点整|点(半|一刻|三刻)|点({_RUN}|\\d+)分?)(?!\\w*[万元块%])")
_QUARTERS = {"半": "30", "一刻": "15", "三刻": "45"}
_MONEY = re.compile(f"({_RUN})块([一二两三四五六七八九])(?![一二三四五六七八九十百千万天年月个号])")
_COUNTED = re.compile("[天元块年月号日期位个次笔张条岁小分毛折倍%]")
_HANZI_UNITS = ((10**8, "亿"), (10**4, "万"))

_SMALL = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORDS = {word: n for n, word in enumerate(_SMALL.split("|"))} | {
    word: 10 * n for n, word in enumerate(_TENS.split("|"), start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_SPELT = re.compile(rf"\b(?:{'|'.join((*_WORDS, *_SCALES))})(?: (?:and )?(?:{'|'.join((*_WORDS, *_SCALES))}))*\b")
_SINGLE = re.compile(r"(?<![a-z0-9])[a-z](?: [a-z]){1,4}(?![a-z0-9])")
_ARTICLES = frozenset({"i", "a"})
_HEARD = (
    (re.compile("[诶欸艾爱哎阿a](?:屁屁|批批|皮皮|普普)|艾普|诶普"), "app"),
    (re.compile("[诶欸艾爱哎a](?:踢|替|提)(?:爱姆|艾姆|埃姆|m)"), "atm"),
    (re.compile("[优有右]盾"), "u盾"),
)


def arabic(text: str) -> str:
    """Chinese numerals as digits where they count or spell something: 三十天 → 30天, 幺三八 → 138; 一下 stays.

    Also 百分之五 → 5%, 三点五万 → 3.5万, 两点半 → 2:30, 三块五 → 3.5元, 两千八 → 2800.
    """
    text = _PER_CENT.sub(_per_cent, text)
    text = _MONEY.sub(lambda m: f"{_value(m[1])}.{_DIGITS[m[2]]}元", text)
    text = _DECIMAL.sub(lambda m: f"{_value(m[1])}.{_spell(m[2] or m[3])}", text)
    text = _CLOCK.sub(_clock, text)
    return _NUMERAL.sub(lambda m: _numeral(m[0], text[m.end() : m.end() + 1]), text)


def hanzi(number: int) -> str:
    """A number below 10**12 as it is said in Chinese: 2300 → 两千三百. Raises ValueError for others."""
    if not 0 <= number < 10**12:
        raise ValueError(f"{number} is not between 0 and 999,999,999,999")
    for size, unit in _HANZI_UNITS:
        if number >= size:
            head, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return ("两" if head == 2 else hanzi(head)) + unit + gap + (hanzi(rest) if rest else "")
    return _below_ten_thousand(number)


def english_digits(text: str) -> str:
    """English number words as digits from ten on, or where several follow each other: "thirty days" → "30 days".

    A single small number stays: "one" is a pronoun more often than a number.
    """
    return _SPELT.sub(lambda m: _english(m[0]), text)


def letters_joined(text: str) -> str:
    """Letters heard one by one as the word they spell: "a p p" → "app"; common ones heard as syllables too."""
    joined = _SINGLE.sub(lambda m: m[0] if set(m[0].split()) <= _ARTICLES else m[0].replace(" ", ""), text)
    for heard, meant in _HEARD:
        joined = heard.sub(meant, joined)
    return joined


def _per_cent(match: re.Match[str]) -> str:
    return f"{_value(match[1])}.{_spell(match[2])}%" if match[1] else f"{_value(match[3])}%"


def _clock(match: re.Match[str]) -> str:
    """A time of the day; what cannot be one stays as it is."""
    hour = int(match[1]) if match[1].isascii() else _value(match[1])
    said = match[3] or ""
    minute = int(said) if said.isascii() and said else _value(said)
    if hour > 24 or minute > 59 or (said and len(said) < 2):
        return match[0]
    return f"{hour}:{_QUARTERS.get(match[2] or '', f'{minute:02d}')}"


def _numeral(run: str, following: str) -> str:
    spelt = all(c in _DIGITS for c in run)
    if spelt and len(run) > 1:
        return _spell(run)
    counts = bool(_COUNTED.match(following)) or (len(run) > 1 and (run[0] in _DIGITS or run[0] == "十"))
    return str(_value(run)) if counts else run


def _spell(run: str) -> str:
    """Digit by digit; a run with units is worth what it says."""
    return "".join(_DIGITS[c] for c in run) if all(c in _DIGITS for c in run) else str(_value(run))


def _value(run: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        head, separator, tail = run.partition(unit)
        if separator:
            return (_value(head) if head else 1) * size + _tail(tail, size)
    total, digit, unit_of_last = 0, 0, 1
    for c in run:
        if c in _UNITS:
            total += (digit or 1) * _UNITS[c]
            digit, unit_of_last = 0, _UNITS[c]
        else:
            digit = int(_DIGITS.get(c, "0"))
    short = unit_of_last > 10 and run[-1] in _DIGITS and run[-2:-1] in _UNITS
    return total + digit * (unit_of_last // 10 if short else 1)


def _tail(tail: str, size: int) -> int:
    """What follows a large unit; a lone digit counts tenths of it: 一万二 is 12000."""
    return int(_DIGITS[tail]) * size // 10 if len(tail) == 1 and tail in _DIGITS else _value(tail) if tail else 0


def _below_ten_thousand(number: int) -> str:
    said, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            two = "两" if digit == 2 and size >= 100 else "零一二三四五六七八九"[digit]
            one = "" if digit == 1 and size == 10 and not said else two
            said += ("零" if gap and said else "") + one + unit
        gap = not digit and bool(said)
    return said or "零"


def _english(run: str) -> str:
    words = [word for word in run.split() if word != "and"]
    if len(words) == 1 and _WORDS.get(words[0], 0) < 10:
        return run
    if len(words) > 1 and all(_WORDS.get(word, 10) < 10 for word in words):
        return "".join(str(_WORDS[word]) for word in words)
    total = part = 0
    for word in words:
        if word in _WORDS:
            part += _WORDS[word]
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            total, part = total + (part or 1) * _SCALES[word], 0
    return str(total + part)
