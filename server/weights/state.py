"""What lies in the models folder, compared with the manifest."""

import hashlib
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from server.weights.manifest import Weight, WeightFile


class FileState(StrEnum):
    """How one file stands; `size` and `hash` mean that it is there and wrong."""

    OK = "ok"
    MISSING = "missing"
    SIZE = "size"
    HASH = "hash"


class WeightState(BaseModel):
    """How one weight stands, file by file (path → state)."""

    name: str
    files: dict[str, FileState]

    @property
    def ok(self) -> bool:
        """Every file is there and right."""
        return all(state is FileState.OK for state in self.files.values())


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def inspect(weight: Weight, models_dir: Path) -> WeightState:
    """Compare every file of a weight by its hash (about 0.5 s per 100 MB)."""
    folder = models_dir / weight.name
    return WeightState(name=weight.name, files={file.path: file_state(file, folder) for file in weight.file})


def file_state(file: WeightFile, folder: Path) -> FileState:
    """Compare one file by size, then by hash."""
    path = folder / file.path
    if not path.is_file():
        return FileState.MISSING
    if path.stat().st_size != file.size:
        return FileState.SIZE
    return FileState.OK if sha256_of(path) == file.sha256 else FileState.HASH


def present(weight: Weight, models_dir: Path) -> bool:
    """Whether every file is there with its size; quick, as weights are installed whole and verified."""
    folder = models_dir / weight.name
    return all((path := folder / file.path).is_file() and path.stat().st_size == file.size for file in weight.file)
