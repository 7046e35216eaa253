"""`tici replay` and `tici bench calls` as a person runs them."""

import asyncio
import json
import os
import threading
from contextlib import contextmanager

import pytest
import typer
from scripted_server import scripted
from typer.testing import CliRunner

from server.cli.bench import bench_app
from server.cli.replay import replay
from server.replay.tally import lag_figures, percentile
from server.wire import listen
from server.wire.base import ErrorCode


@contextmanager
def running(*scripts, **settings):
    """The scripted server in a thread of its own: the command runs its own event loop."""
    ready, stop, found = threading.Event(), asyncio.Event(), {}

    async def serve():
        found["loop"] = asyncio.get_running_loop()
        async with scripted(*scripts, **settings) as server:
            found["server"] = server
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert ready.wait(5)
    try:
        yield found["server"]
    finally:
        found["loop"].call_soon_threadsafe(stop.set)
        thread.join(5)


async def hear_all(line):
    start = await line.server.admit(line)
    samples = len(await line.hear_audio()) // 2 // len(start.legs)
    times = {"start": 0.1, "end": 0.2, "start_sample": 0, "end_sample": 2000}
    await line.say(listen.Final(leg="customer", utterance_id="u", text="您好", words=[], **times))
    await line.say(listen.Ended(conversation_id="conv", samples={leg.leg: samples for leg in start.legs}))
    await line.socket.close(1000)


async def full(line):
    await line.hear_start()
    await line.say(listen.ListenError(code=ErrorCode.OVERLOADED, message="full", fatal=True))
    await line.socket.close(1013)


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("replay")(replay)
    app.add_typer(bench_app, name="bench")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_json_is_one_event_per_line_and_then_a_summary(run, files):
    with running(hear_all) as server:
        result = run("replay", *files, "--url", server.url, "--speed", 20, "--external-id", "c-1", "--json")
    assert result.exit_code == 0, result.output
    *events, last = map(json.loads, result.stdout.splitlines())
    assert [event["type"] for event in events] == ["started", "final", "ended"]
    assert all(event["at"] > 0 for event in events)
    summary = last["summary"]
    assert summary["acked_samples"] == {"customer": 4000, "agent": 4000}
    assert (summary["external_id"], summary["seconds"], summary["finals"]) == ("c-1", 0.5, 1)
    assert summary["final_lag_p50"] >= 0 and summary["suggestions"] is None


def test_a_person_sees_the_words_and_the_figures(run, files):
    with running(hear_all) as server:
        result = run("replay", files[0], "--url", server.url, "--speed", 20)
    assert result.exit_code == 0, result.output
    assert "customer   您好" in result.stdout and "acked_samples: {'customer': 4000}" in result.stdout


def test_errors_are_one_line_and_an_exit_code(run, files):
    assert run("replay", "nowhere.wav").exit_code == 2
    assert run("replay", files[0], "--encoding", "opus").exit_code == 2
    assert run("replay", files[0], "--legs", "a b").exit_code == 2
    lost = run("replay", files[0], "--url", "ws://127.0.0.1:9", "--retry-seconds", 0)
    assert (lost.exit_code, lost.stdout, len(lost.stderr.splitlines())) == (5, "", 1)
    with running(full) as server:
        refused = run("replay", files[0], "--url", server.url, "--json")
    assert refused.exit_code == 3 and "overloaded: full" in refused.stderr


def test_the_bench_counts_admitted_and_refused_calls(run, files):
    arguments = ["bench", "calls", *files, "--calls", 3, "--seconds", 1, "--json", "--pid", os.getpid()]
    with running(hear_all, full, hear_all) as server:
        result = run(*arguments, "--url", server.url)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert [figures[f"calls_{what}"] for what in ("asked", "admitted", "refused", "failed")] == [3, 2, 1, 0]
    assert figures["finals"] == 2 and figures["dropped_audio_seconds"] == 0
    assert figures["final_lag_p95"] >= figures["final_lag_p50"] > 0
    assert figures["cpu_cores"] >= 0 and figures["rss_mb"] > 10
    assert figures["suggestion_lag_p50"] is None


def test_audio_that_was_never_acknowledged_is_dropped_audio(run, files):
    async def deaf(line):
        await line.server.admit(line)
        await line.hear_audio()
        await line.say(listen.Ended(conversation_id="conv", samples={"customer": 6000}))
        await line.socket.close(1000)

    with running(deaf) as server:
        result = run("bench", "calls", files[0], "--calls", 1, "--seconds", 1, "--json", "--url", server.url)
    assert json.loads(result.stdout)["dropped_audio_seconds"] == 0.25


def test_a_bench_without_a_server_is_an_error(run, files, monkeypatch):
    monkeypatch.setattr("server.cli.bench.RETRY_SECONDS", 0.0)
    result = run("bench", "calls", files[0], "--calls", 2, "--seconds", 1, "--url", "ws://127.0.0.1:9")
    assert result.exit_code == 5


def test_percentiles_are_interpolated():
    assert percentile([], 50) is None
    assert percentile([0.2], 95) == 0.2
    assert percentile([0.0, 1.0], 50) == 0.5
    assert lag_figures("x", [float(n) for n in range(101)]) == {"x_p50": 50.0, "x_p95": 95.0}
