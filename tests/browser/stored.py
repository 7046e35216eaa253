"""A real server over stored conversations with sounding recordings, without any model."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import uvicorn

from server.app import create_app
from server.recordings import recording_path
from server.settings import Settings
from server.store import QueuePolicy, RecordingRecord, Store, UserRole, upgrade
from server.wire import events as ev
from server.wire.rest import WrapUpCode
from tests.server.store.dialogue import ORIGIN, Dialogue, card, leg, said

RATE = 8000
SECONDS = 16.0
OFFSETS = {"customer": 0.0, "agent": 0.5}
"""Where each leg begins, in seconds from the conversation's origin."""
LINES = [
    ("agent", 0.5, 2.0, "您好，晨星银行，请问有什么可以帮您？"),
    ("customer", 3.0, 5.0, "我要转账户里的钱，卡号[银行卡 尾号1234]"),
    ("agent", 6.0, 8.0, "请稍等，我查一下"),
    ("customer", 9.0, 11.0, "提前还款手续费多少"),
    ("agent", 12.0, 14.5, "借款满三十天以后提前还，是不收违约金的"),
]
PEOPLE = [
    ("reviewer", UserRole.REVIEWER, "default"),
    ("agent1", UserRole.AGENT, "default"),
    ("newcomer", UserRole.REVIEWER, "nobody"),
    ("trainer", UserRole.TRAINER, "default"),
    ("supervisor", UserRole.SUPERVISOR, "default"),
    ("admin", UserRole.ADMIN, "default"),
]
GAPS = {
    "customer": [(3.9, 5.0, "masked"), (8.0, 8.8, "not recorded")],
    "agent": [(8.0, 8.8, "not recorded"), (13.0, 14.0, "not recorded")],
}
"""What their recordings leave out; the last stretch was told late and is no event's."""
SWEEP = 200.0
"""Hz by which the tone of a recording rises in a second: its pitch tells where in the file it sounds."""
BASE = 300.0
CODES = [
    WrapUpCode(code="resolved", parent=None, name_zh="已解决", name_en="Resolved"),
    WrapUpCode(code="resolved_info", parent="resolved", name_zh="咨询解决", name_en="Question answered"),
]


def sweep(path: Path) -> None:
    """A tone whose pitch is BASE + SWEEP · t."""
    t = np.arange(int(SECONDS * RATE)) / RATE
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.2 * np.sin(2 * np.pi * (BASE * t + SWEEP * t * t / 2))
    soundfile.write(str(path), tone, RATE, format="FLAC", subtype="PCM_16")


class Stored:
    """The server in its own thread; `tokens` are logged-in sessions by login."""

    def __init__(self, folder: Path, pages: Path) -> None:
        self.settings = Settings(data_dir=folder, web_dir=pages, asr_languages=[], port=0)
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        _in_thread(self._fill())

    def start(self) -> str:
        config = uvicorn.Config(create_app(self.settings), host="127.0.0.1", port=0, log_config=None, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(15)

    async def _fill(self) -> None:
        url = self.settings.resolved_database_url()
        await asyncio.to_thread(upgrade, url)
        store = await Store.open(url)
        for login, role, team in PEOPLE:
            await store.users.add(login, "a long password", role, team=team, display_name=login)
            self.tokens[login] = await store.sessions.create(login, 1)
        await store.import_wrap_up_codes(CODES)
        await self._call(store)
        for number in range(24):
            await self._short(store, number)
        await self._elsewhere(store)
        await store.close()

    async def _call(self, store: Store) -> None:
        """A call in which everything happens."""
        call = Dialogue("call-long", customer="李先生", agent="agent1")
        self.ids["call"] = call.id
        spoken = [_utterance(n, *line) for n, line in enumerate(LINES)]
        talk, hold = ev.SegmentKind.TALK, ev.SegmentKind.HOLD
        segments = [(talk, 0.0, 6.0), (hold, 6.0, 8.5), (talk, 8.5, None)]
        happened: list[Any] = [
            leg("customer").model_copy(update={"offset": OFFSETS["customer"]}),
            leg("agent", ev.Role.AGENT).model_copy(update={"offset": OFFSETS["agent"]}),
            *spoken,
            ev.SuggestionsRaised(
                trigger="line-3",
                trigger_text="提前还款手续费多少",
                cards=[card("s1", title="提前还款收手续费吗？", reply="借款满三十天以后提前还，是不收违约金的。")],
                receipt=ev.Receipt(speech_end=ORIGIN + 11, pushed=ORIGIN + 11.2),
            ),
            ev.SuggestionRendered(suggestion_ids=["s1"], rendered=ORIGIN + 11.31),
            ev.SuggestionOutcome(suggestion_id="s1", outcome=ev.OutcomeKind.SPOKEN, by="system", score=0.9),
            ev.LegGap(leg="customer", start=14.6, end=15.4, missing=0.8, reason="no_audio"),
            ev.RecordingChanged(recording=False, when=8.0, by="agent1", reason="agent"),
            ev.RecordingChanged(recording=True, when=8.8, by="agent1", reason="agent"),
            ev.SegmentsChanged(segments=[ev.Segment(kind=k, agent="agent1", start=a, end=b) for k, a, b in segments]),
            ev.ConversationEnded(reason="hangup"),
            ev.WrappedUp(code="resolved_info", note="客户还想要一份还款明细", by="agent1", action_id="w"),
        ]
        made = [event.model_copy(update={"at": ORIGIN + 16}) for event in call.events(*happened)]
        await store.commit([call.first, *made])
        for name, offset in OFFSETS.items():
            path = recording_path(self.settings.data_dir, call.id, name)
            await asyncio.to_thread(sweep, path)
            relative = path.relative_to(self.settings.data_dir).as_posix()
            samples = int(SECONDS * RATE)
            record = RecordingRecord(call.id, name, relative, "flac", samples, RATE, offset, gaps=GAPS[name])
            await store.add_recording(record)

    async def _elsewhere(self, store: Store) -> None:
        """Another team's calls, to be held and deleted."""
        await store.save_queue(QueuePolicy(queue="south", team="south"))
        for customer in ("C-9001", "C-9002"):
            call = Dialogue(f"call-{customer}", queue="south", customer=customer)
            made = call.events(leg(), said("我要投诉", 0, 8000, f"{customer}-1"), ev.ConversationEnded(reason="hangup"))
            await store.commit([call.first, *made])
            self.ids[customer] = call.id

    async def _short(self, store: Store, number: int) -> None:
        short = Dialogue(f"call-{number}", queue="loans" if number % 3 else "cards", agent="agent1")
        text = "挂失以后多久能补一张新卡" if number % 2 else "账单什么时候出，" * 12
        made = [short.first, *short.events(leg(), said(text, 8000, 24000, f"short-{number}"))]
        await store.commit([event.model_copy(update={"at": event.at - 3600 * (number + 1)}) for event in made])


def _utterance(number: int, role: str, start: float, end: float, text: str) -> ev.Utterance:
    first, last = int((start - OFFSETS[role]) * RATE), int((end - OFFSETS[role]) * RATE)
    masked = [ev.MaskedSpan(kind="bank_card", start=4.0, end=4.9)] if "银行卡" in text else []
    line = said(text, first, last, f"line-{number}", role)
    return line.model_copy(update={"start": start, "end": end, "masked": masked})


def _in_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run it where Playwright's own event loop is not in the way."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - handed over to the test's thread
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
