"""Seed packs: a folder with `pack.toml`, articles, samples and sample calls. An import source, never the truth."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.article import Article, Filled
from kb.files import FileError, explain, read_articles


class IntentInfo(BaseModel):
    """An intent's names; `cards` is false for small talk that never raises a card."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Filled
    name_zh: str = ""
    name_en: str = ""
    cards: bool = True


class WrapUpInfo(BaseModel):
    """A wrap-up code; `parent` names the code above it in the tree."""

    model_config = ConfigDict(extra="allow", frozen=True)

    code: Filled
    parent: str | None = None
    name_zh: str = ""
    name_en: str = ""


class _Header(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    name: Filled
    version: str = "1"
    lang: str = "zh"
    title_zh: str = ""
    title_en: str = ""
    intents: tuple[IntentInfo, ...] = Field(default=())
    wrap_up: tuple[WrapUpInfo, ...] = Field(default=())


@dataclass(frozen=True)
class Pack:
    """A pack as read from its folder. Paths are None where the pack has no such file."""

    folder: Path
    name: str
    version: str
    lang: str
    title_zh: str
    title_en: str
    intents: tuple[IntentInfo, ...]
    wrap_up: tuple[WrapUpInfo, ...]
    articles: tuple[Article, ...]
    samples: Path | None
    oos: Path | None
    calls: Path | None

    @property
    def silent_intents(self) -> frozenset[str]:
        """Intents that never raise a card."""
        return frozenset(intent.id for intent in self.intents if not intent.cards)


def load_pack(folder: Path) -> Pack:
    """Read and check a pack. Raises `FileError`."""
    header = _header(folder / "pack.toml")
    articles = tuple(read_articles(folder / "articles.jsonl"))
    known = {intent.id for intent in header.intents}
    for article in articles:
        if known and article.intent and article.intent not in known:
            raise FileError(f"{folder / 'articles.jsonl'}: article `{article.id}` has intent `{article.intent}`, "
                            "which pack.toml does not list")  # fmt: skip
    return Pack(
        folder=folder,
        name=header.name,
        version=header.version,
        lang=header.lang,
        title_zh=header.title_zh,
        title_en=header.title_en,
        intents=header.intents,
        wrap_up=header.wrap_up,
        articles=articles,
        samples=_existing(folder / "samples.jsonl"),
        oos=_existing(folder / "oos.jsonl"),
        calls=_existing(folder / "calls"),
    )


def _header(path: Path) -> _Header:
    try:
        header = _Header.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FileError(
            f"{path}: cannot be read ({error.strerror or error}); a pack is a folder with a pack.toml"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: not valid TOML ({error})") from error
    except ValidationError as error:
        raise FileError(f"{path}: {explain(error)}") from error
    _check_tree(path, header.wrap_up)
    return header


def _check_tree(path: Path, codes: tuple[WrapUpInfo, ...]) -> None:
    known: set[str] = set()
    for code in codes:
        if code.parent is not None and code.parent not in known:
            raise FileError(
                f"{path}: wrap-up code `{code.code}` names parent `{code.parent}`, which is not listed above it"
            )
        known.add(code.code)


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
