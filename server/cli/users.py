"""`tici user` and `tici key`: who may log in, and which machines may connect."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, read_password, show, with_store

if TYPE_CHECKING:
    from server.store import KeyInfo, NewKey, Store, UserRecord

user_app = typer.Typer(no_args_is_help=True, help="People who can log in.")
key_app = typer.Typer(no_args_is_help=True, help="Keys of machines: telephone systems, web sites, CRMs.")

Login = Annotated[str, typer.Argument(help="The name to log in with.")]
RoleName = Annotated[str, typer.Option("--role", help="agent, reviewer, trainer, supervisor or admin.")]
KeyName = Annotated[str, typer.Argument(help="What the key is for; each name is used once.")]


@user_app.command("add")
def add_user(
    login: Login,
    role: RoleName = "agent",
    name: Annotated[str, typer.Option(help="Name to show; the login when not given.")] = "",
    team: Annotated[str, typer.Option(help="Team of the person.")] = "default",
    extension: Annotated[str | None, typer.Option(help="Telephone extension, from now on.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person. The password is asked for, or read from standard input."""
    password = read_password(password_stdin)

    async def add(store: "Store") -> "UserRecord":
        user = await store.users.add(login, password, role, display_name=name, team=team)
        if extension is not None:
            await store.assign_extension(extension, login)
        await store.append_audit("cli", "user.add", ("user", user.login), {"role": user.role.value})
        return user

    user = with_store(add)
    show(_user(user), [f"Added {user.login} ({user.role.value})."], as_json)


@user_app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List everybody who can log in."""
    users = with_store(lambda store: store.users.list())
    lines = [_line(user.login, user.role.value, user.team, user.display_name, ended=user.disabled) for user in users]
    show([_user(user) for user in users], lines or ["Nobody can log in yet: add people with `tici user add`."], as_json)


@user_app.command("set-role")
def set_role(
    login: Login,
    role: Annotated[str, typer.Argument(help="agent, reviewer, trainer, supervisor or admin.")],
    as_json: AsJson = False,
) -> None:
    """Change what a person may do."""

    async def change(store: "Store") -> "UserRecord":
        user = await store.users.set_role(login, role)
        await store.append_audit("cli", "user.set_role", ("user", user.login), {"role": user.role.value})
        return user

    user = with_store(change)
    show(_user(user), [f"{user.login} is now {user.role.value}."], as_json)


@key_app.command("add")
def add_key(
    name: KeyName,
    scope: Annotated[
        list[str], typer.Option(help="What it may do: listen, chat, events, export or admin. May be repeated.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: it cannot be shown again."""

    async def add(store: "Store") -> "NewKey":
        key = await store.keys.add(name, scope)
        await store.append_audit("cli", "key.add", ("api_key", key.info.key_id), {"scopes": sorted(key.info.scopes)})
        return key

    key = with_store(add)
    if not as_json:
        typer.echo("Keep this key now; it cannot be shown again:", err=True)
    show(_key(key.info) | {"key": key.secret}, [key.secret], as_json)


@key_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List all keys, revoked ones too, without their secrets."""
    keys = with_store(lambda store: store.keys.list())
    lines = [_line(key.name, ",".join(sorted(key.scopes)), ended=key.revoked_at is not None) for key in keys]
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


def _user(user: "UserRecord") -> dict[str, Any]:
    return {
        "login": user.login,
        "display_name": user.display_name,
        "role": user.role.value,
        "team": user.team,
        "disabled": user.disabled,
    }


def _key(key: "KeyInfo") -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def _line(*parts: str, ended: bool) -> str:
    return "  ".join((*parts, "(ended)") if ended else parts)
