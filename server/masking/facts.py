"""What machines tell beside a conversation, masked as if it were said: facts as names and values."""

from collections.abc import Mapping

from server.masking.kinds import Language
from server.masking.masker import Masker

_ROLE = "agent"


def masked_facts(facts: Mapping[str, str], language: Language) -> dict[str, str]:
    """`facts` without secrets in names or values; the name tells what a value is (验证码: 482913).

    Names that are the same once they are masked keep all their values, one below the other.
    """
    kept: dict[str, str] = {}
    for name, value in facts.items():
        shown, told = _masked(name, language), _value(name, value, language)
        kept[shown] = f"{kept[shown]}\n{told}" if shown in kept else told
    return kept


def _value(name: str, value: str, language: Language) -> str:
    alone = _masked(value, language)
    lead = f"{name}: "
    named = _masked(lead + alone, language)
    return named.removeprefix(lead) if named.startswith(lead) else alone


def _masked(text: str, language: Language) -> str:
    return Masker().mask(text, role=_ROLE, language=language).text
