"""What a string of digits is by its shape: checksums, prefixes, hotlines. Strings of ASCII digits and X only."""

import re

from server.masking import lexicon

_MOBILE = re.compile(r"(?:0?0?86|0)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:86)?0(?:(?:10|2\d)[2-8]\d{7}|[3-9]\d{2}[2-8]\d{6,7})")
_HOTLINE = re.compile(lexicon.HOTLINE)
_BIRTH = re.compile(r"[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{1,4}[X]?")
_ID_HEAD = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_NANP = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_UK = re.compile(r"(?:44|0)(?:7\d{9}|[123]\d{8,9})")
_CARD_HEAD = re.compile(r"62|4|5[1-5]|2[2-7]|3[47]|35|6011|65|30|36|38|9")


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others; False for anything but digits."""
    if not digits.isdigit():
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) << (place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def id_checked(digits: str) -> bool:
    """Whether these are the 18 places of a Chinese identity number with the right check (ISO 7064 MOD 11-2)."""
    if len(digits) != 18 or not digits[:17].isdigit():
        return False
    total = sum(int(char) << (17 - place) for place, char in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17]


def id_like(digits: str) -> bool:
    """15 to 18 places with a birth date where an identity number has one."""
    return id_checked(digits) or (15 <= len(digits) <= 19 and _BIRTH.fullmatch(digits) is not None)


def id_head(digits: str) -> bool:
    """Whether it begins as an identity number: an area and a birth date."""
    return _ID_HEAD.match(digits) is not None


def mobile(digits: str) -> bool:
    """A mainland mobile number, with or without its country code."""
    return _MOBILE.fullmatch(digits) is not None


def landline(digits: str) -> bool:
    """A mainland fixed line with its area code."""
    return _LANDLINE.fullmatch(digits) is not None


def western(digits: str) -> bool:
    """A North American or British number."""
    return _NANP.fullmatch(digits) is not None or _UK.fullmatch(digits) is not None


def card(digits: str) -> bool:
    """13 to 19 places with a card's check digit and a card network's head."""
    return 13 <= len(digits) <= 19 and luhn(digits) and _CARD_HEAD.match(digits) is not None


def hotline(digits: str) -> bool:
    """A service number that everybody knows (95588, 10086, 400…)."""
    return _HOTLINE.fullmatch(digits) is not None


def counting(digits: str) -> bool:
    """1 2 3 …, as people count."""
    return len(digits) >= 3 and "1234567890".startswith(digits)


def yearly(digits: str) -> bool:
    """Four digits that read as a year."""
    return len(digits) == 4 and digits[:2] in ("19", "20")


def round_sum(digits: str) -> bool:
    """A sum of money by its looks: few digits and two noughts at the end."""
    return len(digits) <= 8 and digits.endswith("00") and not digits.startswith("0")
