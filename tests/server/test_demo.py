"""The demo's recordings and addresses, and its English call from end to end."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kb.pack import load_pack
from server import demo
from server.auth import Refusal
from server.replay.options import CallOptions
from server.settings import Settings
from tests.server.clients import browser, panel
from tests.server.node import Node


async def test_a_stereo_file_asked_for_twice_at_once_is_written_once(
    tmp_path: Path, pack_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = demo.Demo(Settings(data_dir=tmp_path), [load_pack(pack_dir)], "key")
    written: list[Path] = []

    def write(recorded: Any, path: Path) -> None:
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    monkeypatch.setattr(demo, "_write_stereo", write)
    name = player.calls()[0].call_id
    first, second = await asyncio.gather(player.stereo(name), player.stereo(name))
    assert first == second and len(written) == 1


@pytest.mark.parametrize(
    ("host", "url"),
    [("::1", "ws://[::1]:8600/"), ("127.0.0.1", "ws://127.0.0.1:8600/"), ("0.0.0.0", "ws://127.0.0.1:8600/")],
)
async def test_a_replay_calls_the_nodes_own_address(
    tmp_path: Path, pack_dir: Path, host: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[CallOptions] = []

    async def play(recorded: Any, options: CallOptions) -> None:
        called.append(options)

    monkeypatch.setattr(demo, "_play", play)
    player = demo.Demo(Settings(data_dir=tmp_path, host=host), [load_pack(pack_dir)], "key")
    player.play(player.calls()[0].call_id, "xiaolin", 1.0)
    await asyncio.sleep(0)
    assert called[0].url == f"{url}v1/listen"


async def test_a_call_in_a_language_that_is_not_loaded_is_listed_and_not_played(tmp_path: Path, pack_dir: Path) -> None:
    packs = demo.load_packs(pack_dir.parent)
    player = demo.Demo(Settings(data_dir=tmp_path, asr_languages=["zh"]), packs, "key")
    playable = {call.lang: call.playable for call in player.calls()}
    assert playable == {"zh": True, "en": False}
    english = next(call for call in player.calls() if call.lang == "en")
    with pytest.raises(Refusal) as refused:
        player.play(english.call_id, "xiaolin", 1.0)
    assert refused.value.problem.code == "unsupported_language"


async def test_the_english_call_is_answered_in_english(node: Node, models_dir: Path, pack_dir: Path) -> None:
    """With the settings as they come, on a node that hears Mandarin too."""
    if not (models_dir / "vosk-small-en").is_dir() or not (models_dir / "all-minilm-l6-v2").is_dir():
        pytest.skip("no English weights: run `tici models fetch` first")
    english = {article.id for article in load_pack(pack_dir.with_name("en_bank")).articles}
    async with browser(node) as client, panel(node, client) as agent:
        call = next(c for c in (await client.get("/v1/demo/calls")).json() if c["call_id"] == "stolen_wallet")
        await client.post("/v1/demo/replays", json={"call_id": "stolen_wallet", "speed": 8.0})
        conversation_id = (await agent.until_type("assigned"))["conversation"]["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
        await agent.until_event("conversation.ended", 90)
    payloads = [message["event"]["payload"] for message in agent.received if message["type"] == "event"]
    said = {p["utterance_id"]: p for p in payloads if p["type"] == "utterance"}
    raised = [p for p in payloads if p["type"] == "suggestions.raised"]
    asked = [turn for turn in call["turns"] if turn["article"]]
    for turn in asked:
        own = [p["cards"] for p in raised if turn["start"] - 1 < said[p["trigger"]]["start"] < turn["end"]]
        assert turn["article"] in [card["article_id"] for cards in own for card in cards], turn["text"]
    assert len(asked) >= 3 and {card["article_id"] for p in raised for card in p["cards"]} <= english
    assert {utterance["language"] for utterance in said.values()} == {"en"}
