"""One leg: decoded from its spool, in order, once, by one thread at a time."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asr.leg import LegDecoder
from server.live.leg import LiveLeg
from server.spool import LegSpool, SpoolHeader, StorageError
from tests.server.live.parts import CHUNK, RATE, Faults, assert_gapless, say, shout, until, watched_pool, words


class Ear:
    """A leg with a list in the place of the store."""

    def __init__(self, data_dir, name="customer", max_lead=60.0, decoded_to=0) -> None:
        self.faults = Faults()
        self.finals = []
        self.refusals = 0
        """So many finals cannot be stored."""
        pool = watched_pool(self.faults)
        self.executor = ThreadPoolExecutor(2)
        spool = LegSpool.create(data_dir, "c1", SpoolHeader(name, "pcm16", RATE, 0.0, "customer", "zh"))
        self.leg = LiveLeg(
            name,
            spool,
            lambda start: LegDecoder(name, RATE, pool, start_sample=start),
            decoded_to,
            self.executor,
            self._heard,
            max_lead,
        )

    async def _heard(self, transcript, speech_end) -> None:
        if not transcript.final:
            return
        if self.refusals:
            self.refusals -= 1
            raise OSError("not stored")
        self.finals.append(transcript)

    async def offers(self, samples, step=CHUNK * 5) -> None:
        """Offer all, decode all."""
        for start in range(0, len(samples), step):
            done = await self.leg.offer(samples[start : start + step].tobytes(), lambda: True)
            await done

    @property
    def tiles(self):
        return [(final.start_sample, final.end_sample, final.text) for final in self.finals]

    async def close(self) -> None:
        await self.leg.close()
        self.executor.shutdown()
        assert self.faults.overlaps == 0


@pytest.fixture
async def ears(tmp_path):
    made = []

    def make(name="customer", **options):
        made.append(Ear(tmp_path, name, **options))
        return made[-1]

    yield make
    for ear in made:
        await ear.close()


async def undisturbed(ears, samples):
    ear = ears("undisturbed")
    await ear.offers(samples)
    await ear.leg.finish()
    return ear.tiles


async def test_a_recognizer_that_fails_once_changes_no_word(ears):
    heard = say(0, 1, 2)
    expected = await undisturbed(ears, heard)
    ear = ears()
    await ear.offers(heard[:20000])
    ear.faults.once = 1
    await ear.offers(heard[20000:])
    await ear.leg.finish()
    assert ear.faults.once == 0
    assert ear.tiles == expected
    assert len(words(expected)) == 3


async def test_words_that_could_not_be_told_once_are_told_again(ears):
    heard = say(0, 1, 2)
    expected = await undisturbed(ears, heard)
    ear = ears()
    await ear.offers(heard[:20000])
    ear.refusals = 1
    await ear.offers(heard[20000:])
    await ear.leg.finish()
    assert ear.refusals == 0
    assert ear.tiles == expected


@pytest.mark.parametrize("step", [CHUNK, RATE, 10**6], ids=["20 ms", "1 s", "all at once"])
async def test_audio_that_cannot_be_decoded_is_a_tile_without_words(ears, step):
    heard = np.concatenate([say(0), shout(1), say(2, 3)])
    ear = ears()
    ear.faults.at_shouts = True
    await ear.offers(heard[:16000], step)
    await ear.offers(heard[16000:28800], step)
    await ear.offers(heard[28800:], step)
    await ear.leg.finish()
    assert_gapless(ear.tiles, len(heard))
    # What is spoken in the second before and after it may suffer, but no more.
    assert len(words(ear.tiles)) == 3
    lost = [tile for tile in ear.tiles if tile[2] == "" and tile[0] < 28800 and tile[1] > 16000]
    assert lost


async def test_lead_is_nothing_once_all_is_decoded(ears):
    ear = ears()
    await ear.offers(say(0)[: CHUNK * 41], CHUNK)
    assert ear.leg.lead == 0
    assert ear.leg.decoder.in_speech


async def test_an_eager_sender_is_held_back_until_decoding_catches_up(ears):
    ear = ears(max_lead=0.5)
    ear.faults.seconds = 0.01
    heard, eager = say(0, 1), 3 * RATE
    first = await ear.leg.offer(heard[:eager].tobytes(), lambda: True)
    second = asyncio.create_task(ear.leg.offer(heard[eager:].tobytes(), lambda: True))
    await until(ear.faults.entered.is_set)
    assert not second.done() and ear.leg.spool.samples == eager and ear.leg.lead > 0.5
    await first
    await (await second)
    assert ear.leg.lead == 0 and ear.leg.spool.samples == len(heard)


async def test_an_offer_that_waited_while_the_leg_went_to_another_adds_nothing(ears):
    ear = ears(max_lead=0.5)
    ear.faults.seconds = 0.01
    heard, mine = say(0, 1), True
    await ear.leg.offer(heard.tobytes(), lambda: True)
    for_room = asyncio.create_task(ear.leg.offer(heard.tobytes(), lambda: mine))
    await asyncio.sleep(0)
    assert ear.leg.lead > 0.5
    async with ear.leg.intake:
        await until(lambda: ear.leg.lead == 0)
        for_disk = asyncio.create_task(ear.leg.offer(heard.tobytes(), lambda: mine))
        await asyncio.sleep(0.01)
        mine = False
    assert await for_room is None and await for_disk is None
    assert ear.leg.spool.samples == len(heard)


async def test_what_was_heard_before_is_left_out(ears):
    ear = ears()
    heard = say(0)
    await ear.offers(heard[:1000])
    ear.leg.skip = 300
    await ear.offers(heard[700:900])
    assert (ear.leg.spool.samples, ear.leg.skip) == (1000, 100)
    await ear.offers(heard[900:])
    assert ear.leg.spool.read(0, len(heard)) == heard.tobytes()


async def test_audio_that_could_not_be_spooled_may_be_offered_again(ears, monkeypatch):
    ear = ears()
    heard = say(0)
    await ear.offers(heard[:1000])
    ear.leg.skip = 100

    def full(self, data):
        raise StorageError("disk full")

    with monkeypatch.context() as patch, pytest.raises(StorageError):
        patch.setattr(LegSpool, "append", full)
        await ear.leg.offer(heard[900:2000].tobytes(), lambda: True)
    await ear.offers(heard[1000:])
    assert ear.leg.spool.read(0, len(heard)) == heard.tobytes()


async def test_decoding_goes_on_after_a_restart_with_the_same_words(ears):
    heard = say(0, 1, 2)
    expected = await undisturbed(ears, heard)
    before = ears()
    await before.offers(heard[:36000])
    await before.leg.close()
    after = ears(decoded_to=before.finals[-1].end_sample)
    await after.leg.catch_up()
    await after.offers(heard[36000:])
    await after.leg.finish()
    assert before.tiles + after.tiles == expected


@pytest.mark.parametrize("ending", ["stop", "close"])
async def test_a_leg_let_go_while_it_is_decoded_waits_for_the_thread(ears, ending):
    ear = ears()
    ear.faults.seconds = 0.03
    await ear.leg.offer(say(0).tobytes(), lambda: True)
    await until(ear.faults.entered.is_set)
    await getattr(ear.leg, ending)()
    assert ear.faults.overlaps == 0
    calls = ear.faults.calls
    await asyncio.sleep(0.1)
    assert ear.faults.calls == calls


async def test_a_recognizer_that_fails_when_it_is_given_back_does_not_keep_the_spool_locked(ears, tmp_path):
    ear = ears()
    await ear.offers(say(0)[:4000], CHUNK)
    assert ear.leg.decoder.in_speech
    ear.faults.once = 100
    await ear.leg.close()
    LegSpool.open(tmp_path, "c1", "customer").close()


async def test_a_cancelled_offer_leaves_no_thread_at_the_spool(ears, monkeypatch):
    """Who comes next must see all that was written, and write alone."""
    ear, entered, leave = ears(), threading.Event(), threading.Event()
    append = LegSpool.append

    def slowly(self, data):
        entered.set()
        leave.wait()
        append(self, data)

    monkeypatch.setattr(LegSpool, "append", slowly)
    offer = asyncio.create_task(ear.leg.offer(bytes(2000), lambda: True))
    await until(entered.is_set)
    offer.cancel()
    await asyncio.sleep(0.01)
    next_one = asyncio.create_task(ear.leg.intake.acquire())
    await asyncio.sleep(0.01)
    early = next_one.done()
    leave.set()
    await next_one
    ear.leg.intake.release()
    assert not early and ear.leg.spool.samples == 1000
