"""The page of figures: sections, each with where and when it was measured."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.quality.bench import REPOSITORY

LIBRARIES = ("numpy", "onnxruntime", "scikit-learn", "tantivy", "rapidfuzz", "vosk")
HEAD = """# Quality of suggestions, measured

Written by `python -m tests.bench.quality` (part of `make bench`); do not edit. Shares are in percent. How the figures
come about and what they are not: `docs/quality-notes.md`.
"""
QUICK = "**A quick run on a few intents: it shows that the measuring works, nothing else.**\n"


@dataclass(frozen=True)
class Section:
    """A measured section; no lines: it was not measured yet."""

    title: str
    lines: list[str]
    provenance: str

    @classmethod
    def read(cls, path: Path, title: str) -> "Section":
        """The section in a file, or an empty one."""
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else cls(title, [], "")

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def page(sections: Sequence[Section], *, quick: bool) -> str:
    """The whole page; what no section says is not on it."""
    parts = [HEAD, *([QUICK] if quick else [])]
    for section in sections:
        body = "\n".join(section.lines).strip() if section.lines else "Not measured."
        parts += [f"## {section.title}\n", body, f"\n<sub>{section.provenance}</sub>\n" if section.provenance else ""]
    return "\n".join(parts).rstrip() + "\n"


def provenance(command: str, seed: int, minutes: float) -> str:
    """When, of what code, with what and where something was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{processor()}, {len(os.sched_getaffinity(0))} cores"
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {minutes:.1f} minutes"
    return f"{when}; {commit()}; {machine}; Python {platform.python_version()}, {libraries}; seed {seed}; `{command}`"


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""
    try:
        name = _git("rev-parse", "--short=10", "HEAD")
        return f"commit {name}{' with changes' if _git('status', '--porcelain', '--', '*.py', '*.jsonl') else ''}"
    except (OSError, subprocess.CalledProcessError):
        return "no commit"


def processor() -> str:
    """The processor's name, and what it has for multiplying small numbers."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    units = [name for name in ("avx2", "avx512_vnni", "amx_int8") if name in said.get("flags", "").split()]
    return f"{said.get('model name', platform.machine())} ({', '.join(units) or 'no vector units known'})"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()
