"""How many calls a core carries, ours beside alphacep/vosk-server; writes `docs/capacity.md`.

    python -m tests.bench.capacity [--models models] [--lang zh] [--seconds 40] [--first 4] [--audio AGENT CUSTOMER ...]
        [--vosk-server asr_server.py --vosk-python PYTHON] [--out docs/capacity.md]

TICI_VOSK_SERVER and TICI_VOSK_PYTHON say the same. vosk-server runs unmodified, with websockets 13.1, which its
handler needs. Both are loaded by the same client, from this machine, in turns, with more calls each time until
finals come later than a second.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from asr.graph import GRAPH, WORDS, graph_folder
from server.ids import new_id
from server.live.cores import usable_cores
from server.replay.audio import CallAudio, load_call
from server.replay.bench import bench_calls
from server.replay.options import ClientDialect
from tests.bench import decoder_parts
from tests.bench.capacity_page import page
from tests.bench.servers import AS_SHIPPED, Target, ours, vosk_server
from tests.bench.worlds import PACKS

LIMIT = 1.0
"""Seconds within which 95 of 100 finals must be there."""
HARDLY = 0.5
"""Seconds by which finals of many calls may come later than those of a call alone, for `Column.kept_up`."""
LEGS = ("agent", "customer")
SHIFT = 7.3
"""Seconds by which each call begins later in its recording: people do not all talk at the same time."""
STEP, MOST = 2, 60
SENT = {
    "twilio": '{ inbound = "customer", outbound = "agent" }',
    "jambonz": '{ left = "customer", right = "agent" }',
    "chan-websocket": '{ in = "customer", out = "agent" }',
    "audiohook": '{ external = "customer", internal = "agent" }',
}
SENT_CALLS = 4


@dataclass
class Column:
    """One server: the figures of each run, by number of calls, and its memory before."""

    name: str
    idle_mb: float
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def carried(self) -> int:
        """Most calls whose finals came in time; 0 for none."""
        return max((calls for calls, run in self.runs.items() if in_time(run)), default=0)

    @property
    def kept_up(self) -> int:
        """Most calls whose finals came hardly later than those of a call alone, however late those are."""
        alone = self.runs[1]["final_lag_p95"] or LIMIT
        return max((calls for calls, run in self.runs.items() if in_time(run, alone + HARDLY)), default=0)


def in_time(run: dict[str, Any], limit: float = LIMIT) -> bool:
    """Whether all calls were carried and the finals came in time."""
    p95 = run["final_lag_p95"]
    return p95 is not None and p95 < limit and not run["calls_failed"] and not run["calls_refused"]


def calls_of(files: Sequence[Path], count: int, seconds: float) -> list[CallAudio]:
    """`count` calls of two legs, from recordings that take turns, each at another place."""
    pairs = [load_call(files[n : n + 2], LEGS) for n in range(0, len(files) - 1, 2)]
    return [_from(pairs[n % len(pairs)], SHIFT * n).lasting(seconds) for n in range(count)]


def _from(call: CallAudio, seconds: float) -> CallAudio:
    shift = round(seconds * call.sample_rate)
    return replace(call, tracks={leg: np.roll(track, -shift) for leg, track in call.tracks.items()})


def play(target: Target, files: Sequence[Path], calls: int, seconds: float) -> dict[str, Any]:
    """Load a server with so many calls at once."""
    options = replace(target.options, external_id=f"bench-{new_id()}")
    return asyncio.run(bench_calls(calls_of(files, calls, seconds), options, target.pid))


def climb(targets: Sequence[Target], files: Sequence[Path], seconds: float, first: int) -> list[Column]:
    """More and more calls, the servers in turns, each until it is too late; then the number between."""
    columns = {target: Column(target.name, target.rss_mb) for target in targets}
    for target in targets:  # a warm start for everyone, and what an unloaded server takes
        columns[target].runs[1] = _tell(target, play(target, files, 1, seconds))
    climbing, calls = list(targets), first
    while climbing and calls <= MOST:
        for target in list(climbing):
            columns[target].runs[calls] = _tell(target, play(target, files, calls, seconds))
            if not _keeps_up(columns[target], calls):
                climbing.remove(target)
                _descend(target, columns[target], files, seconds, calls - 1)
        calls += STEP
    return list(columns.values())


def _descend(target: Target, column: Column, files: Sequence[Path], seconds: float, calls: int) -> None:
    """Fewer calls, until they are carried or were tried before."""
    while calls not in column.runs:
        column.runs[calls] = _tell(target, play(target, files, calls, seconds))
        if _keeps_up(column, calls):
            return
        calls -= 1


def _keeps_up(column: Column, calls: int) -> bool:
    return in_time(column.runs[calls]) or column.kept_up >= calls


def _tell(target: Target, run: dict[str, Any]) -> dict[str, Any]:
    print(f"{target.name}: {run}", flush=True)
    return run


def rush(target: Target, files: Sequence[Path], seconds: float) -> dict[str, Any]:
    """Three times the calls that a node says it has room for, all at once."""
    url = target.options.http_url("/healthz")
    room = int(httpx.get(url, trust_env=False).json()["room"])
    return {"room": room, **_tell(target, play(target, files, 3 * room, seconds))}


def rivals(model: Path, folder: Path) -> dict[str, Path]:
    """The models that vosk-server is tried with, by what it is called then: as it comes, and with our graph."""
    model = model.absolute()
    graph = graph_folder(model)
    if not (graph / GRAPH).exists():
        return {"vosk-server": model}
    composed = folder / f"{model.name}-composed"
    shutil.copytree(model, composed, copy_function=os.symlink, ignore=shutil.ignore_patterns("HCLr.fst", "Gr.fst"))
    for name in (GRAPH, WORDS):
        (composed / "graph" / name).symlink_to(graph / name)
    return {"vosk-server": model, "vosk-server with our graph": composed}


def as_sent(
    folder: Path, models: Path, language: str, files: Sequence[Path], seconds: float
) -> dict[str, dict[str, Any]]:
    """What the same calls cost as phone systems send them, by dialect."""
    folder.mkdir()
    connectors = folder / "connectors.toml"
    connectors.write_text(
        "".join(f'[connector.{dialect}]\ndialect = "{dialect}"\nlegs = {legs}\n' for dialect, legs in SENT.items())
    )
    settings = {"TICI_DECODE_LOAD": "0", "TICI_CONNECTORS": str(connectors)}
    with ours(folder / "node", models, language, settings) as target:
        runs = {"native": _tell(target, play(target, files, SENT_CALLS, seconds))}
        for dialect in SENT:
            client = ClientDialect(dialect)
            url = target.options.http_url(f"/v1/connect/{dialect}").replace("http", "ws", 1)
            options = replace(target.options, dialect=client, encoding=client.encoding, url=url, key=None)
            runs[dialect] = _tell(target, play(replace(target, options=options), files, SENT_CALLS, seconds))
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("TICI_MODELS_DIR", "models")))
    parser.add_argument("--lang", default="zh")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--first", type=int, default=4, help="calls to begin with")
    parser.add_argument("--audio", type=Path, nargs="*", help="two files a call: agent, customer")
    parser.add_argument("--vosk-server", type=Path, default=os.environ.get("TICI_VOSK_SERVER"))
    parser.add_argument("--vosk-python", type=Path, default=os.environ.get("TICI_VOSK_PYTHON", "python3"))
    parser.add_argument("--out", type=Path, default=Path("docs/capacity.md"))
    args = parser.parse_args()
    files = args.audio or sorted((PACKS / f"{args.lang}_bank/calls").glob("*.flac"))
    model = args.models / f"vosk-small-{args.lang}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with ExitStack() as stack:
            targets = [stack.enter_context(ours(folder / "free", args.models, args.lang, {"TICI_DECODE_LOAD": "0"}))]
            for name, given in rivals(model, folder).items() if args.vosk_server is not None else ():
                rival = vosk_server(name, args.vosk_server, args.vosk_python, given, args.lang, folder / f"{name}.log")
                targets.append(stack.enter_context(rival))
            columns = climb(targets, files, args.seconds, args.first)
        sent = as_sent(folder / "sent", args.models, args.lang, files, args.seconds)
        with ours(folder / "measured", args.models, args.lang, AS_SHIPPED) as target:
            rushed = rush(target, files, args.seconds)
        parts = decoder_parts.measure(calls_of(files, 3, args.seconds), model, folder / "derived")
    args.out.write_text(
        page(columns, sent, rushed, parts, usable_cores(), args.lang, args.seconds, len(LEGS)), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
