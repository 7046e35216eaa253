from hypothesis import given
from hypothesis import strategies as st

from asr.segmenter import Segmenter, SegmenterConfig

CONFIG = SegmenterConfig(hang=0.0)  # these voices end exactly


def cuts(voiced, levels=None, config=CONFIG):
    """All cuts of a leg, as (start, end, had_speech), decoding again from each boundary as a decoder does."""
    boundary, found = 0, []
    while True:
        segmenter = Segmenter(config)
        cut = None
        for index in range(boundary, len(voiced)):
            level = levels[index] if levels else float(voiced[index])
            cut = segmenter.push(voiced[index], level)
            if cut is not None:
                break
        if cut is None:
            return found
        found.append((boundary, boundary + cut, segmenter.begin is not None))
        boundary += cut


def pattern(*parts: tuple[float, bool]) -> list[bool]:
    return [voiced for seconds, voiced in parts for _ in range(round(seconds * 100))]


def test_silence_ends_an_utterance():
    assert cuts(pattern((1, False), (2, True), (1, False))) == [(0, 345, True)]


def test_a_breath_does_not_split():
    assert len(cuts(pattern((1, False), (2, True), (0.4, False), (2, True), (1, False)))) == 1


def test_a_backchannel_is_heard_with_what_precedes_it():
    segmenter = Segmenter(CONFIG)
    for voiced in pattern((1, False), (0.12, True), (0.2, False)):
        assert segmenter.push(voiced, 0.0) is None
    assert segmenter.begin == 70
    assert (segmenter.speech_start, segmenter.speech_end) == (100, 112)


def test_clicks_are_not_speech():
    assert cuts(pattern(*[(0.5, False), (0.03, True)] * 20)) == []


def test_single_voiced_frames_do_not_prolong_an_utterance():
    assert cuts(pattern((1, False), (1, True), (0.2, False), (0.01, True), (0.3, False))) == [(0, 245, True)]


def test_the_voice_detector_is_not_believed_while_it_settles():
    assert cuts(pattern((0.15, True), (2, False))) == []


def test_speech_right_after_a_boundary_is_heard_from_the_boundary():
    segmenter = Segmenter(CONFIG)
    for _ in range(40):
        segmenter.push(True, 1.0)
    assert segmenter.begin == 0


def test_a_long_utterance_ends_at_a_short_pause():
    speech = pattern((1, False), (16, True), (0.25, False), (3, True), (1, False))
    assert [end for _, end, _ in cuts(speech)] == [1720, 2070]


def test_endless_speech_is_cut_at_its_quietest_frame():
    voiced = pattern((60, True))
    levels = [1.0] * len(voiced)
    levels[2450] = 0.1
    (_, first, _), (_, second, _) = cuts(voiced, levels)
    assert first == 2451
    assert 24 <= (second - first) / 100 <= 25


def test_the_quietest_frame_is_never_before_what_was_safe():
    voiced, segmenter = pattern((25, True)), Segmenter(CONFIG)
    for index, frame in enumerate(voiced):
        safe = segmenter.safe
        cut = segmenter.push(frame, float(index))
    assert cut is not None
    assert cut >= safe


def test_silence_makes_boundaries_that_spare_an_onset():
    assert cuts(pattern((61, False))) == [(0, 2970, False), (2970, 5940, False)]


voicing = st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=30).map(
    lambda runs: [voiced for length, voiced in runs for _ in range(length)]
)


@given(voicing)
def test_tiles_neither_overlap_nor_stand_still(voiced):
    position = 0
    for start, end, _ in cuts(voiced):
        assert start == position < end <= len(voiced)
        position = end
    assert len(voiced) - position <= 6000


@given(voicing)
def test_safe_only_grows_and_no_cut_excludes_it(voiced):
    segmenter, safe = Segmenter(SegmenterConfig(tail=0.25)), 0
    for frame in voiced:
        cut = segmenter.push(frame, 0.0)
        assert segmenter.safe >= safe or segmenter.begin is None
        if cut is not None:
            assert safe <= cut <= segmenter.count
            break
        safe = segmenter.safe


@given(st.floats(13.5, 16.0), st.floats(0.05, 0.5), st.floats(0.05, 1.0))
def test_no_cut_excludes_what_was_called_safe(long, pause, rest):
    segmenter, safe = Segmenter(SegmenterConfig()), 0
    for voiced in pattern((0.5, False), (long, True), (pause, False), (rest, True), (1, False)):
        cut = segmenter.push(voiced, 0.0)
        if cut is not None:
            assert cut >= safe
            return
        safe = max(safe, segmenter.safe)
    raise AssertionError("the utterance never ended")
