"""`tici queue`: what each line of work allows."""

import secrets
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, show, with_store

if TYPE_CHECKING:
    from server.store import QueuePolicy, Store

queue_app = typer.Typer(no_args_is_help=True, help="What each queue allows.")


@queue_app.command("set")
def set_queue(
    name: Annotated[str, typer.Argument(help="The queue, as the phone system names it; `default` serves all others.")],
    text_out: Annotated[
        bool | None, typer.Option("--text-out/--no-text-out", help="May agents send text during a call?")
    ] = None,
    chat_action: Annotated[
        str | None, typer.Option(help="What a click on a chat card does: send, or insert into the input box.")
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(help="Where texts of calls are posted, signed; a new signing secret is made.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The language spoken there: zh or en.")] = None,
    team: Annotated[str | None, typer.Option(help="The team whose people see its conversations.")] = None,
    recording: Annotated[
        str | None, typer.Option(help="Whether calls are recorded: record, off, or on_demand by the agent.")
    ] = None,
    retention: Annotated[
        str | None, typer.Option(help="The retention class of its conversations; `tici privacy` has the rules.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make or change a queue; what is not given stays. Holds for conversations that begin later."""
    given: dict[str, Any] = {
        "text_out_on_call": text_out,
        "chat_action": chat_action,
        "webhook_url": webhook_url,
        "webhook_secret": secrets.token_hex(32) if webhook_url else None,
        "language": language,
        "team": team,
        "recording_policy": recording,
        "retention_class": retention,
    }
    changes = {field: value for field, value in given.items() if value is not None}

    async def change(store: "Store") -> "QueuePolicy":
        policy = replace(await store.queue_policy(name), **changes)
        await store.save_queue(policy)
        told = sorted(changes.keys() - {"webhook_secret"})
        await store.append_audit("cli", "queue.set", ("queue", name), {"changed": told})
        return policy

    policy = with_store(change)
    lines = [_line(policy)]
    if webhook_url:
        lines.append(f"Signing secret, shown this once: {policy.webhook_secret}")
    shown = asdict(policy) if webhook_url else _public(policy)
    show(shown, lines, as_json)


@queue_app.command("list")
def list_queues(as_json: AsJson = False) -> None:
    """List the queues that have rules of their own."""
    queues = with_store(lambda store: store.queues())
    show([_public(queue) for queue in queues], [_line(queue) for queue in queues], as_json)


def _public(policy: "QueuePolicy") -> dict[str, Any]:
    return {field: value for field, value in asdict(policy).items() if field != "webhook_secret"}


def _line(policy: "QueuePolicy") -> str:
    text = "text during calls" if policy.text_out_on_call else "no text during calls"
    hook = f", webhook {policy.webhook_url}" if policy.webhook_url else ""
    kept = f"team {policy.team}, recording {policy.recording_policy}, retention {policy.retention_class}"
    return f"{policy.queue}: {policy.language}, {kept}, {text}, chat cards {policy.chat_action}{hook}"
