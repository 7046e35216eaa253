"""`tici privacy`: retention, legal holds, a customer's export and deletion, receipts, the audit."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from server.cli.stored import AsJson, fail, show, with_store
from server.settings import Settings

if TYPE_CHECKING:
    from server.keeping.keeper import Keeper
    from server.store import Store
    from server.store.queries.receipts import DeletionReceipt

T = TypeVar("T")
privacy_app = typer.Typer(no_args_is_help=True, help="What is kept, for how long, and how it goes.")

Customer = Annotated[str, typer.Argument(help="The customer, by the reference that other systems have for them.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Days = Annotated[str | None, typer.Option(help="Days after the conversation's end, or `forever`; not given: as it is.")]
Offset = Annotated[int, typer.Option(min=0, help="How many of the newest to pass over.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many to show at most.")]


def _with_keeper(work: "Callable[[Keeper], Awaitable[T]]") -> T:
    """Run `work` with what deletes; a running server lets go of its own memory within a quarter of an hour."""
    from server.auth import load_secret
    from server.keeping.keeper import Keeper, NoMemory
    from server.spool import StorageError

    settings = Settings()

    async def run(store: "Store") -> T:
        url = settings.resolved_database_url()
        return await work(Keeper(store, url, settings.data_dir, load_secret(settings), NoMemory()))

    try:
        return with_store(run)
    except (StorageError, OSError) as error:
        fail(f"{error}")


@privacy_app.command()
def rules(as_json: AsJson = False) -> None:
    """List the retention classes: how long each part is kept, and who uses them."""
    from server.keeping.told import told_class
    from server.store.queries import keeping

    async def read(store: "Store") -> list[dict[str, Any]]:
        async with store.read() as session:
            return [told_class(use).model_dump() for use in await keeping.classes(session, "default")]

    found = with_store(read)
    show(found, [_class_line(one) for one in found] or ["There is no retention class yet."], as_json)


@privacy_app.command("set-rule")
def set_rule(
    retention_class: Annotated[str, typer.Argument(help="The retention class, as queues and products name it.")],
    audio_days: Days = None,
    text_days: Days = None,
    sample_days: Days = None,
    as_json: AsJson = False,
) -> None:
    """Make or change a retention rule. It holds for what is stored already, from the next sweep on."""
    from server.keeping import acts
    from server.store.queries import keeping
    from server.store.queries.keeping import Rule

    given = {"audio_days": audio_days, "text_days": text_days, "sample_days": sample_days}
    changes = {name: _days(value) for name, value in given.items() if value is not None}

    async def change(store: "Store") -> Rule:
        async with store.read() as session:
            known = {rule.retention_class: rule for rule in await keeping.rules(session, "default")}
        rule = Rule(**(asdict(known.get(retention_class, Rule(retention_class))) | changes))
        await acts.set_rule(store, acts.Actor("cli"), rule)
        return rule

    rule = with_store(change)
    show(asdict(rule), [_class_line(asdict(rule))], as_json)


@privacy_app.command()
def product(
    name: Annotated[str, typer.Argument(help="The product, as the phone system or the task names it.")],
    retention_class: Annotated[
        str | None, typer.Option(help="Its retention class; not given: that of the queue again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a product's conversations by a class of their own. Holds for those that begin later."""
    from server.keeping import acts

    with_store(lambda store: acts.set_product(store, acts.Actor("cli"), name, retention_class))
    line = f"{name}: {retention_class}" if retention_class else f"{name}: by the class of the queue"
    show({"product": name, "retention_class": retention_class}, [line], as_json)


@privacy_app.command()
def hold(
    subject: Annotated[str, typer.Argument(help="The id of a conversation, or the reference of a customer.")],
    reason: Annotated[str, typer.Option(help="Why it must be kept.")],
    customer: Annotated[bool, typer.Option("--customer", help="The subject is a customer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Place a legal hold: nothing of its subject is deleted until it is released."""
    from server.keeping import acts
    from server.keeping.told import told_hold

    kind = "customer" if customer else "conversation"
    placed = _with_keeper(lambda keeper: acts.place_hold(keeper, acts.Actor("cli"), kind, subject, reason))
    show(told_hold(placed).model_dump(), [f"Hold {placed.hold_id} lies on this {kind}."], as_json)


@privacy_app.command()
def holds(as_json: AsJson = False) -> None:
    """List legal holds, those in force first."""
    from server.keeping.told import told_hold
    from server.store.queries import holds as stored

    async def read(store: "Store") -> list[dict[str, Any]]:
        async with store.read() as session:
            return [told_hold(one).model_dump() for one in await stored.listing(session, "default")]

    found = with_store(read)
    state = {True: "released", False: "in force"}
    lines = [
        f"{one['hold_id']}  {one['subject_type']} {one['subject_id']}  {state[one['released_at'] is not None]}"
        for one in found
    ]
    show(found, lines or ["There are no legal holds."], as_json)


@privacy_app.command()
def release(
    hold_id: Annotated[str, typer.Argument(help="The hold, as `tici privacy holds` names it.")],
    reason: Annotated[str, typer.Option(help="Why it may go.")],
    as_json: AsJson = False,
) -> None:
    """Release a legal hold."""
    from server.keeping import acts
    from server.keeping.told import told_hold

    released = _with_keeper(lambda keeper: acts.release_hold(keeper, acts.Actor("cli"), hold_id, reason))
    show(told_hold(released).model_dump(), [f"Released {hold_id}."], as_json)


@privacy_app.command()
def export(
    customer: Customer,
    out: Annotated[Path, typer.Option(help="The ZIP file to write; it must not be there yet.")],
    as_json: AsJson = False,
) -> None:
    """Write everything that is stored of a customer into a ZIP."""
    from server.keeping import acts

    async def write(keeper: "Keeper") -> int:
        made = await acts.export(keeper, acts.Actor("cli"), customer)
        size = 0
        with out.open("xb") as file:
            async for chunk in made.chunks():
                size += file.write(chunk)
        return size

    size = _with_keeper(write)
    show({"file": str(out), "bytes": size}, [f"Wrote {out} ({size} bytes)."], as_json)


@privacy_app.command()
def delete(
    customer: Annotated[str | None, typer.Option(help="Delete everything of this customer.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Delete this one conversation, by its id.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a customer, or one conversation, for good: rows, recordings, samples. Prints the receipt."""
    if (customer is None) == (conversation is None):
        fail("Say what to delete: either --customer or --conversation.")
    _confirm(f"Delete everything of {customer or conversation}? This cannot be undone.", yes)
    receipt = _with_keeper(lambda keeper: _delete(keeper, customer, conversation))
    show(_receipt(receipt), [_receipt_line(_receipt(receipt))], as_json)


async def _delete(keeper: "Keeper", customer: str | None, conversation: str | None) -> "DeletionReceipt":
    if customer is not None:
        return await keeper.delete_customer("default", customer, "cli")
    receipt = await keeper.delete_conversation(conversation or "", "cli")
    await keeper.store.append_audit("cli", "conversation.delete", ("conversation", receipt.subject_id))
    await keeper.tidy(compact=False)
    return receipt


@privacy_app.command()
def sweep(
    yes: Yes = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Also rewrite a SQLite file; nobody can write to it meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete now what the retention rules want deleted. A running server does so by itself."""
    from server.keeping.sweeping import Sweeper, Swept

    _confirm("Delete everything that is due by the retention rules?", yes)

    async def run(keeper: "Keeper") -> Swept:
        swept = await Sweeper(keeper, quiet=lambda: compact).sweep()
        if compact:
            swept.tidied = await keeper.tidy(compact=True)
        return swept

    swept = asdict(_with_keeper(run))
    show(swept, [", ".join(f"{name} {value}" for name, value in swept.items())], as_json)
    if swept["failed"]:
        raise typer.Exit(1)


@privacy_app.command()
def receipts(offset: Offset = 0, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List the receipts of deletions, newest first."""
    from server.store.queries import receipts as stored

    async def read(store: "Store") -> list[dict[str, Any]]:
        async with store.read() as session:
            rows, _ = await stored.page(session, "default", offset, limit)
            return [_receipt(row) for row in rows]

    found = with_store(read)
    show(found, [_receipt_line(one) for one in found] or ["Nothing was deleted yet."], as_json)


@privacy_app.command()
def audit(
    by: Annotated[str | None, typer.Option(help="Only what this login did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as `customer.export`.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this subject, by its id.")] = None,
    offset: Offset = 0,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List who did what to which, newest first."""
    from server.store.queries import audit as stored

    async def read(store: "Store") -> list[dict[str, Any]]:
        async with store.read() as session:
            wanted = stored.Wanted(by=by, action=action, subject_id=subject)
            rows, _ = await stored.page(session, "default", wanted, offset, limit)
            return [asdict(row) for row in rows]

    found = with_store(read)
    lines = [
        f"{one['at']:.0f}  {one['by']}  {one['action']}  {one['subject_type']} {one['subject_id']}" for one in found
    ]
    show(found, lines or ["Nothing of the kind was done yet."], as_json)


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)


def _days(value: str) -> float | None:
    try:
        return None if value == "forever" else float(value)
    except ValueError:
        fail(f"{value} is no number of days; write a number, or `forever`.")


def _class_line(rule: dict[str, Any]) -> str:
    parts = [f"{part} {_kept(rule[f'{part}_days'])}" for part in ("audio", "text", "sample")]
    return f"{rule['retention_class']}: {', '.join(parts)}" + ("" if rule.get("ruled", True) else " (no rule)")


def _kept(days: float | None) -> str:
    return "for ever" if days is None else f"{days:g} days"


def _receipt(receipt: "DeletionReceipt") -> dict[str, Any]:
    from server.keeping.told import told_receipt

    return told_receipt(receipt).model_dump()


def _receipt_line(receipt: dict[str, Any]) -> str:
    counts = ", ".join(f"{name} {number}" for name, number in sorted(receipt["counts"].items()))
    state = "" if receipt["finished_at"] else " (under way)"
    return f"{receipt['receipt_id']}  {receipt['subject_type']} {receipt['subject_id']}  {counts or 'nothing'}{state}"
