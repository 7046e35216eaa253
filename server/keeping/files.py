"""The files of a conversation: recordings, and what may be left in the spool. Blocks: call it from a thread."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from server.spool import StorageError, safe_name
from server.store.queries.receipts import Counts

FOLDERS = ("recordings", "spool")


def conversation_files(data_dir: Path, conversation_id: str) -> Counts:
    """How many `files` of the conversation are on disk, and their `bytes`. Raises `StorageError`."""
    try:
        sizes = [path.stat().st_size for folder in _folders(data_dir, conversation_id) for path in _files(folder)]
    except OSError as error:
        raise StorageError("cannot look at the files of a conversation") from error
    return {"files": len(sizes), "bytes": sum(sizes)} if sizes else {}


def remove_files(data_dir: Path, conversation_id: str) -> None:
    """Remove them all; it can be repeated. Raises `StorageError`; some may be left then."""
    try:
        for folder in _folders(data_dir, conversation_id):
            shutil.rmtree(folder)
    except FileNotFoundError:
        remove_files(data_dir, conversation_id)  # somebody else removed one of them at the same time
    except OSError as error:
        raise StorageError("cannot remove the files of a conversation") from error


def conversations_on_disk(data_dir: Path) -> list[str]:
    """Names of the folders of conversations."""
    names = {path.name for folder in FOLDERS for path in _children(data_dir / folder)}
    return sorted(names)


def _folders(data_dir: Path, conversation_id: str) -> list[Path]:
    named = [data_dir / folder / safe_name(conversation_id) for folder in FOLDERS]
    return [folder for folder in named if folder.is_dir()]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _children(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
