"""Knowledge-base and query files: JSON Lines in UTF-8, one object a line. Blank lines are skipped."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from kb.article import Article, Filled

Row = TypeVar("Row", bound=BaseModel)


class FileError(ValueError):
    """A file that cannot be used. The message names the file, the line and what to change."""


class Query(BaseModel):
    """A customer's words and the article that answers them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    text: Filled
    article: Filled


def read_rows(path: Path, row: type[Row]) -> Iterator[tuple[int, Row]]:
    """Validated rows of a JSONL file with their line numbers, from 1. Raises `FileError`."""
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield number, row.model_validate(json.loads(line))
        except json.JSONDecodeError as error:
            raise FileError(f"{path}, line {number}: not valid JSON ({error.msg}); write one object a line") from error
        except ValidationError as error:
            raise FileError(f"{path}, line {number}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """The first problem of a validation error, in one sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"`{where}`: {message}" if where else message


def read_articles(path: Path) -> list[Article]:
    """The articles of a knowledge-base file. Raises `FileError` for bad lines, repeated ids and empty files."""
    seen: dict[str, int] = {}
    articles: list[Article] = []
    for number, article in read_rows(path, Article):
        if article.id in seen:
            raise FileError(
                f"{path}, line {number}: id `{article.id}` was used on line {seen[article.id]}; ids are unique"
            )
        seen[article.id] = number
        articles.append(article)
    return not_empty(articles, path, "articles")


def write_articles(path: Path, articles: Iterable[Article]) -> int:
    """Write a knowledge-base file, whole or not at all; returns the number of articles."""
    rows = [article.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for article in articles]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return len(rows)


def read_queries(path: Path) -> list[Query]:
    """The rows of a queries file. Raises `FileError`."""
    return not_empty([query for _, query in read_rows(path, Query)], path, "queries")


def not_empty(rows: list[Row], path: Path, what: str) -> list[Row]:
    """The rows, or `FileError` when there are none."""
    if not rows:
        raise FileError(f"{path}: holds no {what}; write one JSON object a line")
    return rows


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
