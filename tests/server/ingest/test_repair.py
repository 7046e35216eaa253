"""Order and times of media messages, whatever the network does to them."""

from hypothesis import given
from hypothesis import strategies as st

from server.ingest.repair import JITTER_MS, STALE, WINDOW, Ordered, Origin, Sequencer, Timeline

RATE = 8000
PIECE = 160
FAR = 10**9


def taken(numbers, window=WINDOW):
    sequencer = Sequencer(window)
    ordered = [one for number in numbers for one in sequencer.take(number, number)]
    return ordered + sequencer.flush()


def test_order_is_restored_and_doubles_are_dropped():
    assert [one.message for one in taken([1, 3, 2, 2, 4, 3, 6, 5])] == [1, 2, 3, 4, 5, 6]


def test_a_message_that_does_not_come_is_given_up_after_the_window():
    sequencer = Sequencer(window=2)
    assert sequencer.take(1, 1) == [Ordered(1)]
    assert sequencer.take(3, 3) == sequencer.take(4, 4) == []
    assert sequencer.take(5, 5) == [Ordered(3, lost=1), Ordered(4), Ordered(5)]
    assert sequencer.take(2, 2) == []


def test_without_numbers_everything_comes_at_once():
    assert taken([None, None]) == [Ordered(None), Ordered(None)]


def test_a_sender_that_counts_anew_is_heard_again():
    ordered = taken([*range(1000, 1010), *range(1, STALE + 50)])
    assert [one.message for one in ordered] == [*range(1000, 1010), *range(STALE, STALE + 50)]


@given(st.integers(0, 10**12), st.lists(st.integers(0, WINDOW // 2 - 1), min_size=1, max_size=60), st.data())
def test_any_small_disorder_is_undone(first, delays, data):
    numbers = range(first, first + len(delays))
    arrival = sorted(numbers, key=lambda n: (n + delays[n - first] if n > first else -1, n))
    doubled = [n for n in arrival for _ in range(data.draw(st.integers(1, 2)))]
    assert taken(doubled) == [Ordered(n) for n in numbers]


@given(st.lists(st.integers(0, 10**18) | st.integers(0, 40), max_size=300))
def test_whatever_the_numbers_little_waits_and_nothing_comes_twice(numbers):
    sequencer = Sequencer()
    given_out = 0
    for count, number in enumerate(numbers, 1):
        given_out += len(sequencer.take(number, number))
        assert given_out <= count <= given_out + len(numbers)
        assert len(sequencer._waiting) <= WINDOW
    assert given_out + len(sequencer.flush()) <= len(numbers)


@given(st.sets(st.integers(0, 99)), st.integers(1, 3))
def test_what_is_lost_is_silence_of_its_length_to_the_sample(lost, pieces_ms):
    step_ms = 20 * pieces_ms
    samples = step_ms * RATE // 1000
    timeline, missing = Timeline(Origin(), RATE), 0
    last = -1
    for number in sorted(set(range(100)) - lost):
        silence = timeline.place(samples, number * step_ms, number - last - 1, FAR)
        assert silence == (number - last - 1) * samples
        missing, last = missing + silence, number
        assert timeline.position == (number + 1) * samples
    assert missing == len([n for n in lost if n < last]) * samples


@given(st.lists(st.tuples(st.floats(0, JITTER_MS / 2 - 1), st.booleans()), min_size=1, max_size=200))
def test_times_stay_true_whatever_the_unrest(messages):
    timeline, lost = Timeline(Origin(), RATE), 0
    for number, (unrest, gone) in enumerate(messages):
        if gone:
            lost += 1
            continue
        timeline.place(PIECE, number * 20 + unrest, lost, FAR)
        lost = 0
        ahead_ms = timeline.position / RATE * 1000 - (number + 1) * 20
        assert -JITTER_MS <= ahead_ms <= 2 * JITTER_MS


@given(
    st.lists(
        st.tuples(st.integers(0, 800), st.none() | st.floats(0, 1e18), st.integers(0, 10**18)),
        max_size=50,
    ),
    st.integers(0, 10**6),
)
def test_silence_never_reaches_beyond_the_limit(messages, limit):
    timeline, audio = Timeline(Origin(), RATE), 0
    for samples, time_ms, lost in messages:
        silence = timeline.place(samples, time_ms, lost, limit)
        audio += samples
        assert silence >= 0 and timeline.position <= max(limit, 0) + audio


def test_a_clock_counts_from_its_first_time_for_all_tracks():
    origin = Origin()
    first, second = Timeline(origin, RATE), Timeline(origin, RATE)
    assert first.place(PIECE, 1_778_597_597_000, 0, FAR) == 0
    assert second.place(PIECE, 1_778_597_597_500, 0, FAR) == 4000
    stream = Timeline(Origin(), RATE)
    assert stream.place(PIECE, 500, 0, FAR) == 4000


def test_without_times_a_lost_message_is_as_long_as_the_one_before():
    timeline = Timeline(Origin(), RATE)
    assert [timeline.place(PIECE, None, lost, FAR) for lost in (0, 2)] == [0, 2 * PIECE]
