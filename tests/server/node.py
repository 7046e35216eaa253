"""A real server process for tests: started, killed, started again on the same data."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
READY_SECONDS = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """`tici demo` on its own data folder and port."""

    data_dir: Path
    models_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    code: str = "from server.cli import main; main()"
    """What the process runs, with the command's arguments."""

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/listen"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return (self.data_dir / "demo.key").read_text().strip()

    @property
    def log_path(self) -> Path:
        return self.data_dir.parent / "node.log"

    def launch(self) -> None:
        environment = {
            **os.environ,
            "TICI_DATA_DIR": str(self.data_dir),
            # Tests of other things must not be refused because the machine is busy.
            "TICI_DECODE_LOAD": "0",
            "TICI_MODELS_DIR": str(self.models_dir),
            **self.settings,
        }
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self.code, "demo", "--port", str(self.port)],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None and self.process.poll() is None, self.log_path.read_text()[-3000:]
            try:
                if httpx.get(f"{self.http}/readyz", timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"not ready after {READY_SECONDS} s")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def rows(self, sql: str, *values: str) -> list[tuple[object, ...]]:
        """Read the node's database behind its back."""
        with sqlite3.connect(self.data_dir / "tici.db", timeout=30) as database:
            return database.execute(sql, values).fetchall()

    def log(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log_path.read_text(encoding="utf-8", errors="replace"))
