"""`docs/cli.md`, from the command line's own help."""

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer.main

from server.cli import main
from server.cli.lazy import LazyGroup
from server.docs.markdown import code, table

HEAD = """# Command line

Generated from the commands' own help; do not edit. Every command takes `--help`. Exit code 0 is success, 1 means that
it could not do what was asked (the message says why), 2 that it was called wrongly; a command that has more says so."""


def cli_page() -> str:
    """The page as text; raises `ValueError` when a command or an option says nothing about itself."""
    lines = [HEAD, ""]
    for path, command in _commands("tici", typer.main.get_command(main)):
        lines += [f"## {code(path)}", "", _text(path, command.help), "", *_parameters(path, command)]
    return "\n".join(lines).rstrip() + "\n"


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name, depth first."""
    children = command.load_all() if isinstance(command, LazyGroup) else getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _commands(f"{path} {name}", child)


def _parameters(path: str, command: Any) -> list[str]:
    rows = [
        (_names(parameter), _kind(parameter), _default(parameter), _text(f"{path} {parameter.name}", parameter.help))
        for parameter in command.params
        if not parameter.hidden and parameter.name != "help"
    ]
    return [*table(("Parameter", "Takes", "Default", "Meaning"), rows), ""] if rows else []


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code((parameter.metavar or parameter.name).upper() + ("..." if parameter.nargs == -1 else ""))
    return ", ".join(code(name) for name in [*parameter.opts, *parameter.secondary_opts])


def _kind(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return "–"
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(code(member.value) for member in kind)
    names = {int: "integer", float: "number", str: "text", Path: "path"}
    return names.get(kind) or " or ".join(code(value) for value in get_args(kind) if isinstance(value, str)) or "text"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or callable(value) or isinstance(value, bool) or value in ("", [], ()):
        return ""
    return code(getattr(value, "value", value))


def _text(what: str, text: str | None) -> str:
    if not text:
        raise ValueError(f"{what} has no help text")
    return inspect.cleandoc(text)
