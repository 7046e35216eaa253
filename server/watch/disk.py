"""How full the disk is. Both functions block."""

import shutil
from pathlib import Path


def free_bytes(data_dir: Path) -> int:
    """Free space where the data lies, in bytes. Raises OSError."""
    return shutil.disk_usage(data_dir).free


def spool_bytes(data_dir: Path) -> int:
    """Bytes of audio in the spool; files that go away meanwhile are passed over."""
    total = 0
    for file in (data_dir / "spool").glob("*/*"):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
