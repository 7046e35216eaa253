"""The store: everything the service asks of its database."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Self, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kb.article import Article
from server.store.database import Database
from server.store.keys import Keys
from server.store.labelling import Labelling
from server.store.logins import Sessions
from server.store.passwords import Passwords
from server.store.people import Users
from server.store.project import commit_events
from server.store.project.conversation import SENDER_SYSTEM
from server.store.queries import articles, conversations, delivery, organisation, recordings, samples
from server.store.queries.tasks import Tasks
from server.store.records import (
    ConversationRecord,
    ImportReport,
    OutboxItem,
    QueuePolicy,
    Reach,
    RecordingRecord,
    SampleRecord,
    Seat,
)
from server.store.tables.columns import DEFAULT_TENANT
from server.wire.events import Event, Receipt
from server.wire.rest import ConversationPage, ConversationRow, WrapUpCode

T = TypeVar("T")


class Store:
    """One open database. `users`, `sessions` and `keys` hold who may come in; the rest is here.

    Every method may raise `StorageError` when the database cannot be reached. Methods that write return after
    the commit. Times are Unix seconds.
    """

    def __init__(self, database: Database) -> None:
        """Work on an open database; `open` is the usual way."""
        self._database = database
        passwords = Passwords()
        self.users = Users(database, passwords)
        self.sessions = Sessions(database, passwords)
        self.keys = Keys(database)
        self.tasks = Tasks(database)
        self.labelling = Labelling(database)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to a migrated database. Raises `InvalidError`, `SchemaError` (run `upgrade`), `StorageError`."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        """Commit what is queued and disconnect."""
        await self._database.close()

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in the single writer's transaction; returns its result after the commit."""
        return await self._database.write(work)

    @property
    def waiting_writes(self) -> int:
        """Writes that wait for the one in progress."""
        return self._database.waiting

    def watch_writes(self, told: Callable[[float], None]) -> None:
        """From now on `told` gets the seconds that each write takes, waiting included."""
        self._database.on_write = told

    async def ping(self) -> None:
        """Whether the database answers; if not, that is what it raises."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session for reading."""
        return self._database.read()

    async def commit(self, events: Sequence[Event]) -> None:
        """Commit events and their projection together, or nothing of them.

        Raises `ConflictError` when a seq does not follow on, an id is taken or a tile overlaps, and
        `NotFoundError` when an event names what was never made.
        """
        if events:
            await self.write(lambda session: commit_events(session, events))

    async def events(self, conversation_id: str, after_seq: int = 0, limit: int | None = None) -> list[Event]:
        """Events with a greater seq, in order."""
        async with self.read() as session:
            return await conversations.events(session, conversation_id, after_seq, limit)

    async def conversation(self, conversation_id: str) -> ConversationRecord | None:
        """One conversation as it stands."""
        async with self.read() as session:
            return await conversations.by_id(session, conversation_id)

    async def conversation_by_external_id(
        self, tenant: str, external_id: str, system: str = SENDER_SYSTEM
    ) -> ConversationRecord | None:
        """The conversation that `system` names so; without one, whoever sent its audio or opened its chat."""
        async with self.read() as session:
            return await conversations.by_external_id(session, tenant, external_id, system)

    async def unfinished_conversations(self) -> list[ConversationRecord]:
        """Conversations that have not ended, oldest first: what to recover at start."""
        async with self.read() as session:
            return await conversations.unfinished(session)

    async def unclaimed_calls(self, reach: Reach) -> list[ConversationRecord]:
        """Calls within reach that go on and are nobody's, oldest first."""
        async with self.read() as session:
            return await conversations.unclaimed(session, reach)

    async def active_conversations_of(self, login: str, tenant: str = DEFAULT_TENANT) -> list[ConversationRecord]:
        """An agent's conversations that are not wrapped up, oldest first."""
        async with self.read() as session:
            return await conversations.active_of(session, tenant, login)

    async def list_conversations(self, reach: Reach, offset: int = 0, limit: int = 50) -> ConversationPage:
        """Stored conversations within reach, newest first."""
        async with self.read() as session:
            return await conversations.page(session, reach, offset, limit)

    async def conversation_row(self, conversation_id: str) -> ConversationRow | None:
        """One line of that list."""
        async with self.read() as session:
            return await conversations.row(session, conversation_id)

    async def receipts(self, conversation_id: str) -> dict[str, Receipt]:
        """The receipts of a conversation's suggestions, by suggestion id."""
        async with self.read() as session:
            return await conversations.receipts(session, conversation_id)

    async def ended_legs(self, conversation_id: str) -> set[str]:
        """Names of the conversation's legs that have ended."""
        async with self.read() as session:
            return await recordings.ended_legs(session, conversation_id)

    async def recordings(self, conversation_id: str) -> list[RecordingRecord]:
        """The recordings of a conversation."""
        async with self.read() as session:
            return await recordings.of(session, conversation_id)

    async def add_recording(self, record: RecordingRecord) -> None:
        """Keep where a leg's audio lies; the same path again replaces what was known of it."""
        await self.write(lambda session: recordings.add(session, record, time.time()))

    async def queue_policy(self, queue: str, tenant: str = DEFAULT_TENANT) -> QueuePolicy:
        """The queue's policies, or those of the default queue where it has none."""
        async with self.read() as session:
            return await organisation.queue_policy(session, tenant, queue)

    async def queues(self, tenant: str = DEFAULT_TENANT) -> list[QueuePolicy]:
        """Every queue with policies of its own, by name."""
        async with self.read() as session:
            return await organisation.queues(session, tenant)

    async def save_queue(self, policy: QueuePolicy) -> None:
        """Make or change a queue. Raises `InvalidError`."""
        await self.write(lambda session: organisation.save_queue(session, policy))

    async def resolve_agent(self, name: str, *, at: float | None = None, tenant: str = DEFAULT_TENANT) -> str | None:
        """The login that `name` is, or whose extension it is at that time. None: nobody's, or not clear."""
        async with self.read() as session:
            return await organisation.resolve_agent(session, tenant, name, time.time() if at is None else at)

    async def assign_extension(
        self,
        extension: str,
        login: str,
        *,
        at: float | None = None,
        until: float | None = None,
        tenant: str = DEFAULT_TENANT,
    ) -> None:
        """From `at` until before `until` (None: for good) the extension is this agent's alone.

        Raises `InvalidError` for an unknown login.
        """
        since = time.time() if at is None else at
        await self.write(lambda session: organisation.assign_extension(session, tenant, extension, login, since, until))

    async def free_extension(self, extension: str, *, tenant: str = DEFAULT_TENANT) -> None:
        """From now on the extension is nobody's."""
        now = time.time()
        await self.write(lambda session: organisation.free_extension(session, tenant, extension, now, None))

    async def seats(self, tenant: str = DEFAULT_TENANT) -> list[Seat]:
        """The extensions that are or will be somebody's."""
        async with self.read() as session:
            return await organisation.seats(session, tenant, time.time())

    async def outbox_due(self, now: float, *, adapter: str | None = None, limit: int = 100) -> list[OutboxItem]:
        """Messages to try now, the longest due first."""
        async with self.read() as session:
            return await delivery.due(session, now, adapter, limit)

    async def outgoing(self, conversation_id: str) -> dict[str, str]:
        """Texts that the customer has not got yet, as they are to go out, by message id."""
        async with self.read() as session:
            return await delivery.outgoing(session, conversation_id)

    async def schedule_delivery(self, message_id: str, next_attempt_at: float) -> None:
        """When to try a message again. Raises `NotFoundError`."""
        await self.write(lambda session: delivery.schedule(session, message_id, next_attempt_at))

    async def samples(self, state: str | None = None, tenant: str = DEFAULT_TENANT) -> list[SampleRecord]:
        """Samples (`to_label`, `labelled` or all), oldest first."""
        async with self.read() as session:
            return await samples.listing(session, tenant, state)

    async def import_articles(self, imported: Sequence[Article], by: str, tenant: str = DEFAULT_TENANT) -> ImportReport:
        """Approve new and changed articles as new versions; importing the same again changes nothing."""
        return await self.write(lambda session: articles.import_all(session, tenant, imported, by, time.time()))

    async def effective_articles(
        self,
        lang: str | None = None,
        at: float | None = None,
        *,
        team: str | None = None,
        queue: str | None = None,
        direction: str | None = None,
        ids: Sequence[str] | None = None,
        tenant: str = DEFAULT_TENANT,
    ) -> list[Article]:
        """Approved articles in force, with their `version`; those limited to a team, queue or direction only for it."""
        when = time.time() if at is None else at
        scope = {"team": team, "queue": queue, "direction": direction}
        async with self.read() as session:
            return await articles.effective(session, tenant, when, lang, scope, ids)

    async def effective_versions(
        self, ids: Sequence[str] | None = None, tenant: str = DEFAULT_TENANT
    ) -> dict[str, int]:
        """The versions in force by article id, of all articles or of these; far cheaper than the articles."""
        async with self.read() as session:
            return await articles.effective_versions(session, tenant, time.time(), {}, ids)

    async def articles_mark(self, tenant: str = DEFAULT_TENANT) -> tuple[object, ...]:
        """Changes whenever `effective_articles` would answer otherwise."""
        async with self.read() as session:
            return await articles.mark(session, tenant, time.time())

    async def export_articles(self, lang: str | None = None, tenant: str = DEFAULT_TENANT) -> list[Article]:
        """Every approved article in force, whatever its scope."""
        async with self.read() as session:
            return await articles.effective(session, tenant, time.time(), lang, None)

    async def withdraw_article(self, article_id: str, by: str, tenant: str = DEFAULT_TENANT) -> None:
        """No version of the article is suggested any more. Raises `NotFoundError`."""
        await self.write(lambda session: articles.withdraw(session, tenant, article_id, by, time.time()))

    async def import_wrap_up_codes(self, codes: Sequence[WrapUpCode], tenant: str = DEFAULT_TENANT) -> None:
        """Add or rename wrap-up codes, parents before their children. Raises `InvalidError`."""
        await self.write(lambda session: organisation.import_wrap_up_codes(session, tenant, codes))

    async def wrap_up_codes(self, tenant: str = DEFAULT_TENANT) -> list[WrapUpCode]:
        """The tree of codes, parents before their children."""
        async with self.read() as session:
            return await organisation.wrap_up_codes(session, tenant)

    async def append_audit(
        self,
        by: str,
        action: str,
        subject: tuple[str, str],
        detail: dict[str, Any] | None = None,
        tenant: str = DEFAULT_TENANT,
    ) -> None:
        """Note who did what to which (type, id). `detail` holds no conversation text."""
        now = time.time()
        await self.write(
            lambda session: organisation.append_audit(session, tenant, now, by, action, subject, detail or {})
        )
