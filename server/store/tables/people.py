"""Who may come in: accounts, their login sessions and extensions, and the keys of machines."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import DEFAULT_TEAM, Table, id_field, json_field, tenant_field


class UserTable(Table, table=True):
    """A person. `password_hash` is argon2id; without `queues` they work for all queues of their team."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("tenant", "login"),)
    id: str = id_field()
    tenant: str = tenant_field()
    team: str = DEFAULT_TEAM
    login: str
    display_name: str
    role: str
    password_hash: str
    queues: list[str] = json_field(list)
    disabled: bool = False
    must_change_password: bool = False
    password_changed_at: float | None = None
    failed_logins: int = 0
    locked_until: float | None = None
    created_at: float


class LoginSessionTable(Table, table=True):
    """A logged-in browser. Only the SHA-256 of its token is kept."""

    __tablename__ = "login_session"
    token_hash: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    created_at: float
    expires_at: float = Field(index=True)


class ApiKeyTable(Table, table=True):
    """A machine's key, for its team (`*`: all) and queues (none: all). Only the SHA-256 of its secret is kept."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: str = id_field()
    tenant: str = tenant_field()
    team: str = DEFAULT_TEAM
    name: str
    scopes: list[str] = json_field(list)
    queues: list[str] = json_field(list)
    key_hash: str
    created_at: float
    revoked_at: float | None = None


class AgentExtensionTable(Table, table=True):
    """Which agent sits at an extension, from `valid_from` until before `valid_to` (None: still)."""

    __tablename__ = "agent_extension"
    id: str = id_field()
    tenant: str = tenant_field()
    extension: str = Field(index=True)
    login: str
    valid_from: float
    valid_to: float | None = None
