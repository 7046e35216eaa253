"""Whatever one connection sends, in whatever order: no crash, nothing is left behind, and no other call notices."""

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.ids import new_id
from server.ingest.dialect import Dialect, Limits
from server.ingest.native import NativeDialect
from server.ingest.socket import AudioSocket
from server.ingest.transport import Gone
from server.ingest.vosk import VoskDialect, parse_query
from server.live.call import Call
from server.store import Store
from tests.server.live.parts import RATE, Node, audio, say, until

LIMITS = Limits(max_frame_bytes=16000, languages=frozenset({"zh"}))
PIECE = say(0)[: RATE // 4]

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
START = st.fixed_dictionaries(
    {"type": st.just("start"), "sample_rate": st.sampled_from([8000, 16000, 0, "8000", None])},
    optional={
        "external_id": st.one_of(st.just("fuzz"), st.text(max_size=10)),
        "legs": st.one_of(
            JSON, st.lists(st.fixed_dictionaries({"leg": st.sampled_from(["a", "b"]), "role": st.just("customer")}))
        ),
        "encoding": st.sampled_from(["pcm16", "mulaw", "opus"]),
        "can_repeat": JSON,
        "resume_token": JSON,
        "context": JSON,
    },
)
GOOD_START = st.builds(
    lambda repeats: {
        **{"type": "start", "external_id": f"fuzz-{new_id()}", "sample_rate": RATE, "can_repeat": repeats},
        "legs": [{"leg": "customer", "role": "customer"}],
    },
    st.booleans(),
)
CONTROL = st.one_of(
    GOOD_START,
    START,
    st.just({"type": "stop"}),
    st.sampled_from([{"config": {"sample_rate": 8000}}, {"eof": 1}, {"reset": 1}, {"config": {"sample_rate": "no"}}]),
    JSON,
).map(json.dumps)
SOUND = st.one_of(st.binary(max_size=400), st.just(PIECE.tobytes()), st.just(bytes(20_000)))
MESSAGES = st.lists(st.one_of(CONTROL, SOUND, st.text(max_size=40), CONTROL.map(str.encode)), max_size=14)


class FakeTransport:
    """A connection that sends these messages and goes away."""

    watches_line = True

    def __init__(self, messages: list[str | bytes]) -> None:
        self._messages = deque(messages)
        self.told: list[str] = []
        self.closed: int | None = None

    async def accept(self) -> None:
        pass

    async def receive(self) -> str | bytes | Gone:
        await asyncio.sleep(0)
        return self._messages.popleft() if self._messages else Gone(orderly=False)

    async def send_text(self, text: str) -> None:
        self.told.append(text)

    async def send_bytes(self, data: bytes) -> None:
        raise AssertionError("neither dialect sends bytes")

    async def close(self, code: int, reason: str) -> None:
        self.closed = code


class Floor:
    """A node with one honest call beside whatever is sent."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.loop = asyncio.new_event_loop()
        (folder / "tici.db").write_bytes(template.read_bytes())
        self.store = self.loop.run_until_complete(Store.open(f"sqlite+aiosqlite:///{folder / 'tici.db'}"))
        self.node = Node(folder, self.store, resume_seconds=0.01)
        self.call, self.started, self.phone = self.loop.run_until_complete(self.node.open("honest"))

    def serve(self, dialect: Dialect, messages: list[str | bytes]) -> FakeTransport:
        socket = FakeTransport(messages)
        self.loop.run_until_complete(self._serve(dialect, socket))
        return socket

    async def _serve(self, dialect: Dialect, socket: FakeTransport) -> None:
        before = self.phone.done
        await AudioSocket(socket, dialect, self.node.calls, 5.0, 0.05).run()
        await self.call.audio(audio(customer=PIECE), self.phone)
        await until(lambda: self.phone.done > before, 20)
        # Those that went away without a word are ended; then nothing of them is left.
        for other in self.node.calls.open_calls:
            if other is not self.call:
                await until(lambda other=other: self._over(other), 20)
        assert self.node.calls.open_calls == [self.call]
        assert self.phone.failures == []

    def _over(self, call: Call) -> bool:
        for slot in call.slots.values():
            if slot.lost_at is not None:
                slot.lost_at -= 1.0
        self.node.calls.tick(monotonic())
        return call not in self.node.calls.open_calls

    def close(self) -> None:
        async def end() -> None:
            samples = await self.call.end(self.phone, "stopped")
            tiles = await self.node.tiles(self.started.conversation_id)
            assert tiles[-1][1] == samples["customer"]
            await self.node.crash()
            await self.store.close()

        self.loop.run_until_complete(end())
        self.node.executor.shutdown()
        self.loop.close()


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Floor]:
    made = Floor(tmp_path_factory.mktemp("fuzz"), template)
    yield made
    made.close()


def native() -> Dialect:
    return NativeDialect(LIMITS)


def vosk() -> Dialect:
    return VoskDialect(parse_query({}), LIMITS, lambda: f"fuzz-{new_id()}")


@pytest.mark.parametrize("dialect", [native, vosk])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=MESSAGES)
def test_any_sequence_of_messages(floor: Floor, dialect, messages: list[str | bytes]) -> None:
    socket = floor.serve(dialect(), messages)
    assert socket.closed is None or 1000 <= socket.closed <= 1013
