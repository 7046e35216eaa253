"""What a leg has heard is remembered by the leg, whatever becomes of its decoders; what is known beforehand by all."""

from pathlib import Path

import numpy as np
import soundfile

from asr.prompts import read_prompts
from server.wire.events import Utterance
from tests.asr.signals import silence
from tests.server.live.parts import RATE, Node, audio, until

CALLS = Path(__file__).resolve().parents[3] / "kb" / "packs" / "zh_bank" / "calls"


def announcement(name: str = "lost_card", start: float = 12.4) -> np.ndarray:
    """6 s of speech and the silence that ends it."""
    samples, rate = soundfile.read(CALLS / f"{name}.agent.flac", dtype="int16")
    assert rate == RATE
    return np.concatenate([samples[round(start * RATE) : round((start + 6.1) * RATE)], silence(RATE, 2.0)])


async def sounds(node: Node, conversation_id: str) -> list[str]:
    heard = [event.payload for event in await node.store.events(conversation_id)]
    return [utterance.sound for utterance in heard if isinstance(utterance, Utterance)]


async def heard(node: Node, conversation_id: str, samples: int) -> None:
    live = await node.conversations.get(conversation_id)
    assert live is not None
    await until(lambda: live.session.state.legs["customer"].decoded_to >= samples)
    await live.refresh()  # what was told last is stored by then


async def test_an_announcement_that_comes_again_is_known_to_the_decoder_that_took_over(node: Node) -> None:
    call, started, phone = await node.open("call-1")
    sound = announcement()
    await call.audio(audio(customer=sound), phone)
    await heard(node, started.conversation_id, len(sound) - 2 * RATE)
    first = len(await sounds(node, started.conversation_id))
    # The decoder breaks, and another one goes on.
    broken = call.slots["customer"].live.decoder
    node.faults.once = 1
    await call.audio(audio(customer=sound), phone)
    slot = call.slots["customer"]
    await call.end(phone, "stopped")
    assert slot.live.decoder is not broken
    told = await sounds(node, started.conversation_id)
    assert set(told[:first]) == {"speech"} and "prompt" in told[first:]


async def test_legs_share_only_what_is_known_beforehand(node: Node, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    soundfile.write(tmp_path / "prompts" / "welcome.wav", announcement(), RATE)
    spoken = announcement("early_repayment", 12.9)
    for name in ("call-1", "call-2"):
        call, started, phone = await node.open(name)
        await call.audio(audio(customer=spoken), phone)
        await call.end(phone, "stopped")
        assert set(await sounds(node, started.conversation_id)) == {"speech"}
    object.__setattr__(node.calls._room, "prompts", read_prompts(tmp_path / "prompts"))
    call, started, phone = await node.open("call-3")
    await call.audio(audio(customer=announcement()), phone)
    await call.end(phone, "stopped")
    assert "prompt" in await sounds(node, started.conversation_id)
