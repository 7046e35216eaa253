"""Secrets for a whole run, and a search that finds them however they are written."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

WINDOW = 7
"""Digits in a row that betray a longer secret; the last four may be kept."""
_DIGITS = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **{"〇": "0", "○": "0", "洞": "0", "幺": "1", "两": "2", "拐": "7", "勾": "9"},
}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,}|\d+\.\d+(?:e-?\d+)?")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
_SPELT = re.compile(rf"\b(?:{'|'.join(_WORDS)}|oh|o)\b")
_SAID = {**{word: str(digit) for digit, word in enumerate(_WORDS)}, "oh": "0", "o": "0"}
_TRANSLATED = str.maketrans(_DIGITS)
_BETWEEN = re.compile(r"(?<=\d)[\s\-_·]+(?=\d)")


@dataclass(frozen=True)
class Secret:
    """One secret: its digits, or its words as they were typed or spoken."""

    name: str
    text: str

    @property
    def signs(self) -> list[str]:
        """What nobody may find, as `plain` writes it."""
        text = plain(self.text).rstrip("x")
        if not text.isdigit() or len(text) <= WINDOW:
            return [text]
        return [text[start : start + WINDOW] for start in range(len(text) - WINDOW + 1)]

    def encoded_in(self, content: bytes) -> bool:
        """Whether it stands there in an encoding other than UTF-8."""
        ways = {self.text, plain(self.text)} if len(self.text) > WINDOW else {self.text}
        return any(way.encode(code) in content for way in ways for code in ("utf-16-le", "gb18030"))


def plain(text: str) -> str:
    """The text with every way of writing digits as ASCII digits, without what stands between them."""
    text = unicodedata.normalize("NFKC", _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)).lower()
    text = _IDS.sub("#", text)
    text = re.sub(r"\bdouble (\w+)", r"\1 \1", text)
    text = _SPELT.sub(lambda m: _SAID[m[0]], text)
    return _BETWEEN.sub("", text.translate(_TRANSLATED))


def leaks(secrets: Iterable[Secret], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """`name of the secret in name of the place` for every one that is found."""
    wanted = [(secret, secret.signs) for secret in secrets]
    found = []
    for place, content in places:
        text = plain(content.decode(errors="replace"))
        found += [
            f"{s.name} in {place}" for s, signs in wanted if any(g in text for g in signs) or s.encoded_in(content)
        ]
    return sorted(set(found))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, with its path."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"file {path.relative_to(folder)} ", path.read_bytes()


def members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in opened.namelist():
            yield f"export {name}", opened.read(name)
