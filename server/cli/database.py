"""`tici db`: the database's schema."""

from typing import Annotated

import typer

from server.cli.stored import AsJson, fail, show
from server.settings import Settings

db_app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@db_app.command()
def upgrade(
    url: Annotated[str, typer.Option(help="Database instead of the one in the settings (TICI_DATABASE_URL).")] = "",
    as_json: AsJson = False,
) -> None:
    """Bring the database to this version's schema; makes it where there is none. Safe to repeat."""
    from server.store import StoreError
    from server.store import upgrade as migrate

    try:
        revision = migrate(url or Settings().resolved_database_url())
    except StoreError as error:
        fail(str(error))
    show({"revision": revision}, [f"The database is at schema {revision}."], as_json)


@db_app.callback()
def _group() -> None:
    """Keeps `upgrade` a command of its own while it is the only one."""
