"""`tici user`: who may log in."""

from datetime import datetime
from time import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, fail, read_password, show, with_store

if TYPE_CHECKING:
    from server.store import Store, UserRecord

user_app = typer.Typer(no_args_is_help=True, help="People who can log in.")

Login = Annotated[str, typer.Argument(help="The name to log in with.")]
RoleName = Annotated[str, typer.Option("--role", help="agent, reviewer, trainer, supervisor or admin.")]
TeamName = Annotated[str, typer.Option("--team", help="Team of the person; * for all teams.")]
QueueNames = Annotated[
    list[str] | None, typer.Option("--queues", help="A queue they work for, may be repeated; none: all of the team.")
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]


@user_app.command("add")
def add_user(
    login: Login,
    role: RoleName = "agent",
    name: Annotated[str, typer.Option(help="Name to show; the login when not given.")] = "",
    team: TeamName = "default",
    queues: QueueNames = None,
    extension: Annotated[str | None, typer.Option(help="Telephone extension, from now on.")] = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Make a password and print it, this once; they must choose their own.")
    ] = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a person. The password is asked for, read from standard input, or made."""
    password = _password(login, temporary, password_stdin)

    async def add(store: "Store") -> "UserRecord":
        user = await store.users.add(
            login, password, role, display_name=name, team=team, queues=queues or (), temporary=temporary
        )
        if extension is not None:
            await store.assign_extension(extension, login)
        await store.append_audit("cli", "user.add", ("user", user.login), _rights(user))
        return user

    user = with_store(add)
    _show_password(user, f"Added {user.login} ({user.role.value}).", password if temporary else None, as_json)


@user_app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List everybody who can log in."""
    users = with_store(lambda store: store.users.list())
    lines = [_user_line(user) for user in users]
    show([_user(user) for user in users], lines or ["Nobody can log in yet: add people with `tici user add`."], as_json)


@user_app.command("set-role")
def set_role(
    login: Login,
    role: Annotated[str, typer.Argument(help="agent, reviewer, trainer, supervisor or admin.")],
    as_json: AsJson = False,
) -> None:
    """Change what a person may do, which logs them out."""
    user = _changed(login, role=role)
    show(_user(user), [f"{user.login} is now {user.role.value}."], as_json)


@user_app.command("set-team")
def set_team(
    login: Login,
    team: Annotated[str, typer.Argument(help="The team; * for all teams.")],
    queues: QueueNames = None,
    as_json: AsJson = False,
) -> None:
    """Change whose conversations a person works on, which logs them out."""
    user = _changed(login, team=team, queues=queues or ())
    show(_user(user), [_user_line(user)], as_json)


@user_app.command("disable")
def disable(login: Login, as_json: AsJson = False) -> None:
    """Log a person out everywhere and let them in no more."""
    user = _changed(login, disabled=True)
    show(_user(user), [f"{user.login} cannot log in any more."], as_json)


@user_app.command("enable")
def enable(login: Login, as_json: AsJson = False) -> None:
    """Let a person in again who was disabled."""
    user = _changed(login, disabled=False)
    show(_user(user), [f"{user.login} can log in again."], as_json)


@user_app.command("unlock")
def unlock(login: Login, as_json: AsJson = False) -> None:
    """Let a person try again at once after too many wrong passwords."""

    async def work(store: "Store") -> "UserRecord":
        user = await store.users.unlock(login)
        await store.append_audit("cli", "user.unlock", ("user", user.login))
        return user

    user = with_store(work)
    show(_user(user), [f"{user.login} can try again."], as_json)


@user_app.command("password")
def set_password(
    login: Login,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Make a password and print it, this once; they must choose their own.")
    ] = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Give a person another password, which logs them out and unlocks them."""
    password = _password(login, temporary, password_stdin)

    async def work(store: "Store") -> "UserRecord":
        user = await store.users.set_password(login, password, temporary=temporary)
        await store.append_audit("cli", "user.reset_password", ("user", user.login))
        return user

    user = with_store(work)
    _show_password(user, f"{user.login} has another password.", password if temporary else None, as_json)


@user_app.command("extension")
def extension_of(
    login: Login,
    extension: Annotated[str, typer.Argument(help="The telephone extension.")],
    since: Annotated[
        datetime | None, typer.Option("--from", help="When it begins, local time; now if left out.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="When it ends, local time; never if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a person an extension; whoever has it then loses it for that time."""
    begins = since.timestamp() if since is not None else time()
    ends = until.timestamp() if until is not None else None
    told = {"extension": extension, "from": begins, "to": ends}

    async def work(store: "Store") -> None:
        await store.assign_extension(extension, login, at=begins, until=ends)
        await store.append_audit("cli", "user.extension", ("user", login), told)

    with_store(work)
    show({"login": login, **told}, [f"Extension {extension} is {login}'s."], as_json)


def _changed(login: str, **changes: Any) -> "UserRecord":
    """Change a person's rights, audited."""

    async def work(store: "Store") -> "UserRecord":
        user = await store.users.change(login, **changes)
        detail = _rights(user) | {"disabled": user.disabled}
        await store.append_audit("cli", "user.change", ("user", user.login), detail)
        return user

    return with_store(work)


def _password(login: str, temporary: bool, from_stdin: bool) -> str:
    """The password to give; a weak one ends the command."""
    from server.store.passwords import WeakPasswordError, check_password, temporary_password

    if temporary:
        return temporary_password()
    password = read_password(from_stdin)
    try:
        check_password(login, password)
    except WeakPasswordError as error:
        fail(str(error))
    return password


def _show_password(user: "UserRecord", line: str, made: str | None, as_json: bool) -> None:
    if made is None:
        show(_user(user), [line], as_json)
    else:
        lines = [line, f"Temporary password, shown this once: {made}"]
        show(_user(user) | {"password": made}, lines, as_json)


def _rights(user: "UserRecord") -> dict[str, Any]:
    return {"role": user.role.value, "team": user.team, "queues": sorted(user.queues)}


def _user(user: "UserRecord") -> dict[str, Any]:
    return {
        "login": user.login,
        "display_name": user.display_name,
        **_rights(user),
        "disabled": user.disabled,
        "locked_until": user.locked_until,
        "must_change_password": user.must_change_password,
    }


def _user_line(user: "UserRecord") -> str:
    queues = ",".join(sorted(user.queues)) or "all queues"
    locked = user.locked_until is not None and user.locked_until > time()
    marks = [mark for mark, holds in (("(ended)", user.disabled), ("(locked)", locked)) if holds]
    return "  ".join((user.login, user.role.value, user.team, queues, user.display_name, *marks))
