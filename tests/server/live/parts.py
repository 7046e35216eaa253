"""A node's live part without sockets and models: a store that can go away, recognizers that can fail, senders."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep, time

import numpy as np

from asr.pool import RecognizerPool
from server.hub import Hub
from server.ingest.dialect import Audio, OpenCall
from server.live.calls import Calls
from server.live.conversations import Conversations
from server.live.recorder import Recorder
from server.live.room import AudioRoom
from server.session import Policy
from server.store import Store
from server.store.errors import StorageError
from server.wire import listen
from server.wire.events import Event, LegSilence, Role, Utterance
from tests.asr.fakes import FakeModel, HashingRecognizer
from tests.asr.signals import silence, talk

RATE = 8000
CHUNK = RATE // 50
"""Samples of 20 ms."""
LOUD = 8000
"""Level that only `shout` reaches."""


def say(*seeds: int) -> np.ndarray:
    """For each seed one utterance of 1.2 s and the silence that ends it, 2 s together."""
    return np.concatenate([part for seed in seeds for part in (talk(RATE, 1.2, seed) // 4, silence(RATE, 0.8))])


def shout(seed: int) -> np.ndarray:
    """As `say`, so loud that `Faults.at_shouts` notices."""
    return np.concatenate([talk(RATE, 1.2, seed), silence(RATE, 0.8)])


def audio(**legs: np.ndarray) -> Audio:
    """A piece of audio for each leg."""
    return Audio({name: samples.tobytes() for name, samples in legs.items()}, "pcm16")


@dataclass
class Faults:
    """What goes wrong in recognizers, and whether two threads were in one of them."""

    once: int = 0
    """So many calls fail."""
    at_shouts: bool = False
    seconds: float = 0.0
    """Length of a call."""
    overlaps: int = 0
    calls: int = 0
    entered: threading.Event = field(default_factory=threading.Event)


class WatchedRecognizer(HashingRecognizer):
    """Fails as told, and notices a second thread."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults
        self._busy = threading.Lock()

    def accept(self, samples_16k) -> None:
        with self._alone():
            self._faults.calls += 1
            sleep(self._faults.seconds)
            if self._faults.once:
                self._faults.once -= 1
                raise RuntimeError("decoding failed")
            if self._faults.at_shouts and np.abs(samples_16k).max(initial=0) > LOUD:
                raise RuntimeError("decoding failed")
            super().accept(samples_16k)

    def finish(self):
        with self._alone():
            return super().finish()

    @contextmanager
    def _alone(self):
        if not self._busy.acquire(blocking=False):
            self._faults.overlaps += 1
            raise AssertionError("two threads in one recognizer")
        self._faults.entered.set()
        try:
            yield
        finally:
            self._busy.release()


def watched_pool(faults: Faults) -> RecognizerPool:
    return RecognizerPool(FakeModel(lambda: WatchedRecognizer(faults)))


class MovableStore:
    """A store that can be away, be slow, or lose the answer to a commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = False
        self.refused: type | None = None
        """Events of this kind cannot be stored."""
        self.lost_answers = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.commits = 0
        """Commits that were begun."""

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def _check(self) -> None:
        if self.away:
            raise StorageError("away")

    async def commit(self, events: list[Event]) -> None:
        self._check()
        if any(type(event.payload) is self.refused for event in events):
            raise StorageError("refused")
        self.commits += 1
        await self.gate.wait()
        await self._store.commit(events)
        if self.lost_answers:
            self.lost_answers -= 1
            raise StorageError("the answer was lost")

    async def events(self, conversation_id: str) -> list[Event]:
        self._check()
        return await self._store.events(conversation_id)


class Silent:
    """Finds no suggestions."""

    async def suggest(self, ask):
        raise LookupError("nothing found")


class Phone:
    """A sender that remembers what it was told."""

    def __init__(self) -> None:
        self.acks: dict[str, int] = {}
        self.finals: list[listen.Final] = []
        self.failures: list[str] = []
        self.done = 0

    def acked(self, leg, samples) -> None:
        self.acks[leg] = samples

    def interim(self, interim) -> None:
        pass

    def final(self, final) -> None:
        self.finals.append(final)

    def chunk_done(self) -> None:
        self.done += 1

    def failed(self, code, message) -> None:
        self.failures.append(code)


class Node:
    """Conversations, calls and recordings on one folder."""

    def __init__(self, data_dir: Path, store: Store, max_calls: int = 8, resume_seconds: float = 10.0) -> None:
        self.data_dir = data_dir
        self.store = MovableStore(store)
        self.faults = Faults()
        self.hub: Hub = Hub()
        self.executor = ThreadPoolExecutor(2)
        self.recorder = Recorder(self.store, data_dir)
        room = AudioRoom(
            data_dir=data_dir,
            pools={"zh": watched_pool(self.faults)},
            executor=self.executor,
            end_silence=0.45,
            interim_interval=0.2,
            max_lead=60.0,
            stall_seconds=2.0,
            resume_seconds=resume_seconds,
            keep_recording=self.recorder.keep,
        )
        self.conversations = Conversations(self.store, self.hub, Silent(), Policy(), lambda said, reply: 0.0)
        self.calls = Calls(self.conversations, self.store, room, max_calls, b"secret")

    async def open(self, external_id: str, *legs: str, sender=None, token: str | None = None, resumable: bool = True):
        """The call, what the sender was answered, the sender."""
        specs = [listen.LegSpec(leg=leg, role=Role.CUSTOMER) for leg in legs or ("customer",)]
        start = listen.Start(external_id=external_id, legs=specs, sample_rate=RATE, resume_token=token)
        phone = sender or Phone()
        joined = await self.calls.open(OpenCall(start, resumable), phone)
        return joined.call, joined.started, phone

    async def tiles(self, conversation_id: str, leg: str = "customer") -> list[tuple[int, int, str]]:
        """The leg's stored tiles (first sample, end, text or ""), in order, after checking that seqs follow on."""
        events = await self.store.events(conversation_id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        payloads = [event.payload for event in events]
        heard = [p for p in payloads if isinstance(p, Utterance | LegSilence) and p.leg == leg]
        return [(p.start_sample, p.end_sample, getattr(p, "text", "")) for p in heard]

    async def recover(self) -> None:
        """What a start does."""
        await self.recorder.recover()
        await self.calls.recover()

    async def crash(self) -> None:
        """Drop everything as kill -9 would: what is not on disk is gone, and nothing is ended."""
        await self.calls.close()
        await self.conversations.close()


def assert_gapless(tiles: list[tuple[int, int, str]], end: int) -> None:
    assert [first for first, _, _ in tiles] == [0, *(last for _, last, _ in tiles[:-1])]
    assert tiles[-1][1] == end


def words(tiles: list[tuple[int, int, str]]) -> list[str]:
    return [text for _, _, text in tiles if text]


async def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until it is."""
    deadline = time() + seconds
    while not true():
        assert time() < deadline, "it never came true"
        await asyncio.sleep(0.005)
