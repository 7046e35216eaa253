"""Fills the slots of a reply, such as `{amount}`, with what is known of the conversation. Pure.

What the conversation brought along (its own context, its task's) and what the customer said count alike: the
freshest wins. A slot without a value, or with one that two things were said of at once, stays as a hole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from kb.numbers import arabic, english_digits
from server.session import talk
from server.session.figures import Day, Money, amounts, days, readable
from server.session.state import ConversationState
from server.wire import events as ev
from server.wire.events import Role

SLOT = re.compile(r"\{\{?\s*([^\W\d]\w{0,39})\s*\}?\}")
CUSTOMER, CONTEXT, TASK = "customer", "context", "task"
What = TypeVar("What", Money, Day)

_KEYS = {
    "customer_name": ("name", "客户姓名", "姓名", "称呼"),
    "amount": ("金额",),
    "due_date": ("到期日", "还款日", "到期日期"),
    "card_tail": ("卡尾号", "尾号", "卡号", "card", "card_number", "银行卡"),
}
"""Other names under which the context may hold what these slots want."""
_LABELLED = re.compile(r"\[(?:银行卡 尾号|card ending )(\d{4})\]")
_TAIL = re.compile(
    r"(?:尾号|后四位|末四位|最后四位)(?:数字)?(?:是|为|:|:)?\s*(\d{4})(?!\d)"
    r"|\b(?:ending|ends|last (?:four|4)(?: digits)?)(?: in| with| are| is)*\s+(\d(?: ?\d){3})(?! ?\d)"
)
_DUE = re.compile(r"到期|还款日|账单日|截止|期限|最后一天|\bdue\b|matur|expir|deadline", re.IGNORECASE)
_ASKS_AMOUNT = re.compile(r"多少钱|多少元|多少块|金额|how much|what amount|which amount", re.IGNORECASE)
_ASKS_DAY = re.compile(
    r"(?:到期|还款|账单|截止).*(?:哪天|几号|什么时候|日期)|(?:when|which day|what date).*(?:due|matur|expir)",
    re.IGNORECASE,
)
_CORRECTS = re.compile(r"不对|不是|说错|应该是|哦是|\bno\b|sorry|i mean|actually|rather", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){11,}")
"""A card's or identity number: never part of a reply."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a slot can be filled with, who told it (`customer`, `context`, `task`), and when in Unix seconds.

    `what` is None when it was told, but not clearly: that hides what was known before.
    """

    what: str | Money | Day | None
    source: str
    at: float
    year: int
    """The year in which the conversation takes place."""


def values_of(state: ConversationState) -> dict[str, Value]:
    """By slot, the freshest value that the conversation holds. Names of context keys are compared without case."""
    told = [(CONTEXT, state.started_at, state.started.context if state.started else {})]
    if state.task is not None and state.task.context:
        told.append((TASK, state.task.bound_at, state.task.context))
    year = datetime.fromtimestamp(state.started_at, UTC).year
    values: dict[str, Value] = {}
    for source, at, context in told:
        values |= {name: Value(what, source, at, year) for name, what in _of_context(context)}
    before: ev.Utterance | None = None
    for turn in sorted((t for t in state.turns if talk.counts(state, t)), key=lambda t: t.end):
        if turn.role is Role.CUSTOMER:
            at = state.started_at + turn.end
            asked = before.text if before is not None and before.role is Role.AGENT else ""
            values |= {name: Value(what, CUSTOMER, at, year) for name, what in _of_turn(turn, asked)}
        if turn.role is Role.AGENT or len(turn.text) >= talk.SAID_AT_LEAST:
            before = turn
    return values


def slots(text: str) -> list[str]:
    """The slots of a text in their order, each once."""
    return list(dict.fromkeys(SLOT.findall(text)))


def fill(
    reply: str, values: Mapping[str, Value], language: str = "zh", *, aloud: bool = False
) -> tuple[str, list[str]]:
    """A reply with its slots filled as its language writes them, or says them `aloud`; and the slots left as holes."""

    def put(match: re.Match[str]) -> str:
        value = values.get(match[1].lower())
        around = (reply[: match.start()], reply[match.end() :])
        return _written(value, language, aloud, *around) or match[0]

    text = SLOT.sub(put, reply)
    return text, slots(text)


def completes(text: str, reply: str) -> bool:
    """Whether a text is the reply with its holes filled and nothing else changed."""
    if not slots(reply):
        return False
    pieces = SLOT.split(reply.strip())[::2]
    return re.fullmatch("(.{1,200}?)".join(re.escape(piece) for piece in pieces), text.strip(), re.DOTALL) is not None


def _written(value: Value | None, language: str, aloud: bool, before: str, after: str) -> str | None:
    written_in = "zh" if language == "zh" else "en"
    match value.what if value is not None else None:
        case Money() as money:
            return money.written(written_in, aloud=aloud, before=before, after=after)
        case Day() as day:
            return day.written(written_in, aloud=aloud, this_year=value.year if value is not None else 0)
        case other:
            return other


def _of_context(context: Mapping[str, str]) -> Iterator[tuple[str, str | Money | Day]]:
    """Slots by the context's own keys; the usual slots by other names too, where their own is not given."""
    given = {_key(key): text.strip() for key, text in context.items() if text.strip()}
    for slot, names in _KEYS.items():
        for name in names:
            if name in given and slot not in given:
                given[slot] = given[name]
    for slot, text in given.items():
        what = _context_value(slot, text)
        if what is not None:
            yield slot, what


def _key(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def _context_value(slot: str, text: str) -> str | Money | Day | None:
    if slot == "card_tail":
        digits = re.sub(r"\D", "", text)
        return digits[-4:] if len(digits) >= 4 else None
    if _LONG_NUMBER.search(text) or "{" in text or "}" in text:
        return None
    language = "zh" if re.search("[\u4e00-\u9fff]", text) else "en"
    if slot == "amount":
        return next((money for _, money in amounts(readable(text, language), asked=True)), text)
    if slot == "due_date":
        return next((day for _, day in days(readable(text, language))), text)
    return text


def _of_turn(turn: ev.Utterance, asked: str) -> Iterator[tuple[str, str | Money | Day | None]]:
    """What the customer says in one turn, `asked` being what the agent said just before."""
    text = readable(turn.text, turn.language)
    money = list(amounts(text, asked=bool(_ASKS_AMOUNT.search(asked))))
    if money:
        yield "amount", _clear(text, money)
    if _DUE.search(text) or _ASKS_DAY.search(asked):
        found = sorted(days(text), key=lambda day: day[0])
        if found:
            yield "due_date", _clear(text, found)
    tail = _tail(turn.text, turn.language)
    if tail:
        yield "card_tail", tail


def _clear(text: str, found: Sequence[tuple[int, What]]) -> What | None:
    """The last of what was said; None if it differs from what came before without being its correction."""
    if len({what for _, what in found}) > 1 and not _CORRECTS.search(text, found[-2][0], found[-1][0]):
        return None
    return found[-1][1]


def _tail(text: str, language: str) -> str | None:
    labelled = _LABELLED.findall(text)
    if labelled:
        return str(labelled[-1]) if len(set(labelled)) == 1 else None
    plain = arabic(text) if language == "zh" else english_digits(text.lower())
    said = _TAIL.search(plain)
    return re.sub(r"\D", "", said[1] or said[2]) if said else None
