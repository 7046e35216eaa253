"""A leg and its sender; what the sender left out when its audio stopped for a while."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from asr import audio
from asr.audio import Samples
from server.live.leg import LiveLeg
from server.live.sender import Sender
from server.session.state import ConversationState
from server.wire import events as ev

SETTLE_SECONDS = 1.0
"""Seconds after a pause in which audio that was only late has come in."""
SHORTEST_GAP = 0.3
"""Seconds; less than that is the network's ordinary unrest."""
SHORTEST_OUTAGE = 1.0
"""Seconds by which audio has to be late after an outage to have a gap there."""
PACE = 0.3
"""Seconds by which audio that catches up comes nearer to the clock in `2 * SETTLE_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A pause of the sender's: where in the audio (samples), and until when, in Unix seconds."""

    position: int
    length: float
    behind: float
    back_at: float


@dataclass(slots=True)
class Outage:
    """A sender was away and goes on after `position` (samples): with what it had kept, or with what is said now.

    What it had kept comes faster than it was said; `nearest` is how near to the clock (seconds behind it) the audio
    has come so far, and `since` when that was (Unix seconds), and how many samples there were.
    """

    position: int
    length: float
    behind: float
    nearest: float
    since: tuple[float, int]


@dataclass(slots=True, eq=False)
class Slot:
    """A leg and its sender, None while nobody sends: since `lost_at`."""

    live: LiveLeg
    lost_at: float | None
    sender: Sender | None = None
    acked: int = -1
    joined: int = 0
    """Samples that there were when the sender took over."""
    cut_at: int = -1
    """Position at which the clock last closed an utterance."""
    finishing: bool = False
    stall: Stall | None = None
    """A pause that is over, while it is not clear yet how much of it its sender left out."""
    outage: Outage | None = None
    """An absence that is over, while it is not clear yet how much of it is missing."""
    since: tuple[float, int] = (0.0, 0)
    """When the sender took over (Unix seconds), and how many samples there were."""

    def begin(self, sender: Sender, now: float, *, repeats: bool = False) -> None:
        """The sender delivers the leg from now on; `repeats`: it was told where to go on, and may have kept it all."""
        position, last = self.live.spool.samples, self.live.last_audio
        if repeats and position:
            known = self.outage or Outage(position, 0.0, max(0.0, self._behind(last)), inf, (now, position))
            known.length += max(0.0, now - last)
            known.nearest, known.since = inf, (now, position)
            self.outage = known
        else:
            self.outage = None
            self.since = (now, position)
        self.sender, self.lost_at, self.live.last_audio = sender, None, now
        self.joined, self.stall = position, None

    def remember(self, state: ConversationState, last_audio: float) -> None:
        """After a restart: when its audio had begun and stopped (Unix seconds) tells what is missing."""
        leg = state.legs[self.live.name]
        left_out = sum(missing for _, missing in leg.left_out)
        self.since = (state.started_at + leg.offset + left_out, 0)
        self.live.last_audio = last_audio

    def delivered_by(self, sender: Sender) -> bool:
        """Whether this sender's audio counts."""
        return self.sender is sender and not self.finishing

    def close_stalled(self) -> None:
        """Close the open utterance of audio that has stopped."""
        position = self.live.decoder.position
        if self.live.decoder.in_speech and self.cut_at != position:
            self.cut_at = position
            self.live.cut()

    def note_return(self, now: float, stall_seconds: float) -> None:
        """Audio comes in again: remember the pause before it, if that was one."""
        length = now - self.live.last_audio
        position = self.live.spool.samples
        if length > stall_seconds and position > self.joined and self.stall is None and self.outage is None:
            self.stall = Stall(position, length, self._behind(self.live.last_audio), now)

    def settled(self, now: float) -> bool:
        """Whether it is clear by now what the last pause left out."""
        return self.stall is not None and now - self.stall.back_at >= SETTLE_SECONDS

    def take_gap(self) -> ev.LegGap | None:
        """What the last pause left out; None if there was none, or its audio was only late."""
        stall, self.stall = self.stall, None
        if stall is None:
            return None
        missing = min(stall.length, self._behind(self.live.last_audio) - max(0.0, stall.behind))
        return self.gap(stall.position, missing, "stalled") if missing >= SHORTEST_GAP else None

    def outage_settled(self, now: float) -> bool:
        """Whether it is clear by now how much the last outage left out: the audio comes no nearer to the clock."""
        outage, samples = self.outage, self.live.spool.samples
        if outage is None or samples == outage.since[1]:
            return False
        behind = self._behind(self.live.last_audio)
        if outage.nearest - behind > PACE:
            outage.nearest, outage.since = behind, (now, samples)
            return False
        at, heard = outage.since
        pace = 2 * SETTLE_SECONDS
        return now - at >= pace and samples - heard >= 0.7 * pace * self.live.sample_rate

    def take_outage(self) -> ev.LegGap | None:
        """What the last outage left out; None if its audio was only late. Call it once that is clear."""
        outage, self.outage = self.outage, None
        if outage is None:
            return None
        missing = min(outage.length, self._behind(self.live.last_audio) - outage.behind)
        if missing < SHORTEST_OUTAGE:
            return None
        self.since = (self.since[0] + missing, self.since[1])
        return self.gap(outage.position, missing, "sender lost")

    def samples(self, start: int, end: int) -> Samples:
        """The leg's audio between two samples; blocks."""
        spool = self.live.spool
        return audio.decode(spool.read(start, end - start), spool.header.encoding)

    def gap(self, position: int, missing: float, reason: str) -> ev.LegGap:
        """Seconds that are missing at a sample of the leg, which has no time for them."""
        header = self.live.spool.header
        where = header.offset + position / header.sample_rate
        return ev.LegGap(leg=self.live.name, start=where, end=where, missing=round(missing, 2), reason=reason)

    def filled_gap(self, position: int, reason: str) -> ev.LegGap:
        """The silence from a sample of the leg to its end so far, which stands in for audio that did not come."""
        header = self.live.spool.header
        start, end = (header.offset + sample / header.sample_rate for sample in (position, self.live.spool.samples))
        return ev.LegGap(leg=self.live.name, start=start, end=end, missing=round(end - start, 3), reason=reason)

    def left_out(self, missing: float, reason: str) -> ev.LegGap:
        """The sender goes on so many seconds later than the leg, which has no time for them."""
        self.since = (self.since[0] + missing, self.since[1])
        return self.gap(self.live.spool.samples, missing, reason)

    def _behind(self, now: float) -> float:
        """Seconds by which the audio is behind the clock since the sender took over."""
        at, samples = self.since
        return now - at - (self.live.spool.samples - samples) / self.live.sample_rate


def when_done(work: Sequence[asyncio.Future[None]], then: Callable[[], None]) -> None:
    """Call `then` once all `work` is done; never if the leg is let go before."""
    waiting = asyncio.gather(*work)
    waiting.add_done_callback(lambda done: None if done.cancelled() else then())
