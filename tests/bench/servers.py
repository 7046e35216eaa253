"""Servers to load, each in a process of its own: ours, and alphacep/vosk-server where there is one to compare with."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.replay.options import CallOptions, ClientDialect
from server.settings import Settings
from tests.server.node import Node, free_port

START_SECONDS = 180.0
AS_SHIPPED = {"TICI_DECODE_LOAD": str(Settings.model_fields["decode_load"].default)}
"""A node of the tests admits any number of calls; this one as many as it has room for."""


@dataclass(frozen=True)
class Target:
    """A running server: how to call it, and its process."""

    name: str
    options: CallOptions
    pid: int

    @property
    def rss_mb(self) -> float:
        """Resident memory now, MiB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def ours(folder: Path, models: Path, language: str, settings: dict[str, str]) -> Iterator[Target]:
    """A node of our own."""
    folder.mkdir(parents=True)
    node = Node(folder / "data", models, {"TICI_ASR_LANGUAGES": f'["{language}"]', **settings})
    node.launch()
    try:
        node.wait_ready()
        assert node.process is not None
        options = CallOptions(url=node.url, external_id="", key=node.key, language=language, retry_seconds=5.0)
        yield Target("Tici", options, node.process.pid)
    finally:
        node.stop()


@contextmanager
def vosk_server(name: str, script: Path, python: Path, model: Path, language: str, log: Path) -> Iterator[Target]:
    """vosk-server's `asr_server.py`, as it comes, on the same model."""
    port = free_port()
    environment = {**os.environ, "VOSK_SERVER_INTERFACE": "127.0.0.1", "VOSK_SERVER_PORT": str(port)}
    environment.pop("PYTHONPATH", None)
    with log.open("wb") as output:
        command = [str(python), str(script), str(model.resolve())]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=log.parent)
    try:
        _wait_for(port, process, log)
        options = CallOptions(
            url=f"ws://127.0.0.1:{port}", external_id="", dialect=ClientDialect.VOSK, language=language
        )
        yield Target(name, options, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"vosk-server does not start: {log.read_text(errors='replace')[-500:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError(f"vosk-server does not answer after {START_SECONDS:g} s")
