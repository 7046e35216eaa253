"""A command group that imports a command only when it is the one that was asked for."""

from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class Lazy(NamedTuple):
    """Where a command is (`module:attribute`, a function or a `typer.Typer`) and its line in the list of commands."""

    target: str
    help: str

    def load(self, name: str) -> Any:
        """The real command."""
        module, attribute = self.target.split(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            app = typer.Typer(add_completion=False)
            app.command()(found)
            command = get_command(app)
        command.name = name
        return command


class LazyGroup(TyperGroup):
    """Lists its commands by the table `lazy`; `tici --help` needs nothing else, so it is quick."""

    lazy: ClassVar[dict[str, Lazy]]

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(self.lazy)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that knows its name and its help line."""
        entry = self.lazy.get(cmd_name)
        return TyperCommand(cmd_name, help=entry.help) if entry else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command for the words that were typed."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.lazy[name].load(name) if name in self.lazy else command, rest

    def load_all(self) -> dict[str, Any]:
        """Every real command by name."""
        return {name: entry.load(name) for name, entry in self.lazy.items()}
