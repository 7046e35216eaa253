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


def failing(error):
    def fail(*args):
        raise OSError(error, os.strerror(error))

    return fail


def test_on_a_full_disk_audio_waits_in_memory_until_there_is_room(tmp_path, spool, monkeypatch, caplog):
    spool.append(b"\x01\x00")
    assert spool.sync() == 1
    write = os.pwrite

    def nearly_full(file, data, at):
        if len(data) <= 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 3], at)

    with monkeypatch.context() as patch:
        patch.setattr("server.growing_file.os.pwrite", nearly_full)
        spool.append(b"\x02\x00\x03\x00")
        spool.append(b"\x04\x00")
        assert spool.samples == 4 and spool.sync() < 4, "and half a sample is on disk"
        assert spool.read(0, 9) == spool.read(0, 1) + spool.read(1, 3) == b"\x01\x00\x02\x00\x03\x00\x04\x00"
    assert spool.sync() == 4
    assert spool.raw_path.read_bytes() == spool.read(0, 9) == b"\x01\x00\x02\x00\x03\x00\x04\x00"
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_what_waits_in_memory_is_bounded(spool, monkeypatch):
    monkeypatch.setattr("server.growing_file.os.pwrite", failing(errno.ENOSPC))
    second = b"\x01\x00" * 8000
    for _ in range(60):
        spool.append(second)
    with pytest.raises(StorageError, match="too long"):
        spool.append(second)
    monkeypatch.undo()
    assert spool.sync() == 60 * 8000
    spool.append(second)
    assert spool.sync() == spool.samples == 61 * 8000


def test_after_a_failed_sync_everything_is_written_again(spool, monkeypatch):
    """A later sync would succeed although the pages that failed are gone."""
    spool.append(b"\x01\x00")
    with monkeypatch.context() as patch:
        patch.setattr("server.growing_file._make_durable", failing(errno.EIO))
        assert spool.sync() == 0
    os.truncate(spool.raw_path, 0)
    spool.append(b"\x02\x00")
    assert spool.sync() == 2
    assert spool.raw_path.read_bytes() == b"\x01\x00\x02\x00"


def test_a_torn_sample_does_not_change_when_audio_came_last(tmp_path, spool):
    spool.close()
    spool.raw_path.write_bytes(b"\x01\x00\x02")
    os.utime(spool.raw_path, (1000, 1000))
    again = LegSpool.open(tmp_path, "c1", "customer")
    assert (again.samples, again.last_written()) == (1, 1000.0)
    again.close()


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
