"""kill -9 while several calls of several kinds go on."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from asr.pool import RecognizerPool
from asr.vosk_recognizer import VoskModel
from server.replay.audio import CallAudio
from tests.server.heard import check_lateness, check_live, clips
from tests.server.killing import Tile, check, conversation_of, play, tiles
from tests.server.live_sender import LiveSender, talk
from tests.server.node import REPOSITORY, Node

LIGHT = {
    **{"TICI_ASR_LANGUAGES": '["zh"]', "TICI_ENCODER_EN": "", "TICI_DECODE_LOAD": "0"},
    "TICI_STALL_SECONDS": "60",
}
"""Settings of a node that starts fast and takes calls however busy the machine is. There the senders stall too, and a
stall cuts an utterance where no kill does."""
SETTLED = 5.0
"""Seconds of talk after which it is clear what a sender left out."""
TOLERANCE = 0.35
"""Seconds by which a gap may be too long or too short on a quiet machine: two pieces of audio and their ways."""


@dataclass
class Floor:
    """Calls at once: some whose senders repeat what was not acknowledged, and telephones that keep nothing."""

    node: Node
    repeating: dict[str, CallAudio]
    speed: float
    undisturbed: dict[str, list[Tile]]
    pool: RecognizerPool

    @classmethod
    async def opened(cls, node: Node, repeating: dict[str, CallAudio], speed: float, models_dir: Path) -> "Floor":
        """Play the repeating calls once undisturbed."""
        played = await asyncio.gather(*(play(node, a, f"undisturbed-{n}", speed) for n, a in repeating.items()))
        undisturbed = {name: tiles(node, one) for name, one in zip(repeating, played, strict=True)}
        pool = RecognizerPool(VoskModel(models_dir / "vosk-small-zh", node.data_dir / "asr"))
        return cls(node, repeating, speed, undisturbed, pool)

    async def through_kills(
        self, name: str, moments: Iterable[float], *, undeclared: bool = True, tolerance: float = TOLERANCE
    ) -> tuple[int, str]:
        """Play everything; at each moment (seconds since the last start) kill -9 and start again; then check.

        The kills there were until the calls were over, and what was measured. `undeclared`: with a telephone that
        keeps nothing and does not say so.
        """
        source = REPOSITORY / "tests" / "data" / "asr_zh"
        said = talk(source, clips(source))
        phones = [
            LiveSender(self.node, f"{name}-vosk", said, "vosk"),
            LiveSender(self.node, f"{name}-live", said[len(said) // 2 :], "native"),
        ]
        if undeclared:
            phones.append(LiveSender(self.node, f"{name}-undeclared", said[len(said) // 3 :], "native", declared=False))
        repeating = {
            n: asyncio.create_task(play(self.node, a, f"{name}-{n}", self.speed)) for n, a in self.repeating.items()
        }
        talking = [asyncio.create_task(phone.run()) for phone in phones]
        kills = 0
        try:
            for moment in moments:
                await asyncio.sleep(moment)
                if all(task.done() for task in repeating.values()):
                    break
                await self._kill([f"{name}-{n}" for n in repeating])
                kills += 1
            ended = dict(zip(repeating, await asyncio.gather(*repeating.values()), strict=True))
            await _until_settled(phones)
            for phone in phones:
                phone.finish()
            await asyncio.gather(*talking)
        finally:
            for task in [*repeating.values(), *talking]:
                task.cancel()
        await asyncio.to_thread(self._wait_for_recordings, [*(p.external_id for p in phones)])
        for one, conversation_id in ended.items():
            check(self.repeating[one], self.undisturbed[one], tiles(self.node, conversation_id))
        errors = [check_live(self.node, phone, self.pool, tolerance) for phone in phones[:2]]
        late = [check_lateness(self.node, phone, tolerance * (1 + kills)) for phone in phones[2:]]
        return kills, f"gaps too long by (vosk, native) {errors} s, together (undeclared) {late} s"

    async def _kill(self, names: Sequence[str]) -> None:
        await asyncio.to_thread(self.node.kill)
        committed = [(one, tiles(self.node, one)) for name in names if (one := conversation_of(self.node, name))]
        self.node.launch()
        await asyncio.to_thread(self.node.wait_ready)
        for conversation_id, earlier in committed:
            assert set(earlier) <= set(tiles(self.node, conversation_id)), "what was committed has changed"

    def _wait_for_recordings(self, names: Sequence[str]) -> None:
        deadline = monotonic() + 60
        while monotonic() < deadline:
            found = [conversation_of(self.node, name) for name in names]
            if all(one and (self.node.data_dir / "recordings" / one / "customer.flac").exists() for one in found):
                return
            sleep(0.1)
        raise AssertionError("a recording is missing")


async def _until_settled(phones: Sequence[LiveSender]) -> None:
    async with asyncio.timeout(120):
        for phone in phones:
            await phone.settled(SETTLED)
