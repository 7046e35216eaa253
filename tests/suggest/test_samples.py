from pathlib import Path

import pytest

from kb.files import FileError
from suggest.samples import Sample, data_hash, read_oos, read_samples


def test_reads_and_keeps_more_keys(tmp_path: Path):
    (tmp_path / "s.jsonl").write_text(
        '{"text": "a", "intent": "b", "source": "call"}\n\n{"text": "c", "intent": "d"}\n'
    )
    first, second = read_samples(tmp_path / "s.jsonl")
    assert (first.text, first.intent, first.model_dump()["source"], second.text) == ("a", "b", "call", "c")


@pytest.mark.parametrize(
    "line", ['{"text": "a"}', '{"text": "", "intent": "b"}', "nonsense", '{"text": 1, "intent": "b"}']
)
def test_bad_lines_are_named(tmp_path: Path, line: str):
    (tmp_path / "s.jsonl").write_text('{"text": "a", "intent": "b"}\n' + line)
    with pytest.raises(FileError, match=r"s\.jsonl, line 2"):
        read_samples(tmp_path / "s.jsonl")


def test_oos(tmp_path: Path):
    (tmp_path / "o.jsonl").write_text('{"text": "a"}\n')
    assert read_oos(tmp_path / "o.jsonl") == ["a"]
    (tmp_path / "o.jsonl").write_text("")
    with pytest.raises(FileError, match="holds no texts"):
        read_oos(tmp_path / "o.jsonl")


def test_hash_names_the_data():
    one, two = Sample(text="a", intent="b"), Sample(text="c", intent="d")
    assert data_hash([one, two]) == data_hash([one, two]) != data_hash([two, one])
    assert data_hash([one]) != data_hash([one], ["x"])
