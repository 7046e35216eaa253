"""How the type and the default of a pydantic field are written in a table."""

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import IPvAnyNetwork, SecretStr
from pydantic.fields import FieldInfo

from server.docs.markdown import code


def type_of(field: FieldInfo) -> str:
    """Its type, with its limits."""
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
    if get_origin(kind) is dict:
        return f"table of {_type_name(get_args(kind)[1])}"
    if get_origin(kind) is Annotated:
        return _type_name(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(code(member.value) for member in kind)
    return " or ".join(code(value) for value in get_args(kind))


def _limit(constraint: object) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    found = (f"{sign} {getattr(constraint, name)}" for name, sign in signs.items() if hasattr(constraint, name))
    return next(found, "")


def default_of(field: FieldInfo) -> str:
    """Its default; `empty` for none."""
    factory: Callable[[], Any] | None = field.default_factory  # type: ignore[assignment]
    value = factory() if factory is not None else field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return "empty"
    return code(value if isinstance(value, str | Path) else json.dumps(value, ensure_ascii=False, default=str))
