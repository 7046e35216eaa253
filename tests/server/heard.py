"""What a node kept of a `LiveSender`'s call, compared with what was said."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from server.recordings import recording_path
from tests.server.killing import Tile, conversation_of, tiles
from tests.server.live_sender import RATE, LiveSender
from tests.server.node import Node

LEG = "customer"
MARGIN = RATE
"""Samples beside a gap in which words may differ from those of an undisturbed run."""


@dataclass(frozen=True)
class Stretch:
    """Samples `start` to `end` of the leg are those from `said_at` on of what was said."""

    start: int
    end: int
    said_at: int


@dataclass(frozen=True)
class Gap:
    """`missing` seconds of talk are not there before sample `position` of the leg."""

    position: int
    missing: float


def gaps_of(node: Node, conversation_id: str) -> list[Gap]:
    rows = node.rows("select payload from event where conversation_id = ? order by seq", conversation_id)
    payloads = [json.loads(str(row[0])) for row in rows]
    offset = next(p["offset"] for p in payloads if p["type"] == "leg.started")
    return [Gap(round((p["start"] - offset) * RATE), p["missing"]) for p in payloads if p["type"] == "leg.gap"]


def masked_of(node: Node, conversation_id: str) -> set[int]:
    """Where tiles begin of whose words some are masked."""
    rows = node.rows("select payload from event where conversation_id = ? order by seq", conversation_id)
    payloads = [json.loads(str(row[0])) for row in rows]
    return {p["start_sample"] for p in payloads if p["type"] == "utterance" and p["masked"]}


def recorded(node: Node, conversation_id: str) -> np.ndarray:
    samples, rate = soundfile.read(recording_path(node.data_dir, conversation_id, LEG), dtype="int16")
    assert rate == RATE
    return np.asarray(samples)


def place(sender: LiveSender, kept: np.ndarray, gaps: Sequence[Gap]) -> list[Stretch]:
    """Where each stretch between gaps was said; all of it in one piece, and one after the other."""
    found, deliveries = [], iter(sender.deliveries)
    for start, end in pairwise([0, *(gap.position for gap in gaps), len(kept)]):
        for delivery in deliveries:
            said = sender.said(delivery.start, end - start)
            there = kept[start:end] != 0  # what was masked is silent in a recording
            if end - start <= delivery.sent and np.array_equal(kept[start:end][there], said[there]):
                found.append(Stretch(start, end, delivery.start))
                break
        else:
            raise AssertionError(f"samples {start} to {end} are not what was said in one piece")
    return found


def check_live(node: Node, sender: LiveSender, pool: RecognizerPool, tolerance: float) -> list[str]:
    """All that was spooled is decoded, and what nobody heard is a gap of the right length; errors of the lengths."""
    conversation_id = conversation_of(node, sender.external_id)
    assert conversation_id is not None
    kept, gaps, heard = (f(node, conversation_id) for f in (recorded, gaps_of, tiles))
    assert [tile.start_sample for tile in heard] == [0, *(tile.end_sample for tile in heard[:-1])]
    assert heard[-1].end_sample == len(kept)
    stretches = place(sender, kept, gaps)
    errors = [
        gap.missing - (after.said_at - before.said_at - before.end + before.start) / RATE
        for gap, (before, after) in zip(gaps, pairwise(stretches), strict=True)
    ]
    assert all(abs(error) <= tolerance for error in errors), errors
    check_words(sender, stretches, heard, masked_of(node, conversation_id), pool)
    return [f"{error:+.2f}" for error in errors]


def check_words(
    sender: LiveSender, stretches: Sequence[Stretch], heard: Sequence[Tile], masked: set[int], pool: RecognizerPool
) -> None:
    """Each stretch is cut and heard as if nothing had happened."""
    for stretch in stretches:
        mine = [tile for tile in heard if stretch.start <= tile.start_sample < stretch.end]
        alone = decoded(sender.said(stretch.said_at, stretch.end - stretch.start), pool, stretch.start)
        assert [(t.start_sample, t.end_sample) for t in mine] == [(t.start_sample, t.end_sample) for t in alone]
        assert all(a.text == b.text or a.start_sample in masked for a, b in zip(mine, alone, strict=True))


def alike_undisturbed(sender: LiveSender, stretches: Sequence[Stretch], pool: RecognizerPool) -> float:
    """How alike the words are, beside the gaps, to those of a run in which nobody was lost (1.0: the same)."""
    whole = decoded(sender.said(0, stretches[-1].said_at + stretches[-1].end - stretches[-1].start), pool, 0)
    expected, heard = "", ""
    for stretch in stretches:
        first, last = stretch.said_at + MARGIN, stretch.said_at + stretch.end - stretch.start - MARGIN
        expected += "".join(t.text for t in whole if first <= t.start_sample and t.end_sample <= last)
        alone = decoded(sender.said(stretch.said_at, stretch.end - stretch.start), pool, stretch.said_at)
        heard += "".join(t.text for t in alone if first <= t.start_sample and t.end_sample <= last)
    return SequenceMatcher(None, expected, heard, autojunk=False).ratio()


def decoded(samples: np.ndarray, pool: RecognizerPool, start: int) -> list[Tile]:
    """The tiles of a stretch that begins at sample `start`, heard alone."""
    decoder = LegDecoder(LEG, RATE, pool, start_sample=start)
    finals = [one for one in [*decoder.feed(samples), *decoder.finish()] if one.final]
    return [Tile(LEG, one.start_sample, one.end_sample, one.text) for one in finals]


def check_lateness(node: Node, sender: LiveSender, tolerance: float) -> float:
    """Of a sender that did not say that it repeats nothing, at least the time that is missing is right."""
    conversation_id = conversation_of(node, sender.external_id)
    assert conversation_id is not None
    gaps, last = gaps_of(node, conversation_id), sender.deliveries[-1]
    said = (last.start + last.sent - sender.deliveries[0].start) / RATE
    error = len(recorded(node, conversation_id)) / RATE + sum(gap.missing for gap in gaps) - said
    assert gaps and abs(error) <= tolerance, error
    return error


def clips(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.flac"))
