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
SHORTEST_ABSENCE = 0.05
"""Seconds; between two connections of a sender that repeats nothing, everything is lost."""
SHORTEST_OUTAGE = 1.0
"""Seconds by which audio has to be late after an outage to have a gap there."""
PACE = 0.3
"""Seconds by which audio that catches up comes nearer to the clock in `2 * SETTLE_SECONDS`."""


LONGEST_SURPLUS = 600.0
"""Seconds; when audio is found later than that after a restart, the clock was set and tells nothing."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A pause of the sender's: where in the audio (samples), and until when, in monotonic seconds."""

    position: int
    length: float
    behind: float
    back_at: float


@dataclass(slots=True)
class Outage:
    """A sender was away and goes on after `position` (samples): with what it had kept, or with what is said now.

    What it had kept comes faster than it was said; `nearest` is how near to the clock (seconds behind it) the audio
    has come so far, and `since` when that was (monotonic seconds), and how many samples there were.
    """

    position: int
    length: float
    behind: float
    nearest: float
    since: tuple[float, int]
    held: bool = False
    """The sender was held back meanwhile."""


@dataclass(slots=True, eq=False)
class Slot:
    """A leg and its sender, None while nobody sends: since `lost_at`. All times are monotonic seconds."""

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
    absent_since: float | None = None
    """When the last audio came from a sender that can repeat nothing, until audio comes again."""
    streams_since: float | None = None
    """When the first audio of a sender came that waits for no answer: it had to wait itself."""
    since: tuple[float, int] = (0.0, 0)
    """When the sender took over, and how many samples there were."""
    began: float = 0.0
    """When there was a sender first, or again."""

    def begin(self, sender: Sender, now: float, *, repeats: bool = False) -> None:
        """The sender delivers the leg from now on; `repeats`: it was told where to go on, and may have kept it all."""
        position, last = self.live.spool.samples, self.live.last_audio
        if repeats and position:
            known = self.outage or Outage(position, 0.0, max(0.0, self._behind(last)), inf, (now, position))
            known.length += max(0.0, now - last)
            known.nearest, known.since, self.live.held_back = inf, (now, position), False
            self.outage, self.absent_since = known, None
        else:
            self.outage = None
            if repeats or not (self.began or position):
                self.since = (now, position)
            elif self.absent_since is None:
                self.absent_since = last
        self.sender, self.lost_at, self.began = sender, None, now
        self.joined, self.stall = position, None

    def remember(self, state: ConversationState, last_written: float, age: float) -> None:
        """After a restart: when its audio had begun and stopped (Unix seconds, and how long ago) tells what is missing.

        Audio that was late when it stopped had lost something that nobody had noted before the crash.
        """
        leg = state.legs[self.live.name]
        left_out = sum(missing for _, missing in leg.left_out)
        last = self.live.last_audio = self.live.last_audio - max(0.0, age)
        self.since = (last - (last_written - state.started_at - leg.offset - left_out), 0)
        position, late = self.live.spool.samples, self._behind(last)
        if position and SHORTEST_OUTAGE <= late <= LONGEST_SURPLUS:
            self.outage = Outage(position, late, 0.0, inf, (last, position))

    def quiet(self, now: float) -> float:
        """Seconds for which the sender has sent nothing."""
        return now - max(self.live.last_audio, self.began)

    @property
    def in_speech(self) -> bool:
        """Whether somebody whose words a sender delivers is in mid-sentence."""
        return self.sender is not None and self.live.decoder.in_speech

    def delivered_by(self, sender: Sender) -> bool:
        """Whether this sender's audio counts."""
        return self.sender is sender and not self.finishing

    def close_stalled(self) -> None:
        """Close the open utterance of audio that has stopped."""
        position = self.live.decoder.position
        if self.live.decoder.in_speech and self.cut_at != position:
            self.cut_at = position
            self.live.cut()

    def seconds(self, raw: bytes) -> float:
        """How long this much audio is."""
        return len(raw) / self.live.spool.header.bytes_per_sample / self.live.sample_rate

    def take_absence(self, now: float, seconds: float) -> ev.LegGap | None:
        """What nobody heard before these first `seconds` of audio that came now, if its sender cannot repeat it."""
        absent_since, self.absent_since = self.absent_since, None
        if absent_since is None:
            return None
        position, said_at = self.live.spool.samples, (self.streams_since or now) - seconds
        # The last audio may have been heard long after it was said, by a node that was behind.
        missing = max(said_at - absent_since, min(self._behind(said_at), LONGEST_SURPLUS))
        self.since = (said_at, position)
        return self.gap(position, missing, "sender lost") if missing >= SHORTEST_ABSENCE else None

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
        if missing < SHORTEST_GAP:
            return None
        self.since = (self.since[0] + missing, self.since[1])
        return self.gap(stall.position, missing, "stalled")

    def outage_settled(self, now: float) -> bool:
        """Whether it is clear by now how much the last outage left out: the audio comes no nearer to the clock."""
        outage, samples = self.outage, self.live.spool.samples
        if outage is None or samples == outage.since[1]:
            return False
        behind = self._behind(self.live.last_audio)
        if self.live.held_back:
            # It would have sent more by now, had it been let.
            self.live.held_back, outage.held = False, True
            outage.nearest, outage.since = behind, (now, samples)
            return False
        if outage.nearest - behind > PACE:
            outage.nearest, outage.since = behind, (now, samples)
            return False
        at, heard = outage.since
        pace = 2 * SETTLE_SECONDS
        return now - at >= pace and samples - heard >= 0.7 * pace * self.live.sample_rate

    def came_late(self) -> bool:
        """Whether audio after an outage, of which no more comes, was new rather than what its sender had kept."""
        if self.outage is None or self.outage.held or self.live.held_back:
            return False
        at, heard = self.live.last_audio - self.began, self.live.spool.samples - self.joined
        return at >= SETTLE_SECONDS and heard / self.live.sample_rate - at < SHORTEST_OUTAGE / 2

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

    def sample(self, seconds: float) -> int:
        """The leg's sample at a time of its audio, in seconds from the conversation's origin."""
        header = self.live.spool.header
        return round((seconds - header.offset) * header.sample_rate)

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
