"""A connector: one phone system that is connected to this node, as the operator configured it.

Each dialect has a class of its own beside its adapter, with the settings that only it has. A connector decides who is
let in (`admit`) and speaks the dialect (`dialect_for`). Which track of the sender is which party is a setting
(`legs`), never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from server.ingest.dialect import Dialect, Limits
from server.wire.base import ErrorCode, Language
from server.wire.events import Direction, Role
from server.wire.listen import LegSpec, Name

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_MOST_SECRET_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A request to open a connection, before it is answered.

    `url` is what this node was called by, which behind a proxy is not what the sender called. Names in `headers` are
    in lower case. `address` is the sender's IP address, None where it is not known; `now` is Unix seconds.
    """

    url: str
    now: float
    address: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()


class NotAdmitted(Exception):
    """The sender is not let in. `code` is `unauthenticated` or `forbidden`; the message repeats nothing it sent."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status that says so."""
        return 401 if self.code is ErrorCode.UNAUTHENTICATED else 403


class Connector(BaseModel):
    """What every connector has. A subclass sets `dialect` to its `Literal`, and `tracks`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    tracks: ClassVar[frozenset[str]]
    """What a leg can be called in `legs`."""

    name: Name = Field(description="What it is called, from the heading of its table: the last part of its address.")
    legs: dict[str, Role] = Field(
        min_length=1,
        max_length=2,
        description="Who speaks on which track: `customer`, `agent`, `third_party`, `mixed` or `unknown`. A track that "
        "is not listed is not listened to.",
    )
    queue: Name = Field("default", description="Queue of its calls, where the sender does not name one.")
    language: Language = Field("zh", description="Language of its calls, where the sender does not name one.")
    direction: Direction = Field(
        Direction.INBOUND, description="Direction of its calls, where the sender does not say."
    )
    networks: list[IPvAnyNetwork] | None = Field(
        None,
        description='Networks that it may call from, such as `["10.1.0.0/16"]`. Empty: from anywhere where it has to '
        "show a secret, from this machine only where it has none. Behind a proxy everyone calls from the proxy.",
    )

    @field_validator("legs")
    @classmethod
    def _known_legs(cls, legs: dict[str, Role]) -> dict[str, Role]:
        if legs.keys() - cls.tracks:
            raise ValueError(f"its tracks are called {', '.join(sorted(cls.tracks))}")
        if len(set(legs.values())) < len(legs):
            raise ValueError("two tracks have the same role")
        return legs

    @property
    def guarded(self) -> bool:
        """Whether a sender has to show that it is the one."""
        return False

    def may_join(self, upgrade: Upgrade) -> bool:
        """Whether this connection may add to a call that was admitted already, as one that carries one leg of two does.

        Then it is only known after the upgrade whether there is room for it.
        """
        return len(self.legs) < 2

    def leg_name(self, track: str) -> str | None:
        """What the leg of a track is called in the conversation: by its role; None for one not listened to."""
        role = self.legs.get(track)
        return role.value if role is not None else None

    def leg_specs(self, tracks: list[str]) -> list[LegSpec]:
        """The legs of those tracks that are listened to, in this order."""
        return [LegSpec(leg=self.legs[track].value, role=self.legs[track]) for track in tracks if track in self.legs]

    def admit(self, upgrade: Upgrade) -> None:
        """Raise NotAdmitted unless this sender may open a connection. Subclasses add what their dialect checks."""
        allowed = self.networks if self.networks is not None else () if self.guarded else LOOPBACK
        if (allowed or not self.guarded) and not _is_in(upgrade.address, allowed):
            raise NotAdmitted(ErrorCode.FORBIDDEN, "this connector does not take calls from this address")

    def subprotocol(self, upgrade: Upgrade) -> str | None:
        """The one of the offered WebSocket subprotocols that is spoken; None for none."""
        return None

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """The dialect of one connection."""
        raise NotImplementedError


class SecretConnector(Connector):
    """A connector whose sender may have to show a secret. What it shows, and where, is the subclass's."""

    secret: SecretStr | None = Field(
        None,
        description="The secret that its sender shows, or signs with. Give it in one of three ways, or not at all.",
    )
    secret_env: str | None = Field(None, description="Environment variable that holds the secret.")
    secret_file: Path | None = Field(None, description="File that holds the secret, in its first line.")

    @property
    def guarded(self) -> bool:
        """Whether a secret is set."""
        return self.secret is not None

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, fields: Any, info: ValidationInfo) -> Any:
        return read_secret(fields, "secret", info)

    @model_validator(mode="after")
    def _safe_without_secret(self) -> Self:
        if self.networks is not None and not self.networks and not self.guarded:
            raise ValueError("without a secret, `networks` must name who may call")
        return self


def read_secret(fields: Any, name: str, info: ValidationInfo) -> Any:
    """Fill the field `name` from what `<name>_env` or `<name>_file` point to.

    For a `model_validator(mode="before")`. The context may hold `environ` (a mapping) and `folder` (a Path, where a
    relative file lies). Raises ValueError.
    """
    if not isinstance(fields, dict):
        return fields
    given = [key for key in (name, f"{name}_env", f"{name}_file") if fields.get(key) is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(f'`{key}`' for key in given)}: give only one of them")
    context: Mapping[str, Any] = info.context or {}
    read: str | None = None
    if given == [f"{name}_env"]:
        read = context.get("environ", {}).get(str(fields[given[0]]), "")
    elif given == [f"{name}_file"]:
        read = _first_line(context.get("folder", Path()) / str(fields[given[0]]))
    elif given:
        read = str(fields[name]) if not isinstance(fields[name], SecretStr) else fields[name].get_secret_value()
    if given and not read:
        raise ValueError(f"`{given[0]}`: there is nothing in it")
    return fields | {name: read} if given else fields


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_MOST_SECRET_BYTES).strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read the file of the secret ({type(error).__name__})") from None


def _is_in(address: str | None, networks: Any) -> bool:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)
