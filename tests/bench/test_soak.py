"""Calls without end: what a node holds must not grow. `TICI_SOAK_MINUTES` sets how long (2 hours are 120)."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from time import monotonic

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.ids import new_id
from server.replay.bench import bench_calls
from tests.bench.capacity import calls_of
from tests.bench.servers import AS_SHIPPED, Target, ours

pytestmark = pytest.mark.bench
MINUTES = float(os.environ.get("TICI_SOAK_MINUTES", "3"))
SHARE = 0.8
"""Calls at a time, as a share of those that a fresh node says it has room for."""
CALL_SECONDS = 30.0
WARM_MINUTES = min(15.0, MINUTES / 3)
HELD = ("process_resident_memory_bytes", "process_open_fds", "tici_tasks", "tici_threads")


@pytest.mark.timeout(60 * MINUTES + 600)
def test_a_day_of_calls_in_short(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    files = sorted((pack_dir / "calls").glob("*.flac"))
    with ours(tmp_path / "node", models_dir, "zh", AS_SHIPPED) as target:
        calls = max(1, int(SHARE * _room(target)))
        begun = monotonic()
        warm: dict[str, float] | None = None
        while (minutes := (monotonic() - begun) / 60) < MINUTES:
            if warm is None and minutes >= WARM_MINUTES:
                warm = _held(target)
            _wave(target, files, calls)
            print(f"{minutes:5.1f} min, {calls} calls: {_held(target)}", flush=True)
        assert warm is not None
        end = _held(target)
    assert end["process_resident_memory_bytes"] <= 1.1 * warm["process_resident_memory_bytes"]
    for name in HELD[1:]:
        assert end[name] <= warm[name] + 2, name


def _wave(target: Target, files: list[Path], calls: int) -> None:
    """Some calls, all ended: only what stays after them counts."""
    options = replace(target.options, external_id=f"soak-{new_id()}")
    result = asyncio.run(bench_calls(calls_of(files, calls, CALL_SECONDS), options, None))
    assert result["calls_failed"] == 0 and result["dropped_audio_seconds"] == 0, result


def _room(target: Target) -> int:
    url = target.options.http_url("/healthz")
    return int(httpx.get(url, trust_env=False).json()["room"])


def _held(target: Target) -> dict[str, float]:
    text = httpx.get(target.options.http_url("/metrics"), trust_env=False).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: sample.value for sample in samples if sample.name in HELD}
