"""People and keys, for admins. Every change is audited; passwords and secrets are shown once and kept nowhere."""

from time import time

from fastapi import APIRouter

from server.auth import Refusal
from server.live.conversation import SessionsEnded, session_topic
from server.routes.people import Admin
from server.services import ServicesDep
from server.store import KeyInfo, NotFoundError, Seat, Store, UserRecord
from server.store.passwords import temporary_password
from server.wire.base import ErrorCode
from server.wire.people import (
    AddKeyRequest,
    AddUserRequest,
    ChangeUserRequest,
    ExtensionRequest,
    ExtensionRow,
    KeyRow,
    NewKeyShown,
    People,
    TemporaryPassword,
    UserRow,
)

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.get("/people")
async def people(admin: Admin, services: ServicesDep) -> People:
    """Everybody who can log in, by login."""
    store, tenant = services.store, admin.tenant
    users, seats, queues = await store.users.list(tenant), await store.seats(tenant), await store.queues(tenant)
    return People(
        users=[_user_row(user, seats) for user in users],
        teams=sorted({user.team for user in users} | {queue.team for queue in queues} | {"default"}),
        queues=sorted({queue.queue for queue in queues}.union(*(user.queues for user in users))),
    )


@router.post("/people", status_code=201)
async def add(admin: Admin, body: AddUserRequest, services: ServicesDep) -> TemporaryPassword:
    """Make an account with a temporary password."""
    password = temporary_password()
    user = await services.store.users.add(
        body.login,
        password,
        body.role,
        display_name=body.display_name,
        team=body.team,
        queues=body.queues,
        temporary=True,
        tenant=admin.tenant,
    )
    await _audit(services.store, admin, "user.add", user, _rights(user))
    return TemporaryPassword(user=_user_row(user, []), password=password)


@router.patch("/people/{user_id}")
async def change(admin: Admin, user_id: str, body: ChangeUserRequest, services: ServicesDep) -> UserRow:
    """Change a person; another role, team or queue, or disabling, ends their sessions at once."""
    user = await services.store.users.by_id(user_id, admin.tenant)
    if user.user_id == admin.user_id and (body.disabled or body.role not in (None, user.role)):
        raise Refusal(409, ErrorCode.CONFLICT, "another admin has to take your rights away")
    changed = await services.store.users.change(user.login, **body.model_dump(), tenant=admin.tenant)
    services.hub.publish(session_topic(user.login), SessionsEnded())
    await _audit(services.store, admin, "user.change", changed, _rights(changed) | {"disabled": changed.disabled})
    if changed.disabled:
        await services.conversations.release(user.login)
    return await _row(services.store, changed)


@router.post("/people/{user_id}/unlock")
async def unlock(admin: Admin, user_id: str, services: ServicesDep) -> UserRow:
    """Let a person try again who is locked after too many wrong passwords."""
    user = await services.store.users.by_id(user_id, admin.tenant)
    unlocked = await services.store.users.unlock(user.login, admin.tenant)
    await _audit(services.store, admin, "user.unlock", user)
    return await _row(services.store, unlocked)


@router.post("/people/{user_id}/password")
async def reset_password(admin: Admin, user_id: str, services: ServicesDep) -> TemporaryPassword:
    """Give a person a temporary password, which ends their sessions and unlocks them."""
    user = await services.store.users.by_id(user_id, admin.tenant)
    if user.user_id == admin.user_id:
        raise Refusal(409, ErrorCode.CONFLICT, "change your own password on its page")
    password = temporary_password()
    changed = await services.store.users.set_password(user.login, password, temporary=True, tenant=admin.tenant)
    services.hub.publish(session_topic(user.login), SessionsEnded())
    await _audit(services.store, admin, "user.reset_password", user)
    return TemporaryPassword(user=await _row(services.store, changed), password=password)


@router.post("/people/{user_id}/extensions")
async def assign_extension(admin: Admin, user_id: str, body: ExtensionRequest, services: ServicesDep) -> UserRow:
    """Give a person an extension; whoever has it then loses it for that time."""
    user = await services.store.users.by_id(user_id, admin.tenant)
    begins = time() if body.valid_from is None else body.valid_from
    await services.store.assign_extension(
        body.extension, user.login, at=begins, until=body.valid_to, tenant=admin.tenant
    )
    told = {"extension": body.extension, "from": begins, "to": body.valid_to}
    await _audit(services.store, admin, "user.extension", user, told)
    return await _row(services.store, user)


@router.delete("/people/{user_id}/extensions/{extension}")
async def free_extension(admin: Admin, user_id: str, extension: str, services: ServicesDep) -> UserRow:
    """From now on the extension, which is or will be this person's, is nobody's."""
    user = await services.store.users.by_id(user_id, admin.tenant)
    row = await _row(services.store, user)
    if extension not in {seat.extension for seat in row.extensions}:
        raise NotFoundError("this is not the person's extension")
    await services.store.free_extension(extension, tenant=admin.tenant)
    await _audit(services.store, admin, "user.free_extension", user, {"extension": extension})
    return await _row(services.store, user)


@router.get("/keys")
async def keys(admin: Admin, services: ServicesDep) -> list[KeyRow]:
    """All keys, revoked ones too, by name."""
    return [_key_row(key) for key in await services.store.keys.list(admin.tenant)]


@router.post("/keys", status_code=201)
async def add_key(admin: Admin, body: AddKeyRequest, services: ServicesDep) -> NewKeyShown:
    """Make a key."""
    made = await services.store.keys.add(
        body.name, body.scopes, team=body.team, queues=body.queues, tenant=admin.tenant
    )
    told = {"scopes": sorted(made.info.scopes), "team": made.info.team, "queues": sorted(made.info.queues)}
    subject = ("api_key", made.info.key_id)
    await services.store.append_audit(admin.login, "key.add", subject, told, admin.tenant)
    return NewKeyShown(key=_key_row(made.info), secret=made.secret)


@router.delete("/keys/{key_id}")
async def revoke_key(admin: Admin, key_id: str, services: ServicesDep) -> KeyRow:
    """End a key: nothing can connect with it any more."""
    store = services.store
    name = next((key.name for key in await store.keys.list(admin.tenant) if key.key_id == key_id), None)
    if name is None:
        raise NotFoundError("there is no such key")
    revoked = await store.keys.revoke(name, admin.tenant)
    await store.append_audit(admin.login, "key.revoke", ("api_key", key_id), tenant=admin.tenant)
    return _key_row(revoked)


async def _audit(
    store: Store, admin: UserRecord, action: str, user: UserRecord, detail: dict[str, object] | None = None
) -> None:
    await store.append_audit(admin.login, action, ("user", user.login), detail, admin.tenant)


def _rights(user: UserRecord) -> dict[str, object]:
    return {"role": user.role.value, "team": user.team, "queues": sorted(user.queues)}


async def _row(store: Store, user: UserRecord) -> UserRow:
    return _user_row(user, await store.seats(user.tenant))


def _user_row(user: UserRecord, seats: list[Seat]) -> UserRow:
    locked = user.locked_until is not None and user.locked_until > time()
    return UserRow(
        user_id=user.user_id,
        login=user.login,
        display_name=user.display_name,
        role=user.role,
        team=user.team,
        queues=sorted(user.queues),
        disabled=user.disabled,
        locked_until=user.locked_until if locked else None,
        must_change_password=user.must_change_password,
        extensions=[
            ExtensionRow(extension=seat.extension, valid_from=seat.valid_from, valid_to=seat.valid_to)
            for seat in seats
            if seat.login == user.login
        ],
    )


def _key_row(key: KeyInfo) -> KeyRow:
    return KeyRow(
        key_id=key.key_id,
        name=key.name,
        scopes=sorted(key.scopes),
        team=key.team,
        queues=sorted(key.queues),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )
