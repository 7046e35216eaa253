"""`docs/capacity.md`, made of measured figures."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.capacity import Column

SERVER = "sockets, spool, events, database, suggestions"


def page(
    columns: Sequence["Column"],
    sent: Mapping[str, Mapping[str, Any]],
    rushed: Mapping[str, Any],
    parts: Mapping[str, float],
    cores: float,
    language: str,
    seconds: float,
    legs: int,
) -> str:
    """The page's text; `parts`: processor seconds per second of a leg."""
    sections = [
        _head(cores, language, seconds, legs),
        _carried(columns, cores),
        *(_runs(column) for column in columns),
        _sent(sent, legs),
        _rush(rushed),
        _parts(columns[0], parts, legs),
    ]
    return "\n\n".join(sections) + "\n"


def _head(cores: float, language: str, seconds: float, legs: int) -> str:
    return f"""# Capacity

Made by `make bench` (`python -m tests.bench.capacity`); do not edit. Measured on {cores:g} cores ({_processor()}), the
client that plays the calls on the same machine. Calls have {legs} legs ({language}), recordings of whole calls played
in real time for {seconds:g} s, each from another place. Lags are from sending the end of an utterance to hearing its
final. Absolute figures hang on the machine and on what else it did meanwhile; the servers were loaded in turns.
All have the same model; Tici uses the graph that `tici models compose` makes of it, vosk-server the model as it comes,
and once more with that graph in it, to tell what comes of the graph and what of the server."""


def _carried(columns: Sequence["Column"], cores: float) -> str:
    first = columns[0].carried
    rows = [
        "| server | calls with final lag p95 < 1 s | a core | of the first | calls hardly later than one alone |",
        "|---|---|---|---|---|",
        *(
            f"| {c.name} | {c.carried} | {c.carried / cores:.1f} | {_ratio(c.carried, first)} | {c.kept_up} |"
            for c in columns
        ),
        "",
        "The last column counts calls while the p95 is less than 0.5 s above that of a single call: a server that "
        "waits",
        "long for the end of an utterance may miss the limit of a second without any load.",
    ]
    if len(columns) == 1:
        rows += [
            "",
            "There was no vosk-server to compare with: `TICI_VOSK_SERVER` names its `websocket/asr_server.py`.",
        ]
    return "## Calls carried\n\n" + "\n".join(rows)


def _runs(column: "Column") -> str:
    head = (
        "| calls | final lag p50 | p95 | suggestion lag p50 | p95 | finals | audio dropped s | cores used "
        "| processor s per s of a leg | MB a call |\n" + "|---" * 10 + "|"
    )
    rows = [_run(calls, run, column.idle_mb) for calls, run in sorted(column.runs.items())]
    return f"## {column.name}\n\nMemory before the first call: {column.idle_mb:.0f} MB.\n\n" + "\n".join([head, *rows])


def _run(calls: int, run: Mapping[str, Any], idle_mb: float) -> str:
    figures = [run[f"{lag}_lag_{p}"] for lag in ("final", "suggestion") for p in ("p50", "p95")]
    cores, memory = run["cpu_cores"] or 0.0, (run["rss_mb"] or 0.0) - idle_mb
    cells = [
        calls,
        *("-" if lag is None else f"{lag:.2f}" for lag in figures),
        run["finals"],
        run["dropped_audio_seconds"],
        f"{cores:.2f}",
        f"{cores / calls / 2:.3f}",
        f"{memory / calls:.0f}",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _sent(sent: Mapping[str, Mapping[str, Any]], legs: int) -> str:
    costs = {name: (run["cpu_cores"] or 0.0) / run["calls_admitted"] / legs for name, run in sent.items()}
    rows = [
        f"| {name} | {sent[name]['calls_admitted']} | {cost:.4f} | {_ratio(cost, costs['native'])} |"
        for name, cost in costs.items()
    ]
    head = "| dialect | calls | processor s per s of a leg | of native |\n|---|---|---|---|"
    return """## As phone systems send it

The same calls in other dialects: pieces of 20 ms where the system sends such (native: 100 ms), text where it sends
text.

""" + "\n".join([head, *rows])


def _rush(rushed: Mapping[str, Any]) -> str:
    asked, admitted, refused, failed = (rushed[f"calls_{word}"] for word in ("asked", "admitted", "refused", "failed"))
    p50, p95 = rushed["final_lag_p50"], rushed["final_lag_p95"]
    return f"""## Three times too many

A node that admits by what it measures said that it had room for {rushed["room"]} calls; {asked} came at once. It took
{admitted} and refused {refused} at the door; {failed} failed later. Of those admitted, finals came {p50} s (p50) and
{p95} s (p95) after the end of their speech."""


def _parts(column: "Column", parts: Mapping[str, float], legs: int) -> str:
    calls = max(column.carried, 1)
    whole = max((column.runs[calls]["cpu_cores"] or 0.0) / calls / legs, sum(parts.values()))
    costs = {**parts, SERVER: whole - sum(parts.values())}
    rows = [
        f"| {part} | {cost:.4f} | {cost / whole:.1%} |"
        for part, cost in sorted(costs.items(), key=lambda item: -item[1])
    ]
    head = "| part | processor s per s of a leg | share |\n|---|---|---|"
    return f"## What a leg costs\n\nAt {calls} calls, {whole:.4f} in all.\n\n" + "\n".join([head, *rows])


def _ratio(value: float, of: float) -> str:
    return f"{value / of:.2f}" if of else "-"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
