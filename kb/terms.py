"""Texts as terms with positions, for a full-text index that finds every word, and queries as patterns of such terms.

A run of Chinese characters is indexed by its neighbouring pairs, which no segmentation can miss, and by its last
character, so that a prefix finds every single one; any other word by its lower-cased, lightly stemmed form.
Punctuation cuts runs and takes no position. So a pattern of pairs at their distances matches exactly where the
characters stand side by side. jieba's words cut what somebody typed without spaces, never what was said.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from threading import Lock

from kb.lexical import jieba_cut

Cut = Callable[[str], list[str]]
"""Cuts a run of Chinese characters into words."""

WORD_LIMIT = 4
"""Longest run of Chinese characters that is one word as typed; a longer one is cut into words."""
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['’][a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_QUOTED = re.compile(r"[\"“”„「『](.*?)(?:[\"“”„」』]|$)")
_VOWEL = re.compile("[aeiouy]")


@dataclass(frozen=True, slots=True)
class Token:
    """A Chinese character or another word; `start`..`end` in characters of the text, `run` counts stretches."""

    text: str
    start: int
    end: int
    run: int

    @property
    def han(self) -> bool:
        """Whether this is a Chinese character."""
        return _HAN.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Term:
    """What an index holds, or is asked for: at `position` stands `text`, or with `prefix` something that begins so."""

    text: str
    position: int
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """One word or phrase to find: its tokens, side by side within one text."""

    tokens: tuple[Token, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that a text must have, at these distances from each other; at least one."""
        return tuple(term for run in _runs(self.tokens) for term in _asked(run))


def tokens(text: str) -> list[Token]:
    """The tokens of a text. Punctuation, not space, begins a new run of Chinese characters."""
    found: list[Token] = []
    run, before = 0, 0
    folded, origin = _fold(text)
    for match in _TOKEN.finditer(folded):
        if folded[before : match.start()].strip():
            run += 1
        before = match.end()
        start, end = origin[match.start()], origin[match.end() - 1] + 1
        found.append(Token(stem(match.group()), start, end, run))
    return found


def index_terms(text: str) -> list[Term]:
    """Every term of a text with its position, in tokens."""
    return [term for run in _runs(tokens(text)) for term in _indexed(run)]


def patterns(query: str, cut: Cut) -> list[Pattern]:
    """What a query asks for: its "quoted phrases" and its other words, each once; empty if it holds no word.

    A quotation mark that is never closed quotes the rest.
    """
    phrases = [Pattern(tuple(tokens(match.group(1)))) for match in _QUOTED.finditer(query)]
    words = [word for piece in _QUOTED.sub(" ", query).split() for word in _words(piece, cut)]
    found = {tuple(t.text for t in p.tokens): p for p in (*phrases, *words) if p.tokens}
    return list(found.values())


def needs_cutting(query: str) -> bool:
    """Whether `patterns` will cut this query into words."""
    return re.search(rf"{_HAN.pattern}{{{WORD_LIMIT + 1},}}", _QUOTED.sub(" ", query)) is not None


def find(text: str, wanted: Sequence[Pattern]) -> list[tuple[int, int]]:
    """Where the patterns stand in a text, in characters, in order and joined where they touch or overlap."""
    there = tokens(text)
    spans = sorted(span for pattern in wanted for span in _places(there, pattern))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def stem(word: str) -> str:
    """An English word without what its forms differ in (cards, transferred, closing); other words stay."""
    if not word.isascii() or len(word) < 4:
        return word.replace("’", "'").removesuffix("'s")
    word = word.removesuffix("'s")
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest):
            word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _fold(text: str) -> tuple[str, list[int]]:
    """NFKC in lower case, and for each of its characters the place in the text that it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    folded: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        written = unicodedata.normalize("NFKC", character).lower()
        folded.append(written)
        origin += [place] * len(written)
    return "".join(folded), origin


def _runs(found: Iterable[Token]) -> list[list[tuple[int, Token]]]:
    """Tokens with their positions, cut at punctuation and between Chinese and other words."""
    numbered = enumerate(found)
    # Two other words are never one run: each is a term of its own.
    keyed = groupby(numbered, lambda item: (item[1].run, -1 if item[1].han else item[0]))
    return [list(group) for _, group in keyed]


def _indexed(run: list[tuple[int, Token]]) -> list[Term]:
    pairs = [Term(a.text + b.text, position) for (position, a), (_, b) in pairwise(run)]
    position, last = run[-1]
    return [*pairs, Term(last.text, position)]


def _asked(run: list[tuple[int, Token]]) -> list[Term]:
    if len(run) == 1:
        position, only = run[0]
        return [Term(only.text, position, prefix=only.han)]
    return [Term(a.text + b.text, position) for (position, a), (_, b) in pairwise(run)]


def _words(piece: str, cut: Cut) -> list[Pattern]:
    """The words of something typed without spaces; punctuation separates words too."""
    words: list[Pattern] = []
    for run in _runs(tokens(piece)):
        only = [token for _, token in run]
        if len(only) <= WORD_LIMIT:
            words.append(Pattern(tuple(only)))
            continue
        at = 0
        for word in cut("".join(token.text for token in only)):
            words.append(Pattern(tuple(only[at : at + len(word)])))
            at += len(word)
    return words


def _places(there: Sequence[Token], pattern: Pattern) -> list[tuple[int, int]]:
    size = len(pattern.tokens)
    return [
        (there[at].start, there[at + size - 1].end)
        for at in range(len(there) - size + 1)
        if _stands(there[at : at + size], pattern.tokens)
    ]


def _stands(there: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """Whether the tokens are the wanted ones, with punctuation only between words or where it is wanted too."""
    if any(a.text != b.text for a, b in zip(there, wanted, strict=True)):
        return False
    steps = zip(pairwise(there), pairwise(wanted), strict=True)
    return all(a.run == b.run or c.run != d.run or not (a.han and b.han) for (a, b), (c, d) in steps)


class Words:
    """jieba's words. Its dictionary is loaded at the first text (about a second and 100 MB): call it from a thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cut: Cut | None = None

    def __call__(self, text: str) -> list[str]:
        """The words of a run of Chinese characters."""
        with self._lock:
            if self._cut is None:
                self._cut = jieba_cut()
        return self._cut(text)
