"""Demo mode: seeded users and data, and recorded calls played through the node's own audio door."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import soundfile

from kb.pack import Pack, load_pack
from server.auth import Refusal
from server.ids import new_id
from server.replay.audio import load_call
from server.replay.call import play_call
from server.replay.errors import ReplayError
from server.replay.options import CallOptions
from server.settings import Settings
from server.store import QueuePolicy, Scope, Store, UserRole
from server.wire.base import ErrorCode
from server.wire.rest import DemoCall, DemoLogin, DemoTurn, WrapUpCode

log = logging.getLogger(__name__)

PASSWORD = "tici-demo"
DEMO_LOGINS = tuple(
    DemoLogin(login=login, password=PASSWORD, display_name=name, role=role)
    for login, name, role in (
        ("xiaolin", "小林 Lin", UserRole.AGENT),
        ("dawei", "大伟 David", UserRole.AGENT),
        ("zhuguan", "王主管 Wang", UserRole.SUPERVISOR),
        ("zhijian", "李质检 Li", UserRole.REVIEWER),
        ("xunlian", "陈训练 Chen", UserRole.TRAINER),
        ("guanli", "赵管理 Zhao", UserRole.ADMIN),
    )
)
"""Accounts for looking around, there in demo mode only; their password is no secret."""

DEMO_SCOPES = frozenset({Scope.LISTEN, Scope.CHAT, Scope.EVENTS, Scope.EXPORT})


async def seed_knowledge(store: Store, pack: Pack) -> None:
    """Import a pack's articles and wrap-up codes; what is there already stays."""
    await store.import_articles(pack.articles, by=f"pack {pack.name}")
    codes = [WrapUpCode(code=c.code, parent=c.parent, name_zh=c.name_zh, name_en=c.name_en) for c in pack.wrap_up]
    await store.import_wrap_up_codes(codes)


async def seed_demo(store: Store, settings: Settings) -> str:
    """Make the demo users, the demo queue and the replay's key; the key's secret."""
    for account in DEMO_LOGINS:
        known = await store.users.get(account.login)
        if known is None:
            await store.users.add(account.login, account.password, account.role, display_name=account.display_name)
        elif known.disabled and await store.users.has_password(account.login, account.password):
            await store.users.set_disabled(account.login, False)
    await store.save_queue(QueuePolicy(queue="demo", language="zh"))
    return await _demo_key(store, settings.data_dir / "demo.key")


async def refuse_demo_logins(store: Store) -> None:
    """Disable the demo's accounts that are left from demo mode: everybody knows their password."""
    for account in DEMO_LOGINS:
        known = await store.users.get(account.login)
        if known is not None and not known.disabled and await store.users.has_password(account.login, PASSWORD):
            await store.users.set_disabled(account.login, True)
            await store.append_audit("start", "user.disable", ("user", account.login), {"reason": "demo login"})


async def _demo_key(store: Store, path: Path) -> str:
    """The key kept in `path` if the database knows it, else a new one."""
    known = await asyncio.to_thread(lambda: path.read_text().strip() if path.exists() else "")
    info = await store.keys.verify(known) if known else None
    if info is not None and info.scopes >= DEMO_SCOPES:
        return known
    key = await store.keys.add(f"demo-{new_id()}", DEMO_SCOPES)
    await asyncio.to_thread(_write_private, path, key.secret)
    return key.secret


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A demo call and its audio files by leg."""

    call: DemoCall
    files: Mapping[str, Path]


class Demo:
    """Plays the pack's recorded calls."""

    def __init__(self, settings: Settings, packs: list[Pack], key: str) -> None:
        """`key` lets the replay in at `/v1/listen`."""
        self._settings = settings
        self._key = key
        self._calls = {r.call.call_id: r for pack in packs for r in _recorded(pack)}
        self._playing: set[asyncio.Task[None]] = set()
        self._mixing = asyncio.Lock()

    def calls(self) -> list[DemoCall]:
        """The recorded calls with their scripts."""
        calls = (recorded.call for recorded in self._calls.values())
        return [call.model_copy(update={"playable": self._speaks(call)}) for call in calls]

    def play(self, call_id: str, login: str, speed: float) -> str | None:
        """Start a replay for `login`; the call's external id, or None if there is no such recording.

        Raises Refusal where no speech model is loaded for its language.
        """
        recorded = self._calls.get(call_id)
        if recorded is None:
            return None
        if not self._speaks(recorded.call):
            message = f"no speech model is loaded for `{recorded.call.lang}`"
            raise Refusal(422, ErrorCode.UNSUPPORTED_LANGUAGE, message)
        host = url_host(self._settings.host if self._settings.host not in ("0.0.0.0", "::") else "127.0.0.1")
        options = CallOptions(
            url=f"ws://{host}:{self._settings.port}/v1/listen",
            external_id=f"demo-{call_id}-{new_id()}",
            key=self._key,
            agent=login,
            customer="demo-customer",
            queue="demo",
            language=recorded.call.lang,
            speed=speed,
        )
        task = asyncio.create_task(_play(recorded, options))
        self._playing.add(task)
        task.add_done_callback(self._playing.discard)
        return options.external_id

    async def stereo(self, call_id: str) -> Path | None:
        """A stereo WAV of the call, customer left, made once; None if there is no such recording."""
        recorded = self._calls.get(call_id)
        if recorded is None:
            return None
        path = self._settings.data_dir / "demo" / f"{call_id}.wav"
        async with self._mixing:
            if not path.exists():
                await asyncio.to_thread(_write_stereo, recorded, path)
        return path

    def _speaks(self, call: DemoCall) -> bool:
        return call.lang in self._settings.asr_languages

    def close(self) -> None:
        """Stop what is playing."""
        for task in self._playing:
            task.cancel()


def url_host(host: str) -> str:
    """The host as a URL has it."""
    return f"[{host}]" if ":" in host else host


async def _play(recorded: _Recorded, options: CallOptions) -> None:
    audio = await asyncio.to_thread(load_call, list(recorded.files.values()), list(recorded.files))
    try:
        await play_call(audio, options, emit=lambda event: None)
    except ReplayError as error:
        log.warning("demo call %s: %s", recorded.call.call_id, error)


def _write_stereo(recorded: _Recorded, path: Path) -> None:
    audio = load_call(list(recorded.files.values()), list(recorded.files))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.wav")
    tracks = list(audio.tracks.values())
    with soundfile.SoundFile(str(partial), "w", audio.sample_rate, len(tracks)) as file:
        for start in range(0, audio.samples, audio.sample_rate):
            block = [track[start : start + audio.sample_rate] for track in tracks]
            file.write(list(zip(*block, strict=True)))
    partial.replace(path)


def _recorded(pack: Pack) -> list[_Recorded]:
    folder = pack.calls
    if folder is None:
        return []
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> _Recorded:
    script = json.loads(path.read_text(encoding="utf-8"))
    turns = [
        DemoTurn(leg=t["leg"], start=t["start"], end=t["end"], text=t["text"], article=t.get("article"))
        for t in script["turns"]
    ]
    call = DemoCall(
        call_id=script["id"],
        title_zh=script["title_zh"],
        title_en=script["title_en"],
        lang=script["lang"],
        duration=script["duration"],
        turns=turns,
    )
    return _Recorded(call, {leg: path.parent / file for leg, file in script["legs"].items()})


def load_packs(folder: Path) -> list[Pack]:
    """The packs in `folder`. Raises FileError."""
    return [load_pack(path.parent) for path in sorted(folder.glob("*/pack.toml"))]
