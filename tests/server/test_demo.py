"""The demo's recordings and addresses."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kb.pack import load_pack
from server import demo
from server.replay.options import CallOptions
from server.settings import Settings


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
