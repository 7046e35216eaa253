"""A small disk of its own for a test: it can be filled, and made read-only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Disk:
    path: Path

    def fill(self) -> None:
        with (self.path / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def clear(self) -> None:
        (self.path / "filler").unlink()

    def writable(self, yes: bool) -> None:
        _mount("-o", f"remount,{'rw' if yes else 'ro'}", str(self.path))


@contextmanager
def small_disk(path: Path, size: str = "4m") -> Iterator[Disk]:
    """A tmpfs at `path`; skips where it cannot be mounted (only root can)."""
    path.mkdir(parents=True, exist_ok=True)
    try:
        _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("no disk can be mounted here")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
