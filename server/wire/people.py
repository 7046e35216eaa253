"""HTTP bodies under `/v1/admin`: people, their extensions, and the keys of machines. Times are Unix seconds."""

from typing import Annotated

from pydantic import Field

from server.wire.base import STORABLE, Label, Message

Login = Annotated[str, Field(min_length=1, max_length=128), STORABLE]
Team = Annotated[str, Field(min_length=1, max_length=128), STORABLE]
"""A team's name; `*` means all teams."""
Queues = Annotated[list[Label], Field(max_length=100)]
"""Names of queues; none: all queues of the team."""


class ExtensionRow(Message):
    """A telephone extension of a person, from `valid_from` until before `valid_to` (None: still)."""

    extension: str
    valid_from: float
    valid_to: float | None


class UserRow(Message):
    """A person as admins see them."""

    user_id: str
    login: str
    display_name: str
    role: str
    team: str
    queues: list[str]
    disabled: bool
    locked_until: float | None
    """Too many wrong passwords were tried; None: not locked."""
    must_change_password: bool
    extensions: list[ExtensionRow]


class People(Message):
    """Everybody who can log in, and the names of teams and queues in use."""

    users: list[UserRow]
    teams: list[str]
    queues: list[str]


class AddUserRequest(Message):
    """Make an account."""

    login: Login
    display_name: Label = ""
    role: Label = "agent"
    team: Team = "default"
    queues: Queues = Field(default_factory=list)


class ChangeUserRequest(Message):
    """What to change of a person; what is left out stays."""

    display_name: Login | None = None
    role: Label | None = None
    team: Team | None = None
    queues: Queues | None = None
    disabled: bool | None = None


class TemporaryPassword(Message):
    """A person and a password to tell them, shown this once: they must choose their own after logging in."""

    user: UserRow
    password: str


class ExtensionRequest(Message):
    """Give a person an extension, which nobody else has then; from now on and for good where no times are given."""

    extension: Annotated[str, Field(min_length=1, max_length=128), STORABLE]
    valid_from: float | None = Field(default=None, ge=0)
    valid_to: float | None = Field(default=None, ge=0)


class KeyRow(Message):
    """A machine's key without its secret."""

    key_id: str
    name: str
    scopes: list[str]
    team: str
    queues: list[str]
    created_at: float
    revoked_at: float | None


class AddKeyRequest(Message):
    """Make a key; for one team or some queues where they are given."""

    name: Login
    scopes: list[Label] = Field(min_length=1, max_length=10)
    team: Team = "*"
    queues: Queues = Field(default_factory=list)


class NewKeyShown(Message):
    """A key just made; `secret` is shown this once."""

    key: KeyRow
    secret: str
