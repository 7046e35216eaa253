"""The words that stand where a secret was: `[银行卡 尾号1234]`, `[验证码]`; `[card ending 1234]`, `[code]`."""

from server.masking.kinds import Found, Kind, Language, Span

LABELS: dict[str, dict[Kind, str]] = {
    "zh": {
        Kind.ID_NUMBER: "证件号",
        Kind.BANK_CARD: "银行卡",
        Kind.PHONE: "电话",
        Kind.CODE: "验证码",
        Kind.PASSWORD: "密码",
        Kind.CVV: "安全码",
    },
    "en": {
        Kind.ID_NUMBER: "ID number",
        Kind.BANK_CARD: "card",
        Kind.PHONE: "phone",
        Kind.CODE: "code",
        Kind.PASSWORD: "password",
        Kind.CVV: "CVV",
    },
}
UNSURE = {"zh": "[数字]", "en": "[digits]"}
"""What an interim shows where it cannot tell yet what the digits are."""

_WORDS = "|".join([*LABELS["zh"].values(), *LABELS["en"].values(), "数字", "digits"])
PLACEHOLDER = rf"\[(?:{_WORDS})(?:[ ]尾号[0-9]{{4}}|[ ]ending[ ][0-9]{{4}})?\]".replace("ID number", "ID[ ]number")
"""Matches every label; safe inside a verbose expression."""


def label(found: Found, language: Language) -> str:
    """What is shown for a secret."""
    name = LABELS[language][found.kind]
    if not found.kept:
        return f"[{name}]"
    return f"[{name} 尾号{found.kept}]" if language == "zh" else f"[{name} ending {found.kept}]"


def render(text: str, found: list[Found], language: Language) -> tuple[str, tuple[Span, ...]]:
    """The text with labels for secrets (in order, not overlapping), and where the labels are."""
    parts: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for secret in found:
        shown = label(secret, language)
        parts += [text[at : secret.start], shown]
        start = length + secret.start - at
        length, at = start + len(shown), secret.end
        spans.append(Span(secret.kind, start, length, secret.start, secret.end, secret.kept))
    return "".join([*parts, text[at:]]), tuple(spans)
