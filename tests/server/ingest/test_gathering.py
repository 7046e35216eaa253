"""Small pieces of audio go on as larger ones, and nothing passes audio that came before it."""

from server.ingest.dialect import Action, Audio, CutUtterance, EndAudio, OpenCall, SendText, Tell
from server.ingest.gathering import LONGEST_SECONDS, Gatherer
from server.wire.events import Role
from server.wire.listen import LegSpec, Start

PIECE = bytes(range(160)) * 2


def opened(piecewise: bool = False) -> Gatherer:
    legs = [LegSpec(leg="a", role=Role.CUSTOMER), LegSpec(leg="b", role=Role.AGENT)]
    start = OpenCall(Start(external_id="c", legs=legs, sample_rate=8000), resumable=False, piecewise=piecewise)
    gatherer = Gatherer()
    assert gatherer.take(start, 0.0) == [start]
    return gatherer


def audio(leg: str, pieces: int = 1) -> Audio:
    return Audio({leg: PIECE * pieces}, "pcm16")


def told(actions: list[Action]) -> list[object]:
    """Pieces by leg of each `Audio`, and the kinds of all else."""
    return [
        {leg: len(raw) // len(PIECE) for leg, raw in one.raw.items()} if isinstance(one, Audio) else type(one)
        for one in actions
    ]


def test_five_pieces_of_20_ms_are_one_of_100() -> None:
    gatherer = opened()
    out = [gatherer.take(audio("a"), 0.02 * n) for n in range(12)]
    assert [told(actions) for actions in out if actions] == [[{"a": 5}], [{"a": 5}]]
    assert told(gatherer.flush()) == [{"a": 2}] and gatherer.flush() == [] and gatherer.due is None


def test_two_tracks_that_take_turns_go_on_together() -> None:
    gatherer = opened()
    out = [gatherer.take(audio("ab"[n % 2]), 0.01 * n) for n in range(10)]
    assert [told(actions) for actions in out if actions] == [[{"a": 5, "b": 5}]]


def test_a_large_piece_does_not_wait() -> None:
    assert told(opened().take(audio("a", 5), 0.0)) == [{"a": 5}]


def test_a_piece_waits_only_so_long_whatever_comes_on_the_other_track() -> None:
    gatherer = opened()
    assert gatherer.take(audio("b"), 1.0) == [] and gatherer.due == 1.0 + LONGEST_SECONDS
    for n in range(5):
        assert gatherer.take(audio("a"), 1.0 + 0.02 * n) == []
    assert told(gatherer.take(audio("a"), 1.0 + LONGEST_SECONDS)) == [{"a": 6, "b": 1}]


def test_nothing_passes_audio_but_what_needs_no_call() -> None:
    gatherer = opened()
    gatherer.take(audio("a"), 0.0)
    assert told(gatherer.take(Tell(SendText("pong")), 0.0)) == [Tell]
    assert told(gatherer.take(CutUtterance(), 0.0)) == [{"a": 1}, CutUtterance]
    gatherer.take(audio("a"), 0.0)
    assert told(gatherer.take(EndAudio(), 0.0)) == [{"a": 1}, EndAudio]


def test_where_each_piece_is_answered_none_is_held() -> None:
    gatherer = opened(piecewise=True)
    assert told(gatherer.take(audio("a"), 0.0)) == [{"a": 1}]
