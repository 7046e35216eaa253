"""`docs/settings.md`, from the settings class."""

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import IPvAnyNetwork, SecretStr
from pydantic.fields import FieldInfo

from server.docs.markdown import code, table
from server.settings import Settings

HEAD = """# Settings

Generated from `server/settings.py`; do not edit.

Every setting is an environment variable, or a line of the file `.env` in the folder that Tici is started from.
Lists are JSON, such as `["zh", "en"]`. A wrong value stops the start with a message that names the variable."""


def settings_page() -> str:
    """The page as text; raises `ValueError` when a setting has no description."""
    rows = []
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise ValueError(f"setting {name!r} has no description")
        rows.append((code(f"TICI_{name.upper()}"), _type(field), _default(field), field.description))
    return "\n".join([HEAD, "", *table(("Variable", "Type", "Default", "Meaning"), rows), ""])


def _type(field: FieldInfo) -> str:
    limits = [_limit(constraint) for constraint in field.metadata]
    return " ".join([_type_name(field.annotation), *filter(None, limits)])


def _type_name(kind: Any) -> str:
    names = {
        bool: "true or false",
        int: "integer",
        float: "number",
        str: "text",
        Path: "path",
        SecretStr: "secret",
        IPvAnyNetwork: "network",
    }
    if kind in names:
        return names[kind]
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_type_name(part) for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is list:
        return "list of " + _type_name(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(code(member.value) for member in kind)
    return " or ".join(code(value) for value in get_args(kind))


def _limit(constraint: object) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    found = (f"{sign} {getattr(constraint, name)}" for name, sign in signs.items() if hasattr(constraint, name))
    return next(found, "")


def _default(field: FieldInfo) -> str:
    factory: Callable[[], Any] | None = field.default_factory  # type: ignore[assignment]
    value = factory() if factory is not None else field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return "empty"
    return code(value if isinstance(value, str | Path) else json.dumps(value, ensure_ascii=False, default=str))
