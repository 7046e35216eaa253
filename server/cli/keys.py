"""`tici key`: which machines may connect."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, show, with_store

if TYPE_CHECKING:
    from server.store import KeyInfo, NewKey, Store

key_app = typer.Typer(no_args_is_help=True, help="Keys of machines: telephone systems, web sites, CRMs.")

KeyName = Annotated[str, typer.Argument(help="What the key is for; each name is used once.")]


@key_app.command("add")
def add_key(
    name: KeyName,
    scope: Annotated[
        list[str], typer.Option(help="What it may do: listen, chat, events, export, metrics or admin. May be repeated.")
    ],
    team: Annotated[str, typer.Option(help="The team whose conversations it may touch; * for all.")] = "*",
    queues: Annotated[
        list[str] | None, typer.Option("--queues", help="A queue it is limited to, may be repeated; none: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: it cannot be shown again."""

    async def add(store: "Store") -> "NewKey":
        key = await store.keys.add(name, scope, team=team, queues=queues or ())
        info = key.info
        told = {"scopes": sorted(info.scopes), "team": info.team, "queues": sorted(info.queues)}
        await store.append_audit("cli", "key.add", ("api_key", info.key_id), told)
        return key

    key = with_store(add)
    if not as_json:
        typer.echo("Keep this key now; it cannot be shown again:", err=True)
    show(_key(key.info) | {"key": key.secret}, [key.secret], as_json)


@key_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, revoked ones too, without their secrets."""
    keys = with_store(lambda store: store.keys.list())
    lines = [_line(key) for key in keys]
    show([_key(key) for key in keys], lines or ["There are no keys yet: make one with `tici key add`."], as_json)


@key_app.command("revoke")
def revoke_key(name: KeyName, as_json: AsJson = False) -> None:
    """End a key. Nothing can connect with it any more."""

    async def revoke(store: "Store") -> "KeyInfo":
        key = await store.keys.revoke(name)
        await store.append_audit("cli", "key.revoke", ("api_key", key.key_id))
        return key

    key = with_store(revoke)
    show(_key(key), [f"Revoked {key.name}."], as_json)


def _key(key: "KeyInfo") -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "team": key.team,
        "queues": sorted(key.queues),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def _line(key: "KeyInfo") -> str:
    queues = ",".join(sorted(key.queues)) or "all queues"
    ended = ["(ended)"] if key.revoked_at is not None else []
    return "  ".join((key.name, ",".join(sorted(key.scopes)), key.team, queues, *ended))
