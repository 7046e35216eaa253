"""What a stretch of digits may be by its length and form, and what of it may stay."""

import re
from collections.abc import Sequence

from server.masking import digits as shape
from server.masking import lexicon
from server.masking.asks import Ask
from server.masking.kinds import Kind, Language
from server.masking.runs import Run
from server.masking.tokens import Sort, Token

_MONTH = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|\bborn(?: in)?)\s+"
    r"(?:[\w-]+\s+){0,3}(?:of\s+|in\s+)?$",
    re.IGNORECASE,
)
_AT = re.compile(
    r"\b(?:at|by|around|about|before|after|until|till|past|since)\s+(?:\w+(?:\s+\w+){0,2}\s+(?:or|and|to)\s+)?$",
    re.IGNORECASE,
)
_POINTED_ZH = re.compile(r"\s*(?:的?[那这]一?张|开头|打头)")
_POINTED_EN = re.compile(r"\s*(?:one|card)\b", re.IGNORECASE)


def light(token: Token) -> bool:
    """A gap, a slip or one mark of punctuation."""
    return token.sort in (Sort.GAP, Sort.WEAK) or (token.sort is Sort.PLAIN and token.end - token.start == 1)


def looks_plain(run: Run) -> bool:
    """A number, a year or a round sum."""
    return run.plainly_number or shape.yearly(run.digits) or (run.written > 0 and shape.round_sum(run.digits))


def of_asked(ask: Ask, n: int) -> Kind:
    """Which of the kinds asked for has `n` digits."""
    if Kind.CVV in ask.also and n in (3, 4):
        return Kind.CVV
    if ask.kind is Kind.CVV and n > 4 and ask.also:
        return ask.also[0]
    return ask.kind or by_length(n)


def by_length(n: int) -> Kind:
    """The kind that most often has `n` digits."""
    if n <= 8:
        return Kind.CODE
    if n <= 12:
        return Kind.PHONE
    return Kind.ID_NUMBER if n in (15, 17, 18) else Kind.BANK_CARD


def kept(kind: Kind, whole: str, run: Run, language: Language) -> str:
    """The last four, where the number is complete and certain and an agent works with them."""
    if run.weak or len(run.digits) < 4:
        return ""
    split = len(whole) > len(run.digits)
    fixed = shape.landline(whole) and not (split and len(whole) < 12)
    phone = shape.mobile(whole) or fixed or (language == "en" and shape.western(whole))
    card = shape.card(whole) and (not split or len(whole) == 19)
    complete = (kind is Kind.PHONE and phone) or (kind is Kind.BANK_CARD and card)
    return run.digits[-4:] if complete else ""


def two_figures(tokens: Sequence[Token], run: Run) -> bool:
    """Two short figures side by side, as in an address."""
    chosen = [t for t in tokens[run.first : run.last + 1] if t.digits]
    return len(run.digits) <= 10 and len(chosen) == 2 and all(token.written for token in chosen)


def formatted(text: str, tokens: Sequence[Token], run: Run) -> bool:
    """Groups as telephone and social security numbers are written (415-555-0100, 412-34-5678)."""
    chosen = [t for t in tokens[run.first : run.last + 1] if t.sort is Sort.DIGIT]
    if not all(token.written for token in chosen) or len(chosen) < 2:
        return False
    written = text[run.start : run.end]
    sizes = [len(token.digits) for token in chosen]
    if sizes in ([3, 2, 4], [3, 3, 4]):
        return True
    plus = "+" in text[max(0, run.start - 2) : run.start]
    named = any(char in written for char in "-. ()") and "," not in written and "、" not in written
    return named and (7 <= len(run.digits) <= 13) and (plus or len(sizes) >= 3)


def unit(text: str, run: Run) -> str:
    """`strong` for money and time, `weak` for other measures, empty for none."""
    after = text[run.end : run.end + 12].lstrip(" -")
    if after.startswith(lexicon.ZH_MONEY_TIME) or after[:1] in ("%", "％", "$", "€", "£"):
        return "strong"
    if after[:1] in lexicon.ZH_UNITS or (after.startswith("个") and run.end - run.start <= 3):
        return "weak"
    word = after.split(maxsplit=1)[0].lower().strip(",.?!") if after.strip() else ""
    return "strong" if word in lexicon.EN_UNITS else ""


def dated(text: str, run: Run) -> bool:
    """A year after the name of a month, or said to be of a birth."""
    if not shape.yearly(run.digits):
        return False
    return _MONTH.search(text, max(0, run.start - 40), run.start) is not None


def clock(text: str, run: Run) -> bool:
    """A time of day in English words (at four thirty)."""
    if run.written or not run.numbers or not 2 <= len(run.digits) <= 4 or run.spoken > 1:
        return False
    return _AT.search(text, max(0, run.start - 40), run.start) is not None


def pointed_at(text: str, run: Run) -> bool:
    """Digits by which a card or number is pointed at (6217那张, the 6217 one)."""
    if _POINTED_ZH.match(text, run.end):
        return True
    the = text[max(0, run.start - 4) : run.start].lower() == "the "
    return the and _POINTED_EN.match(text, run.end) is not None
