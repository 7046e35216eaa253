"""The raw spool: what is synced survives, whatever happens to the process or to the file's tail."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.spool import (
    LegSpool,
    SpoolBusyError,
    SpoolHeader,
    StorageError,
    safe_name,
    spooled_conversations,
    spooled_legs,
)

REPOSITORY = Path(__file__).resolve().parents[2]


def header(leg="customer", encoding="pcm16", rate=8000, role="customer"):
    return SpoolHeader(leg=leg, encoding=encoding, sample_rate=rate, offset=1.5, role=role, language="zh")


@pytest.fixture
def spool(tmp_path):
    leg = LegSpool.create(tmp_path, "c1", header())
    yield leg
    leg.close()


def test_samples_are_counted_and_read_back(spool):
    spool.append(b"\x01\x00\x02\x00")
    spool.append(b"\x03\x00")
    assert spool.samples == spool.sync() == 3
    assert spool.read(1, 10) == b"\x02\x00\x03\x00"
    assert spool.read(0, 1) == b"\x01\x00"
    assert spool.read(3, 1) == spool.read(-1, 1) == spool.read(0, 0) == b""
    assert b"".join(spool.blocks(2)) == b"\x01\x00\x02\x00\x03\x00"


def test_a_torn_append_is_a_bug_of_the_caller(spool):
    with pytest.raises(ValueError, match="torn"):
        spool.append(b"\x01")


def test_the_header_lies_on_disk_before_any_audio(tmp_path, spool):
    (path,) = tmp_path.glob("spool/c1/*.json")
    assert SpoolHeader(**json.loads(path.read_text())) == spool.header == header()


def test_what_was_synced_survives_a_kill(tmp_path):
    script = (
        "import sys; from pathlib import Path; from server.spool import LegSpool, SpoolHeader\n"
        "h = SpoolHeader('customer', 'pcm16', 8000, 1.5, 'customer', 'zh')\n"
        "s = LegSpool.create(Path(sys.argv[1]), 'c1', h)\n"
        "while True:\n    s.append(b'ab' * 1000); print(s.sync(), flush=True)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
    )
    told = [int(writer.stdout.readline()) for _ in range(20)][-1]
    with pytest.raises(SpoolBusyError):
        LegSpool.open(tmp_path, "c1", "customer")
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    again = LegSpool.open(tmp_path, "c1", "customer")
    assert again.samples >= told
    assert again.read(0, told) == b"ab" * told
    again.close()


def test_a_torn_last_sample_is_cut_off(tmp_path, spool):
    spool.append(b"\x01\x00\x02\x00")
    spool.close()
    with spool.raw_path.open("ab") as file:
        file.write(b"\x07")
    again = LegSpool.open(tmp_path, "c1", "customer")
    assert again.samples == 2
    again.append(b"\x03\x00")
    assert again.read(0, 9) == b"\x01\x00\x02\x00\x03\x00"
    again.close()


def test_two_writers_never_share_a_leg(tmp_path, spool):
    with pytest.raises(SpoolBusyError):
        LegSpool.create(tmp_path, "c1", header())
    LegSpool.create(tmp_path, "c1", header("agent")).close()
    spool.close()
    LegSpool.open(tmp_path, "c1", "customer").close()


def test_a_leg_goes_on_only_in_its_own_format(tmp_path, spool):
    spool.append(b"\x01\x00")
    spool.close()
    for other in (header(encoding="mulaw"), header(rate=16000)):
        with pytest.raises(StorageError, match="encoding or sample rate"):
            LegSpool.create(tmp_path, "c1", other)
    again = LegSpool.create(tmp_path, "c1", header(role="unknown"))
    assert (again.samples, again.header.role) == (1, "customer")
    again.close()


def test_mulaw_samples_are_bytes(tmp_path):
    spool = LegSpool.create(tmp_path, "c1", header(encoding="mulaw"))
    spool.append(b"\xff\x7f\x00")
    assert spool.samples == 3 and spool.read(1, 1) == b"\x7f"
    spool.close()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", ".", "..", "", "客户", "a b", "x" * 300, "nul\0", "\ud800"]
)
def test_a_legs_name_never_leaves_its_folder(tmp_path, name):
    spool = LegSpool.create(tmp_path, "c1", header(leg="x" if name == "\ud800" else name))
    assert spool.raw_path.parent == tmp_path / "spool" / "c1"
    assert spooled_legs(tmp_path, "c1") == [spool.header.leg]
    spool.close()
    assert safe_name(name).isascii() and "/" not in safe_name(name) and len(safe_name(name)) <= 64


def test_different_names_are_different_files():
    names = ["a", "A-", "a b", "a-b", "a_b", "a~b", "", "-", safe_name("a b"), safe_name("")]
    assert len({safe_name(name) for name in names}) == len(names)


def test_a_full_disk_is_a_storage_error_and_leaves_no_rest(spool, monkeypatch):
    spool.append(b"\x01\x00")
    write = os.write

    def full(file, data):
        if len(data) <= 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 2])

    monkeypatch.setattr("server.spool.os.write", full)
    with pytest.raises(StorageError, match="No space left"):
        spool.append(b"\x02\x00\x03\x00")
    monkeypatch.undo()
    spool.append(b"\x04\x00")
    assert spool.read(0, 9) == b"\x01\x00\x04\x00"


def test_after_a_failed_sync_nothing_more_is_promised(spool, monkeypatch):
    def broken(file):
        raise OSError(errno.EIO, "Input/output error")

    spool.append(b"\x01\x00")
    monkeypatch.setattr("server.spool._make_durable", broken)
    with pytest.raises(StorageError, match="Input/output"):
        spool.sync()
    monkeypatch.undo()
    for promise in (spool.sync, lambda: spool.append(b"\x02\x00")):
        with pytest.raises(StorageError):
            promise()


def test_a_missing_or_damaged_spool_is_a_storage_error(tmp_path, spool):
    with pytest.raises(StorageError, match="cannot open"):
        LegSpool.open(tmp_path, "c1", "nobody")
    spool.close()
    for text in ("{", "[]", "{}", json.dumps(header(encoding="opus").__getstate__() and {"leg": 1})):
        spool.raw_path.with_suffix(".json").write_text(text)
        with pytest.raises(StorageError, match="damaged"):
            LegSpool.open(tmp_path, "c1", "customer")


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "spool").write_text("a file where a folder is due")
    with pytest.raises(StorageError, match="cannot start"):
        LegSpool.create(tmp_path, "c1", header())


def test_a_closed_spool_takes_nothing(spool):
    spool.close()
    spool.close()
    for use in (lambda: spool.append(b"\0\0"), spool.sync, lambda: spool.read(0, 1)):
        with pytest.raises(StorageError, match="closed"):
            use()


def test_what_is_spooled_can_be_found_and_removed(tmp_path, spool):
    other = LegSpool.create(tmp_path, "c1", header("agent"))
    assert spooled_conversations(tmp_path) == ["c1"]
    assert spooled_legs(tmp_path, "c1") == ["agent", "customer"]
    other.delete()
    assert spooled_legs(tmp_path, "c1") == ["customer"]
    spool.delete()
    assert spooled_conversations(tmp_path) == []
    assert spooled_conversations(tmp_path / "nowhere") == []
